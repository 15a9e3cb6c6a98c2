//! What an applicant sends: structured facts, and texts by reference.

use std::collections::BTreeMap;

use base::{AccountId, CaseTextId, Date, OrganisationId};
use catalogue::permit::AccessMode;
use catalogue::selection::{Period, Selection};
use serde::{Deserialize, Serialize};

/// An application as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// Form: `application`.
    pub form: String,
    /// Version of the form it was written in.
    pub form_version: u32,
    /// Answers by field id; selection and team stand in their own fields below.
    pub answers: BTreeMap<String, SentAnswer>,
    /// Whom it is about, which data, how fine. Why stands in [`Application::reasons`].
    pub selection: Selection,
    /// What a variable is needed for, by its full name. Words are no part of an event.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<String, SentReason>,
    /// Persons with access.
    pub team: Vec<TeamMember>,
    /// The institution that will be data user.
    pub data_user: OrganisationId,
    /// Purposes of Art. 53(1) of Regulation (EU) 2025/327, as letters.
    pub purposes: Vec<String>,
    /// First and last date of access asked for.
    pub period: Period,
}

/// An answer as events carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SentAnswer {
    /// A text, kept beside the log.
    Text(CaseTextId),
    /// One choice.
    Choice(String),
    /// Several choices.
    Choices(Vec<String>),
    /// A date.
    Date(Date),
    /// A tick.
    Tick(bool),
}

/// Why a variable is needed, as events carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SentReason {
    /// A text, kept beside the log.
    Text(CaseTextId),
    /// Words that an event of the first schema held.
    Words(String),
}

/// A person of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeamMember {
    /// Account.
    pub account: AccountId,
    /// Whether this is the principal investigator.
    pub principal: bool,
    /// What the person will see.
    pub access: AccessMode,
    /// Whether the person may ask for release.
    pub may_release: bool,
}

impl Application {
    /// The member of an account.
    pub fn member(&self, account: AccountId) -> Option<&TeamMember> {
        self.team.iter().find(|member| member.account == account)
    }

    /// The selection with the reasons in words; `words` knows what stands behind a reference. A text
    /// that was erased is no reason any more.
    pub fn selection_in_words<'a>(
        &'a self,
        words: impl Fn(CaseTextId) -> Option<&'a str>,
    ) -> Selection {
        let mut selection = self.selection.clone();
        for table in &mut selection.tables {
            let (register, name) = (table.register.clone(), table.table.clone());
            for variable in &mut table.variables {
                let reason = match self
                    .reasons
                    .get(&full_name((&register, &name), &variable.name))
                {
                    Some(SentReason::Text(text)) => words(*text),
                    Some(SentReason::Words(reason)) => Some(reason.as_str()),
                    None => None,
                };
                variable.reason = reason.unwrap_or_default().to_owned();
            }
        }
        selection
    }

    /// The reference of a text answer.
    pub fn text(&self, field: &str) -> Option<CaseTextId> {
        match self.answers.get(field) {
            Some(SentAnswer::Text(text)) => Some(*text),
            _ => None,
        }
    }
}

/// The name of a variable among all: `lpr3.diagnoser.diag_kode`.
fn full_name((register, table): (&str, &str), variable: &str) -> String {
    format!("{register}.{table}.{variable}")
}

/// Takes the reasons out of a selection. `keep` says how an event carries them.
pub fn take_reasons<E>(
    selection: &mut Selection,
    mut keep: impl FnMut(String) -> Result<SentReason, E>,
) -> Result<BTreeMap<String, SentReason>, E> {
    let mut reasons = BTreeMap::new();
    for table in &mut selection.tables {
        for variable in &mut table.variables {
            let reason = std::mem::take(&mut variable.reason);
            if !reason.trim().is_empty() {
                let name = full_name((&table.register, &table.table), &variable.name);
                reasons.insert(name, keep(reason)?);
            }
        }
    }
    Ok(reasons)
}
