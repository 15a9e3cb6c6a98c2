//! Commands on a folder that a server holds go through its socket, and their work is seen at once.

use std::path::Path;

use crate::data_commands::{permit, sund};
use crate::support::{Client, Server, run};
use serde_json::{Value, json};

#[test]
fn commands_go_through_the_server_that_holds_the_folder() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("demo");
    let server = Server::demo(&dir, 300);
    let mut client = Client::new(&server.url);
    deliveries_are_received_and_settled(scratch.path(), &dir, &mut client);
    a_permit_is_signed_and_asked(scratch.path(), &dir);
    let archive = scratch.path().join("running.tar.zst");
    let archive = archive.to_str().unwrap();
    let (code, saved) = sund(&dir, &["backup", archive]);
    assert_eq!(code, Some(0), "{saved}");
    let (code, refused) = sund(&dir, &["backup", archive]);
    assert_eq!((code, &refused["code"]), (Some(2), &json!("backup_exists")));
    let (code, checked) = sund(&dir, &["restore", archive, "--check"]);
    assert_eq!(code, Some(0), "{checked}");
    let (code, doctor) = sund(&dir, &["doctor"]);
    assert_eq!(code, Some(0), "{doctor}");
    assert_eq!(std::fs::read_dir(dir.join("tmp")).unwrap().count(), 0);

    // A killed server leaves its socket; nobody answers there, and nobody holds the folder.
    drop(server);
    assert!(dir.join("control.sock").exists());
    let (code, versions) = sund(&dir, &["registers"]);
    assert_eq!(code, Some(0), "{versions}");
}

fn deliveries_are_received_and_settled(scratch: &Path, dir: &Path, client: &mut Client) {
    let synth = scratch.join("synth");
    let out = synth.to_str().unwrap();
    let made = run(&["synth", "--persons", "200", "--seed", "7", "--out", out]);
    assert_eq!(made.status.code(), Some(0));
    let file = synth.join("lmdb_epikur.csv");
    let (code, received) = sund(dir, &["receive", "lmdb", file.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{received}");
    let version = received["version"]["version"].as_str().unwrap().to_owned();
    let path = "/api/v1/versions?register=lmdb";
    let seen = client.send("holder-sds", "GET", path, &Value::Null);
    let items = seen.body["items"].as_array().unwrap();
    assert!(items.iter().any(|item| item["version"] == json!(version)));

    let missing = scratch.join("epikur.csv");
    let (code, refused) = sund(dir, &["receive", "lmdb", missing.to_str().unwrap()]);
    assert_eq!((code, &refused["code"]), (Some(2), &json!("delivery_file")));
    assert!(refused["do"].as_str().unwrap().contains("the server"));

    let (code, twice) = sund(dir, &["approve", "lmdb", &version]);
    assert_eq!(
        (code, &twice["code"]),
        (Some(2), &json!("wrong_version_state"))
    );
    let withdraw = [
        "withdraw",
        "lmdb",
        &version,
        "--reason",
        "Fejl i leverancen",
    ];
    let (code, settled) = sund(dir, &withdraw);
    assert_eq!((code, &settled["state"]), (Some(0), &json!("withdrawn")));
}

fn a_permit_is_signed_and_asked(scratch: &Path, dir: &Path) {
    let document = scratch.join("permit.json");
    std::fs::write(&document, permit().to_string()).unwrap();
    let sign = ["permit", "sign", "--test", document.to_str().unwrap()];
    let (code, signed) = sund(dir, &sign);
    assert_eq!(code, Some(0), "{signed}");
    let signed = signed["file"].as_str().unwrap();
    let out = scratch.join("extract");
    let out = out.to_str().unwrap();
    let extract = ["extract", "--permit", signed, "--out", out, "--plain"];
    let (code, made) = sund(dir, &extract);
    assert_eq!(code, Some(0), "{made}");
    assert!(Path::new(out).join("lmdb_epikur.parquet").is_file());
    let count = "SELECT count_persons() AS n FROM lmdb_epikur";
    let (code, answer) = sund(dir, &["query", "--permit", signed, count]);
    assert_eq!(code, Some(0), "{answer}");
    assert_eq!(answer["verdict"]["state"], "releasable");
    let (code, refused) = sund(dir, &["query", "--permit", signed, "SELECT 1 FROM nothing"]);
    assert_eq!((code, &refused["ok"]), (Some(1), &json!(false)));
}
