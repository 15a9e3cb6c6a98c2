//! Everything that can be done in the system.

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Something that somebody does.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(rename_all = "kebab-case")]
        pub enum Action {
            $($(#[$doc])* $name,)*
        }

        impl Action {
            /// All actions, in the order of documents and tables.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name in API and tables.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

actions! {
    /// Search the catalogue and read its pages.
    SearchCatalogue = "search-catalogue",
    /// Ask which approvals a project needs.
    UseGuidance = "use-guidance",
    /// Collect variables.
    UseBasket = "use-basket",
    /// Read the public register.
    ViewPublicRegister = "view-public-register",
    /// Check the log and its proofs.
    VerifyLog = "verify-log",
    /// Begin a draft.
    CreateDraft = "create-draft",
    /// Read a draft.
    ViewDraft = "view-draft",
    /// Write in a draft.
    EditDraft = "edit-draft",
    /// Delete a draft.
    DeleteDraft = "delete-draft",
    /// Send an application.
    SubmitApplication = "submit-application",
    /// See the list of own cases.
    ListCases = "list-cases",
    /// See the desk with its queue.
    ViewDesk = "view-desk",
    /// Read a case.
    ViewCase = "view-case",
    /// Read how officers answer the criteria.
    ViewAssessment = "view-assessment",
    /// Declare an application complete.
    DeclareComplete = "declare-complete",
    /// Ask the applicant.
    AskQuestion = "ask-question",
    /// Answer a question.
    AnswerQuestion = "answer-question",
    /// Record that a requirement is met.
    RecordRequirement = "record-requirement",
    /// Answer a criterion.
    AssessCriterion = "assess-criterion",
    /// Decide a part.
    DecidePart = "decide-part",
    /// Confirm or return a colleague's decision.
    ConfirmDecision = "confirm-decision",
    /// Extend the time for a decision.
    ExtendClock = "extend-clock",
    /// Withdraw an application.
    WithdrawApplication = "withdraw-application",
    /// Issue the permit.
    IssuePermit = "issue-permit",
    /// Read the permit.
    ViewPermit = "view-permit",
    /// Revoke the permit.
    RevokePermit = "revoke-permit",
    /// Close the access as data user.
    CloseAccess = "close-access",
    /// Note that the permit has run out.
    ExpirePermit = "expire-permit",
    /// Make the extract of a permit.
    MakeExtract = "make-extract",
    /// Delete the extracts of a permit that ended.
    DeleteExtract = "delete-extract",
    /// Enter the workbench.
    ViewRoom = "view-room",
    /// Run a query.
    RunQuery = "run-query",
    /// See an output and its verdict.
    ViewOutput = "view-output",
    /// Ask for the release of an output.
    ReleaseOutput = "release-output",
    /// Send a held output to checkers.
    SendForReview = "send-for-review",
    /// Fetch a released output.
    DownloadOutput = "download-output",
    /// See the queue of outputs to check.
    ViewReviewQueue = "view-review-queue",
    /// Judge an output.
    AssessOutput = "assess-output",
    /// Deliver a register.
    DeliverRegister = "deliver-register",
    /// See the versions of a register.
    ViewVersions = "view-versions",
    /// Approve a version for use.
    ApproveVersion = "approve-version",
    /// Take a version out of use.
    WithdrawVersion = "withdraw-version",
    /// Delete a withdrawn version that no permit needs.
    PurgeVersion = "purge-version",
    /// Read rejected rows.
    ViewQuarantine = "view-quarantine",
    /// See who used a register.
    ViewRegisterUse = "view-register-use",
    /// Look after accounts and roles.
    ManageAccounts = "manage-accounts",
    /// See how the installation runs.
    ViewOperations = "view-operations",
    /// Move the demo's clock forward.
    AdvanceDemoClock = "advance-demo-clock",
    /// Sign a permit for a bench or a test.
    SignTestPermit = "sign-test-permit",
}
