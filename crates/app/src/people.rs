//! How people of a project are called: for those who already see the project, and to name a colleague.

use std::collections::BTreeMap;

use base::{AccountId, OrganisationId, Role};

use crate::{App, Error};

/// A person as pages name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonCard {
    /// What is typed at sign-in, and to name the person.
    pub login: String,
    /// Name.
    pub name: base::Personal<String>,
    /// For whom the person does research, or else works.
    pub organisation: Option<OrganisationId>,
}

impl App {
    /// The people of these accounts; accounts that are gone are left out.
    pub async fn people(
        &self,
        accounts: &[AccountId],
    ) -> Result<BTreeMap<AccountId, PersonCard>, Error> {
        let accounts = accounts.to_vec();
        self.store()
            .read("account.people", |reader| async move {
                let mut people = BTreeMap::new();
                for id in accounts {
                    let Some(account) = reader.find_account(id).await? else {
                        continue;
                    };
                    let roles = reader.list_roles(id).await?;
                    let researches = roles.iter().find(|held| held.role == Role::Researcher);
                    let held = researches.or_else(|| roles.first());
                    let card = PersonCard {
                        login: account.login,
                        name: account.display_name,
                        organisation: held.map(|held| held.organisation.clone()),
                    };
                    people.insert(id, card);
                }
                Ok(people)
            })
            .await
    }

    /// The account of somebody who may sign in, by login.
    pub async fn find_colleague(&self, login: &str) -> Result<Option<AccountId>, Error> {
        let login = login.trim().to_lowercase();
        let found = self
            .store()
            .read("account.colleague", |reader| async move {
                reader.find_account_by_login(&login).await
            })
            .await?;
        let active = found.filter(|account| account.active);
        Ok(active.map(|account| account.account_id))
    }
}
