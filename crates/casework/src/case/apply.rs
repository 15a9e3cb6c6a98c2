//! How each event changes a case. Nothing is decided here: what is stored has happened.

use std::collections::BTreeMap;

use base::{OrganisationId, QuestionId};

use super::{
    Answered, Assessment, BallChange, Case, CaseEvent, CaseState, DecisionMade, Extension,
    IssuedPermit, Part, Proposal, Question, QuestionGroup, Recorded, Requirement, RequirementMet,
    Waiting,
};

impl Case {
    pub(super) fn open(first: &Recorded<CaseEvent>) -> Option<Self> {
        let CaseEvent::ApplicationSubmitted {
            case,
            number,
            application,
            parts,
            requirements,
            population,
        } = &first.event
        else {
            return None;
        };
        let parts = parts
            .iter()
            .map(|part| {
                let opened = Part {
                    authority: part.authority.clone(),
                    registers: part.registers.clone(),
                    assessments: BTreeMap::new(),
                    proposal: None,
                    decision: None,
                    extended: None,
                    waiting: Vec::new(),
                };
                (part.authority.clone(), opened)
            })
            .collect();
        let requirements = requirements
            .iter()
            .map(|requirement| Requirement {
                id: requirement.requirement.clone(),
                institution: requirement.institution.clone(),
                rule: requirement.rule.clone(),
                met: None,
            })
            .collect();
        let population = if population.is_empty() {
            application.selection.named_population_uses()
        } else {
            population.iter().cloned().collect()
        };
        let mut case = Self {
            id: *case,
            number: number.clone(),
            state: CaseState::PreCheck,
            application: (**application).clone(),
            submitted_at: first.at,
            submitted_by: first.by,
            complete_from: None,
            parts,
            requirements,
            population,
            questions: Vec::new(),
            permit: None,
            ended_at: None,
            ball: Vec::new(),
            version: 0,
            history: Vec::new(),
        };
        case.note(first);
        Some(case)
    }

    /// Takes one more event in.
    pub fn apply(&mut self, recorded: &Recorded<CaseEvent>) {
        match &recorded.event {
            CaseEvent::ApplicationSubmitted { .. } => {}
            CaseEvent::ApplicationDeclaredComplete { from } => {
                self.state = CaseState::Assessment;
                self.complete_from = Some(*from);
            }
            CaseEvent::QuestionAsked { .. }
            | CaseEvent::QuestionsMerged { .. }
            | CaseEvent::QuestionAnswered { .. } => self.apply_question(recorded),
            CaseEvent::RequirementRecorded { requirement, text } => {
                let met = RequirementMet {
                    at: recorded.at,
                    by: recorded.by,
                    text: *text,
                };
                for open in self
                    .requirements
                    .iter_mut()
                    .filter(|r| r.id == *requirement)
                {
                    open.met = Some(met.clone());
                }
            }
            CaseEvent::CriterionAssessed { .. }
            | CaseEvent::DecisionProposed { .. }
            | CaseEvent::ProposalReturned { .. }
            | CaseEvent::ClockExtended { .. }
            | CaseEvent::PartDecided { .. } => self.apply_to_part(recorded),
            CaseEvent::ApplicationWithdrawn { .. } => self.end(CaseState::Withdrawn, recorded),
            CaseEvent::PermitIssued { .. }
            | CaseEvent::PermitRevoked { .. }
            | CaseEvent::AccessClosed { .. }
            | CaseEvent::PermitExpired { .. } => self.apply_to_permit(recorded),
        }
        self.note(recorded);
    }

    fn note(&mut self, recorded: &Recorded<CaseEvent>) {
        self.version += 1;
        self.history.push(recorded.clone());
        let holder = self.who_has_the_ball();
        if self.ball.last().is_none_or(|last| last.to != holder) {
            self.ball.push(BallChange {
                at: recorded.at,
                to: holder,
            });
        }
    }

    fn end(&mut self, state: CaseState, recorded: &Recorded<CaseEvent>) {
        self.state = state;
        self.ended_at = Some(recorded.at);
        for part in self.parts.values_mut() {
            close_waiting(part, recorded);
        }
    }

    fn apply_question(&mut self, recorded: &Recorded<CaseEvent>) {
        match &recorded.event {
            CaseEvent::QuestionAsked {
                question,
                authority,
                field,
                text,
                due,
            } => {
                self.questions.push(QuestionGroup {
                    id: *question,
                    field: field.clone(),
                    questions: vec![Question {
                        id: *question,
                        authority: authority.clone(),
                        text: *text,
                        by: recorded.by,
                        at: recorded.at,
                    }],
                    due: *due,
                    answer: None,
                });
                if let Some(part) = self.parts.get_mut(authority)
                    && !part.is_waiting()
                {
                    part.waiting.push(Waiting {
                        from: recorded.at,
                        to: None,
                    });
                }
            }
            CaseEvent::QuestionsMerged { into, questions } => self.merge(*into, questions),
            CaseEvent::QuestionAnswered {
                question,
                authorities,
                text,
                ..
            } => {
                if let Some(group) = self.questions.iter_mut().find(|g| g.id == *question) {
                    group.answer = Some(Answered {
                        text: *text,
                        by: recorded.by,
                        at: recorded.at,
                    });
                }
                for authority in authorities {
                    self.stop_waiting(authority, recorded);
                }
            }
            _ => {}
        }
    }

    fn merge(&mut self, into: QuestionId, questions: &[QuestionId]) {
        let (joining, mut rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.questions)
            .into_iter()
            .partition(|group| group.id != into && questions.contains(&group.id));
        if let Some(group) = rest.iter_mut().find(|group| group.id == into) {
            for other in joining {
                group.due = group.due.max(other.due);
                group.questions.extend(other.questions);
            }
        }
        self.questions = rest;
    }

    fn stop_waiting(&mut self, authority: &OrganisationId, recorded: &Recorded<CaseEvent>) {
        let still_waits = self.open_questions().any(|group| {
            group
                .questions
                .iter()
                .any(|question| question.authority == *authority)
        });
        if let Some(part) = self.parts.get_mut(authority)
            && !still_waits
        {
            close_waiting(part, recorded);
        }
    }

    fn apply_to_part(&mut self, recorded: &Recorded<CaseEvent>) {
        let (at, by) = (recorded.at, recorded.by);
        let authority = match &recorded.event {
            CaseEvent::CriterionAssessed { authority, .. }
            | CaseEvent::DecisionProposed { authority, .. }
            | CaseEvent::ProposalReturned { authority, .. }
            | CaseEvent::ClockExtended { authority, .. }
            | CaseEvent::PartDecided { authority, .. } => authority,
            _ => return,
        };
        let Some(part) = self.parts.get_mut(authority) else {
            return;
        };
        match &recorded.event {
            CaseEvent::CriterionAssessed {
                criterion,
                met,
                reason,
                ..
            } => {
                let assessment = Assessment {
                    met: *met,
                    reason: *reason,
                    by,
                    at,
                };
                part.assessments.insert(criterion.clone(), assessment);
            }
            CaseEvent::DecisionProposed { decision, .. } => {
                part.proposal = Some(Proposal {
                    decision: decision.clone(),
                    by,
                    at,
                });
            }
            CaseEvent::ProposalReturned { .. } => part.proposal = None,
            CaseEvent::ClockExtended { clock, reason, .. } => {
                part.extended = Some(Extension {
                    clock: clock.clone(),
                    reason: *reason,
                    at,
                });
            }
            CaseEvent::PartDecided {
                decision,
                proposed_by,
                ..
            } => {
                part.proposal = None;
                part.decision = Some(DecisionMade {
                    decision: decision.clone(),
                    by,
                    proposed_by: *proposed_by,
                    at,
                });
                self.settle(recorded);
            }
            _ => {}
        }
    }

    fn settle(&mut self, recorded: &Recorded<CaseEvent>) {
        if !self.all_decided() {
            return;
        }
        if self.permit_is_possible() {
            self.state = CaseState::Decided;
        } else {
            self.end(CaseState::Refused, recorded);
        }
    }

    fn apply_to_permit(&mut self, recorded: &Recorded<CaseEvent>) {
        match &recorded.event {
            CaseEvent::PermitIssued {
                permit,
                number,
                version,
                document_sha256,
                valid_from,
                valid_to,
            } => {
                self.state = CaseState::Permitted;
                self.permit = Some(IssuedPermit {
                    id: *permit,
                    number: number.clone(),
                    version: *version,
                    document_sha256: document_sha256.clone(),
                    valid_from: *valid_from,
                    valid_to: *valid_to,
                    issued_at: recorded.at,
                    in_force: true,
                });
            }
            CaseEvent::PermitRevoked { .. } => self.close_permit(CaseState::Revoked, recorded),
            CaseEvent::AccessClosed { .. } => self.close_permit(CaseState::Closed, recorded),
            CaseEvent::PermitExpired { .. } => self.close_permit(CaseState::Expired, recorded),
            _ => {}
        }
    }

    fn close_permit(&mut self, state: CaseState, recorded: &Recorded<CaseEvent>) {
        if let Some(permit) = &mut self.permit {
            permit.in_force = false;
        }
        self.end(state, recorded);
    }
}

fn close_waiting(part: &mut Part, recorded: &Recorded<CaseEvent>) {
    if let Some(open) = part.waiting.last_mut().filter(|time| time.to.is_none()) {
        open.to = Some(recorded.at);
    }
}
