CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);

CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    rev BIGINT NOT NULL,
    body TEXT NOT NULL,
    created TEXT NOT NULL
);

CREATE TABLE anchor (
    tenant TEXT NOT NULL,
    size BIGINT NOT NULL,
    checkpoint TEXT NOT NULL,
    query BLOB,
    answer BLOB,
    at TEXT NOT NULL,
    PRIMARY KEY (tenant, size)
);

CREATE TABLE assessment (
    tenant TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    rev BIGINT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE attempt (
    about TEXT NOT NULL,
    at TEXT NOT NULL,
    what TEXT NOT NULL
);

CREATE TABLE bearer (
    digest TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE,
    tenant TEXT,
    account TEXT,
    created TEXT NOT NULL,
    seen TEXT NOT NULL,
    expires TEXT NOT NULL,
    ended TEXT,
    rev BIGINT NOT NULL,
    body TEXT NOT NULL
);

CREATE TABLE blob (
    tenant TEXT NOT NULL REFERENCES tenant (id),
    digest TEXT NOT NULL,
    size BIGINT NOT NULL,
    media TEXT NOT NULL,
    verdict TEXT NOT NULL,
    stored TEXT NOT NULL,
    PRIMARY KEY (tenant, digest)
);

CREATE TABLE document (
    tenant TEXT NOT NULL,
    assessment TEXT NOT NULL,
    path TEXT NOT NULL,
    rev BIGINT NOT NULL,
    digest TEXT NOT NULL,
    body TEXT NOT NULL,
    updated TEXT NOT NULL,
    editor TEXT NOT NULL,
    PRIMARY KEY (tenant, assessment, path),
    FOREIGN KEY (tenant, assessment) REFERENCES assessment (tenant, id)
);

CREATE TABLE document_past (
    tenant TEXT NOT NULL,
    assessment TEXT NOT NULL,
    path TEXT NOT NULL,
    rev BIGINT NOT NULL,
    body TEXT NOT NULL,
    updated TEXT NOT NULL,
    editor TEXT NOT NULL,
    PRIMARY KEY (tenant, assessment, path, rev)
);

CREATE TABLE evidence (
    tenant TEXT NOT NULL REFERENCES tenant (id),
    id TEXT NOT NULL,
    rev BIGINT NOT NULL,
    digest TEXT NOT NULL,
    size BIGINT NOT NULL,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    received TEXT NOT NULL,
    events TEXT NOT NULL,
    PRIMARY KEY (tenant, id)
);

CREATE TABLE evidence_link (
    tenant TEXT NOT NULL,
    target TEXT NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (tenant, target, evidence)
);

CREATE TABLE job (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    due TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    most BIGINT NOT NULL,
    lease_until TEXT,
    lease_by TEXT,
    told TEXT,
    once TEXT UNIQUE,
    created TEXT NOT NULL,
    updated TEXT NOT NULL
);

CREATE TABLE leaf (
    tenant TEXT NOT NULL,
    idx BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    hash BLOB NOT NULL,
    bytes BLOB NOT NULL,
    record TEXT NOT NULL,
    record_salt TEXT NOT NULL,
    content_salt TEXT,
    PRIMARY KEY (tenant, idx)
);

CREATE TABLE log (
    tenant TEXT NOT NULL PRIMARY KEY REFERENCES tenant (id),
    origin TEXT NOT NULL,
    size BIGINT NOT NULL,
    checkpoint TEXT NOT NULL,
    vkey TEXT NOT NULL,
    sealed_key TEXT NOT NULL
);

CREATE TABLE login (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    account TEXT NOT NULL,
    rev BIGINT NOT NULL,
    body TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE TABLE member (
    tenant TEXT NOT NULL REFERENCES tenant (id),
    account TEXT NOT NULL REFERENCES account (id),
    role TEXT NOT NULL,
    rev BIGINT NOT NULL,
    body TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (tenant, account)
);

CREATE TABLE record (
    tenant TEXT NOT NULL REFERENCES tenant (id),
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    about TEXT NOT NULL,
    state TEXT NOT NULL,
    owner TEXT NOT NULL,
    due TEXT NOT NULL,
    rev BIGINT NOT NULL,
    body TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    editor TEXT NOT NULL,
    PRIMARY KEY (tenant, kind, id)
);

CREATE TABLE replay (
    tenant TEXT NOT NULL,
    account TEXT NOT NULL,
    token TEXT NOT NULL,
    request TEXT NOT NULL,
    status BIGINT NOT NULL,
    answer TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (tenant, account, token)
);

CREATE TABLE tenant (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    rev BIGINT NOT NULL,
    body TEXT NOT NULL,
    created TEXT NOT NULL
);

CREATE TABLE tile (
    tenant TEXT NOT NULL,
    level BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY (tenant, level, idx)
);

CREATE INDEX attempt_about ON attempt (about, at);

CREATE INDEX bearer_account ON bearer (account, kind);

CREATE INDEX bearer_tenant ON bearer (tenant, kind, id);

CREATE INDEX evidence_digest ON evidence (tenant, digest);

CREATE INDEX evidence_seek ON evidence (tenant, id, state, kind, lower(title));

CREATE INDEX job_due ON job (state, due);

CREATE INDEX leaf_subject ON leaf (tenant, subject, idx);

CREATE INDEX login_account ON login (account);

CREATE INDEX member_account ON member (account);

CREATE INDEX record_about ON record (tenant, kind, about, id);

CREATE INDEX record_owner ON record (tenant, kind, owner, state, id);
