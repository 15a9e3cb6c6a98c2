//! Content files, actors and a case that is driven by commands.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use base::{
    AccountId, Actor, CaseId, CaseTextId, OrganisationId, PermitId, QuestionId, Role, Timestamp,
};
use casework::access::Subject;
use casework::application::{Application, SentAnswer, SentReason, TeamMember, take_reasons};
use casework::case::answer_question::AnswerQuestion;
use casework::case::ask_question::AskQuestion;
use casework::case::assess_criterion::AssessCriterion;
use casework::case::decide_part::DecidePart;
use casework::case::declare_complete::DeclareComplete;
use casework::case::issue_permit::IssuePermit;
use casework::case::record_requirement::RecordRequirement;
use casework::case::submit_application::SubmitApplication;
use casework::case::{Case, CaseCommand, CaseEvent, Decision, PartCondition, Recorded};
use casework::{Action, Refusal, Rulebook, check_may};
use catalogue::permit::AccessMode;
use catalogue::register::Coarsening;
use catalogue::selection::{
    Criterion, EventCriterion, Period, RowCondition, SelectedTable, SelectedVariable, Selection,
};
use catalogue::{Catalogue, ContentFile};
use jiff::ToSpan as _;

/// The text with the reason for every variable.
pub(crate) const REASON: u8 = 110;
pub(crate) const PI: u8 = 1;
pub(crate) const MEMBER: u8 = 2;
pub(crate) const OFFICER_SDS: u8 = 10;
pub(crate) const OFFICER_SDS_2: u8 = 11;
pub(crate) const OFFICER_DST: u8 = 12;
pub(crate) const OFFICER_KI: u8 = 13;
pub(crate) const COORDINATOR: u8 = 20;
pub(crate) const CHECKER_1: u8 = 30;
pub(crate) const CHECKER_2: u8 = 31;
pub(crate) const CHECKER_3: u8 = 32;

pub(crate) fn org(id: &str) -> OrganisationId {
    id.parse().unwrap()
}

pub(crate) fn account(n: u8) -> AccountId {
    AccountId::from_bytes([n; 16])
}

pub(crate) fn text(n: u8) -> CaseTextId {
    CaseTextId::from_bytes([n; 16])
}

pub(crate) fn question(n: u8) -> QuestionId {
    QuestionId::from_bytes([n; 16])
}

pub(crate) fn actor(n: u8, role: Role, organisation: &str) -> Actor {
    Actor {
        account: account(n),
        organisation: org(organisation),
        role,
    }
}

/// The people of the story, by account.
pub(crate) fn person(n: u8) -> Actor {
    match n {
        OFFICER_SDS | OFFICER_SDS_2 => actor(n, Role::Officer, "sds"),
        OFFICER_DST => actor(n, Role::Officer, "dst"),
        OFFICER_KI => actor(n, Role::Officer, "ki"),
        COORDINATOR => actor(n, Role::Coordinator, "kontaktpunkt"),
        CHECKER_1 | CHECKER_2 | CHECKER_3 => actor(n, Role::Checker, "sund"),
        _ => actor(n, Role::Researcher, "au"),
    }
}

fn content() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
    let mut texts = Vec::new();
    for folder in ["authorities", "forms", "rules", "registers", "codelists"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                texts.push((
                    format!("{folder}/{name}"),
                    std::fs::read_to_string(&path).unwrap(),
                ));
            }
        }
    }
    texts
}

pub(crate) fn rulebook() -> &'static Rulebook {
    static RULES: OnceLock<Rulebook> = OnceLock::new();
    RULES.get_or_init(|| rulebook_with(|_, text| text.to_owned()))
}

/// The rulebook after changing files.
pub(crate) fn rulebook_with(change: impl Fn(&str, &str) -> String) -> Rulebook {
    let texts: Vec<(String, String)> = content()
        .into_iter()
        .map(|(path, text)| {
            let changed = change(&path, &text);
            (path, changed)
        })
        .collect();
    let files = texts.iter().map(|(path, text)| ContentFile { path, text });
    Rulebook::from_files(files).unwrap()
}

/// The rulebook in which Sundhedsdatastyrelsen wants two officers.
pub(crate) fn four_eyes() -> &'static Rulebook {
    static RULES: OnceLock<Rulebook> = OnceLock::new();
    RULES.get_or_init(|| {
        rulebook_with(|path, text| match path {
            "authorities/sds.toml" => format!("four_eyes = true\n{text}"),
            _ => text.to_owned(),
        })
    })
}

pub(crate) fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        let texts = content();
        let files = texts.iter().map(|(path, text)| ContentFile { path, text });
        Catalogue::from_files(files).unwrap()
    })
}

fn period() -> Period {
    Period {
        from: "2012-01-01".parse().unwrap(),
        to: "2025-12-31".parse().unwrap(),
    }
}

fn table(register: &str, name: &str, variables: &[&str]) -> SelectedTable {
    SelectedTable {
        register: register.to_owned(),
        table: name.to_owned(),
        period: period(),
        window: None,
        variables: variables
            .iter()
            .map(|name| SelectedVariable {
                name: (*name).to_owned(),
                coarsening: Coarsening::None,
                reason: "Udfald".to_owned(),
            })
            .collect(),
    }
}

/// Adults with metformin, and their contacts, laboratory values, incomes and diabetes status.
pub(crate) fn selection() -> Selection {
    let metformin = vec![RowCondition::Codes {
        variable: "atc".to_owned(),
        codes: vec!["A10BA02".to_owned()],
    }];
    Selection::new(
        Criterion::All(vec![Criterion::Event(EventCriterion {
            count_min: 2,
            ..EventCriterion::new("lmdb", "epikur", metformin)
        })]),
        period(),
        vec![
            table("lpr3", "diagnoser", &["diag_kode"]),
            table(
                "lab",
                "lab_forsker",
                &["analysiscode", "value", "laboratorium_idcode"],
            ),
            table("dst_ind", "ind", &["perindkialt_13"]),
            table("rkkp_dvdd", "status", &["hba1c", "egfr"]),
        ],
    )
}

pub(crate) fn application() -> Application {
    let member = |n: u8, principal, access, may_release| TeamMember {
        account: account(n),
        principal,
        access,
        may_release,
    };
    let answers = BTreeMap::from([
        ("title".to_owned(), SentAnswer::Text(text(100))),
        ("aim".to_owned(), SentAnswer::Text(text(101))),
        ("qualifications".to_owned(), SentAnswer::Text(text(102))),
        (
            "access-mode".to_owned(),
            SentAnswer::Choice("sees-rows".to_owned()),
        ),
    ]);
    let mut selection = selection();
    let kept = |_| Ok::<_, std::convert::Infallible>(SentReason::Text(text(REASON)));
    let Ok(reasons) = take_reasons(&mut selection, kept);
    Application {
        form: "application".to_owned(),
        form_version: 1,
        answers,
        selection,
        reasons,
        team: vec![
            member(PI, true, AccessMode::SeesRows, true),
            member(MEMBER, false, AccessMode::SendsCode, false),
        ],
        data_user: org("au"),
        purposes: vec!["e".to_owned()],
        period: Period {
            from: "2027-02-19".parse().unwrap(),
            to: "2029-02-19".parse().unwrap(),
        },
    }
}

pub(crate) fn submit(application: Application, now: Timestamp) -> Result<Vec<CaseEvent>, Refusal> {
    let draft = casework::access::DraftFacts {
        owner: account(PI),
        editors: Vec::new(),
    };
    let granted = check_may(
        &person(PI),
        Action::SubmitApplication,
        &Subject::Draft(&draft),
    )
    .unwrap();
    let command = SubmitApplication {
        case: CaseId::from_bytes([7; 16]),
        number: "S-2026-0417".to_owned(),
        application,
    };
    command.decide(&granted, now, rulebook(), catalogue())
}

/// A case that is driven by people at moments.
#[derive(Clone)]
pub(crate) struct Driven {
    pub(crate) case: Case,
    pub(crate) now: Timestamp,
    pub(crate) rules: &'static Rulebook,
}

impl Driven {
    /// The story's case, sent on 1 December 2026 at 10:00 in Denmark.
    pub(crate) fn new() -> Self {
        Self::with_rules(rulebook())
    }

    pub(crate) fn with_rules(rules: &'static Rulebook) -> Self {
        let now: Timestamp = "2026-12-01T09:00:00Z".parse().unwrap();
        let events = submit(application(), now).unwrap();
        let records: Vec<Recorded<CaseEvent>> = events
            .into_iter()
            .map(|event| Recorded {
                at: now,
                by: account(PI),
                organisation: org("au"),
                event,
            })
            .collect();
        Self {
            case: Case::fold(&records).unwrap(),
            now,
            rules,
        }
    }

    pub(crate) fn at(&mut self, instant: &str) -> &mut Self {
        self.now = instant.parse().unwrap();
        self
    }

    pub(crate) fn after_hours(&mut self, hours: i64) -> &mut Self {
        self.now = self.now.saturating_add(hours.hours()).unwrap();
        self
    }

    /// Carries a command out as a person of the story.
    pub(crate) fn run(&mut self, who: u8, command: CaseCommand) -> Result<usize, Refusal> {
        self.run_as(&person(who), command)
    }

    pub(crate) fn run_as(&mut self, who: &Actor, command: CaseCommand) -> Result<usize, Refusal> {
        let facts = self.case.facts();
        let subject = match command.authority() {
            Some(authority) => Subject::Part(&facts, authority),
            None => Subject::Case(&facts),
        };
        let Ok(granted) = check_may(who, command.action(), &subject) else {
            return Err(Refusal::OtherPermission);
        };
        let events = self.case.decide(&command, &granted, self.now, self.rules)?;
        let count = events.len();
        for event in events {
            self.case.apply(&Recorded {
                at: self.now,
                by: who.account,
                organisation: who.organisation.clone(),
                event,
            });
        }
        Ok(count)
    }

    pub(crate) fn ask(&mut self, who: u8, id: u8, field: &str) -> Result<usize, Refusal> {
        let authority = person(who).organisation;
        self.run(
            who,
            CaseCommand::AskQuestion(AskQuestion {
                question: question(id),
                authority,
                field: field.to_owned(),
                text: text(id),
            }),
        )
    }

    pub(crate) fn answer(&mut self, id: u8) -> Result<usize, Refusal> {
        self.run(
            PI,
            CaseCommand::AnswerQuestion(AnswerQuestion {
                question: question(id),
                text: text(id + 100),
            }),
        )
    }

    pub(crate) fn declare_complete(&mut self) -> Result<usize, Refusal> {
        self.run(
            COORDINATOR,
            CaseCommand::DeclareComplete(DeclareComplete {}),
        )
    }

    pub(crate) fn record_entry(&mut self) -> Result<usize, Refusal> {
        self.run(
            PI,
            CaseCommand::RecordRequirement(RecordRequirement {
                requirement: "record-entry".to_owned(),
                text: Some(text(90)),
            }),
        )
    }

    pub(crate) fn assess(&mut self, who: u8, criterion: &str, met: bool) -> Result<usize, Refusal> {
        self.run(
            who,
            CaseCommand::AssessCriterion(AssessCriterion {
                authority: person(who).organisation,
                criterion: criterion.to_owned(),
                met,
                reason: (!met).then(|| text(91)),
            }),
        )
    }

    pub(crate) fn assess_all(&mut self, who: u8) {
        let rules = self.rules;
        for criterion in rules.criteria() {
            self.assess(who, &criterion.id, true).unwrap();
        }
    }

    pub(crate) fn decide(&mut self, who: u8, decision: Decision) -> Result<usize, Refusal> {
        self.run(
            who,
            CaseCommand::DecidePart(DecidePart {
                authority: person(who).organisation,
                decision,
            }),
        )
    }

    pub(crate) fn grant(&mut self, who: u8, conditions: &[&str]) -> Result<usize, Refusal> {
        self.assess_all(who);
        self.decide(who, granted(conditions))
    }

    pub(crate) fn refuse(&mut self, who: u8, criterion: &str) -> Result<usize, Refusal> {
        self.assess(who, criterion, false).unwrap();
        self.decide(
            who,
            Decision::Refused {
                reason: text(92),
                criteria: vec![criterion.to_owned()],
            },
        )
    }

    pub(crate) fn issue(&mut self) -> Result<usize, Refusal> {
        let (valid_from, valid_to) =
            casework::permit_build::validity(&self.case, base::danish_date(self.now));
        self.run(
            COORDINATOR,
            CaseCommand::IssuePermit(IssuePermit {
                permit: PermitId::from_bytes([8; 16]),
                number: "DK-2027-00083".to_owned(),
                document_sha256: "00".repeat(32),
                valid_from,
                valid_to,
            }),
        )
    }

    /// The story up to three grants and a permit.
    pub(crate) fn permitted() -> Self {
        let mut driven = Self::new();
        driven.record_entry().unwrap();
        driven.after_hours(400).declare_complete().unwrap();
        driven.grant(OFFICER_DST, &["cells-3"]).unwrap();
        driven.after_hours(24 * 20);
        driven
            .grant(OFFICER_SDS, &["cells-5", "laboratory-hidden"])
            .unwrap();
        driven.grant(OFFICER_KI, &[]).unwrap();
        driven.issue().unwrap();
        driven
    }
}

pub(crate) fn granted(conditions: &[&str]) -> Decision {
    Decision::Granted {
        conditions: conditions
            .iter()
            .map(|id| PartCondition::Standard((*id).to_owned()))
            .collect(),
    }
}
