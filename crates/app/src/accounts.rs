//! Who is signed in: sessions, local accounts, the first administrator, and the demo's buttons.

use std::time::Duration;

use base::{
    AccountId, Actor, ErrorClass, OrganisationId, Personal, Role, Secret, SessionId, Timestamp,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalogue::Text;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{Account, AuditEntry, HeldRole, Session};

use crate::{App, Error};

mod demo;
mod password;

pub use demo::DemoRole;

const SESSION_HOURS: i64 = 12;
const SETUP_HOURS: i64 = 24;
const SETUP_PURPOSE: &str = "first-administrator";
const ATTEMPTS_MAX: u32 = 10;
const ATTEMPT_WINDOW: Duration = Duration::from_secs(15 * 60);

/// Shortest password of a local account, in characters.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Longest, in bytes. What is longer is no password of anybody's here.
const PASSWORD_BYTES_MAX: usize = 1024;

/// A session that was just begun. The token is shown here and nowhere else.
#[derive(Debug)]
pub struct SignIn {
    /// What the browser or client keeps.
    pub token: Secret<String>,
    /// Whose it is.
    pub session: SignedIn,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Account, organisation and role.
    pub actor: Actor,
    /// How the person is called.
    pub account_name: Personal<String>,
    /// How the organisation is called.
    pub organisation_name: Text,
    /// Until when.
    pub expires_at: Timestamp,
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// What is typed at sign-in.
    pub login: String,
    /// How the person is called.
    pub name: Personal<String>,
    /// Password.
    pub password: Secret<String>,
}

/// A role to be given.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleGrant {
    /// Organisation.
    pub organisation: OrganisationId,
    /// Role.
    pub role: Role,
}

/// An account as an administrator sees it.
#[derive(Debug, Clone, Serialize)]
pub struct AccountView {
    /// Its id.
    pub id: AccountId,
    /// What is typed at sign-in.
    pub login: String,
    /// Whether it may sign in.
    pub active: bool,
    /// Its roles.
    pub roles: Vec<RoleGrant>,
}

impl App {
    /// Begins a session of a local account, in its first role or the one asked for.
    pub async fn sign_in(
        &self,
        login: &str,
        password: &Secret<String>,
        wanted: Option<&RoleGrant>,
    ) -> Result<SignIn, Error> {
        self.count_attempt(login).await?;
        if password.expose().len() > PASSWORD_BYTES_MAX {
            return Err(wrong_sign_in());
        }
        let login_owned = login.trim().to_lowercase();
        let (account, hash, roles) = self
            .store()
            .read("account.find_for_sign_in", |reader| async move {
                let Some(account) = reader.find_account_by_login(&login_owned).await? else {
                    return Ok((None, None, Vec::new()));
                };
                let hash = reader.find_password_hash(account.account_id).await?;
                let roles = reader.list_roles(account.account_id).await?;
                Ok::<_, Error>((Some(account), hash, roles))
            })
            .await?;
        // An unknown login costs the same time as a wrong password.
        let fits = password::verify(password.clone(), hash).await?;
        let role = match wanted {
            Some(wanted) => roles
                .into_iter()
                .find(|held| held.role == wanted.role && held.organisation == wanted.organisation),
            None => roles.into_iter().next(),
        };
        let (Some(account), Some(role), true) = (account, role, fits) else {
            return Err(wrong_sign_in());
        };
        if !account.active {
            return Err(wrong_sign_in());
        }
        let bucket = attempts_of(login);
        self.store()
            .run_tx("account.clear_attempts", |tx| {
                let bucket = bucket.clone();
                async move { tx.clear_attempts(&bucket).await }
            })
            .await?;
        self.begin_session(&account, &role).await
    }

    async fn count_attempt(&self, login: &str) -> Result<(), Error> {
        let bucket = attempts_of(login);
        let seconds = i64::try_from(ATTEMPT_WINDOW.as_secs()).unwrap_or(900);
        let start = self.machine_now().as_second() / seconds * seconds;
        let window = Timestamp::from_second(start).unwrap_or(Timestamp::UNIX_EPOCH);
        let attempts = self
            .store()
            .run_tx("account.count_attempt", |tx| {
                let bucket = bucket.clone();
                async move { tx.count_attempt(&bucket, window).await }
            })
            .await?;
        if attempts > ATTEMPTS_MAX {
            return Err(Error::new(
                ErrorClass::Limited,
                "too_many_attempts",
                "too many attempts; try again in 15 minutes",
            ));
        }
        Ok(())
    }

    async fn begin_session(&self, account: &Account, held: &HeldRole) -> Result<SignIn, Error> {
        let mut bytes = [0; 32];
        self.entropy().fill(&mut bytes);
        let token = URL_SAFE_NO_PAD.encode(bytes);
        let now = self.now();
        let actor = Actor {
            account: account.account_id,
            organisation: held.organisation.clone(),
            role: held.role,
        };
        let session = Session {
            session_id: SessionId::new(self.clock(), self.entropy()),
            token_hash: token_hash(&token),
            actor: actor.clone(),
            csrf: String::new(),
            created_at: self.machine_now(),
            expires_at: later(self.machine_now(), SESSION_HOURS),
        };
        let audit = AuditEntry::new(&actor, "session.begin", session.session_id.to_string(), now);
        self.store()
            .run_tx("session.begin", |tx| {
                let (session, audit) = (session.clone(), audit.clone());
                async move { tx.insert_session(&session, &audit).await }
            })
            .await?;
        let signed_in = SignedIn {
            organisation_name: self.organisation_name(&actor.organisation),
            account_name: account.display_name.clone(),
            expires_at: session.expires_at,
            actor,
        };
        Ok(SignIn {
            token: Secret::new(token),
            session: signed_in,
        })
    }

    /// Who a token belongs to, if its session has not ended.
    pub async fn find_session(&self, token: &str) -> Result<Option<SignedIn>, Error> {
        let (hash, now) = (token_hash(token), self.machine_now());
        let found = self
            .store()
            .read("session.find", |reader| async move {
                let Some(session) = reader.find_session(&hash, now).await? else {
                    return Ok(None);
                };
                let account = reader.find_account(session.actor.account).await?;
                Ok::<_, Error>(account.map(|account| (session, account)))
            })
            .await?;
        Ok(found
            .filter(|(_, account)| account.active)
            .map(|(session, account)| SignedIn {
                organisation_name: self.organisation_name(&session.actor.organisation),
                account_name: account.display_name,
                expires_at: session.expires_at,
                actor: session.actor,
            }))
    }

    /// Ends a session.
    pub async fn sign_out(&self, actor: &Actor, token: &str) -> Result<(), Error> {
        let hash = token_hash(token);
        let audit = AuditEntry::new(actor, "session.end", "session", self.now());
        self.store()
            .run_tx("session.end", |tx| {
                let audit = audit.clone();
                async move { tx.delete_session(&hash, &audit).await.map(drop) }
            })
            .await?;
        Ok(())
    }

    /// A one-time token with which the first administrator's account is made; none once there is one.
    pub async fn setup_token(&self) -> Result<Option<Secret<String>>, Error> {
        if self.is_demo() || self.count_accounts().await? > 0 {
            return Ok(None);
        }
        let mut bytes = [0; 32];
        self.entropy().fill(&mut bytes);
        let token = URL_SAFE_NO_PAD.encode(bytes);
        let (hash, expires_at) = (token_hash(&token), later(self.machine_now(), SETUP_HOURS));
        let audit = AuditEntry::new(
            &self.operator(),
            "account.offer_setup",
            "account",
            self.now(),
        );
        self.store()
            .run_tx("account.offer_setup", |tx| {
                let audit = audit.clone();
                async move {
                    tx.insert_setup_token(&hash, SETUP_PURPOSE, expires_at, &audit)
                        .await
                }
            })
            .await?;
        Ok(Some(Secret::new(token)))
    }

    /// Whether a set-up token can still be used.
    pub async fn is_setup_token(&self, token: &str) -> Result<bool, Error> {
        let (hash, now) = (token_hash(token), self.machine_now());
        let found = self
            .store()
            .read("account.find_setup", |reader| async move {
                reader.find_setup_token(&hash, now).await
            })
            .await?;
        Ok(found.is_some())
    }

    /// Makes the first administrator's account and signs it in. The token works once.
    pub async fn set_up(&self, token: &str, new: &NewAccount) -> Result<SignIn, Error> {
        let (hash, now) = (token_hash(token), self.machine_now());
        let own: OrganisationId = self.operator().organisation;
        let held = HeldRole {
            organisation: own,
            role: Role::Admin,
        };
        let (account, password_hash) = self.prepare_account(new).await?;
        let audit = AuditEntry::new(&self.operator(), "account.set_up", "account", self.now());
        self.store()
            .run_tx("account.set_up", |tx| {
                let (account, held) = (account.clone(), held.clone());
                let (password_hash, audit) = (password_hash.clone(), audit.clone());
                async move {
                    let spent = tx.use_setup_token(&hash, now, &audit).await?.is_none();
                    if spent || tx.count_accounts().await? > 0 {
                        return Err(Error::new(
                            ErrorClass::NotFound,
                            "setup_spent",
                            "the set-up link has been used or has run out",
                        )
                        .advise(
                            "start the server again; it prints a new one while there is no account",
                        ));
                    }
                    tx.insert_account(&account, &audit).await?;
                    tx.grant_role(account.account_id, &held, &audit).await?;
                    tx.set_password_hash(account.account_id, &password_hash, &audit)
                        .await?;
                    Ok(())
                }
            })
            .await?;
        self.begin_session(&account, &held).await
    }

    /// Makes an account with roles.
    pub async fn create_account(
        &self,
        actor: &Actor,
        new: &NewAccount,
        roles: &[RoleGrant],
    ) -> Result<AccountId, Error> {
        self.check_installation(actor, casework::Action::ManageAccounts)?;
        for grant in roles {
            self.check_grant(grant)?;
        }
        let (account, password_hash) = self.prepare_account(new).await?;
        let held: Vec<HeldRole> = roles
            .iter()
            .map(|grant| HeldRole {
                organisation: grant.organisation.clone(),
                role: grant.role,
            })
            .collect();
        let audit = AuditEntry::new(
            actor,
            "account.create",
            account.account_id.to_string(),
            self.now(),
        );
        self.store()
            .run_tx("account.create", |tx| {
                let (account, held) = (account.clone(), held.clone());
                let (password_hash, audit) = (password_hash.clone(), audit.clone());
                async move {
                    tx.insert_account(&account, &audit).await?;
                    for role in &held {
                        tx.grant_role(account.account_id, role, &audit).await?;
                    }
                    tx.set_password_hash(account.account_id, &password_hash, &audit)
                        .await
                }
            })
            .await?;
        Ok(account.account_id)
    }

    /// The system's own roles belong to nobody who signs in, and organisations are those of content.
    fn check_grant(&self, grant: &RoleGrant) -> Result<(), Error> {
        if matches!(grant.role, Role::System | Role::Operator) {
            let message = format!("the role `{}` is the installation's own", grant.role);
            return Err(Error::invalid("role", message).at_field("role"));
        }
        let known = self.content().rulebook.authorities();
        if known.get(&grant.organisation).is_none() {
            let message = format!("there is no organisation `{}`", grant.organisation);
            return Err(Error::invalid("organisation", message).at_field("organisation"));
        }
        Ok(())
    }

    /// Accounts, by login.
    pub async fn list_accounts(
        &self,
        actor: &Actor,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<AccountView>, Option<String>), Error> {
        self.check_installation(actor, casework::Action::ManageAccounts)?;
        let cursor = cursor.map(str::to_owned);
        self.store()
            .read("account.list", |reader| async move {
                let page = reader.list_accounts(cursor.as_deref(), limit).await?;
                let mut views = Vec::new();
                for account in page.items {
                    let roles = reader.list_roles(account.account_id).await?;
                    views.push(AccountView {
                        id: account.account_id,
                        login: account.login,
                        active: account.active,
                        roles: roles
                            .into_iter()
                            .map(|held| RoleGrant {
                                organisation: held.organisation,
                                role: held.role,
                            })
                            .collect(),
                    });
                }
                Ok((views, page.next))
            })
            .await
    }

    async fn prepare_account(&self, new: &NewAccount) -> Result<(Account, Secret<String>), Error> {
        let login = new.login.trim().to_lowercase();
        if login.len() < 3 || login.len() > 100 || login.contains(char::is_whitespace) {
            return Err(
                Error::invalid("login", "a login has 3 to 100 characters and no spaces")
                    .at_field("account"),
            );
        }
        if new.password.expose().chars().count() < PASSWORD_CHARS_MIN {
            let message = format!("a password has at least {PASSWORD_CHARS_MIN} characters");
            return Err(Error::invalid("password_short", message).at_field("password"));
        }
        if new.password.expose().len() > PASSWORD_BYTES_MAX {
            let message = format!("a password has at most {PASSWORD_BYTES_MAX} bytes");
            return Err(Error::invalid("password_long", message).at_field("password"));
        }
        let account = Account {
            account_id: AccountId::new(self.clock(), self.entropy()),
            login,
            display_name: new.name.clone(),
            mail: Personal::new(String::new()),
            active: true,
            created_at: self.now(),
        };
        let mut salt = [0; 16];
        self.entropy().fill(&mut salt);
        Ok((account, password::hash(new.password.clone(), salt).await?))
    }

    async fn count_accounts(&self) -> Result<u64, Error> {
        Ok(self
            .store()
            .read("account.count", |reader| async move {
                reader.count_accounts().await
            })
            .await?)
    }

    /// The name of an organisation; its id where content does not know it.
    pub fn organisation_name(&self, organisation: &OrganisationId) -> Text {
        let known = self.content().rulebook.authorities().get(organisation);
        known.map_or_else(
            || Text::new(organisation.as_str(), organisation.as_str()),
            |authority| authority.name.clone(),
        )
    }

    /// Checks an action on the installation itself.
    pub(crate) fn check_installation(
        &self,
        actor: &Actor,
        action: casework::Action,
    ) -> Result<casework::Granted, Error> {
        Ok(casework::check_may(
            actor,
            action,
            &casework::Subject::Installation,
        )?)
    }
}

/// Where the attempts at a login are counted, without the login itself.
fn attempts_of(login: &str) -> String {
    let digest = Sha256::digest(login.trim().to_lowercase().as_bytes());
    format!("sign-in:{}", URL_SAFE_NO_PAD.encode(digest))
}

fn later(now: Timestamp, hours: i64) -> Timestamp {
    Timestamp::from_second(now.as_second() + hours * 3600).unwrap_or(now)
}

fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn wrong_sign_in() -> Error {
    Error::new(
        ErrorClass::Unauthenticated,
        "wrong_sign_in",
        "account and password do not fit",
    )
    .at_field("account")
}
