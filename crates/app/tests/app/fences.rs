//! What must not happen, and what is answered.

use std::sync::Arc;

use app::accounts::NewAccount;
use app::base::{
    Clock as _, ErrorClass, FixedClock, Personal, Secret, ShiftedClock, SystemClock, Timestamp,
};
use app::casework::form::{Answer, Answers};
use app::casework::output::Verdict;
use app::outputs::AssessmentInput;
use app::{App, FolderKind, Idempotent, Opening, WriteKey};

use crate::story::{SAFE, room_of};
use crate::support::{Home, actor, apply, days_pass, permit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cpr_number_in_a_text_is_refused_and_nothing_is_saved() {
    let home = Home::sqlite();
    let app = home.demo().await;
    let researcher = actor(&app, "researcher").await;
    let draft = app.create_draft(&researcher, None).await.unwrap();
    let mut answers = Answers::new();
    let words = Answer::Text("Vi følger 010170-1234 i ti år".to_owned());
    answers.insert("aim".to_owned(), words);
    answers.insert("title".to_owned(), Answer::Text("Et projekt".to_owned()));
    let refused = app
        .save_draft(&researcher, draft.id, draft.version, &answers)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "identifier_in_text");
    assert_eq!(refused.field(), Some("aim"));
    let unchanged = app.load_draft(&researcher, draft.id).await.unwrap();
    assert_eq!(unchanged.version, draft.version);
    assert!(!unchanged.body.answers.contains_key("title"));
    app.close().await;
}

/// How often an action on a subject stands in the audit trail.
async fn audited(home: &Home, action: &str, subject: &str) -> usize {
    let uri = store::StoreUri::file(home.path("sund/store.db"));
    let store = store::Store::connect(&uri).await.unwrap();
    let entries = store
        .read("test.audit", |reader| {
            let subject = subject.to_owned();
            async move { reader.list_audit(Some(&subject), None, 100).await }
        })
        .await
        .unwrap();
    store.close().await;
    let entries = entries.items.iter();
    entries.filter(|entry| entry.action == action).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_find_nothing_and_a_revoked_permit_closes_at_once() {
    let home = Home::sqlite();
    let app = Box::pin(home.denmark()).await;
    let case = Box::pin(apply(&app)).await;
    let permit = Box::pin(permit(&app, &case)).await;
    let room = room_of(&app, &permit).await;
    let researcher = actor(&app, "researcher").await;
    let output = app.run_query(&researcher, &room, SAFE).await.unwrap();
    let secret = "SELECT koen FROM dst_bef_bef WHERE person = '010170-1234'";
    let refused = app.run_query(&researcher, &room, secret).await.unwrap_err();
    assert_eq!(refused.code(), "identifier_in_text");
    let failing = "SELECT hemmelig FROM dst_bef_bef";
    app.run_query(&researcher, &room, failing)
        .await
        .unwrap_err();
    let asked = audited(&home, "query.run", &permit).await;
    assert_eq!(asked, 2, "a query is recorded, also one that fails");

    for role in ["officer-sds", "checker-1", "admin", "citizen", "holder-sds"] {
        let stranger = actor(&app, role).await;
        let not_found = [
            app.room(&stranger, &room).await.err(),
            app.run_query(&stranger, &room, SAFE).await.err(),
            app.load_output(&stranger, output.id).await.err(),
            app.release(&stranger, output.id).await.err(),
            app.load_review(&stranger, output.id).await.err(),
            app.extract_of(&stranger, &permit).await.err(),
        ];
        for error in not_found {
            assert_eq!(error.unwrap().class(), ErrorClass::NotFound, "{role}");
        }
        assert!(app.list_rooms(&stranger).await.unwrap().is_empty());
    }
    let checker = actor(&app, "checker-1").await;
    let input = AssessmentInput {
        verdict: Verdict::Release,
        reason: None,
    };
    let unasked = app
        .assess_output(&checker, output.id, &input)
        .await
        .unwrap_err();
    assert_eq!(unasked.class(), ErrorClass::NotFound);

    let officer = actor(&app, "officer-sds").await;
    app.revoke(&officer, &case, "Formålet er ændret.")
        .await
        .unwrap();
    let closed = app.run_query(&researcher, &room, SAFE).await.unwrap_err();
    assert_eq!(closed.class(), ErrorClass::Forbidden);
    let held_back = app.release(&researcher, output.id).await.unwrap_err();
    assert_eq!(held_back.class(), ErrorClass::Forbidden);
    assert!(!app.room(&researcher, &room).await.unwrap().open);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_decide_a_part_at_once_one_is_told() {
    let home = Home::sqlite();
    let app = home.demo().await;
    let case = Box::pin(apply(&app)).await;
    let coordinator = actor(&app, "coordinator").await;
    app.declare_complete(&coordinator, &case).await.unwrap();
    let officer = actor(&app, "officer-dst").await;
    let page = app.load_case(&officer, &case).await.unwrap();
    let mut parts = page.view.parts.iter();
    let part = parts
        .find(|part| part.authority == officer.organisation)
        .unwrap();
    for assessment in &part.assessments {
        app.assess(&officer, &case, &assessment.criterion, true, None)
            .await
            .unwrap();
    }
    let decision = app::cases::DecisionInput::Granted {
        conditions: vec!["cells-5".to_owned()],
        own_condition: None,
    };
    let decide = || Box::pin(app.decide(&officer, &case, &decision));
    let (first, second) = tokio::join!(decide(), decide());
    let told: Vec<_> = [first.err(), second.err()].into_iter().flatten().collect();
    let [told] = &told[..] else {
        panic!("{} were told", told.len());
    };
    assert_eq!(told.class(), ErrorClass::Conflict);
    let page = app.load_case(&officer, &case).await.unwrap();
    let decided = page.view.log.iter().filter(|e| e.kind == "part_decided");
    assert_eq!(decided.count(), 1);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_sent_twice_gets_the_first_answer() {
    let home = Home::sqlite();
    let app = home.demo().await;
    let researcher = actor(&app, "researcher").await;
    let key = WriteKey {
        key: "key-1",
        route: "POST /x",
    };
    let begin = async |sent: &[u8]| app.begin_idempotent(&researcher, key, sent).await.unwrap();
    let finish = async |answer| {
        app.finish_idempotent(&researcher, key, answer)
            .await
            .unwrap();
    };
    assert_eq!(begin(b"a").await, Idempotent::New);
    assert_eq!(begin(b"a").await, Idempotent::Unfinished);
    // It failed: the same key can be sent again.
    finish(None).await;
    assert_eq!(begin(b"a").await, Idempotent::New);
    finish(Some((201, "{}"))).await;
    let replay = Idempotent::Replay {
        status: 201,
        body: "{}".to_owned(),
    };
    assert_eq!(begin(b"a").await, replay);
    assert_eq!(begin(b"b").await, Idempotent::Reused);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_by_the_machines_clock_and_not_by_a_demos() {
    let home = Home::sqlite();
    let machine = Arc::new(ShiftedClock::new(0));
    let opening = Opening {
        machine_clock: Some(machine.clone()),
        ..home.opening()
    };
    let app = App::create(&opening, FolderKind::Demo).await.unwrap();
    app.seed_demo_accounts().await.unwrap();
    let token = app.sign_in_demo("researcher").await.unwrap().token;
    days_pass(&app, 30).await;
    assert!(app.find_session(token.expose()).await.unwrap().is_some());
    let hours_pass = |hours: i64| {
        let later = Timestamp::from_second(machine.now().as_second() + hours * 3600);
        assert!(machine.advance_to(later.unwrap()));
    };
    hours_pass(11);
    assert!(app.find_session(token.expose()).await.unwrap().is_some());
    hours_pass(2);
    assert!(app.find_session(token.expose()).await.unwrap().is_none());
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_at_a_login_are_limited_and_a_right_password_ends_the_count() {
    let home = Home::sqlite();
    let opening = Opening {
        machine_clock: Some(Arc::new(FixedClock::at("2026-12-01T08:00:00Z"))),
        ..home.opening()
    };
    let app = App::create(&opening, FolderKind::Production).await.unwrap();
    let token = app.setup_token().await.unwrap().unwrap();
    let password = Secret::new("en lang adgangskode".to_owned());
    let new = NewAccount {
        login: "astrid".to_owned(),
        name: Personal::new("Astrid".to_owned()),
        password: password.clone(),
    };
    app.set_up(token.expose(), &new).await.unwrap();
    let code = async |password: &Secret<String>| {
        let tried = app.sign_in("astrid", password, None).await;
        tried.err().map(|error| error.code())
    };
    let no_password = Secret::new("x".repeat(5_000));
    for _ in 0..2 {
        for _ in 0..9 {
            assert_eq!(code(&no_password).await, Some("wrong_sign_in"));
        }
        assert_eq!(code(&password).await, None);
    }
    for _ in 0..10 {
        assert_eq!(code(&no_password).await, Some("wrong_sign_in"));
    }
    assert_eq!(code(&password).await, Some("too_many_attempts"));
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_writes_are_forgotten_after_a_day_and_lost_ones_at_the_next_start() {
    let home = Home::sqlite();
    let app = home.demo().await;
    let researcher = actor(&app, "researcher").await;
    let key = |key| WriteKey {
        key,
        route: "POST /x",
    };
    let begin = async |app: &App, name| {
        app.begin_idempotent(&researcher, key(name), b"a")
            .await
            .unwrap()
    };
    for name in ["done", "lost"] {
        assert_eq!(begin(&app, name).await, Idempotent::New);
    }
    app.finish_idempotent(&researcher, key("done"), Some((201, "{}")))
        .await
        .unwrap();
    app.close().await;
    drop(app);
    let app = App::open(&home.opening()).await.unwrap();
    assert_eq!(begin(&app, "lost").await, Idempotent::New);
    assert!(matches!(
        begin(&app, "done").await,
        Idempotent::Replay { .. }
    ));
    let now = SystemClock.now();
    let hours_on = |hours: i64| Timestamp::from_second(now.as_second() + hours * 3600).unwrap();
    assert_eq!(app.forget_what_has_passed(hours_on(23)).await.unwrap(), 0);
    assert_eq!(app.forget_what_has_passed(hours_on(25)).await.unwrap(), 2);
    assert_eq!(begin(&app, "done").await, Idempotent::New);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn watchers_who_ask_at_once_do_not_disturb_each_other() {
    let home = Home::sqlite();
    let app = home.demo().await;
    let asked: Vec<_> = (0..32)
        .map(|_| {
            let app = app.clone();
            tokio::spawn(async move { app.ready().await })
        })
        .collect();
    for answer in asked {
        answer.await.unwrap().unwrap();
    }
    let left = std::fs::read_dir(home.path("sund/tmp")).unwrap().count();
    assert_eq!(left, 0);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_demo_is_reset() {
    let home = Home::sqlite();
    let app = home.demo().await;
    let busy = App::reset_demo(&home.opening()).await.unwrap_err();
    assert_eq!(busy.code(), "folder_in_use");
    app.close().await;
    drop(app);
    assert!(App::reset_demo(&home.opening()).await.unwrap());
    let anew = App::open(&home.opening()).await.unwrap();
    assert!(anew.is_demo());
    anew.close().await;

    let real = Opening {
        dir: home.path("real"),
        ..Opening::default()
    };
    assert!(!App::reset_demo(&real).await.unwrap());
    let app = App::create(&real, FolderKind::Production).await.unwrap();
    app.close().await;
    drop(app);
    let refused = App::reset_demo(&real).await.unwrap_err();
    assert_eq!(refused.code(), "not_a_demo");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_is_never_opened_with_anothers_database() {
    let home = Home::sqlite();
    let app = Box::pin(home.denmark()).await;
    let versions = app.versions(&app.operator(), None).await.unwrap().len();
    app.close().await;
    drop(app);
    let empty = Opening {
        store: Some(format!("sqlite:{}", home.path("other.db").display())),
        ..home.opening()
    };
    let refused = App::open(&empty).await.unwrap_err();
    assert_eq!(refused.code(), "other_database");
    // Nothing was swept away as unknown.
    let app = App::open(&home.opening()).await.unwrap();
    assert_eq!(
        app.versions(&app.operator(), None).await.unwrap().len(),
        versions
    );
    assert!(app.doctor().await.unwrap().ok());
    app.close().await;
}
