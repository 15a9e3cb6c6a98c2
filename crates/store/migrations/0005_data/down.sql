DROP TABLE outputs;
DROP TABLE extracts;
DROP TABLE permit_statuses;
DROP TABLE permits;
DROP TABLE register_versions;
