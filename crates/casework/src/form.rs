//! The application form as data: steps, fields, limits, and where each answer goes.

use std::collections::BTreeMap;

use base::Date;
use catalogue::selection::Selection;
use catalogue::{ContentError, ContentFile, Text};
use serde::{Deserialize, Serialize};

use crate::application::TeamMember;
use crate::rulebook::parse;

mod check;
mod cpr;

pub use check::{FieldProblem, check_answers, check_step};
pub use cpr::looks_like_cpr;

/// A version of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Stable id: `application`.
    pub id: String,
    /// Rises with every change; field ids keep their meaning.
    pub version: u32,
    /// First date on which it is used.
    pub valid_from: Date,
    /// Where its shape comes from.
    pub source: String,
    /// Steps, in order.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

/// A step: one page of the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Stable id: `project`.
    pub id: String,
    /// Heading.
    pub title: Text,
    /// What it is for.
    #[serde(default)]
    pub lead: Option<Text>,
    /// Fields, in order.
    #[serde(default, rename = "field")]
    pub fields: Vec<Field>,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Stable id: `access-to`.
    pub id: String,
    /// What kind of answer it takes.
    pub kind: FieldKind,
    /// The question.
    pub label: Text,
    /// What to write.
    #[serde(default)]
    pub help: Option<Text>,
    /// Whether it must be answered.
    #[serde(default)]
    pub required: bool,
    /// Fewest characters of a text.
    #[serde(default)]
    pub chars_min: Option<usize>,
    /// Most characters of a text.
    #[serde(default)]
    pub chars_max: Option<usize>,
    /// Whether the public sees the answer.
    pub published: Publication,
    /// The choices, in order.
    #[serde(default, rename = "option")]
    pub options: Vec<FieldOption>,
    /// Asked only if another field has one of these choices.
    #[serde(default)]
    pub asked_if: Option<AskedIf>,
    /// Where the answer goes: by authority, the document or field of its own form; `eu` for the section
    /// of the Union's form.
    #[serde(default)]
    pub goes_to: BTreeMap<String, String>,
    /// The rule it stands on.
    #[serde(default)]
    pub law: Option<Text>,
    /// What to write when it is missing or wrong, as an instruction.
    #[serde(default)]
    pub problem: Option<Text>,
}

/// What kind of answer a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    /// One line.
    Text,
    /// Several lines.
    Long,
    /// One of the options.
    Choice,
    /// Any of the options.
    Multichoice,
    /// A date.
    Date,
    /// A tick.
    Checkbox,
    /// Population, tables, variables, period.
    Selection,
    /// Persons with access.
    Team,
}

/// Whether the public sees an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Publication {
    /// Shown.
    Public,
    /// Withheld, and why.
    Withheld(Text),
}

/// An option of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldOption {
    /// Stable id.
    pub id: String,
    /// What it says.
    pub label: Text,
    /// More about it.
    #[serde(default)]
    pub help: Option<Text>,
}

/// When a field is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedIf {
    /// Field of kind choice.
    pub field: String,
    /// Its choices.
    pub is: Vec<String>,
}

/// Answers of a draft, by field id.
pub type Answers = BTreeMap<String, Answer>;

/// An answer of a draft, with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Answer {
    /// Words.
    Text(String),
    /// One choice.
    Choice(String),
    /// Several choices.
    Choices(Vec<String>),
    /// A date.
    Date(Date),
    /// A tick.
    Tick(bool),
    /// A selection.
    Selection(Box<Selection>),
    /// The team.
    Team(Vec<TeamMember>),
}

impl Form {
    /// Reads a form and checks that its fields fit together.
    pub fn from_file(file: &ContentFile<'_>) -> Result<Self, ContentError> {
        let form: Self = parse(file)?;
        form.check()
            .map_err(|problem| ContentError::new(file.path, problem))?;
        Ok(form)
    }

    /// Every field, in order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.steps.iter().flat_map(|step| &step.fields)
    }

    /// The field of an id.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields().find(|field| field.id == id)
    }

    /// The step of an id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// The step that a field stands in, with its number from 1.
    pub fn step_of(&self, field: &str) -> Option<(usize, &Step)> {
        self.steps
            .iter()
            .enumerate()
            .find(|(_, step)| step.fields.iter().any(|f| f.id == field))
            .map(|(index, step)| (index + 1, step))
    }

    fn check(&self) -> Result<(), String> {
        let mut seen = std::collections::BTreeSet::new();
        for field in self.fields() {
            if !seen.insert(&field.id) {
                return Err(format!("field `{}` stands twice", field.id));
            }
            let takes_options = matches!(field.kind, FieldKind::Choice | FieldKind::Multichoice);
            if takes_options == field.options.is_empty() {
                return Err(format!(
                    "field `{}`: only choices have options, and each has some",
                    field.id
                ));
            }
            if let Some(asked_if) = &field.asked_if {
                let other = self.field(&asked_if.field).ok_or_else(|| {
                    format!(
                        "field `{}` hangs on `{}`, which is no field",
                        field.id, asked_if.field
                    )
                })?;
                if let Some(choice) = asked_if.is.iter().find(|id| other.option(id).is_none()) {
                    return Err(format!(
                        "field `{}` hangs on `{choice}`, which is no option of `{}`",
                        field.id, other.id
                    ));
                }
            }
        }
        Ok(())
    }
}

impl Field {
    /// The option of an id.
    pub fn option(&self, id: &str) -> Option<&FieldOption> {
        self.options.iter().find(|option| option.id == id)
    }

    /// Whether it is asked, given the other answers.
    pub fn is_asked(&self, answers: &Answers) -> bool {
        match &self.asked_if {
            None => true,
            Some(asked_if) => match answers.get(&asked_if.field) {
                Some(Answer::Choice(choice)) => asked_if.is.contains(choice),
                _ => false,
            },
        }
    }

    /// Whether the public sees the answer.
    pub const fn is_public(&self) -> bool {
        matches!(self.published, Publication::Public)
    }
}
