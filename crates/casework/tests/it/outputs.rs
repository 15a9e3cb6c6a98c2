//! Outputs: released at once, or held and judged by two checkers who do not see each other.

use base::OutputId;
use casework::access::Subject;
use casework::output::{
    AssessOutput, MakeOutput, Output, OutputEvent, OutputState, Screening, Verdict,
};
use casework::{Action, Denied, Granted, Recorded, Refusal, StoredEvent, check_may};

use crate::support::*;

struct Room {
    driven: Driven,
    output: Output,
}

fn record(who: u8, event: OutputEvent, driven: &Driven) -> Recorded<OutputEvent> {
    Recorded {
        at: driven.now,
        by: account(who),
        organisation: person(who).organisation,
        event,
    }
}

impl Room {
    fn new() -> Self {
        let driven = Driven::permitted();
        let facts = driven.case.facts();
        let granted = check_may(&person(PI), Action::RunQuery, &Subject::Case(&facts)).unwrap();
        let command = MakeOutput {
            output: OutputId::from_bytes([9; 16]),
            result_sha256: "ab".repeat(32),
            rows: 42,
            columns: 3,
        };
        let events = command.decide(&driven.case, &granted).unwrap();
        let records: Vec<_> = events
            .into_iter()
            .map(|event| record(PI, event, &driven))
            .collect();
        Self {
            output: Output::fold(&records).unwrap(),
            driven,
        }
    }

    fn permission(&self, who: u8, action: Action) -> Result<Granted, Denied> {
        let (case, output) = (self.driven.case.facts(), self.output.facts());
        check_may(&person(who), action, &Subject::Output(&case, &output))
    }

    fn take(&mut self, who: u8, events: Vec<OutputEvent>) {
        for event in events {
            let recorded = record(who, event, &self.driven);
            self.output.apply(&recorded);
        }
    }

    fn release(&mut self, failing_cells: u32) -> Result<(), Refusal> {
        let granted = self.permission(PI, Action::ReleaseOutput).unwrap();
        let screening = Screening {
            evidence_sha256: "cd".repeat(32),
            cells: 126,
            failing_cells,
            rules: (failing_cells > 0)
                .then(|| "minimum-frequency".to_owned())
                .into_iter()
                .collect(),
        };
        let events = self
            .output
            .release(&self.driven.case, &screening, &granted)?;
        self.take(PI, events);
        Ok(())
    }

    fn in_review() -> Self {
        let mut room = Self::new();
        room.release(4).unwrap();
        let granted = room.permission(PI, Action::SendForReview).unwrap();
        let events = room
            .output
            .send_for_review(&room.driven.case, Some(text(60)), &granted)
            .unwrap();
        room.take(PI, events);
        room
    }

    fn assess(&mut self, who: u8, verdict: Verdict) -> Result<(), &'static str> {
        let granted = self
            .permission(who, Action::AssessOutput)
            .map_err(Denied::code)?;
        let assessment = AssessOutput {
            verdict,
            reason: (verdict == Verdict::Reject).then(|| text(61)),
        };
        let events = self
            .output
            .assess(&self.driven.case, &assessment, &granted)
            .map_err(|refusal| refusal.code())?;
        self.take(who, events);
        Ok(())
    }
}

#[test]
fn a_table_whose_cells_all_hold_is_released_at_once() {
    let mut room = Room::new();
    room.release(0).unwrap();
    assert_eq!(room.output.state, OutputState::Released);
    assert!(room.output.automatic);
}

#[test]
fn a_table_with_a_failing_cell_is_held_with_the_rules_named() {
    let mut room = Room::new();
    room.release(4).unwrap();
    assert_eq!(room.output.state, OutputState::Held);
    assert_eq!(
        room.output.held,
        Some((4, vec!["minimum-frequency".to_owned()]))
    );
    assert_eq!(room.release(0).unwrap_err().code(), "wrong_output_state");
}

#[test]
fn two_checkers_who_agree_release_it() {
    let mut room = Room::in_review();
    room.assess(CHECKER_1, Verdict::Release).unwrap();
    assert_eq!(room.output.state, OutputState::InReview);
    assert_eq!(room.output.answered_by_others(account(CHECKER_2)), 1);
    room.assess(CHECKER_2, Verdict::Release).unwrap();
    assert_eq!(room.output.state, OutputState::Released);
    assert!(!room.output.automatic);
}

#[test]
fn one_checker_is_never_two() {
    let mut room = Room::in_review();
    room.assess(CHECKER_1, Verdict::Release).unwrap();
    assert_eq!(
        room.assess(CHECKER_1, Verdict::Release),
        Err("checker_twice")
    );
}

#[test]
fn when_two_disagree_a_third_decides() {
    let mut room = Room::in_review();
    room.assess(CHECKER_1, Verdict::Release).unwrap();
    room.assess(CHECKER_2, Verdict::Reject).unwrap();
    assert!(room.output.disagreed);
    assert_eq!(room.output.state, OutputState::InReview);
    room.assess(CHECKER_3, Verdict::Reject).unwrap();
    assert_eq!(room.output.state, OutputState::Rejected);
}

#[test]
fn the_projects_people_neither_check_nor_see_the_queue() {
    let mut room = Room::in_review();
    let own = base::Actor {
        role: base::Role::Checker,
        ..person(MEMBER)
    };
    let (case, output) = (room.driven.case.facts(), room.output.facts());
    let subject = Subject::Output(&case, &output);
    assert!(check_may(&own, Action::AssessOutput, &subject).is_err());
    assert_eq!(room.assess(PI, Verdict::Release), Err("forbidden"));
}

#[test]
fn a_member_without_release_right_cannot_ask_for_release() {
    let room = Room::new();
    assert_eq!(
        room.permission(MEMBER, Action::ReleaseOutput),
        Err(Denied::Forbidden)
    );
}

#[test]
fn a_checker_sees_an_output_only_while_it_is_in_review() {
    let mut room = Room::in_review();
    assert!(room.permission(CHECKER_1, Action::ViewOutput).is_ok());
    room.assess(CHECKER_1, Verdict::Release).unwrap();
    room.assess(CHECKER_2, Verdict::Release).unwrap();
    assert_eq!(
        room.permission(CHECKER_3, Action::ViewOutput),
        Err(Denied::NotFound)
    );
}

#[test]
fn nothing_is_released_after_the_permit_is_revoked() {
    let mut room = Room::new();
    room.driven
        .run(
            OFFICER_DST,
            casework::CaseCommand::RevokePermit(casework::case::revoke_permit::RevokePermit {
                reason: text(99),
            }),
        )
        .unwrap();
    assert_eq!(room.release(0).unwrap_err().code(), "wrong_state");
}

#[test]
fn output_events_read_back_as_they_were_stored() {
    let events = [
        OutputEvent::OutputDisagreed {},
        OutputEvent::OutputHeldBack {
            failing_cells: 4,
            rules: vec!["dominance".to_owned()],
        },
    ];
    for event in events {
        let stored = event.encode().unwrap();
        assert_eq!(stored.kind, event.kind());
        let read = OutputEvent::decode(&stored.kind, stored.schema, stored.payload).unwrap();
        assert_eq!(read, event);
    }
}
