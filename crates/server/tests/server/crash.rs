//! The server is killed without warning while people work, again and again. What it had acknowledged
//! is there after every restart; at the end the log verifies and the story can be told.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::support::application::answers;
use crate::support::{Client, Server, object, run};
use serde_json::{Value, json};

const KILLS: u32 = 100;

/// What the server said yes to.
#[derive(Debug)]
enum Acknowledged {
    Draft { id: String, version: u64 },
    Case { number: String },
}

#[test]
fn what_was_acknowledged_survives_a_hundred_kills() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("demo");
    drop(Server::demo(&dir, 1_000));
    let mut known = Vec::new();
    for round in 0..KILLS {
        let server = Server::demo(&dir, 1_000);
        check(&server.url, &known);
        known = known.split_off(known.len().saturating_sub(20));
        known.extend(work_until_killed(server, u64::from(round)));
    }
    let server = Server::demo(&dir, 1_000);
    check(&server.url, &known);
    let journey = run(&["journey", "--url", &server.url, "--json"]);
    assert_eq!(journey.status.code(), Some(0), "{}", object(&journey));
    drop(server);
    let verified = run(&["verify", "--dir", dir.to_str().unwrap(), "--json"]);
    assert_eq!(verified.status.code(), Some(0), "{}", object(&verified));
    assert_nothing_half_done(&dir);
}

/// People work; after a while that differs from round to round, the server is killed.
fn work_until_killed(server: Server, round: u64) -> Vec<Acknowledged> {
    let (tell, heard) = mpsc::channel();
    let url = server.url.clone();
    let worker = std::thread::spawn(move || work(&url, &tell));
    let mut acknowledged: Vec<Acknowledged> = heard.recv().into_iter().collect();
    // Moments spread over everything that is under way, without a source of chance.
    std::thread::sleep(Duration::from_millis(round * 37 % 311));
    Command::new("kill")
        .args(["-9", &server.id().to_string()])
        .stderr(Stdio::null())
        .status()
        .unwrap();
    drop(server);
    // The worker ends by an error of the connection, as every client of a dead server does.
    worker.join().unwrap_err();
    acknowledged.extend(heard.try_iter());
    acknowledged
}

fn work(url: &str, tell: &mpsc::Sender<Acknowledged>) {
    let mut client = Client::new(url);
    let answers = json!({ "answers": answers(&mut client) });
    loop {
        let draft = client.send("researcher", "POST", "/api/v1/drafts", &json!({}));
        let id = draft.body["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/drafts/{id}");
        tell.send(Acknowledged::Draft {
            id: id.clone(),
            version: 1,
        })
        .unwrap();
        let first = [("if-match", "\"1\"")];
        let saved = client.send_with("researcher", "PUT", &path, &answers, &first);
        assert_eq!(saved.status, 200, "{:?}", saved.body);
        tell.send(Acknowledged::Draft { id, version: 2 }).unwrap();
        let second = [("if-match", "\"2\"")];
        let path = format!("{path}/submission");
        let sent = client.send_with("researcher", "POST", &path, &Value::Null, &second);
        assert_eq!(sent.status, 201, "{:?}", sent.body);
        let number = sent.body["number"].as_str().unwrap().to_owned();
        tell.send(Acknowledged::Case { number }).unwrap();
    }
}

fn check(url: &str, acknowledged: &[Acknowledged]) {
    let mut client = Client::new(url);
    let saved: Vec<&str> = acknowledged
        .iter()
        .filter_map(|thing| match thing {
            Acknowledged::Draft { id, version: 2 } => Some(id.as_str()),
            _ => None,
        })
        .collect();
    for thing in acknowledged {
        match thing {
            Acknowledged::Draft { id, version } => {
                let path = format!("/api/v1/drafts/{id}");
                let draft = client.send("researcher", "GET", &path, &Value::Null);
                let kept = draft.body["version"].as_u64() >= Some(*version);
                // What was saved may have been sent, even if that answer never came.
                let sent = draft.status == 404 && saved.contains(&id.as_str());
                assert!(kept || sent, "{thing:?}: {} {}", draft.status, draft.body);
            }
            Acknowledged::Case { number } => {
                let path = format!("/api/v1/cases/{number}");
                let case = client.send("researcher", "GET", &path, &Value::Null);
                assert_eq!(case.status, 200, "{thing:?}");
            }
        }
    }
}

fn assert_nothing_half_done(dir: &Path) {
    let left = std::fs::read_dir(dir.join("tmp"))
        .unwrap()
        .filter_map(Result::ok)
        .count();
    assert_eq!(left, 0, "files are left in tmp/");
}
