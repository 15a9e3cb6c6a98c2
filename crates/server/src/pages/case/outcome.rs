//! How a case ended: the permit, the refusal with its reasons, the end.

use app::cases::CasePage;
use app::casework::CaseState;
use app::casework::case::Decision;
use app::casework::view::{PartState, PartView};
use serde_json::{Value, json};

use super::parts::text_of;
use crate::http::Answer;
use crate::pages::visit::Visit;

/// The outcome; null while there is none.
pub(super) async fn view(visit: &Visit, page: &CasePage) -> Answer<Value> {
    let kind = match page.view.state {
        CaseState::Permitted => "permit",
        CaseState::Refused => "refused",
        CaseState::Withdrawn => "withdrawn",
        CaseState::Revoked => "revoked",
        CaseState::Closed => "closed",
        CaseState::Expired => "expired",
        CaseState::PreCheck | CaseState::Assessment | CaseState::Decided => return Ok(Value::Null),
    };
    let permit = page.view.permit.as_ref();
    let parts = || page.view.parts.iter();
    let partly = parts().filter(|part| part.state == PartState::GrantedInPart);
    let refused = || parts().filter(|part| part.state == PartState::Refused);
    let by: Vec<String> = refused()
        .map(|part| visit.organisation(&part.authority))
        .collect();
    let reasons: Vec<Value> = refused().map(|part| reason(visit, page, part)).collect();
    let (ready, room) = match permit.filter(|_| kind == "permit") {
        Some(permit) => extract(visit, &permit.number, &page.view.number).await?,
        None => (false, None),
    };
    let last = page
        .view
        .log
        .first()
        .map(|entry| base::danish_date(entry.at));
    Ok(json!({
        "kind": kind,
        "permit": permit.map(|permit| json!({
            "number": permit.number,
            "valid_from": permit.valid_from,
            "valid_to": permit.valid_to,
        })),
        "extract_ready": ready,
        "room": room,
        "partly": partly.map(|part| visit.organisation(&part.authority)).collect::<Vec<_>>(),
        "by": by,
        "reasons": reasons,
        "appeal": refused().map(|part| appeal(visit, part)).collect::<Vec<_>>(),
        "on": permit.map(|permit| base::danish_date(permit.issued_at)).or(last),
    }))
}

async fn extract(visit: &Visit, permit: &str, case: &str) -> Answer<(bool, Option<String>)> {
    let actor = visit.actor()?;
    // Who is not in the project sees neither extract nor room.
    let state = visit.app().extract_of(actor, permit).await;
    let ready = state.is_ok_and(|state| state.state == "made");
    let rooms = visit.app().list_rooms(actor).await.unwrap_or_default();
    let room = rooms.into_iter().find(|room| room.case == case);
    Ok((ready, room.map(|room| room.id)))
}

fn reason(visit: &Visit, page: &CasePage, part: &PartView) -> Value {
    let rules = &visit.app().content().rulebook;
    let (text, criteria) = match &part.decision {
        Some(Decision::Refused { reason, criteria }) => (Some(*reason), criteria.clone()),
        _ => (None, Vec::new()),
    };
    let criteria: Vec<Value> = criteria
        .iter()
        .filter_map(|id| rules.criterion(id))
        .map(|criterion| {
            let mut answers = part.assessments.iter();
            let own = answers.find(|answer| answer.criterion == criterion.id);
            json!({
                "name": visit.say(&criterion.name),
                "law": visit.say(&criterion.law),
                "reason": own.and_then(|answer| text_of(page, answer.reason)),
            })
        })
        .collect();
    json!({
        "authority": visit.organisation(&part.authority),
        "reason": text_of(page, text).unwrap_or_default(),
        "criteria": criteria,
    })
}

fn appeal(visit: &Visit, part: &PartView) -> Value {
    let authorities = visit.app().content().rulebook.authorities();
    let complaint = authorities
        .get(&part.authority)
        .and_then(|found| found.complaint.as_ref());
    json!({
        "authority": visit.organisation(&part.authority),
        "text": complaint.map(|text| visit.say(text)).unwrap_or_default(),
    })
}
