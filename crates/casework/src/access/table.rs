//! The two tables: who may do what, and in which state of a case.

use base::Role::{
    self, Admin, Checker, Citizen, Coordinator, Holder, Officer, Operator, Researcher, System,
};

use super::Action;
use crate::case::CaseState;

/// How somebody stands to what an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// However.
    Anyone,
    /// Made the draft.
    Owner,
    /// Was let into the draft.
    Editor,
    /// Is in the project's team.
    Member,
    /// Is the principal investigator.
    Principal,
    /// May ask for release.
    Releaser,
    /// Acts for the authority whose part it is.
    OwnAuthority,
    /// Acts for an authority with some part in the case.
    CoAuthority,
    /// Has no part in the project, and the output waits for checkers.
    Outsider,
    /// Acts for the register's controller.
    OwnRegister,
}

impl Relation {
    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Owner => "owner",
            Self::Editor => "editor",
            Self::Member => "member",
            Self::Principal => "principal",
            Self::Releaser => "releaser",
            Self::OwnAuthority => "own authority",
            Self::CoAuthority => "co-authority",
            Self::Outsider => "outsider",
            Self::OwnRegister => "own register",
        }
    }
}

/// A role, and how it must stand to the subject.
pub type Rule = (Role, Relation);

const EVERYONE: &[Rule] = &[
    (Researcher, Relation::Anyone),
    (Officer, Relation::Anyone),
    (Coordinator, Relation::Anyone),
    (Checker, Relation::Anyone),
    (Holder, Relation::Anyone),
    (Citizen, Relation::Anyone),
    (Admin, Relation::Anyone),
    (Operator, Relation::Anyone),
    (System, Relation::Anyone),
];
const MEMBER: &[Rule] = &[(Researcher, Relation::Member)];
const PRINCIPAL: &[Rule] = &[(Researcher, Relation::Principal)];
const RELEASER: &[Rule] = &[(Researcher, Relation::Releaser)];
const PART: &[Rule] = &[(Officer, Relation::OwnAuthority)];
const DRAFT: &[Rule] = &[
    (Researcher, Relation::Owner),
    (Researcher, Relation::Editor),
];
const CASE_READERS: &[Rule] = &[
    (Researcher, Relation::Member),
    (Officer, Relation::CoAuthority),
    (Coordinator, Relation::Anyone),
    (System, Relation::Anyone),
];

/// Who may do an action.
pub const fn rules_of(action: Action) -> &'static [Rule] {
    match action {
        Action::SearchCatalogue
        | Action::UseGuidance
        | Action::UseBasket
        | Action::ViewPublicRegister
        | Action::VerifyLog => EVERYONE,
        Action::CreateDraft => &[(Researcher, Relation::Anyone)],
        Action::ViewDraft | Action::EditDraft | Action::SubmitApplication => DRAFT,
        Action::DeleteDraft => &[(Researcher, Relation::Owner)],
        Action::ListCases => &[
            (Researcher, Relation::Anyone),
            (Officer, Relation::Anyone),
            (Coordinator, Relation::Anyone),
        ],
        Action::ViewDesk => &[(Officer, Relation::Anyone), (Coordinator, Relation::Anyone)],
        Action::ViewCase | Action::ViewPermit => CASE_READERS,
        Action::ViewAssessment => &[
            (Officer, Relation::OwnAuthority),
            (Coordinator, Relation::Anyone),
        ],
        Action::DeclareComplete => &[
            (Officer, Relation::CoAuthority),
            (Coordinator, Relation::Anyone),
        ],
        Action::AskQuestion
        | Action::AssessCriterion
        | Action::DecidePart
        | Action::ConfirmDecision
        | Action::ExtendClock => PART,
        Action::AnswerQuestion | Action::ViewRoom | Action::RunQuery | Action::DownloadOutput => {
            MEMBER
        }
        Action::RecordRequirement | Action::WithdrawApplication | Action::CloseAccess => PRINCIPAL,
        Action::IssuePermit => &[(Coordinator, Relation::Anyone), (System, Relation::Anyone)],
        Action::RevokePermit => &[(Officer, Relation::CoAuthority)],
        Action::ExpirePermit | Action::MakeExtract | Action::DeleteExtract => {
            &[(System, Relation::Anyone)]
        }
        Action::ViewOutput => &[
            (Researcher, Relation::Member),
            (Checker, Relation::Outsider),
            (System, Relation::Anyone),
        ],
        Action::ReleaseOutput | Action::SendForReview => RELEASER,
        other => rules_beside_cases(other),
    }
}

/// Who may do what is done to outputs in review, registers and the installation.
const fn rules_beside_cases(action: Action) -> &'static [Rule] {
    match action {
        Action::ViewReviewQueue => &[(Checker, Relation::Anyone)],
        Action::AssessOutput => &[(Checker, Relation::Outsider)],
        Action::DeliverRegister | Action::ApproveVersion | Action::WithdrawVersion => &[
            (Holder, Relation::OwnRegister),
            (Operator, Relation::Anyone),
        ],
        Action::ViewVersions => &[
            (Holder, Relation::OwnRegister),
            (Operator, Relation::Anyone),
            (System, Relation::Anyone),
        ],
        Action::PurgeVersion => &[(System, Relation::Anyone)],
        Action::ViewQuarantine | Action::ViewRegisterUse => &[(Holder, Relation::OwnRegister)],
        Action::ManageAccounts => &[(Admin, Relation::Anyone), (Operator, Relation::Anyone)],
        Action::ViewOperations | Action::AdvanceDemoClock => {
            &[(Admin, Relation::Anyone), (Operator, Relation::Anyone)]
        }
        Action::SignTestPermit => &[(Operator, Relation::Anyone)],
        _ => &[],
    }
}

/// The states of a case in which an action can be done. All of them where it does not depend.
pub const fn states_of(action: Action) -> &'static [CaseState] {
    use CaseState::{Assessment, Closed, Decided, Expired, Permitted, PreCheck, Revoked};
    match action {
        Action::DeclareComplete => &[PreCheck],
        Action::AskQuestion | Action::AnswerQuestion => &[PreCheck, Assessment],
        Action::RecordRequirement | Action::WithdrawApplication => &[PreCheck, Assessment, Decided],
        Action::AssessCriterion
        | Action::DecidePart
        | Action::ConfirmDecision
        | Action::ExtendClock => &[Assessment],
        Action::IssuePermit => &[Decided],
        Action::RevokePermit
        | Action::CloseAccess
        | Action::ExpirePermit
        | Action::MakeExtract
        | Action::ViewRoom
        | Action::RunQuery
        | Action::ReleaseOutput
        | Action::SendForReview => &[Permitted],
        Action::DeleteExtract => &[Revoked, Closed, Expired],
        _ => &CaseState::ALL,
    }
}

/// Whether an action can be done in a state of a case.
pub fn state_allows(action: Action, state: CaseState) -> bool {
    states_of(action).contains(&state)
}
