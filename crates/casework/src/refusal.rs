//! Why a command is refused. An authority's refusal of an application is a decision, not one of these.

use base::{Date, ErrorClass, OrganisationId};

use crate::case::CaseState;

/// A command that is not carried out, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The permission at hand is for something else.
    #[error("the permission is for another action")]
    OtherPermission,
    /// The state does not allow it.
    #[error("`{action}` cannot be done while the case is `{state}`")]
    WrongState {
        /// What was tried.
        action: &'static str,
        /// State of the case.
        state: CaseState,
    },
    /// The output's state does not allow it.
    #[error("`{action}` cannot be done while the output is `{state}`")]
    WrongOutputState {
        /// What was tried.
        action: &'static str,
        /// State of the output.
        state: &'static str,
    },
    /// The version's state does not allow it.
    #[error("the register version is not in a state that allows this")]
    WrongVersionState,
    /// The authority has no part in the case.
    #[error("`{0}` has no part in the case")]
    NoSuchPart(OrganisationId),
    /// The form has no such field.
    #[error("the form has no field `{0}`")]
    NoSuchField(String),
    /// There is no such question.
    #[error("there is no such question")]
    NoSuchQuestion,
    /// The question was answered before.
    #[error("the question is already answered")]
    AlreadyAnswered,
    /// There is no such criterion.
    #[error("there is no criterion `{0}`")]
    NoSuchCriterion(String),
    /// There is no such condition.
    #[error("there is no standard condition `{0}`")]
    NoSuchCondition(String),
    /// A condition would leave out what the population is found by.
    #[error("the population is found by `{0}`: withhold it with a reason instead")]
    PopulationNeeds(String),
    /// Something is said no to without a reason.
    #[error("a reason is missing")]
    ReasonMissing,
    /// Criteria are not answered yet.
    #[error("criteria are not answered: {}", .0.join(", "))]
    CriteriaMissing(Vec<String>),
    /// A criterion is answered no.
    #[error("a criterion is not met: {}", .0.join(", "))]
    CriterionNotMet(Vec<String>),
    /// Refusal without a criterion answered no.
    #[error("all criteria are met, so there is no ground for a refusal")]
    NoGroundForRefusal,
    /// The authority waits for answers.
    #[error("the authority has {0} open question(s) to the applicant")]
    OpenQuestions(usize),
    /// The part is decided.
    #[error("the part of `{0}` is already decided")]
    AlreadyDecided(OrganisationId),
    /// The officer takes part in the project.
    #[error("the officer takes part in the project and may not assess or decide")]
    ConflictOfInterest,
    /// The second officer is the first one.
    #[error("a decision is confirmed by another officer than the one who proposed it")]
    SameOfficer,
    /// No decision waits for confirmation.
    #[error("no decision waits for confirmation")]
    NoProposal,
    /// There is no such requirement.
    #[error("the case has no requirement `{0}`")]
    NoSuchRequirement(String),
    /// The requirement is met already.
    #[error("the requirement `{0}` is already met")]
    AlreadyRecorded(String),
    /// Requirements wait.
    #[error("requirements are not met: {}", .0.join(", "))]
    RequirementsWaiting(Vec<String>),
    /// Parts are not decided.
    #[error("parts are not decided")]
    PartsUndecided(Vec<OrganisationId>),
    /// Nothing that a permit could be made of was granted.
    #[error("nothing was granted that a permit can be made of")]
    NothingGranted,
    /// Access is longer than the law allows.
    #[error("access can last ten years at most: choose a date no later than {latest}")]
    AccessTooLong {
        /// Last date possible.
        latest: Date,
    },
    /// The end lies before the start.
    #[error("the last date of access lies before the first")]
    AccessBackwards,
    /// The team has not exactly one principal investigator.
    #[error("the team needs exactly one principal investigator")]
    NotOnePrincipal,
    /// A person stands twice in the team.
    #[error("a person stands twice in the team")]
    MemberTwice,
    /// The sender is not in the team.
    #[error("only a member of the team can send the application")]
    SenderNotInTeam,
    /// The selection takes nothing.
    #[error("the selection has no tables")]
    NothingSelected,
    /// A register is not in the catalogue.
    #[error("the catalogue has no register `{0}`")]
    NoSuchRegister(String),
    /// A register's authority has no file.
    #[error("there is no organisation `{0}` under content/authorities")]
    NoSuchAuthority(OrganisationId),
    /// A purpose that the law does not list.
    #[error("`{0}` is no purpose of Art. 53(1)")]
    NoSuchPurpose(String),
    /// The clock was extended before.
    #[error("the clock was already extended once")]
    AlreadyExtended,
    /// There is no such clock running.
    #[error("there is no clock `{0}` that can be extended")]
    NoSuchClock(String),
    /// The permit has not run out.
    #[error("the permit is valid until {0}")]
    NotExpired(Date),
    /// A checker takes part in the project.
    #[error("a checker may not take part in the project")]
    CheckerInProject,
    /// A checker has answered.
    #[error("the checker has already assessed this output")]
    CheckerTwice,
    /// The permit lets this person see results only.
    #[error("the permit does not let this person ask for release")]
    MayNotRelease,
    /// The evidence does not hold.
    #[error("the output is held back: {0} cell(s) do not meet the rules")]
    Held(u32),
    /// The same delivery again.
    #[error("the same files were delivered before")]
    SameDelivery,
    /// There is no such version.
    #[error("there is no such register version")]
    NoSuchVersion,
}

impl Refusal {
    /// The stable code that pages translate and API clients rely on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherPermission => "other_permission",
            Self::WrongState { .. } => "wrong_state",
            Self::WrongOutputState { .. } => "wrong_output_state",
            Self::WrongVersionState => "wrong_version_state",
            Self::NoSuchPart(_) => "no_such_part",
            Self::NoSuchField(_) => "no_such_field",
            Self::NoSuchQuestion => "no_such_question",
            Self::AlreadyAnswered => "already_answered",
            Self::NoSuchCriterion(_) => "no_such_criterion",
            Self::NoSuchCondition(_) => "no_such_condition",
            Self::PopulationNeeds(_) => "population_needs",
            Self::ReasonMissing => "reason_missing",
            Self::CriteriaMissing(_) => "criteria_missing",
            Self::CriterionNotMet(_) => "criterion_not_met",
            Self::NoGroundForRefusal => "no_ground_for_refusal",
            Self::OpenQuestions(_) => "open_questions",
            Self::AlreadyDecided(_) => "already_decided",
            Self::ConflictOfInterest => "conflict_of_interest",
            Self::SameOfficer => "same_officer",
            Self::NoProposal => "no_proposal",
            Self::NoSuchRequirement(_) => "no_such_requirement",
            Self::AlreadyRecorded(_) => "already_recorded",
            Self::RequirementsWaiting(_) => "requirements_waiting",
            Self::PartsUndecided(_) => "parts_undecided",
            Self::NothingGranted => "nothing_granted",
            Self::AccessTooLong { .. } => "access_too_long",
            Self::AccessBackwards => "access_backwards",
            Self::NotOnePrincipal => "not_one_principal",
            Self::MemberTwice => "member_twice",
            Self::SenderNotInTeam => "sender_not_in_team",
            Self::NothingSelected => "nothing_selected",
            Self::NoSuchRegister(_) => "no_such_register",
            Self::NoSuchAuthority(_) => "no_such_authority",
            Self::NoSuchPurpose(_) => "no_such_purpose",
            Self::AlreadyExtended => "already_extended",
            Self::NoSuchClock(_) => "no_such_clock",
            Self::NotExpired(_) => "not_expired",
            Self::CheckerInProject => "checker_in_project",
            Self::CheckerTwice => "checker_twice",
            Self::MayNotRelease => "may_not_release",
            Self::Held(_) => "held",
            Self::SameDelivery => "same_delivery",
            Self::NoSuchVersion => "no_such_version",
        }
    }

    /// What the edge answers with.
    pub const fn class(&self) -> ErrorClass {
        match self {
            Self::OtherPermission => ErrorClass::Internal,
            Self::WrongState { .. }
            | Self::WrongOutputState { .. }
            | Self::WrongVersionState
            | Self::AlreadyAnswered
            | Self::AlreadyDecided(_)
            | Self::AlreadyRecorded(_)
            | Self::AlreadyExtended
            | Self::CheckerTwice
            | Self::SameDelivery
            | Self::NoProposal
            | Self::NotExpired(_) => ErrorClass::Conflict,
            Self::ConflictOfInterest
            | Self::SameOfficer
            | Self::CheckerInProject
            | Self::MayNotRelease
            | Self::SenderNotInTeam => ErrorClass::Forbidden,
            Self::NoSuchQuestion | Self::NoSuchVersion => ErrorClass::NotFound,
            _ => ErrorClass::Invalid,
        }
    }
}
