-- The truth: events with their audit rows, and the public log that is made of leaves.

CREATE TABLE counters (
    name {{text}} PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE events (
    position BIGINT PRIMARY KEY,
    event_id {{text}} NOT NULL UNIQUE,
    stream {{text}} NOT NULL,
    version BIGINT NOT NULL,
    kind {{text}} NOT NULL,
    schema_number BIGINT NOT NULL,
    at {{text}} NOT NULL,
    actor_id {{text}} NOT NULL,
    organisation_id {{text}} NOT NULL,
    cause {{text}},
    payload {{text}} NOT NULL,
    UNIQUE (stream, version)
);

CREATE TABLE audit (
    audit_id {{text}} PRIMARY KEY,
    at {{text}} NOT NULL,
    actor_id {{text}} NOT NULL,
    organisation_id {{text}} NOT NULL,
    role {{text}} NOT NULL,
    action {{text}} NOT NULL,
    subject {{text}} NOT NULL
);
CREATE INDEX audit_by_time ON audit (at, audit_id);
CREATE INDEX audit_by_subject ON audit (subject, at, audit_id);

CREATE TABLE pending_leaves (
    pending BIGINT PRIMARY KEY,
    kind {{text}} NOT NULL,
    at {{text}} NOT NULL,
    case_number {{text}},
    public_ids {{text}} NOT NULL,
    commitments {{text}} NOT NULL,
    openings {{text}} NOT NULL
);

CREATE TABLE leaves (
    sequence BIGINT PRIMARY KEY,
    kind {{text}} NOT NULL,
    at {{text}} NOT NULL,
    case_number {{text}},
    canonical {{bytes}} NOT NULL,
    openings {{text}} NOT NULL
);
CREATE INDEX leaves_by_case ON leaves (case_number, sequence);

CREATE TABLE tiles (
    path {{text}} PRIMARY KEY,
    content {{bytes}} NOT NULL
);

CREATE TABLE checkpoints (
    size BIGINT PRIMARY KEY,
    root {{bytes}} NOT NULL,
    note {{text}} NOT NULL,
    at {{text}} NOT NULL
);
