DROP TABLE setup_tokens;
DROP TABLE sessions;
DROP TABLE credentials;
DROP TABLE account_roles;
DROP TABLE accounts;
