-- Read models (rebuildable from events) and what of a case stands beside the log.

CREATE TABLE documents (
    kind {{text}} NOT NULL,
    id {{text}} NOT NULL,
    version BIGINT NOT NULL,
    organisation_id {{text}},
    state {{text}},
    sort_key {{text}} NOT NULL,
    number {{text}},
    body {{text}} NOT NULL,
    updated_at {{text}} NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX documents_by_sort_key ON documents (kind, sort_key, id);
CREATE INDEX documents_by_number ON documents (kind, number);

CREATE TABLE document_tags (
    kind {{text}} NOT NULL,
    id {{text}} NOT NULL,
    tag {{text}} NOT NULL,
    PRIMARY KEY (kind, id, tag),
    FOREIGN KEY (kind, id) REFERENCES documents (kind, id) ON DELETE CASCADE
);
CREATE INDEX document_tags_by_tag ON document_tags (kind, tag, id);

CREATE TABLE drafts (
    draft_id {{text}} PRIMARY KEY,
    account_id {{text}} NOT NULL,
    organisation_id {{text}} NOT NULL,
    version BIGINT NOT NULL,
    body {{text}} NOT NULL,
    created_at {{text}} NOT NULL,
    updated_at {{text}} NOT NULL
);
CREATE INDEX drafts_by_account ON drafts (account_id, organisation_id, updated_at);

CREATE TABLE baskets (
    basket_id {{text}} PRIMARY KEY,
    version BIGINT NOT NULL,
    body {{text}} NOT NULL,
    updated_at {{text}} NOT NULL
);
CREATE INDEX baskets_by_time ON baskets (updated_at);

CREATE TABLE case_texts (
    text_id {{text}} PRIMARY KEY,
    case_id {{text}} NOT NULL,
    field_id {{text}} NOT NULL,
    nonce {{bytes}} NOT NULL,
    ciphertext {{bytes}} NOT NULL,
    created_at {{text}} NOT NULL,
    erased_at {{text}},
    erased_rule {{text}}
);
CREATE INDEX case_texts_by_case ON case_texts (case_id, text_id);

CREATE TABLE attachments (
    attachment_id {{text}} PRIMARY KEY,
    case_id {{text}} NOT NULL,
    meta {{text}} NOT NULL,
    created_at {{text}} NOT NULL,
    erased_at {{text}},
    erased_rule {{text}}
);
CREATE INDEX attachments_by_case ON attachments (case_id, attachment_id);
