//! The end of data: a permit that ended leaves no extract and no key, a withdrawn version goes when
//! nobody needs it, and the proof of both is public.

use std::path::{Path, PathBuf};

use app::base::{Actor, ErrorClass};
use app::casework::CaseState;
use app::catalogue::Language;
use app::deliveries::VersionView;
use app::{App, Opening, restore};

use crate::story::{SAFE, room_of};
use crate::support::{Home, actor, apply, days_pass, files_below, permit};

fn keys(dir: &Path, kind: &str) -> Vec<PathBuf> {
    let folder = dir.join("keys").join(kind);
    if folder.is_dir() {
        files_below(&folder)
    } else {
        Vec::new()
    }
}

fn extracts(dir: &Path) -> usize {
    files_below(&dir.join("extracts")).len()
}

async fn public_kinds(app: &App, case: &str) -> Vec<String> {
    let project = app.public_project(case).await.unwrap();
    let mut kinds: Vec<String> = project.events.into_iter().map(|event| event.kind).collect();
    kinds.dedup();
    kinds
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_permit_runs_out_its_data_are_deleted_and_the_proof_is_public() {
    let home = Home::sqlite();
    let app = Box::pin(home.denmark()).await;
    let case = Box::pin(apply(&app)).await;
    let number = Box::pin(permit(&app, &case)).await;
    let room = room_of(&app, &number).await;
    let researcher = actor(&app, "researcher").await;
    let output = app.run_query(&researcher, &room, SAFE).await.unwrap();
    app.release(&researcher, output.id).await.unwrap();
    let archive = home.path("sund.tar.zst");
    app.backup(&archive).await.unwrap();
    let dir = app.folder().root().to_path_buf();
    assert!(extracts(&dir) > 1 && keys(&dir, "extract").len() == 1);

    // Until its last date it holds.
    days_pass(&app, 300).await;
    app.run_due_jobs().await.unwrap();
    let researcher = actor(&app, "researcher").await;
    app.run_query(&researcher, &room, SAFE).await.unwrap();
    days_pass(&app, 400).await;
    // As if it had been killed after the first key.
    std::fs::remove_file(keys(&dir, "extract").first().unwrap()).unwrap();
    app.run_due_jobs().await.unwrap();

    let researcher = actor(&app, "researcher").await;
    let page = app.load_case(&researcher, &case).await.unwrap();
    assert_eq!(page.view.state, CaseState::Expired);
    assert_eq!(extracts(&dir), 0);
    assert!(keys(&dir, "extract").is_empty() && keys(&dir, "permit").is_empty());
    let shown = app.load_permit(&researcher, &number).await.unwrap();
    let proof = shown.deletion.unwrap();
    assert_eq!(proof.document["because"], "expired");
    assert_eq!(proof.document["extracts"].as_array().unwrap().len(), 1);
    let destroyed = proof.document["keys_destroyed"].as_array().unwrap();
    assert_eq!(destroyed.len(), 2, "{destroyed:?}");
    let kinds = public_kinds(&app, &case).await;
    let end: Vec<&str> = kinds.iter().rev().take(2).map(String::as_str).collect();
    assert_eq!(end, ["extract.deleted", "permit.expired"]);
    nothing_can_be_asked(&app, &researcher, (&room, &number)).await;
    // What was released stays.
    let file = app.download(&researcher, output.id, Language::Da).await;
    assert!(file.unwrap().csv.contains("Antal personer"));
    assert!(app.doctor().await.unwrap().ok(), "the log verifies");
    app.close().await;
    drop(app);
    an_archive_from_before_brings_nothing_back(&home, &archive).await;
}

async fn nothing_can_be_asked(app: &App, researcher: &Actor, (room, number): (&str, &str)) {
    let closed = app.run_query(researcher, room, SAFE).await.unwrap_err();
    assert_eq!(closed.class(), ErrorClass::Forbidden);
    assert_eq!(closed.code(), "permit_not_usable");
    let extract = app.extract_of(researcher, number).await.unwrap();
    assert_eq!(extract.state, "deleted");
    let operator = app.operator();
    let closed = app.query_permit(&operator, number, SAFE).await.unwrap_err();
    assert_eq!(closed.code(), "permit_not_usable");
}

async fn an_archive_from_before_brings_nothing_back(home: &Home, archive: &Path) {
    let journal = home.path("sund/journal/closing.jsonl");
    std::fs::copy(journal, home.path("sund.tar.zst.journal")).unwrap();
    let opening = Opening {
        dir: home.path("restored"),
        kek_file: Some(home.path("sund/keys/kek")),
        ..Opening::default()
    };
    let restored = Box::pin(restore(archive, &opening, false)).await.unwrap();
    assert!(restored.findings.is_empty(), "{:?}", restored.findings);
    assert_eq!((restored.closed_again, restored.deleted_again), (1, 1));
    assert_eq!(extracts(&opening.dir), 0);
    assert!(keys(&opening.dir, "extract").is_empty());
}

async fn version(app: &App, register: &str) -> VersionView {
    let versions = app.versions(&app.operator(), Some(register)).await.unwrap();
    versions.into_iter().next().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawn_version_is_deleted_when_no_permit_needs_it() {
    let home = Home::sqlite();
    let app = Box::pin(home.denmark()).await;
    let case = Box::pin(apply(&app)).await;
    Box::pin(permit(&app, &case)).await;
    let holder = actor(&app, "holder-sds").await;
    for register in ["lpr3", "ssr"] {
        let held = version(&app, register).await;
        app.settle_version(&holder, register, held.version, Some("Fejl i leverancen"))
            .await
            .unwrap();
    }
    days_pass(&app, 29).await;
    app.run_due_jobs().await.unwrap();
    assert_eq!(version(&app, "ssr").await.state, "withdrawn");
    days_pass(&app, 2).await;
    app.run_due_jobs().await.unwrap();
    assert_eq!(version(&app, "ssr").await.state, "purged");
    // The permit's extract was made from this one.
    assert_eq!(version(&app, "lpr3").await.state, "withdrawn");
    let dir = app.folder().root().to_path_buf();
    let gone = version(&app, "ssr").await.version;
    assert!(!dir.join(format!("lake/ssr/{gone}")).exists());
    assert!(!dir.join(format!("keys/version/{gone}.key")).exists());

    let officer = actor(&app, "officer-sds").await;
    app.revoke(&officer, &case, "Formålet er ændret.")
        .await
        .unwrap();
    app.run_due_jobs().await.unwrap();
    assert_eq!(version(&app, "lpr3").await.state, "purged");
    assert_eq!(extracts(&dir), 0);
    let kinds = public_kinds(&app, &case).await;
    assert_eq!(kinds.last().map(String::as_str), Some("extract.deleted"));
    assert!(
        app.doctor()
            .await
            .unwrap()
            .checks
            .iter()
            .all(|c| c.ok || c.name == "registers")
    );
    // A new process finds nothing left to do.
    app.close().await;
    drop(app);
    let app = App::open(&home.opening()).await.unwrap();
    assert_eq!(version(&app, "lpr3").await.state, "purged");
    app.close().await;
}
