-- Work that follows from events: messages to send, jobs to do, and what guards against doing twice.

CREATE TABLE outbox (
    message BIGINT PRIMARY KEY,
    kind {{text}} NOT NULL,
    payload {{text}} NOT NULL,
    state {{text}} NOT NULL CHECK (state IN ('waiting', 'sent')),
    enqueued_at {{text}} NOT NULL,
    lease_owner {{text}},
    lease_until {{text}},
    attempts BIGINT NOT NULL,
    sent_at {{text}}
);
CREATE INDEX outbox_waiting ON outbox (message) WHERE state = 'waiting';

CREATE TABLE jobs (
    job_id {{text}} PRIMARY KEY,
    kind {{text}} NOT NULL,
    payload {{text}} NOT NULL,
    state {{text}} NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    run_at {{text}} NOT NULL,
    enqueued_at {{text}} NOT NULL,
    dedupe_key {{text}},
    again BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    lease_owner {{text}},
    lease_until {{text}},
    error_code {{text}},
    finished_at {{text}}
);
CREATE UNIQUE INDEX jobs_open_dedupe ON jobs (kind, dedupe_key) WHERE state IN ('waiting', 'running');
CREATE INDEX jobs_open ON jobs (run_at, job_id) WHERE state IN ('waiting', 'running');

CREATE TABLE idempotency_keys (
    idempotency_key {{text}} NOT NULL,
    actor_id {{text}} NOT NULL,
    route {{text}} NOT NULL,
    fingerprint {{text}} NOT NULL,
    status BIGINT,
    body {{text}},
    created_at {{text}} NOT NULL,
    PRIMARY KEY (idempotency_key, actor_id, route)
);

CREATE TABLE rate_counters (
    bucket {{text}} NOT NULL,
    window_start {{text}} NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (bucket, window_start)
);

CREATE TABLE settings (
    setting {{text}} PRIMARY KEY,
    value {{text}} NOT NULL,
    updated_at {{text}} NOT NULL
);
