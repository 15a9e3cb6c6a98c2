//! Who may sign in, with which password, and as whom: an account may hold roles in several
//! organisations.

use base::{AccountId, OrganisationId, Personal, Role, Secret, Timestamp};

use crate::connection::{Row, params};
use crate::page::{Cursor, Page, page_limit};
use crate::{AuditEntry, Reader, StoreError, Tx};

/// Somebody with a right to sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id: what events and audit carry.
    pub account_id: AccountId,
    /// What is typed at sign-in.
    pub login: String,
    /// How the person is called on pages and in letters.
    pub display_name: Personal<String>,
    /// Where messages go.
    pub mail: Personal<String>,
    /// Whether the account may sign in.
    pub active: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A role an account holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldRole {
    /// For which organisation.
    pub organisation: OrganisationId,
    /// Which role.
    pub role: Role,
}

const INSERT: &str = "-- accounts.insert
INSERT INTO accounts (account_id, login, display_name, mail, state, created_at)
VALUES ($1, $2, $3, $4, $5, $6)";
const UPDATE: &str = "-- accounts.update
UPDATE accounts SET display_name = $2, mail = $3, state = $4 WHERE account_id = $1";
const FIND: &str = "-- accounts.find
SELECT account_id, login, display_name, mail, state, created_at FROM accounts WHERE account_id = $1";
const FIND_BY_LOGIN: &str = "-- accounts.find_by_login
SELECT account_id, login, display_name, mail, state, created_at FROM accounts WHERE login = $1";
const LIST: &str = "-- accounts.list
SELECT account_id, login, display_name, mail, state, created_at FROM accounts
WHERE ($1 IS NULL OR login > $1) ORDER BY login LIMIT $2";
const COUNT: &str = "-- accounts.count
SELECT COUNT(*) AS n_accounts FROM accounts";
const GRANT_ROLE: &str = "-- account_roles.grant
INSERT INTO account_roles (account_id, organisation_id, role) VALUES ($1, $2, $3)
ON CONFLICT (account_id, organisation_id, role) DO NOTHING";
const WITHDRAW_ROLE: &str = "-- account_roles.withdraw
DELETE FROM account_roles WHERE account_id = $1 AND organisation_id = $2 AND role = $3";
const END_SESSIONS_OF_ROLE: &str = "-- account_roles.end_sessions
DELETE FROM sessions WHERE account_id = $1 AND organisation_id = $2 AND role = $3";
const LIST_ROLES: &str = "-- account_roles.list
SELECT organisation_id, role FROM account_roles WHERE account_id = $1
ORDER BY organisation_id, role";
const LIST_HOLDERS: &str = "-- account_roles.list_holders
SELECT account_id FROM account_roles WHERE organisation_id = $1 AND role = $2 ORDER BY account_id
LIMIT 1000";
const SET_PASSWORD: &str = "-- credentials.set
INSERT INTO credentials (account_id, password_hash, changed_at) VALUES ($1, $2, $3)
ON CONFLICT (account_id) DO UPDATE SET password_hash = excluded.password_hash,
    changed_at = excluded.changed_at";
const FIND_PASSWORD: &str = "-- credentials.find
SELECT password_hash FROM credentials WHERE account_id = $1";

impl Tx {
    /// Makes an account.
    pub async fn insert_account(
        &self,
        account: &Account,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        let values = params![
            account.account_id,
            &account.login,
            account.display_name.expose(),
            account.mail.expose(),
            state(account.active),
            account.created_at,
        ];
        self.insert("account", INSERT, values).await
    }

    /// Changes name, mail and whether the account may sign in; a blocked account's sessions end.
    pub async fn update_account(
        &self,
        account: &Account,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        let values = params![
            account.account_id,
            account.display_name.expose(),
            account.mail.expose(),
            state(account.active),
        ];
        if self.execute(UPDATE, values).await? == 0 {
            return Err(StoreError::Missing { what: "account" });
        }
        if !account.active {
            self.delete_sessions_of(account.account_id, audit).await?;
        }
        Ok(())
    }

    /// Gives an account a role; it may hold it already.
    pub async fn grant_role(
        &self,
        account: AccountId,
        held: &HeldRole,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        let values = params![account, &held.organisation, held.role];
        self.execute(GRANT_ROLE, values).await.map(drop)
    }

    /// Takes a role back, and ends the sessions that act in it.
    pub async fn withdraw_role(
        &self,
        account: AccountId,
        held: &HeldRole,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        let values = params![account, &held.organisation, held.role];
        self.execute(WITHDRAW_ROLE, values.clone()).await?;
        self.execute(END_SESSIONS_OF_ROLE, values).await.map(drop)
    }

    /// Sets the argon2id hash of an account's password.
    pub async fn set_password_hash(
        &self,
        account: AccountId,
        hash: &Secret<String>,
        audit: &AuditEntry,
    ) -> Result<(), StoreError> {
        self.record_audit(audit).await?;
        let values = params![account, hash.expose(), audit.at];
        self.execute(SET_PASSWORD, values).await.map(drop)
    }
}

impl Reader {
    /// An account by its id.
    pub async fn find_account(&self, account: AccountId) -> Result<Option<Account>, StoreError> {
        let row = self.fetch_optional(FIND, params![account]).await?;
        row.as_ref().map(self::account).transpose()
    }

    /// An account by what is typed at sign-in.
    pub async fn find_account_by_login(&self, login: &str) -> Result<Option<Account>, StoreError> {
        let row = self.fetch_optional(FIND_BY_LOGIN, params![login]).await?;
        row.as_ref().map(account).transpose()
    }

    /// Accounts by login.
    pub async fn list_accounts(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Account>, StoreError> {
        let after = Cursor::parse(cursor)?;
        let limit = page_limit(limit);
        let rows = self
            .fetch(LIST, params![after.sort_key(), limit + 1])
            .await?;
        Page::of(rows, limit, account, |row| {
            Ok(Cursor::after(row.text("login")?, String::new()))
        })
    }

    /// How many accounts there are: none means that the first one has to be set up.
    pub async fn count_accounts(&self) -> Result<u64, StoreError> {
        self.fetch_one(COUNT, Vec::new())
            .await?
            .number("n_accounts")
    }

    /// The roles an account may sign in with.
    pub async fn list_roles(&self, account: AccountId) -> Result<Vec<HeldRole>, StoreError> {
        let held = |row: &Row| {
            Ok(HeldRole {
                organisation: row.parsed("organisation_id")?,
                role: row.parsed("role")?,
            })
        };
        self.fetch(LIST_ROLES, params![account])
            .await?
            .iter()
            .map(held)
            .collect()
    }

    /// The accounts that hold a role for an organisation.
    pub async fn list_role_holders(&self, held: &HeldRole) -> Result<Vec<AccountId>, StoreError> {
        let rows = self
            .fetch(LIST_HOLDERS, params![&held.organisation, held.role])
            .await?;
        rows.iter().map(|row| row.parsed("account_id")).collect()
    }

    /// The argon2id hash of an account's password, if it has one.
    pub async fn find_password_hash(
        &self,
        account: AccountId,
    ) -> Result<Option<Secret<String>>, StoreError> {
        let row = self.fetch_optional(FIND_PASSWORD, params![account]).await?;
        row.map(|row| row.text("password_hash").map(Secret::new))
            .transpose()
    }
}

const fn state(active: bool) -> &'static str {
    if active { "active" } else { "blocked" }
}

fn account(row: &Row) -> Result<Account, StoreError> {
    Ok(Account {
        account_id: row.parsed("account_id")?,
        login: row.text("login")?,
        display_name: Personal::new(row.text("display_name")?),
        mail: Personal::new(row.text("mail")?),
        active: row.text("state")? == "active",
        created_at: row.instant("created_at")?,
    })
}
