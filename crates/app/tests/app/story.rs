//! One question travels the whole way, on both databases.

use app::App;
use app::base::{ErrorClass, Stopwatch};
use app::casework::Action;
use app::casework::output::{OutputState, Verdict};
use app::catalogue::Language;
use app::disclosure::TableState;
use app::outputs::AssessmentInput;

use crate::support::{Home, actor, apply, permit};

pub(crate) const SAFE: &str =
    "SELECT koen, count_persons() AS antal FROM dst_bef_bef GROUP BY koen ORDER BY koen";
pub(crate) const UNSAFE: &str =
    "SELECT foed_dag, reg, count_persons() AS antal FROM dst_bef_bef GROUP BY foed_dag, reg";
const ROWS: &str = "SELECT person, koen FROM dst_bef_bef";

/// The room of a case's permit, by its public name.
pub(crate) async fn room_of(app: &App, permit: &str) -> String {
    let researcher = actor(app, "researcher").await;
    let rooms = app.list_rooms(&researcher).await.unwrap();
    let room = rooms
        .into_iter()
        .find(|room| room.permit == permit)
        .unwrap();
    assert_eq!(room.extract, "made");
    assert!(room.open);
    room.id
}

async fn ask_and_answer(app: &App, case: &str) {
    let coordinator = actor(app, "coordinator").await;
    app.declare_complete(&coordinator, case).await.unwrap();
    for role in ["officer-sds", "officer-dst"] {
        let officer = actor(app, role).await;
        app.ask(
            &officer,
            case,
            "aim",
            "Hvorfor er nyrefunktionen nødvendig?",
        )
        .await
        .unwrap();
    }
    let researcher = actor(app, "researcher").await;
    let page = app.load_case(&researcher, case).await.unwrap();
    let [question] = &page.view.questions[..] else {
        panic!("two questions about one field are one");
    };
    assert_eq!(question.authorities.len(), 2);
    let answered = app
        .answer(
            &researcher,
            case,
            question.id,
            "Den afgør, hvem der kan sammenlignes.",
        )
        .await
        .unwrap();
    assert_eq!(answered.view.sentence.open_questions, 0);
}

async fn release_the_safe_table(app: &App, room: &str) {
    let researcher = actor(app, "researcher").await;
    let output = app.run_query(&researcher, room, SAFE).await.unwrap();
    assert_eq!(
        output.verdict.state,
        TableState::Releasable,
        "{:?}",
        output.verdict
    );
    assert_eq!(output.title.da, "Antal personer efter køn");
    assert!(output.may.contains(&Action::ReleaseOutput));
    let early = app
        .download(&researcher, output.id, Language::Da)
        .await
        .unwrap_err();
    assert_eq!(early.code(), "not_released");
    let released = app.release(&researcher, output.id).await.unwrap();
    assert_eq!(released.state, OutputState::Released);
    let file = app
        .download(&researcher, output.id, Language::Da)
        .await
        .unwrap();
    let heading = file.csv.lines().next().unwrap();
    assert!(
        heading.starts_with("Køn") && heading.ends_with(";Antal personer"),
        "{heading}"
    );
    assert_eq!(file.evidence["format"], "sund-evidence/1");
    // What was proved of a cell, and not what was measured: that would be a person's value.
    let cells = file.evidence["cells"].as_array().unwrap().iter();
    let cells = cells.flat_map(|row| row.as_array().unwrap());
    for cell in cells.filter(|cell| !cell.is_null()) {
        let fields = cell.as_object().unwrap();
        let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["largest_share_at_most_permille", "persons_at_least"]
        );
        assert_eq!(fields["persons_at_least"], 5);
    }
    assert!(
        file.evidence["registers"]["dst_bef"].is_string(),
        "{}",
        file.evidence
    );
    let english = app
        .download(&researcher, output.id, Language::En)
        .await
        .unwrap();
    let heading = english.csv.lines().next().unwrap();
    assert!(heading.ends_with(",Number of persons"), "{heading}");
}

async fn hold_and_review_the_unsafe_table(app: &App, room: &str, checked: Verdict) {
    let researcher = actor(app, "researcher").await;
    let output = app.run_query(&researcher, room, UNSAFE).await.unwrap();
    assert_eq!(output.verdict.state, TableState::Held);
    assert!(
        output
            .verdict
            .findings
            .iter()
            .any(|finding| finding.row.is_some())
    );
    let held = app.release(&researcher, output.id).await.unwrap();
    assert_eq!(held.state, OutputState::Held);
    let reasons = held.held.unwrap();
    assert!(reasons.cells > 0 && reasons.rules.contains(&"minimum_frequency".to_owned()));
    let sent = app
        .send_for_review(&researcher, output.id, "Til tabel 1 i artiklen.")
        .await
        .unwrap();
    assert_eq!(sent.state, OutputState::InReview);
    let own = app.release(&researcher, output.id).await.unwrap_err();
    assert_eq!(own.class(), ErrorClass::Conflict);

    let input = AssessmentInput {
        verdict: checked,
        reason: Some("Celler med få personer.".to_owned()),
    };
    let first = actor(app, "checker-1").await;
    let second = actor(app, "checker-2").await;
    let (queue, _) = app.review_queue(&second, None, None).await.unwrap();
    assert!(queue.iter().any(|waiting| waiting.id == output.id));
    let answered = app.assess_output(&first, output.id, &input).await.unwrap();
    assert_eq!(answered.state, OutputState::InReview);
    let twice = app
        .assess_output(&first, output.id, &input)
        .await
        .unwrap_err();
    assert_eq!(twice.class(), ErrorClass::Conflict);
    // The second sees that somebody answered, and not what.
    let review = app
        .load_review(&second, output.id)
        .await
        .unwrap()
        .review
        .unwrap();
    assert_eq!(review.answered_by_others, 1);
    assert!(review.own.is_none() && review.answers.is_empty());
    assert_eq!(review.context.as_deref(), Some("Til tabel 1 i artiklen."));
    let seen = app.load_output(&researcher, output.id).await.unwrap();
    assert!(seen.review.unwrap().answers.is_empty());

    let settled = app.assess_output(&second, output.id, &input).await.unwrap();
    let download = app.download(&researcher, output.id, Language::Da).await;
    if checked == Verdict::Release {
        assert_eq!(settled.state, OutputState::Released);
        assert!(download.is_ok());
    } else {
        assert_eq!(settled.state, OutputState::Rejected);
        assert_eq!(download.unwrap_err().code(), "not_released");
        let told = app.load_output(&researcher, output.id).await.unwrap();
        assert_eq!(told.review.unwrap().answers.len(), 2);
    }
}

async fn rows_are_seen_by_one_and_leave_for_nobody(app: &App, room: &str) {
    let researcher = actor(app, "researcher").await;
    let rows = app.run_query(&researcher, room, ROWS).await.unwrap();
    assert_eq!(rows.verdict.state, TableState::NeverReleased);
    assert!(!rows.table.rows.is_empty());
    assert_eq!(
        app.release(&researcher, rows.id).await.unwrap_err().code(),
        "not_released"
    );
    // They were on the screen once; nothing of them is kept.
    let again = app.load_output(&researcher, rows.id).await.unwrap();
    assert!(again.table.rows.is_empty());

    let blind = actor(app, "researcher-2").await;
    let nothing = app.run_query(&blind, room, ROWS).await.unwrap();
    assert!(nothing.table.rows.is_empty() && nothing.persons.is_none());
    let held = app.run_query(&blind, room, UNSAFE).await.unwrap();
    assert!(held.table.rows.is_empty() && held.verdict.cells.is_empty());
    assert!(
        held.verdict
            .findings
            .iter()
            .all(|f| f.row.is_none() && f.measured.measured == 0)
    );
    let safe = app.run_query(&blind, room, SAFE).await.unwrap();
    assert!(!safe.table.rows.is_empty());
    assert_eq!(safe.elapsed_ms % 1000, 0);
    let mistake = "SELECT\n  hemmelig FROM dst_bef_bef";
    let watch = Stopwatch::start();
    let error = app.run_query(&blind, room, mistake).await.unwrap_err();
    assert!(!error.to_string().contains("hemmelig"));
    // How long it really took is not told by the answer's arrival either.
    assert!(watch.elapsed().as_secs() >= 1, "{:?}", watch.elapsed());
    let (one, other) = tokio::join!(
        app.run_query(&blind, room, SAFE),
        app.run_query(&blind, room, SAFE),
    );
    let told = [one.err(), other.err()];
    let told: Vec<_> = told.iter().flatten().map(app::Error::code).collect();
    assert_eq!(
        told,
        ["query_running"],
        "one person runs one query at a time"
    );
    let refused = app.release(&blind, safe.id).await.unwrap_err();
    assert_eq!(refused.class(), ErrorClass::Forbidden);
    let page = app.room(&blind, room).await.unwrap();
    assert!(page.tables.iter().all(|table| table.rows.is_none()));
    let page = app.room(&researcher, room).await.unwrap();
    assert!(page.tables.iter().all(|table| table.rows.is_some()));
}

/// From the basket to the public register. The number of the permit.
pub(crate) async fn tell(app: &App) -> (String, String) {
    let case = apply(app).await;
    ask_and_answer(app, &case).await;
    let permit = permit(app, &case).await;
    let room = room_of(app, &permit).await;
    release_the_safe_table(app, &room).await;
    hold_and_review_the_unsafe_table(app, &room, Verdict::Reject).await;
    hold_and_review_the_unsafe_table(app, &room, Verdict::Release).await;
    app.run_due_jobs().await.unwrap();
    let project = app.public_project(&case).await.unwrap();
    let count = |kind: &str| project.events.iter().filter(|e| e.kind == kind).count();
    assert_eq!(count("application.received"), 1);
    assert_eq!(count("part.decided"), 3);
    assert_eq!(count("permit.issued"), 1);
    assert_eq!(count("output.released"), 2);
    assert_eq!(count("output.rejected"), 1);
    let log = app.check_log().unwrap();
    assert!(log.ok, "{:?}", log.report.findings);
    (case, permit)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_travels_the_whole_way() {
    let home = Home::sqlite();
    let app = Box::pin(home.denmark()).await;
    let again = app.ensure_population(50, 99, &|_, _, _| {}).await.unwrap();
    let held = app.versions(&app.operator(), None).await.unwrap();
    assert_eq!(again.len(), held.len(), "a folder has one Denmark");
    let (_, permit) = Box::pin(tell(&app)).await;
    let room = room_of(&app, &permit).await;
    Box::pin(rows_are_seen_by_one_and_leave_for_nobody(&app, &room)).await;
    let operator = app.operator();
    let asked = app.query_permit(&operator, &permit, SAFE).await.unwrap();
    assert_eq!(asked.verdict.state, TableState::Releasable);
    let figures = app.operation_figures().await.unwrap();
    assert!(
        figures.contains(&("jobs_failed".to_owned(), 0)),
        "{figures:?}"
    );
    app.ready().await.unwrap();
    let doctor = app.doctor().await.unwrap();
    assert!(doctor.ok(), "{doctor:?}");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_travels_the_whole_way_on_postgresql() {
    let given = std::env::var_os("SUND_TEST_POSTGRES").unwrap_or_default();
    let given = given.into_string().unwrap();
    if given.is_empty() {
        let ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        assert!(!ci, "CI=true, and SUND_TEST_POSTGRES names no server");
        return;
    }
    let mut home = Home::sqlite();
    home.store = Some(given.clone());
    empty(&given).await;
    let app = Box::pin(home.denmark()).await;
    Box::pin(tell(&app)).await;
    app.close().await;
    drop(app);
    assert!(App::reset_demo(&home.opening()).await.unwrap());
    let anew = App::open(&home.opening()).await.unwrap();
    let versions = anew.versions(&anew.operator(), None).await.unwrap();
    assert!(
        versions.is_empty(),
        "a reset takes the database's part as well"
    );
    anew.close().await;
    empty(&given).await;
}

async fn empty(address: &str) {
    let uri = store::StoreUri::parse(address).unwrap();
    let store = store::Store::connect(&uri).await.unwrap();
    store.revert_to(0).await.unwrap();
    store.close().await;
}
