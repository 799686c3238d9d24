CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);
CREATE TABLE public.account (
    id text NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    state text NOT NULL,
    rev bigint NOT NULL,
    body text NOT NULL,
    created text NOT NULL
);
CREATE TABLE public.anchor (
    tenant text NOT NULL,
    size bigint NOT NULL,
    checkpoint text NOT NULL,
    query bytea,
    answer bytea,
    at text NOT NULL
);
ALTER TABLE ONLY public.anchor FORCE ROW LEVEL SECURITY;
CREATE TABLE public.assessment (
    tenant text NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    state text NOT NULL,
    rev bigint NOT NULL,
    created text NOT NULL,
    updated text NOT NULL
);
ALTER TABLE ONLY public.assessment FORCE ROW LEVEL SECURITY;
CREATE TABLE public.attempt (
    about text NOT NULL,
    at text NOT NULL,
    what text NOT NULL
);
CREATE TABLE public.bearer (
    digest text NOT NULL,
    kind text NOT NULL,
    id text NOT NULL,
    tenant text,
    account text,
    created text NOT NULL,
    seen text NOT NULL,
    expires text NOT NULL,
    ended text,
    rev bigint NOT NULL,
    body text NOT NULL
);
CREATE TABLE public.blob (
    tenant text NOT NULL,
    digest text NOT NULL,
    size bigint NOT NULL,
    media text NOT NULL,
    verdict text NOT NULL,
    stored text NOT NULL
);
ALTER TABLE ONLY public.blob FORCE ROW LEVEL SECURITY;
CREATE TABLE public.document (
    tenant text NOT NULL,
    assessment text NOT NULL,
    path text NOT NULL,
    rev bigint NOT NULL,
    digest text NOT NULL,
    body text NOT NULL,
    updated text NOT NULL,
    editor text NOT NULL
);
ALTER TABLE ONLY public.document FORCE ROW LEVEL SECURITY;
CREATE TABLE public.document_past (
    tenant text NOT NULL,
    assessment text NOT NULL,
    path text NOT NULL,
    rev bigint NOT NULL,
    body text NOT NULL,
    updated text NOT NULL,
    editor text NOT NULL
);
ALTER TABLE ONLY public.document_past FORCE ROW LEVEL SECURITY;
CREATE TABLE public.evidence (
    tenant text NOT NULL,
    id text NOT NULL,
    rev bigint NOT NULL,
    digest text NOT NULL,
    size bigint NOT NULL,
    title text NOT NULL,
    kind text NOT NULL,
    state text NOT NULL,
    received text NOT NULL,
    events text NOT NULL
);
ALTER TABLE ONLY public.evidence FORCE ROW LEVEL SECURITY;
CREATE TABLE public.evidence_link (
    tenant text NOT NULL,
    target text NOT NULL,
    evidence text NOT NULL
);
ALTER TABLE ONLY public.evidence_link FORCE ROW LEVEL SECURITY;
CREATE TABLE public.job (
    id text NOT NULL,
    tenant text,
    kind text NOT NULL,
    body text NOT NULL,
    state text NOT NULL,
    due text NOT NULL,
    attempts bigint NOT NULL,
    most bigint NOT NULL,
    lease_until text,
    lease_by text,
    told text,
    once text,
    created text NOT NULL,
    updated text NOT NULL
);
CREATE TABLE public.leaf (
    tenant text NOT NULL,
    idx bigint NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    actor text NOT NULL,
    at text NOT NULL,
    hash bytea NOT NULL,
    bytes bytea NOT NULL,
    record text NOT NULL,
    record_salt text NOT NULL,
    content_salt text
);
ALTER TABLE ONLY public.leaf FORCE ROW LEVEL SECURITY;
CREATE TABLE public.log (
    tenant text NOT NULL,
    origin text NOT NULL,
    size bigint NOT NULL,
    checkpoint text NOT NULL,
    vkey text NOT NULL,
    sealed_key text NOT NULL
);
ALTER TABLE ONLY public.log FORCE ROW LEVEL SECURITY;
CREATE TABLE public.login (
    kind text NOT NULL,
    id text NOT NULL,
    account text NOT NULL,
    rev bigint NOT NULL,
    body text NOT NULL,
    created text NOT NULL
);
CREATE TABLE public.member (
    tenant text NOT NULL,
    account text NOT NULL,
    role text NOT NULL,
    rev bigint NOT NULL,
    body text NOT NULL,
    created text NOT NULL
);
CREATE TABLE public.record (
    tenant text NOT NULL,
    kind text NOT NULL,
    id text NOT NULL,
    about text NOT NULL,
    state text NOT NULL,
    owner text NOT NULL,
    due text NOT NULL,
    rev bigint NOT NULL,
    body text NOT NULL,
    created text NOT NULL,
    updated text NOT NULL,
    editor text NOT NULL
);
ALTER TABLE ONLY public.record FORCE ROW LEVEL SECURITY;
CREATE TABLE public.replay (
    tenant text NOT NULL,
    account text NOT NULL,
    token text NOT NULL,
    request text NOT NULL,
    status bigint NOT NULL,
    answer text NOT NULL,
    at text NOT NULL
);
ALTER TABLE ONLY public.replay FORCE ROW LEVEL SECURITY;
CREATE TABLE public.tenant (
    id text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    rev bigint NOT NULL,
    body text NOT NULL,
    created text NOT NULL
);
CREATE TABLE public.tile (
    tenant text NOT NULL,
    level bigint NOT NULL,
    idx bigint NOT NULL,
    hashes bytea NOT NULL
);
ALTER TABLE ONLY public.tile FORCE ROW LEVEL SECURITY;
ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_email_key UNIQUE (email);
ALTER TABLE ONLY public.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.anchor
    ADD CONSTRAINT anchor_pkey PRIMARY KEY (tenant, size);
ALTER TABLE ONLY public.assessment
    ADD CONSTRAINT assessment_pkey PRIMARY KEY (tenant, id);
ALTER TABLE ONLY public.bearer
    ADD CONSTRAINT bearer_id_key UNIQUE (id);
ALTER TABLE ONLY public.bearer
    ADD CONSTRAINT bearer_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY public.blob
    ADD CONSTRAINT blob_pkey PRIMARY KEY (tenant, digest);
ALTER TABLE ONLY public.document_past
    ADD CONSTRAINT document_past_pkey PRIMARY KEY (tenant, assessment, path, rev);
ALTER TABLE ONLY public.document
    ADD CONSTRAINT document_pkey PRIMARY KEY (tenant, assessment, path);
ALTER TABLE ONLY public.evidence_link
    ADD CONSTRAINT evidence_link_pkey PRIMARY KEY (tenant, target, evidence);
ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT evidence_pkey PRIMARY KEY (tenant, id);
ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_once_key UNIQUE (once);
ALTER TABLE ONLY public.job
    ADD CONSTRAINT job_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.leaf
    ADD CONSTRAINT leaf_pkey PRIMARY KEY (tenant, idx);
ALTER TABLE ONLY public.log
    ADD CONSTRAINT log_pkey PRIMARY KEY (tenant);
ALTER TABLE ONLY public.login
    ADD CONSTRAINT login_pkey PRIMARY KEY (kind, id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_pkey PRIMARY KEY (tenant, account);
ALTER TABLE ONLY public.record
    ADD CONSTRAINT record_pkey PRIMARY KEY (tenant, kind, id);
ALTER TABLE ONLY public.replay
    ADD CONSTRAINT replay_pkey PRIMARY KEY (tenant, account, token);
ALTER TABLE ONLY public.tenant
    ADD CONSTRAINT tenant_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.tile
    ADD CONSTRAINT tile_pkey PRIMARY KEY (tenant, level, idx);
CREATE INDEX attempt_about ON public.attempt USING btree (about, at);
CREATE INDEX bearer_account ON public.bearer USING btree (account, kind);
CREATE INDEX bearer_tenant ON public.bearer USING btree (tenant, kind, id);
CREATE INDEX evidence_digest ON public.evidence USING btree (tenant, digest);
CREATE INDEX evidence_seek ON public.evidence USING btree (tenant, id, state, kind, lower(title));
CREATE INDEX job_due ON public.job USING btree (state, due);
CREATE INDEX leaf_subject ON public.leaf USING btree (tenant, subject, idx);
CREATE INDEX login_account ON public.login USING btree (account);
CREATE INDEX member_account ON public.member USING btree (account);
CREATE INDEX record_about ON public.record USING btree (tenant, kind, about, id);
CREATE INDEX record_owner ON public.record USING btree (tenant, kind, owner, state, id);
ALTER TABLE ONLY public.assessment
    ADD CONSTRAINT assessment_tenant_fkey FOREIGN KEY (tenant) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.blob
    ADD CONSTRAINT blob_tenant_fkey FOREIGN KEY (tenant) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.document
    ADD CONSTRAINT document_tenant_assessment_fkey FOREIGN KEY (tenant, assessment) REFERENCES public.assessment(tenant, id);
ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT evidence_tenant_fkey FOREIGN KEY (tenant) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.log
    ADD CONSTRAINT log_tenant_fkey FOREIGN KEY (tenant) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_account_fkey FOREIGN KEY (account) REFERENCES public.account(id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT member_tenant_fkey FOREIGN KEY (tenant) REFERENCES public.tenant(id);
ALTER TABLE ONLY public.record
    ADD CONSTRAINT record_tenant_fkey FOREIGN KEY (tenant) REFERENCES public.tenant(id);
ALTER TABLE public.anchor ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.assessment ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.blob ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.document ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.document_past ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.evidence ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.evidence_link ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.leaf ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.log ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.record ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.replay ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.tile ENABLE ROW LEVEL SECURITY;
CREATE POLICY wall ON public.anchor USING ((tenant = current_setting('attesta.tenant'::text, true))) WITH CHECK ((tenant = current_setting('attesta.tenant'::text, true)));
CREATE POLICY wall ON public.assessment USING ((tenant = current_setting('attesta.tenant'::text, true))) WITH CHECK ((tenant = current_setting('attesta.tenant'::text, true)));
CREATE POLICY wall ON public.blob USING ((tenant = current_setting('attesta.tenant'::text, true))) WITH CHECK ((tenant = current_setting('attesta.tenant'::text, true)));
CREATE POLICY wall ON public.document USING ((tenant = current_setting('attesta.tenant'::text, true))) WITH CHECK ((tenant = current_setting('attesta.tenant'::text, true)));
CREATE POLICY wall ON public.document_past USING ((tenant = current_setting('attesta.tenant'::text, true))) WITH CHECK ((tenant = current_setting('attesta.tenant'::text, true)));
CREATE POLICY wall ON public.evidence USING ((tenant = current_setting('attesta.tenant'::text, true))) WITH CHECK ((tenant = current_setting('attesta.tenant'::text, true)));
CREATE POLICY wall ON public.evidence_link USING ((tenant = current_setting('attesta.tenant'::text, true))) WITH CHECK ((tenant = current_setting('attesta.tenant'::text, true)));
CREATE POLICY wall ON public.leaf USING ((tenant = current_setting('attesta.tenant'::text, true))) WITH CHECK ((tenant = current_setting('attesta.tenant'::text, true)));
CREATE POLICY wall ON public.log USING ((tenant = current_setting('attesta.tenant'::text, true))) WITH CHECK ((tenant = current_setting('attesta.tenant'::text, true)));
CREATE POLICY wall ON public.record USING ((tenant = current_setting('attesta.tenant'::text, true))) WITH CHECK ((tenant = current_setting('attesta.tenant'::text, true)));
CREATE POLICY wall ON public.replay USING ((tenant = current_setting('attesta.tenant'::text, true))) WITH CHECK ((tenant = current_setting('attesta.tenant'::text, true)));
CREATE POLICY wall ON public.tile USING ((tenant = current_setting('attesta.tenant'::text, true))) WITH CHECK ((tenant = current_setting('attesta.tenant'::text, true)));
