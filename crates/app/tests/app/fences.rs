//! What must not happen, and what is answered.

use app::base::ErrorClass;
use app::casework::form::{Answer, Answers};
use app::casework::output::Verdict;
use app::outputs::AssessmentInput;
use app::{App, FolderKind, Idempotent, Opening};

use crate::story::{SAFE, room_of};
use crate::support::{Home, actor, apply, permit};

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
    let begin = async |sent: &[u8]| {
        app.begin_idempotent(&researcher, "key-1", "POST /x", sent)
            .await
            .unwrap()
    };
    assert_eq!(begin(b"a").await, Idempotent::New);
    app.finish_idempotent(&researcher, "key-1", "POST /x", 201, "{}")
        .await
        .unwrap();
    let replay = Idempotent::Replay {
        status: 201,
        body: "{}".to_owned(),
    };
    assert_eq!(begin(b"a").await, replay);
    assert_eq!(begin(b"b").await, Idempotent::Reused);
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
