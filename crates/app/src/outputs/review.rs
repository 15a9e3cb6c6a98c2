//! Review by two people who judge apart: each sees the own answer, and of the others only how many
//! have answered, until they agree.

use std::collections::BTreeMap;

use base::{Actor, CaseTextId, ErrorClass, OutputId, Timestamp};
use casework::output::{AssessOutput, Output, OutputAssessment, OutputState, Verdict};
use casework::{Action, Subject, check_may};
use disclosure::TableState;
use serde::{Deserialize, Serialize};

use super::{OutputView, cannot_leave};
use crate::cases::page_size;
use crate::{App, Error};

/// The checkers' work on an output, as one reader sees it.
#[derive(Debug, Clone, Serialize)]
pub struct ReviewView {
    /// What the researcher says about the table.
    pub context: Option<String>,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
    /// This reader's own answer.
    pub own: Option<AnswerView>,
    /// How many others have answered.
    pub answered_by_others: usize,
    /// Whether the first two disagreed; a third decides.
    pub disagreed: bool,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
    /// All answers, without names, once it is settled.
    pub answers: Vec<AnswerView>,
}

/// An answer of a checker.
#[derive(Debug, Clone, Serialize)]
pub struct AnswerView {
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// A checker's answer as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssessmentInput {
    /// `release` or `reject`.
    pub verdict: Verdict,
    /// Why; needed for a rejection.
    #[serde(default)]
    pub reason: Option<String>,
}

impl App {
    /// Sends a held table to two checkers, with what they need to know.
    pub async fn send_for_review(
        &self,
        actor: &Actor,
        id: OutputId,
        context: &str,
    ) -> Result<OutputView, Error> {
        let found = self.find_for(actor, Action::SendForReview, id).await?;
        self.usable_permit(found.output.permit).await?;
        let text = self.seal_text(found.case.id, "context", context)?;
        let (reference, texts) = (text.id, [text]);
        self.change_output(
            actor,
            (id, Action::SendForReview),
            &texts,
            |found, kept, granted| {
                if kept.verdict.state == TableState::NeverReleased {
                    return Err(cannot_leave());
                }
                let text = Some(reference);
                Ok(found.output.send_for_review(&found.case, text, granted)?)
            },
        )
        .await
    }

    /// Outputs that wait for this checker or another, the newest first. Those of own projects are
    /// left out.
    pub async fn review_queue(
        &self,
        actor: &Actor,
        cursor: Option<&str>,
        limit: Option<usize>,
    ) -> Result<(Vec<OutputView>, Option<String>), Error> {
        self.check_installation(actor, Action::ViewReviewQueue)?;
        let (app, actor) = (self.clone(), actor.clone());
        let (cursor, limit) = (cursor.map(str::to_owned), page_size(limit));
        self.store()
            .read("review.queue", |reader| async move {
                let state = Some(OutputState::InReview.name());
                let page = reader
                    .list_outputs(None, state, cursor.as_deref(), limit)
                    .await?;
                let mut views = Vec::new();
                for stored in page.items {
                    let found = app.found_of(&reader, stored).await?;
                    let (facts, output) = (found.case.facts(), found.output.facts());
                    let subject = Subject::Output(&facts, &output);
                    if check_may(&actor, Action::AssessOutput, &subject).is_err() {
                        continue;
                    }
                    let kept = app.open_kept(&found.stored)?;
                    let texts = app.open_texts(&reader, found.case.id).await?;
                    let parts = (&found.output, &kept, &found.case);
                    views.push(app.view_output(&actor, parts, &texts));
                }
                Ok((views, page.next))
            })
            .await
    }

    /// An output as a checker judges it.
    pub async fn load_review(&self, actor: &Actor, id: OutputId) -> Result<OutputView, Error> {
        self.check_installation(actor, Action::ViewReviewQueue)
            .map_err(|_| Error::not_found())?;
        self.load_output(actor, id).await
    }

    /// Answers as a checker. Two who agree settle it.
    pub async fn assess_output(
        &self,
        actor: &Actor,
        id: OutputId,
        input: &AssessmentInput,
    ) -> Result<OutputView, Error> {
        let found = self.find_for(actor, Action::AssessOutput, id).await?;
        if input.verdict == Verdict::Release {
            // What was revoked meanwhile does not leave.
            self.usable_permit(found.output.permit).await?;
        }
        let reason = self.seal_optional(found.case.id, "reason", input.reason.as_deref())?;
        let assessment = AssessOutput {
            verdict: input.verdict,
            reason: reason.as_ref().map(|text| text.id),
        };
        let texts: Vec<_> = reason.into_iter().collect();
        self.change_output(
            actor,
            (id, Action::AssessOutput),
            &texts,
            |found, kept, granted| {
                if kept.verdict.state == TableState::NeverReleased {
                    let message = "rows about individuals never leave, whoever agrees";
                    return Err(Error::new(ErrorClass::Conflict, "not_released", message));
                }
                Ok(found.output.assess(&found.case, &assessment, granted)?)
            },
        )
        .await
    }
}

/// The review of an output as the actor sees it; none before it was sent.
pub(super) fn view_of(
    actor: &Actor,
    output: &Output,
    texts: &BTreeMap<CaseTextId, String>,
) -> Option<ReviewView> {
    output.sent_at?;
    let words = |id: Option<CaseTextId>| id.and_then(|id| texts.get(&id)).cloned();
    let answer = |given: &OutputAssessment| AnswerView {
        verdict: given.verdict,
        reason: words(given.reason),
        at: given.at,
    };
    let own = output
        .assessments
        .iter()
        .find(|given| given.by == actor.account);
    let settled = output.settled_at.is_some();
    Some(ReviewView {
        context: words(output.sent_text),
        sent_at: output.sent_at,
        own: own.map(answer),
        answered_by_others: output.answered_by_others(actor.account),
        disagreed: output.disagreed,
        settled_at: output.settled_at,
        answers: if settled {
            output.assessments.iter().map(answer).collect()
        } else {
            Vec::new()
        },
    })
}
