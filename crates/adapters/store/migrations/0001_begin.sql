-- Text, numbers and bytes only; times are RFC 3339 texts in UTC, so that they sort as they pass. BYTES is BLOB in SQLite and
-- BYTEA in PostgreSQL. Tables named in a `walls` line get row-level security in PostgreSQL.

-- An organisation: assessed entity, assessor firm or service provider.
CREATE TABLE tenant (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    rev BIGINT NOT NULL,
    body TEXT NOT NULL,
    created TEXT NOT NULL
);

-- A person who can sign in; belongs to no organisation by itself.
CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    rev BIGINT NOT NULL,
    body TEXT NOT NULL,
    created TEXT NOT NULL
);

-- A passkey, or an account at an identity provider.
CREATE TABLE login (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    account TEXT NOT NULL,
    rev BIGINT NOT NULL,
    body TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX login_account ON login (account);

-- What gives power to whoever holds it: session, API token, invitation, share link, first-owner link. Only its digest is here.
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
CREATE INDEX bearer_account ON bearer (account, kind);
CREATE INDEX bearer_tenant ON bearer (tenant, kind, id);

-- Failed attempts to sign in, by account or by address, until one succeeds.
CREATE TABLE attempt (
    about TEXT NOT NULL,
    at TEXT NOT NULL,
    what TEXT NOT NULL
);
CREATE INDEX attempt_about ON attempt (about, at);

-- Who belongs to which organisation, as what.
CREATE TABLE member (
    tenant TEXT NOT NULL REFERENCES tenant (id),
    account TEXT NOT NULL REFERENCES account (id),
    role TEXT NOT NULL,
    rev BIGINT NOT NULL,
    body TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (tenant, account)
);
CREATE INDEX member_account ON member (account);

-- An assessment; `rev` counts every change to it or to a document of it.
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

-- The files of an assessment's folder, one row each; responses have one each. Older ones stay in `document_past`.
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

-- What people do beside the assessment's files: tasks, comments, requests, webhooks, saved views and so on.
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
CREATE INDEX record_about ON record (tenant, kind, about, id);
CREATE INDEX record_owner ON record (tenant, kind, owner, state, id);

-- Evidence as its events, one JSON record a line; the columns beside them are for finding it.
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
CREATE INDEX evidence_digest ON evidence (tenant, digest);
CREATE TABLE evidence_link (
    tenant TEXT NOT NULL,
    target TEXT NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (tenant, target, evidence)
);

-- Bytes that are durable in the blob store, whether or not evidence names them yet.
CREATE TABLE blob (
    tenant TEXT NOT NULL REFERENCES tenant (id),
    digest TEXT NOT NULL,
    size BIGINT NOT NULL,
    media TEXT NOT NULL,
    verdict TEXT NOT NULL,
    stored TEXT NOT NULL,
    PRIMARY KEY (tenant, digest)
);

-- The organisation's log: its right edge is the tiles that are not full.
CREATE TABLE log (
    tenant TEXT NOT NULL PRIMARY KEY REFERENCES tenant (id),
    origin TEXT NOT NULL,
    size BIGINT NOT NULL,
    checkpoint TEXT NOT NULL,
    vkey TEXT NOT NULL,
    sealed_key TEXT NOT NULL
);
CREATE TABLE leaf (
    tenant TEXT NOT NULL,
    idx BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    hash BYTES NOT NULL,
    bytes BYTES NOT NULL,
    record TEXT NOT NULL,
    record_salt TEXT NOT NULL,
    content_salt TEXT,
    PRIMARY KEY (tenant, idx)
);
CREATE INDEX leaf_subject ON leaf (tenant, subject, idx);
CREATE TABLE tile (
    tenant TEXT NOT NULL,
    level BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    hashes BYTES NOT NULL,
    PRIMARY KEY (tenant, level, idx)
);
-- Checkpoints that left the house, with what came back.
CREATE TABLE anchor (
    tenant TEXT NOT NULL,
    size BIGINT NOT NULL,
    checkpoint TEXT NOT NULL,
    query BYTES,
    answer BYTES,
    at TEXT NOT NULL,
    PRIMARY KEY (tenant, size)
);

-- Work to do; a lease that ran out is work again.
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
CREATE INDEX job_due ON job (state, due);

-- Answers to requests that may come twice.
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

-- walls: assessment document document_past record evidence evidence_link blob log leaf tile anchor replay
