//! Asking the applicant. Open questions about the same field become one.

use base::{CaseTextId, OrganisationId, QuestionId};
use serde::{Deserialize, Serialize};

use super::{CaseEvent, Deciding};
use crate::refusal::Refusal;

/// Ask the applicant about a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskQuestion {
    /// The new question.
    pub question: QuestionId,
    /// Part that asks.
    pub authority: OrganisationId,
    /// Field of the form.
    pub field: String,
    /// Its words.
    pub text: CaseTextId,
}

impl AskQuestion {
    pub(super) fn decide(&self, at: &Deciding<'_>) -> Result<Vec<CaseEvent>, Refusal> {
        at.open_part(&self.authority)?;
        if at.rules.form().field(&self.field).is_none() {
            return Err(Refusal::NoSuchField(self.field.clone()));
        }
        let asked = CaseEvent::QuestionAsked {
            question: self.question,
            authority: self.authority.clone(),
            field: self.field.clone(),
            text: self.text,
            due: at.rules.clocks().answer_due(at.today),
        };
        let same_field = at
            .case
            .open_questions()
            .find(|group| group.field == self.field);
        let mut events = vec![asked];
        if let Some(group) = same_field {
            let mut questions: Vec<QuestionId> =
                group.questions.iter().map(|question| question.id).collect();
            questions.push(self.question);
            events.push(CaseEvent::QuestionsMerged {
                into: group.id,
                questions,
            });
        }
        Ok(events)
    }
}
