//! Several people at one case: who sees whose work, and who is told that another came first.

use app::cases::{CASE_CHANGED, CaseAt};

use crate::support::{Home, actor, apply};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_on_a_version_that_has_passed_is_refused() {
    let home = Home::sqlite();
    let app = home.demo().await;
    let case = Box::pin(apply(&app)).await;
    let coordinator = actor(&app, "coordinator").await;
    let (sds, dst) = (
        actor(&app, "officer-sds").await,
        actor(&app, "officer-dst").await,
    );
    app.declare_complete(&coordinator, &case).await.unwrap();
    let read = app.load_case(&sds, &case).await.unwrap();
    let mut parts = read.view.parts.iter();
    let own = parts
        .find(|part| part.authority == sds.organisation)
        .unwrap();
    let criterion = own.assessments.first().unwrap().criterion.clone();
    let at = CaseAt {
        number: &case,
        version: Some(read.view.version),
    };
    // Both have read the same version: one is told, whichever comes second.
    let (one, other) = tokio::join!(
        app.assess(&sds, at, &criterion, true, None),
        app.assess(&dst, at, &criterion, true, None),
    );
    let (done, told) = match (one, other) {
        (Ok(done), Err(told)) | (Err(told), Ok(done)) => (done, told),
        both => panic!("one of two is told: {both:?}"),
    };
    assert_eq!(told.code(), CASE_CHANGED);
    let events = done.view.version - read.view.version;
    assert_eq!(events, 1, "nothing of the second was done");
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officer_reads_the_own_authoritys_work_only() {
    let home = Home::sqlite();
    let app = home.demo().await;
    let case = Box::pin(apply(&app)).await;
    let coordinator = actor(&app, "coordinator").await;
    app.declare_complete(&coordinator, &case).await.unwrap();
    let sds = actor(&app, "officer-sds").await;
    let own = app.load_case(&sds, &case).await.unwrap();
    let mut parts = own.view.parts.iter();
    let part = parts
        .find(|part| part.authority == sds.organisation)
        .unwrap();
    let criterion = part.assessments.first().unwrap().criterion.clone();
    let words = "Kun for kolleger i styrelsen";
    let after = app
        .assess(&sds, &case, &criterion, false, Some(words))
        .await
        .unwrap();
    assert!(after.texts.values().any(|text| text == words));
    for (role, sees) in [
        ("coordinator", true),
        ("officer-dst", false),
        ("researcher", false),
    ] {
        let reader = actor(&app, role).await;
        let page = app.load_case(&reader, &case).await.unwrap();
        let read = page.texts.values().any(|text| text == words);
        assert_eq!(read, sees, "{role}");
        let mut parts = page.view.parts.iter();
        let part = parts
            .find(|part| part.authority == sds.organisation)
            .unwrap();
        assert_eq!(part.assessed > 0, sees, "{role}");
    }
    app.close().await;
}
