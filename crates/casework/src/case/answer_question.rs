//! Answering: one answer closes the question for everybody who asked.

use base::{CaseTextId, OrganisationId, QuestionId};
use serde::{Deserialize, Serialize};

use super::{CaseEvent, Deciding};
use crate::refusal::Refusal;

/// Answer a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerQuestion {
    /// The group, or any question of it.
    pub question: QuestionId,
    /// The answer.
    pub text: CaseTextId,
}

impl AnswerQuestion {
    pub(super) fn decide(&self, at: &Deciding<'_>) -> Result<Vec<CaseEvent>, Refusal> {
        let group = at
            .case
            .question_group(self.question)
            .ok_or(Refusal::NoSuchQuestion)?;
        if group.answer.is_some() {
            return Err(Refusal::AlreadyAnswered);
        }
        let mut authorities: Vec<OrganisationId> = group
            .questions
            .iter()
            .map(|question| question.authority.clone())
            .collect();
        authorities.sort();
        authorities.dedup();
        Ok(vec![CaseEvent::QuestionAnswered {
            question: group.id,
            closes: group.questions.iter().map(|question| question.id).collect(),
            authorities,
            text: self.text,
        }])
    }
}
