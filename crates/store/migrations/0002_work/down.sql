DROP TABLE settings;
DROP TABLE rate_counters;
DROP TABLE idempotency_keys;
DROP TABLE jobs;
DROP TABLE outbox;
