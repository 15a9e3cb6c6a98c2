-- What is held, who may use it, what was made of it, what left.

CREATE TABLE register_versions (
    version_id {{text}} PRIMARY KEY,
    register {{text}} NOT NULL,
    delivery_id {{text}} NOT NULL,
    organisation_id {{text}} NOT NULL,
    state {{text}} NOT NULL,
    delivered_sha256 {{text}} NOT NULL,
    manifest {{text}} NOT NULL,
    received_at {{text}} NOT NULL,
    UNIQUE (register, delivered_sha256)
);
CREATE INDEX register_versions_by_register ON register_versions (register, received_at, version_id);

CREATE TABLE permits (
    permit_id {{text}} NOT NULL,
    version BIGINT NOT NULL,
    number {{text}} NOT NULL,
    case_id {{text}},
    organisation_id {{text}} NOT NULL,
    signed {{text}} NOT NULL,
    issued_at {{text}} NOT NULL,
    PRIMARY KEY (permit_id, version),
    UNIQUE (number, version)
);
CREATE INDEX permits_by_case ON permits (case_id);

CREATE TABLE permit_statuses (
    permit_id {{text}} NOT NULL,
    sequence BIGINT NOT NULL,
    version BIGINT NOT NULL,
    valid BIGINT NOT NULL,
    signed {{text}} NOT NULL,
    issued_at {{text}} NOT NULL,
    PRIMARY KEY (permit_id, sequence)
);

CREATE TABLE extracts (
    extract_id {{text}} PRIMARY KEY,
    permit_id {{text}} NOT NULL,
    permit_version BIGINT NOT NULL,
    state {{text}} NOT NULL,
    descriptor {{text}} NOT NULL,
    created_at {{text}} NOT NULL,
    updated_at {{text}} NOT NULL
);
CREATE INDEX extracts_by_permit ON extracts (permit_id, created_at, extract_id);

CREATE TABLE outputs (
    output_id {{text}} PRIMARY KEY,
    permit_id {{text}} NOT NULL,
    account_id {{text}} NOT NULL,
    state {{text}} NOT NULL,
    version BIGINT NOT NULL,
    record {{text}} NOT NULL,
    content {{bytes}},
    created_at {{text}} NOT NULL,
    updated_at {{text}} NOT NULL
);
CREATE INDEX outputs_by_permit ON outputs (permit_id, created_at, output_id);
CREATE INDEX outputs_by_state ON outputs (state, created_at, output_id);
