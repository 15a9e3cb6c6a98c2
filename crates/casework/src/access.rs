//! Who may do what: one table for the whole system. In which state of a case it can be done stands
//! in the second table. What somebody may not see does not exist for them.

use base::{AccountId, Actor, CaseId, ErrorClass, OrganisationId, Role};

use crate::application::TeamMember;
use crate::case::{Case, CaseState};

mod action;
mod matrix;
mod table;

pub use action::Action;
pub use matrix::permission_matrix;
pub use table::{Relation, Rule, rules_of, state_allows, states_of};

/// What an action is done to, as far as permission needs to know.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// The installation itself, and what is public in it.
    Installation,
    /// An application that has not been sent.
    Draft(&'a DraftFacts),
    /// A case, or its permit, workbench and register uses.
    Case(&'a CaseFacts),
    /// The part of one authority.
    Part(&'a CaseFacts, &'a OrganisationId),
    /// An output of a workbench.
    Output(&'a CaseFacts, &'a OutputFacts),
    /// A register, by its controller.
    Register(&'a OrganisationId),
}

/// What permission needs to know of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftFacts {
    /// Who made it.
    pub owner: AccountId,
    /// Who may write in it.
    pub editors: Vec<AccountId>,
}

/// What permission needs to know of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFacts {
    /// Case.
    pub case: CaseId,
    /// Where it stands.
    pub state: CaseState,
    /// Who sent it.
    pub submitted_by: AccountId,
    /// The project's people.
    pub team: Vec<TeamMember>,
    /// Authorities with a part.
    pub authorities: Vec<OrganisationId>,
    /// The institution that is data user.
    pub data_user: OrganisationId,
}

/// What permission needs to know of an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFacts {
    /// Who made it.
    pub made_by: AccountId,
    /// Whether it waits for checkers.
    pub in_review: bool,
    /// Whether it is released.
    pub released: bool,
}

/// Proof that a permission was checked. Only [`check_may`] makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    actor: Actor,
    action: Action,
    case: Option<CaseId>,
    authority: Option<OrganisationId>,
}

/// Why somebody may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// They may not know that it exists.
    #[error("it does not exist, or you may not see it")]
    NotFound,
    /// They may see it, but not do this.
    #[error("you may see it, but not do this")]
    Forbidden,
}

impl Denied {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Forbidden => "forbidden",
        }
    }

    /// What the edge answers with.
    pub const fn class(self) -> ErrorClass {
        match self {
            Self::NotFound => ErrorClass::NotFound,
            Self::Forbidden => ErrorClass::Forbidden,
        }
    }
}

impl Granted {
    /// Who was granted it.
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What was granted.
    pub const fn action(&self) -> Action {
        self.action
    }

    /// The case it was granted on, if on one.
    pub const fn case(&self) -> Option<CaseId> {
        self.case
    }

    /// Whether it is the permission for this action on this case, and on this part if there is one.
    pub(crate) fn covers_case(
        &self,
        action: Action,
        case: CaseId,
        authority: Option<&OrganisationId>,
    ) -> bool {
        self.action == action
            && self.case == Some(case)
            && authority.is_none_or(|part| self.authority.as_ref() == Some(part))
    }
}

impl Subject<'_> {
    const fn case(&self) -> Option<&CaseFacts> {
        match self {
            Self::Case(case) | Self::Part(case, _) | Self::Output(case, _) => Some(case),
            Self::Installation | Self::Draft(_) | Self::Register(_) => None,
        }
    }

    /// The action that shows the subject to somebody.
    const fn viewing(&self) -> Option<Action> {
        match self {
            Self::Installation | Self::Register(_) => None,
            Self::Draft(_) => Some(Action::ViewDraft),
            Self::Case(_) | Self::Part(..) => Some(Action::ViewCase),
            Self::Output(..) => Some(Action::ViewOutput),
        }
    }
}

/// Whether an actor may do this to the subject. The state of a case is not asked about here: see
/// [`state_allows`].
pub fn check_may(actor: &Actor, action: Action, subject: &Subject<'_>) -> Result<Granted, Denied> {
    if is_granted(actor, action, subject) {
        return Ok(Granted {
            actor: actor.clone(),
            action,
            case: subject.case().map(|case| case.case),
            authority: match subject {
                Subject::Part(_, authority) => Some((*authority).clone()),
                _ => None,
            },
        });
    }
    let sees = subject
        .viewing()
        .is_none_or(|viewing| is_granted(actor, viewing, subject));
    Err(if sees {
        Denied::Forbidden
    } else {
        Denied::NotFound
    })
}

/// Whether an actor may read how an authority prepares its decision, in a case that the actor may see
/// and the authority has a part in ([`Action::ViewAssessment`]).
pub fn reads_preparation(actor: &Actor, authority: &OrganisationId) -> bool {
    let holds = |relation| match relation {
        Relation::Anyone => true,
        Relation::OwnAuthority => actor.organisation == *authority,
        _ => false,
    };
    rules_of(Action::ViewAssessment)
        .iter()
        .any(|(role, relation)| *role == actor.role && holds(*relation))
}

/// Whether an actor may do this now, for buttons and links.
pub fn can(actor: &Actor, action: Action, subject: &Subject<'_>) -> bool {
    check_may(actor, action, subject).is_ok()
        && subject
            .case()
            .is_none_or(|case| state_allows(action, case.state))
}

fn is_granted(actor: &Actor, action: Action, subject: &Subject<'_>) -> bool {
    rules_of(action)
        .iter()
        .any(|(role, relation)| *role == actor.role && relates(actor, *relation, subject))
}

fn relates(actor: &Actor, relation: Relation, subject: &Subject<'_>) -> bool {
    let account = actor.account;
    let member = || {
        subject
            .case()
            .and_then(|case| case.team.iter().find(|member| member.account == account))
    };
    match relation {
        Relation::Anyone => true,
        Relation::Owner => matches!(subject, Subject::Draft(draft) if draft.owner == account),
        Relation::Editor => {
            matches!(subject, Subject::Draft(draft) if draft.editors.contains(&account))
        }
        Relation::Member => member().is_some(),
        Relation::Principal => member().is_some_and(|member| member.principal),
        Relation::Releaser => member().is_some_and(|member| member.may_release),
        Relation::OwnAuthority => match subject {
            Subject::Part(case, authority) => {
                actor.organisation == **authority && case.authorities.contains(authority)
            }
            _ => subject
                .case()
                .is_some_and(|case| case.authorities.contains(&actor.organisation)),
        },
        Relation::CoAuthority => subject
            .case()
            .is_some_and(|case| case.authorities.contains(&actor.organisation)),
        Relation::Outsider => match subject {
            Subject::Output(case, output) => {
                output.in_review
                    && output.made_by != account
                    && case.submitted_by != account
                    && member().is_none()
            }
            _ => false,
        },
        Relation::OwnRegister => match subject {
            Subject::Register(controller) => actor.organisation == **controller,
            _ => false,
        },
    }
}

impl Case {
    /// What permission needs to know.
    pub fn facts(&self) -> CaseFacts {
        CaseFacts {
            case: self.id,
            state: self.state,
            submitted_by: self.submitted_by,
            team: self.application.team.clone(),
            authorities: self.parts.keys().cloned().collect(),
            data_user: self.application.data_user.clone(),
        }
    }
}

/// Whether somebody who is not signed in may do this.
pub fn is_public(action: Action) -> bool {
    rules_of(action).contains(&(Role::Citizen, Relation::Anyone))
}
