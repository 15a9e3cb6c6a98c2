//! The people of the demo, from `content/demo.toml`.

use base::{AccountId, OrganisationId, Personal, Role};
use catalogue::{Language, Text};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{Account, AuditEntry, HeldRole};

use super::SignIn;
use crate::{App, Error};

/// A button of the demo's sign-in page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoRole {
    /// What the sign-in is called: `officer-sds`.
    pub id: String,
    /// Role.
    pub role: Role,
    /// Organisation.
    pub organisation: OrganisationId,
    /// Who this is.
    pub name: Text,
    /// What this person does in the story.
    pub does: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoFile {
    account: Vec<DemoRole>,
}

impl App {
    /// The demo's people; none outside a demo.
    pub fn demo_roles(&self) -> Result<Vec<DemoRole>, Error> {
        if !self.is_demo() {
            return Ok(Vec::new());
        }
        let text = self.content().file("demo.toml").unwrap_or_default();
        let file: DemoFile = toml::from_str(text)
            .map_err(|error| Error::invalid("content", format!("content/demo.toml: {error}")))?;
        Ok(file.account)
    }

    /// Signs in as one of the demo's people. Outside a demo this does not exist.
    pub async fn sign_in_demo(&self, id: &str) -> Result<SignIn, Error> {
        let roles = self.demo_roles()?;
        if roles.is_empty() {
            return Err(Error::not_found());
        }
        let Some(role) = roles.iter().find(|role| role.id == id) else {
            let known: Vec<&str> = roles.iter().map(|role| role.id.as_str()).collect();
            let message = format!(
                "there is no demo role of that name; there are {}",
                known.join(", ")
            );
            return Err(Error::invalid("unknown_role", message).at_field("role"));
        };
        let account = self.demo_account(role).await?;
        let held = HeldRole {
            organisation: role.organisation.clone(),
            role: role.role,
        };
        self.begin_session(&account, &held).await
    }

    /// The account id of one of the demo's people: derived from its name, the same in every demo.
    pub fn demo_account_id(id: &str) -> AccountId {
        let digest = Sha256::digest(format!("sund-demo-account:{id}").as_bytes());
        let mut bytes = [0; 16];
        for (byte, random) in bytes.iter_mut().zip(digest) {
            *byte = random;
        }
        AccountId::from_bytes(bytes)
    }

    async fn demo_account(&self, role: &DemoRole) -> Result<Account, Error> {
        let account = Account {
            account_id: Self::demo_account_id(&role.id),
            login: role.id.clone(),
            display_name: Personal::new(role.name.in_language(Language::Da).to_owned()),
            mail: Personal::new(format!("{}@demo.invalid", role.id)),
            active: true,
            created_at: self.now(),
        };
        let held = HeldRole {
            organisation: role.organisation.clone(),
            role: role.role,
        };
        let audit = AuditEntry::new(&self.system(), "account.create", &role.id, self.now());
        self.store()
            .run_tx("demo.account", |tx| {
                let (account, held, audit) = (account.clone(), held.clone(), audit.clone());
                async move {
                    if let Some(found) = tx.find_account(account.account_id).await? {
                        return Ok(found);
                    }
                    tx.insert_account(&account, &audit).await?;
                    tx.grant_role(account.account_id, &held, &audit).await?;
                    Ok::<_, Error>(account)
                }
            })
            .await
    }

    /// Makes the accounts of all the demo's people.
    pub async fn seed_demo_accounts(&self) -> Result<(), Error> {
        for role in self.demo_roles()? {
            self.demo_account(&role).await?;
        }
        Ok(())
    }
}
