//! The catalogue for other programs: on the command line, and under its stable addresses.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Client, Server, object, run};

/// A file of others, kept with the crate that reads them.
fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../metadata/tests/data")
        .join(path)
}

fn validate(path: &Path, profile: &str) -> (Option<i32>, Value) {
    let output = run(&[
        "catalogue",
        "validate",
        path.to_str().unwrap(),
        "--profile",
        profile,
        "--json",
    ]);
    (output.status.code(), object(&output))
}

#[test]
fn a_file_is_held_against_a_profile_and_the_exit_code_says_how_it_went() {
    let official = example("r8/examples/example-healthdcat-dataset.ttl");
    let (code, report) = validate(&official, "r8-non-public");
    assert_eq!(code, Some(0));
    assert_eq!(report["warnings"].as_array().unwrap().len(), 1);

    let (code, report) = validate(&example("r8/examples/ARCA.ttl"), "r8-non-public");
    assert_eq!(code, Some(1));
    let violations = report["violations"].as_array().unwrap();
    assert_eq!(violations.len(), 2);
    assert!(violations.iter().all(|found| {
        ["focus", "path", "component", "message"]
            .iter()
            .all(|field| found[*field].is_string())
    }));

    let broken =
        example("dcat-ap-3.0.1/examples/example-bee-population-dataset-series-combined.ttl");
    let (code, problem) = validate(&broken, "dcat-ap-3.0.1");
    assert_eq!(code, Some(2));
    assert_eq!(problem["code"], "rdf_unreadable");
    let place = problem["where"].as_str().unwrap();
    assert!(place.contains(".ttl:"), "{place}");

    let (code, problem) = validate(&official, "r9");
    assert_eq!(
        (code, &problem["code"]),
        (Some(2), &json!("unknown_profile"))
    );
}

#[test]
fn what_is_exported_is_accepted_and_read_back_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    for (format, name) in [
        ("turtle", "lmdb.ttl"),
        ("jsonld", "lmdb.jsonld"),
        ("rdfxml", "lmdb.rdf"),
    ] {
        let file = dir.path().join(name);
        let path = file.to_str().unwrap();
        let output = run(&[
            "catalogue",
            "export",
            "lmdb",
            "--format",
            format,
            "--out",
            path,
        ]);
        assert_eq!(output.status.code(), Some(0), "{format}");
        assert_eq!(validate(&file, "r8+dcat-ap").0, Some(0), "{format}");
        let output = run(&["catalogue", "import", path, "--json"]);
        assert_eq!(
            object(&output)["datasets"][0]["outcome"],
            "unchanged",
            "{format}"
        );
    }
}

#[test]
fn programs_get_records_and_people_get_pages() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::demo(dir.path().join("demo").as_path(), 200);
    let mut client = Client::new(&server.url);
    let mut get = |path: &str, accept: &str| {
        client.send_with("", "GET", path, &Value::Null, &[("accept", accept)])
    };
    let page = get("/id/register/lmdb", "text/html");
    assert_eq!(page.status, 303, "sent on to the page");
    let page = get(&page.headers["location"].clone(), "text/html");
    assert_eq!(page.status, 200);
    assert!(page.headers["content-type"].starts_with("text/html"));
    let record = get("/id/register/lmdb", "application/rdf+xml, text/html;q=0.5");
    assert_eq!(record.headers["content-type"], "application/rdf+xml");
    let record = get("/api/v1/catalogue/registers/lmdb", "text/turtle");
    assert_eq!(record.headers["content-type"], "text/turtle");
    assert_eq!(get("/id/register/nothing", "text/turtle").status, 404);
    assert_eq!(get("/id/register/lmdb?format=n3", "*/*").status, 400);

    let first = get("/api/v1/catalogue/export?format=turtle", "*/*");
    let next = &first.headers["link"];
    assert!(
        next.contains("cursor=") && next.ends_with("rel=\"next\""),
        "{next}"
    );
}
