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
    /// Whom it is about, which data, how fine.
    pub selection: Selection,
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

    /// The reference of a text answer.
    pub fn text(&self, field: &str) -> Option<CaseTextId> {
        match self.answers.get(field) {
            Some(SentAnswer::Text(text)) => Some(*text),
            _ => None,
        }
    }
}
