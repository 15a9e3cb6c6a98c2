//! A holder delivers over HTTP: files are taken as they arrive, received as on the command line, and
//! approved by the holder after a look at the report.

use std::path::Path;

use crate::support::{Client, Reply, Server, run};
use serde_json::{Value, json};

const LMDB: &str = "/api/v1/registers/lmdb/deliveries";
const HOLDER: &str = "holder-sds";

fn code(reply: &Reply) -> (u16, &str) {
    (
        reply.status,
        reply.body["code"].as_str().unwrap_or_default(),
    )
}

fn left_in_tmp(dir: &Path) -> usize {
    std::fs::read_dir(dir.join("tmp")).unwrap().count()
}

#[test]
fn a_holder_delivers_reads_the_report_and_takes_the_version_into_use() {
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("demo");
    let server = Server::demo(&dir, 300);
    let mut client = Client::new(&server.url);
    let synth = scratch.path().join("synth");
    let out = synth.to_str().unwrap();
    for format in ["csv", "parquet"] {
        let made = run(&[
            "synth",
            "--persons",
            "200",
            "--seed",
            "9",
            "--out",
            out,
            "--format",
            format,
        ]);
        assert_eq!(made.status.code(), Some(0));
    }
    let csv = std::fs::read(synth.join("lmdb_epikur.csv")).unwrap();
    let parquet = std::fs::read(synth.join("lmdb_epikur.parquet")).unwrap();

    a_delivery_becomes_a_version(&mut client, &csv);
    bad_deliveries_leave_nothing(&mut client, &dir, (&csv, &parquet));
    others_find_no_way_in(&mut client);
    a_form_does_the_same(&mut client, &parquet);
    assert_eq!(left_in_tmp(&dir), 0);
}

fn a_delivery_becomes_a_version(client: &mut Client, csv: &[u8]) {
    let sent = client.upload(HOLDER, LMDB, &[("epikur", "epikur.csv", csv)]);
    assert_eq!(sent.status, 201, "{}", sent.body);
    let version = &sent.body["version"];
    // A holder looks at the report first.
    assert_eq!(version["state"], "received");
    assert!(version["rows"].as_u64().unwrap() > 100);
    assert_eq!(sent.body["report"]["tables"][0]["table"], "epikur");
    let delivery = version["delivery"].as_str().unwrap();
    let path = format!("/api/v1/deliveries/{delivery}");
    let report = client.send(HOLDER, "GET", &path, &Value::Null);
    assert_eq!(report.body, sent.body["report"]);
    let id = version["version"].as_str().unwrap();
    let path = format!("/api/v1/registers/lmdb/versions/{id}/approval");
    let approved = client.send(HOLDER, "POST", &path, &Value::Null);
    assert_eq!(approved.body["state"], "approved");
    // The same files again change nothing.
    let again = client.upload(HOLDER, LMDB, &[("epikur", "other-name.csv", csv)]);
    assert_eq!((again.status, &again.body["already"]), (200, &json!(true)));
    assert_eq!(again.body["version"]["version"], json!(id));
}

fn bad_deliveries_leave_nothing(client: &mut Client, dir: &Path, (csv, parquet): (&[u8], &[u8])) {
    let list = |client: &mut Client| {
        let path = "/api/v1/versions?register=lmdb";
        client.send(HOLDER, "GET", path, &Value::Null).body
    };
    let before = list(client);
    let column = b"pnr;eksd;atx\n0101012222;2020-01-01;A10\n".as_slice();
    let refused = client.upload(HOLDER, LMDB, &[("epikur", "e.csv", column)]);
    assert_eq!(code(&refused), (422, "column_unknown"));
    assert!(!refused.text.contains("0101012222"));
    let other = client.upload(HOLDER, LMDB, &[("kontakter", "k.csv", csv)]);
    assert_eq!(code(&other), (422, "unknown_table"));
    let none = client.upload(HOLDER, LMDB, &[("epikur", "", b"")]);
    assert_eq!(code(&none), (422, "nothing_delivered"));
    let half = parquet.get(..parquet.len() / 2).unwrap();
    let cut = client.upload(HOLDER, LMDB, &[("epikur", "e.parquet", half)]);
    assert_eq!(code(&cut), (422, "file_damaged"));
    let endless = vec![b'x'; 3 << 20];
    let line = client.upload(HOLDER, LMDB, &[("epikur", "e.csv", &endless)]);
    assert_eq!(code(&line), (422, "line_too_long"));
    // A form that breaks off in the middle of a file.
    let mut broken = b"--sund-test\r\nContent-Disposition: form-data; name=\"epikur\"; \
                       filename=\"e.csv\"\r\n\r\n"
        .to_vec();
    broken.extend_from_slice(csv);
    let broken = client.send_form(HOLDER, LMDB, broken);
    assert_eq!(code(&broken), (400, "upload_cut_off"));
    assert_eq!(list(client), before);
    assert_eq!(left_in_tmp(dir), 0, "something was half done");
}

fn others_find_no_way_in(client: &mut Client) {
    let files = [("bef", "bef.csv", b"pnr\n".as_slice())];
    let foreign = client.upload(HOLDER, "/api/v1/registers/dst_bef/deliveries", &files);
    assert_eq!(code(&foreign), (404, "not_found"));
    let unknown = client.upload(HOLDER, "/api/v1/registers/nothing/deliveries", &files);
    assert_eq!(unknown.status, 404);
    let page = client.send(HOLDER, "GET", "/da/leverancer/lever/dst_bef", &Value::Null);
    assert_eq!(page.status, 404);
    let page = client.send(
        "researcher",
        "GET",
        "/da/leverancer/lever/lmdb",
        &Value::Null,
    );
    assert_eq!(page.status, 404);
}

fn a_form_does_the_same(client: &mut Client, parquet: &[u8]) {
    let list = client.send(HOLDER, "GET", "/da/leverancer", &Value::Null);
    assert!(list.text.contains("/da/leverancer/lever/lmdb"));
    let path = "/da/leverancer/lever/lmdb";
    let form = client.send(HOLDER, "GET", path, &Value::Null);
    assert!(form.text.contains("multipart/form-data") && form.text.contains("name=\"epikur\""));
    let refused = client.upload(HOLDER, path, &[("epikur", "", b"")]);
    assert_eq!(refused.status, 422);
    assert!(
        refused.text.contains("Vælg mindst én fil."),
        "{}",
        refused.text
    );
    let sent = client.upload(HOLDER, path, &[("epikur", "e.parquet", parquet)]);
    assert_eq!(sent.status, 303, "{}", sent.text);
    let to = sent.headers["location"].clone();
    let report = client.send(HOLDER, "GET", &to, &Value::Null);
    assert_eq!(report.status, 200);
    assert!(report.text.contains("Leverancen er modtaget."), "{to}");
}
