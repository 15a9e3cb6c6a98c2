//! The command line's promises: wrong use is said as one object, with what, where and what to do.

use std::net::TcpListener;

use crate::support::{self, object, run};

#[test]
fn an_unknown_setting_is_answered_with_the_one_that_was_meant() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("sund.toml"), "[server]\nprot = 1\n").unwrap();
    let output = run(&[
        "config",
        "show",
        "--dir",
        dir.path().to_str().unwrap(),
        "--json",
    ]);
    assert_eq!(output.status.code(), Some(2));
    let object = object(&output);
    assert_eq!(object["ok"], false);
    assert_eq!(object["code"], "config_unknown_key");
    assert_eq!(object["do"], "did you mean `server.port`?");
    assert!(object["where"].as_str().unwrap().ends_with("sund.toml"));
}

#[test]
fn settings_say_where_they_come_from() {
    let dir = tempfile::tempdir().unwrap();
    let output = support::sund(&["config", "show", "--origin", "--json", "--dir"])
        .arg(dir.path())
        .env("SUND_SERVER_PORT", "9123")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let object = object(&output);
    let port = object["settings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|setting| setting["key"] == "server.port")
        .unwrap();
    assert_eq!(port["value"], "9123");
    assert_eq!(port["origin"], "environment SUND_SERVER_PORT");
}

#[test]
fn a_folder_that_is_none_is_wrong_use() {
    let dir = tempfile::tempdir().unwrap();
    let output = run(&["registers", "--json", "--dir", dir.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(object(&output)["code"], "folder_missing");
}

#[test]
fn a_folder_that_somebody_holds_without_answering_is_said_to_be_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("sund");
    let folder = folder.to_str().unwrap();
    assert_eq!(run(&["init", "--dir", folder]).status.code(), Some(0));
    let lock = std::fs::File::open(dir.path().join("sund/lock")).unwrap();
    lock.try_lock().unwrap();
    let output = run(&["registers", "--json", "--dir", folder]);
    assert_eq!(output.status.code(), Some(2));
    let object = object(&output);
    assert_eq!(object["code"], "folder_in_use");
    assert!(
        object["do"]
            .as_str()
            .unwrap()
            .contains("stop the other one")
    );
}

#[test]
fn an_unknown_option_is_one_object_too() {
    let output = run(&["registers", "--jsn", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(object(&output)["code"], "usage");
}

#[test]
fn a_real_folder_has_no_demo_sign_in_and_a_port_in_use_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("sund");
    let folder = folder.to_str().unwrap();
    assert_eq!(run(&["init", "--dir", folder]).status.code(), Some(0));

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(&["serve", "--dir", folder, "--port", &port, "--json"]);
    assert_eq!(output.status.code(), Some(3));
    let problem = object(&output);
    assert_eq!(problem["code"], "port_in_use");
    assert!(problem["message"].as_str().unwrap().contains(&port));
    assert!(problem["do"].as_str().unwrap().contains("--port"));

    let mut server = support::Server::start(&["serve", "--dir", folder, "--port", "0"]);
    assert!(server.ready["set_up"].as_str().unwrap().contains("token="));
    let mut client = support::Client::new(&server.url);
    let role = serde_json::json!({"role": "researcher"});
    let reply = client.send("", "POST", "/api/v1/demo/sign-in", &role);
    assert_eq!(reply.status, 404);

    // Commands go through the server that holds the folder.
    let through = run(&["registers", "--dir", folder, "--json"]);
    assert_eq!(object(&through)["versions"], serde_json::json!([]));

    let id = server.id().to_string();
    let told = std::process::Command::new("kill").arg(&id).status();
    assert!(told.unwrap().success());
    assert_eq!(server.wait(), Some(0), "SIGTERM ends it well");
}
