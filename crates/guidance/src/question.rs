//! A question to the applicant, as its file states it.

use catalogue::Text;
use serde::{Deserialize, Serialize};

/// A question with its choices. "Don't know" is always allowed and is not listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Stable id: `biological-material`.
    pub id: String,
    /// The question.
    pub text: Text,
    /// One or two words for lists of answers: "Biologisk materiale".
    pub label: Text,
    /// What to consider.
    pub help: Text,
    /// Choices, in order.
    #[serde(rename = "choice")]
    pub choices: Vec<Choice>,
}

/// A choice of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Stable id: `yes`.
    pub id: String,
    /// What it says.
    pub text: Text,
}

impl Question {
    /// The choice of an id.
    pub fn choice(&self, id: &str) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.id == id)
    }
}
