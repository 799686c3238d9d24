-- What a list of evidence is sifted by, beside the ids: a search in titles then reads no row that it does not show.
CREATE INDEX evidence_seek ON evidence (tenant, id, state, kind, lower(title));
