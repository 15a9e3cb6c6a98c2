//! The people of a project: who they are, what they see, who answers for it.

use app::App;
use app::casework::application::TeamMember;
use app::casework::form::{Answer, Field};
use app::catalogue::permit::AccessMode;
use app::drafts::DraftView;
use base::AccountId;
use serde_json::{Value, json};

use super::fields::{goes, withheld};
use crate::http::Answer as Answered;
use crate::pages::fields::Fields;
use crate::pages::visit::{FieldError, Visit};

/// Rows that one form can carry.
const MEMBERS_MAX: usize = 100;

/// The team as the step shows it, with an empty row where one was asked for.
pub(super) fn view(visit: &Visit, draft: &DraftView, field: &Field) -> Value {
    let mut members = members(visit, draft.body.answers.get(&field.id));
    if visit.query.get("ny") == "1" {
        members.push(json!({
            "account": "",
            "name": null,
            "organisation": null,
            "access": AccessMode::SendsCode,
            "principal": false,
            "may_release": false,
        }));
    }
    json!({
        "label": visit.say(&field.label),
        "help": field.help.as_ref().map(|help| visit.say(help)).unwrap_or_default(),
        "members": members,
        "goes": goes(visit, field),
        "law": field.law.as_ref().map(|law| visit.say(law)),
        "withheld": withheld(visit, field),
    })
}

/// The members of an answer.
pub(super) fn members(visit: &Visit, answer: Option<&Answer>) -> Vec<Value> {
    let Some(Answer::Team(members)) = answer else {
        return Vec::new();
    };
    members
        .iter()
        .map(|member| member_view(visit, member))
        .collect()
}

fn member_view(visit: &Visit, member: &TeamMember) -> Value {
    let person = visit.person(member.account);
    json!({
        "account": person.login,
        "name": person.name,
        "organisation": person.organisation,
        "access": member.access,
        "principal": member.principal,
        "may_release": member.may_release,
    })
}

/// Names of those who write too.
pub(super) fn co_authors(visit: &Visit, draft: &DraftView) -> Vec<String> {
    let Some(Answer::Team(members)) = draft.body.answers.get("team") else {
        return Vec::new();
    };
    let own = visit
        .session
        .as_ref()
        .map(|session| session.actor().account);
    let others = members.iter().filter(|member| Some(member.account) != own);
    others
        .filter_map(|member| visit.person(member.account).name)
        .collect()
}

/// The team that a form carries, and the rows that name nobody.
pub(super) async fn read(
    visit: &Visit,
    form: &Fields,
) -> Answered<(Option<Answer>, Vec<FieldError>)> {
    let wish = form.get("do");
    let removed = wish
        .strip_prefix("remove-member-")
        .and_then(|n| n.parse().ok());
    let (mut team, mut errors) = (Vec::new(), Vec::new());
    for n in 1..=MEMBERS_MAX {
        let name = format!("member-{n}");
        let Some(login) = form.find(&name) else { break };
        if removed == Some(n) || login.trim().is_empty() {
            continue;
        }
        let Some(account) = account_of(visit, login.trim()).await? else {
            errors.push(FieldError::new(
                name,
                visit.word("field_problem.no_such_account"),
            ));
            continue;
        };
        let access = if form.get(&format!("access-{n}")) == "sees_rows" {
            AccessMode::SeesRows
        } else {
            AccessMode::SendsCode
        };
        team.push(TeamMember {
            account,
            principal: form.get("principal") == n.to_string(),
            access,
            may_release: form.find(&format!("release-{n}")).is_some(),
        });
    }
    Ok((Some(Answer::Team(team)), errors))
}

async fn account_of(visit: &Visit, login: &str) -> Answered<Option<AccountId>> {
    let roles = visit.app().demo_roles().unwrap_or_default();
    if let Some(role) = roles.iter().find(|role| role.id == login) {
        return Ok(Some(App::demo_account_id(&role.id)));
    }
    // A form that was open since before somebody had a login carries the account itself.
    match login.parse() {
        Ok(account) => Ok(Some(account)),
        Err(_) => Ok(visit.app().find_colleague(login).await?),
    }
}

/// Learns who is named in a draft's team.
pub(super) async fn meet(visit: &Visit, draft: &DraftView) -> Answered<()> {
    match draft.body.answers.get("team") {
        Some(Answer::Team(members)) => {
            let accounts: Vec<AccountId> = members.iter().map(|member| member.account).collect();
            visit.meet(&accounts).await
        }
        _ => Ok(()),
    }
}
