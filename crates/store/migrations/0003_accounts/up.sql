-- Who may sign in, as whom, and who is signed in.

CREATE TABLE accounts (
    account_id {{text}} PRIMARY KEY,
    login {{text}} NOT NULL UNIQUE,
    display_name {{text}} NOT NULL,
    mail {{text}} NOT NULL,
    state {{text}} NOT NULL CHECK (state IN ('active', 'blocked')),
    created_at {{text}} NOT NULL
);

CREATE TABLE account_roles (
    account_id {{text}} NOT NULL REFERENCES accounts (account_id),
    organisation_id {{text}} NOT NULL,
    role {{text}} NOT NULL,
    PRIMARY KEY (account_id, organisation_id, role)
);
CREATE INDEX account_roles_by_organisation ON account_roles (organisation_id, role, account_id);

CREATE TABLE credentials (
    account_id {{text}} PRIMARY KEY REFERENCES accounts (account_id),
    password_hash {{text}} NOT NULL,
    changed_at {{text}} NOT NULL
);

CREATE TABLE sessions (
    token_hash {{bytes}} PRIMARY KEY,
    session_id {{text}} NOT NULL UNIQUE,
    account_id {{text}} NOT NULL REFERENCES accounts (account_id),
    organisation_id {{text}} NOT NULL,
    role {{text}} NOT NULL,
    csrf {{text}} NOT NULL,
    created_at {{text}} NOT NULL,
    expires_at {{text}} NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE setup_tokens (
    token_hash {{bytes}} PRIMARY KEY,
    purpose {{text}} NOT NULL,
    created_at {{text}} NOT NULL,
    expires_at {{text}} NOT NULL,
    used_at {{text}}
);
