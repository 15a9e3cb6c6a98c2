//! A demo in a folder of its own, its people, and the way to a permit.

use std::path::{Path, PathBuf};

use app::base::{Actor, Date, Timestamp};
use app::casework::application::TeamMember;
use app::casework::form::{Answer, Answers};
use app::catalogue::permit::AccessMode;
use app::catalogue::register::Coarsening;
use app::catalogue::selection::{Criterion, Period, Selection};
use app::catalogue_use::BasketItem;
use app::{App, FolderKind, Opening};
use tempfile::TempDir;

/// Residents of the test's Denmark; with the dead and the emigrated there are more persons.
pub(crate) const PERSONS: u32 = 300;
pub(crate) const SEED: u64 = 11;
const BASKET: &str = "0123456789abcdef0123456789abcdef";
const DAY_SECONDS: i64 = 86_400;

/// Where a test lives.
pub(crate) struct Home {
    dir: TempDir,
    pub(crate) store: Option<String>,
}

impl Home {
    pub(crate) fn sqlite() -> Self {
        Self {
            dir: TempDir::new().unwrap(),
            store: None,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn opening(&self) -> Opening {
        Opening {
            dir: self.path("sund"),
            store: self.store.clone(),
            ..Opening::default()
        }
    }

    /// A demo with its people, and no register yet.
    pub(crate) async fn demo(&self) -> App {
        let app = App::create(&self.opening(), FolderKind::Demo)
            .await
            .unwrap();
        app.seed_demo_accounts().await.unwrap();
        app
    }

    /// A demo with people and registers.
    pub(crate) async fn denmark(&self) -> App {
        let app = self.demo().await;
        app.ensure_population(PERSONS, SEED, &|_, _, _| {})
            .await
            .unwrap();
        app
    }
}

pub(crate) async fn actor(app: &App, role: &str) -> Actor {
    app.sign_in_demo(role).await.unwrap().session.actor
}

/// Moves the demo's clock forward by whole days.
pub(crate) async fn days_pass(app: &App, days: i64) {
    let to = Timestamp::from_second(app.now().as_second() + days * DAY_SECONDS).unwrap();
    app.advance_demo_clock(&app.operator(), to).await.unwrap();
}

fn item(register: &str, table: &str, variables: &[&str]) -> BasketItem {
    BasketItem {
        register: register.to_owned(),
        table: table.to_owned(),
        variables: variables.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// Variables of three authorities, with keys of several kinds among them.
pub(crate) fn basket() -> Vec<BasketItem> {
    vec![
        item(
            "lpr3",
            "diagnoser",
            &["dw_ek_kontakt", "kont_starttidspunkt", "diag_kode"],
        ),
        item(
            "lab",
            "lab_forsker",
            &["samplingdate", "analysiscode", "value"],
        ),
        item(
            "dst_bef",
            "bef",
            &["referencetid", "koen", "foed_dag", "reg"],
        ),
        item("rkkp_dvdd", "status", &["statusdato", "hba1c"]),
    ]
}

/// The basket's tables for everybody, from a draft that was made of it.
pub(crate) fn everybody(mut selection: Selection) -> Selection {
    let period = Period {
        from: date(2010, 1, 1),
        to: date(2025, 12, 31),
    };
    selection.population = Criterion::All(Vec::new());
    selection.period = period;
    for table in &mut selection.tables {
        table.period = period;
        for variable in &mut table.variables {
            variable.reason = "Indgår i analysen".to_owned();
            if variable.name == "foed_dag" {
                variable.coarsening = Coarsening::Year;
            }
        }
    }
    selection
}

pub(crate) fn date(year: i16, month: i8, day: i8) -> Date {
    Date::new(year, month, day).unwrap()
}

fn member(role: &str, principal: bool) -> TeamMember {
    TeamMember {
        account: App::demo_account_id(role),
        principal,
        access: if principal {
            AccessMode::SeesRows
        } else {
            AccessMode::SendsCode
        },
        may_release: principal,
    }
}

/// Answers that leave nothing open.
pub(crate) fn answers(app: &App, selection: Selection) -> Answers {
    let text = |words: &str| Answer::Text(words.to_owned());
    let choice = |id: &str| Answer::Choice(id.to_owned());
    let words = "Vi undersøger, hvad behandlingen betyder for de mange, der får den. ".repeat(3);
    let mut answers = Answers::new();
    for field in [
        "lay-summary",
        "lay-summary-en",
        "qualifications",
        "aim",
        "benefit",
        "pseudonymised-why",
        "population-definition",
        "minimisation",
        "rows-why",
        "safeguards",
    ] {
        answers.insert(field.to_owned(), text(&words));
    }
    let today = app.today();
    let tomorrow = today.tomorrow().unwrap();
    let later = date(today.year() + 2, 6, 1);
    let rest = [
        ("title", text("Tidlig behandling og nyresvigt")),
        ("title-en", text("Early treatment and kidney failure")),
        ("purposes", Answer::Choices(vec!["e".to_owned()])),
        ("legal-basis", choice("research-public")),
        ("ethics", choice("not-needed")),
        ("access-mode", choice("sees-rows")),
        ("tools", Answer::Choices(vec!["sql".to_owned()])),
        ("outside-eu", choice("no")),
        ("confirm-true", Answer::Tick(true)),
        ("confirm-duties", Answer::Tick(true)),
        ("confirm-public", Answer::Tick(true)),
        ("access-from", Answer::Date(tomorrow)),
        ("access-to", Answer::Date(later)),
        (
            "team",
            Answer::Team(vec![
                member("researcher", true),
                member("researcher-2", false),
            ]),
        ),
        ("selection", Answer::Selection(Box::new(selection))),
    ];
    answers.extend(rest.map(|(field, answer)| (field.to_owned(), answer)));
    answers
}

/// Writes an application and sends it; its number.
pub(crate) async fn apply(app: &App) -> String {
    let researcher = actor(app, "researcher").await;
    app.add_to_basket(BASKET, &basket()).await.unwrap();
    let draft = app.create_draft(&researcher, Some(BASKET)).await.unwrap();
    let Some(Answer::Selection(selection)) = draft.body.answers.get("selection") else {
        panic!("the basket's variables are not in the draft");
    };
    let selection = everybody(selection.as_ref().clone());
    let answers = answers(app, selection);
    let saved = app
        .save_draft(&researcher, draft.id, draft.version, &answers)
        .await
        .unwrap();
    assert!(saved.problems.is_empty(), "{:?}", saved.problems);
    let sent = app
        .submit_draft(&researcher, saved.id, saved.version)
        .await
        .unwrap();
    sent.number
}

/// Every authority grants; the permit is issued and the extract made. The permit's number.
pub(crate) async fn permit(app: &App, case: &str) -> String {
    let coordinator = actor(app, "coordinator").await;
    let researcher = actor(app, "researcher").await;
    let page = app.load_case(&researcher, case).await.unwrap();
    if page.view.complete_from.is_none() {
        app.declare_complete(&coordinator, case).await.unwrap();
    }
    for role in ["officer-sds", "officer-dst", "officer-ki"] {
        grant(app, case, role).await;
    }
    let page = app.load_case(&researcher, case).await.unwrap();
    for requirement in &page.view.requirements {
        if requirement.met_at.is_none() {
            app.record_requirement(
                &researcher,
                case,
                &requirement.id,
                Some("Fortegnelsen, nr. 12"),
            )
            .await
            .unwrap();
        }
    }
    days_pass(app, 2).await;
    app.run_due_jobs().await.unwrap();
    let page = app.load_case(&researcher, case).await.unwrap();
    page.view.permit.expect("the permit was issued").number
}

async fn grant(app: &App, case: &str, role: &str) {
    let officer = actor(app, role).await;
    let page = app.load_case(&officer, case).await.unwrap();
    let mut parts = page.view.parts.iter();
    let part = parts
        .find(|part| part.authority == officer.organisation)
        .unwrap();
    for assessment in &part.assessments {
        app.assess(&officer, case, &assessment.criterion, true, None)
            .await
            .unwrap();
    }
    let decision = app::cases::DecisionInput::Granted {
        conditions: vec!["cells-5".to_owned()],
        own_condition: None,
    };
    app.decide(&officer, case, &decision).await.unwrap();
}

/// Every file below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
