-- Searches that people keep, with what they had found when they last looked.

CREATE TABLE saved_searches (
    search_id {{text}} PRIMARY KEY,
    account_id {{text}} NOT NULL,
    query {{text}} NOT NULL,
    seen {{text}} NOT NULL,
    seen_at {{text}} NOT NULL,
    created_at {{text}} NOT NULL
);
CREATE INDEX saved_searches_by_account ON saved_searches (account_id, created_at, search_id);
