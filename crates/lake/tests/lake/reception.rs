//! Reception from files: what it takes, what it rejects row by row, and what it refuses as a whole.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::common::{Folder, cpr, files_below};
use arrow::array::{ArrayRef, Date32Array, RecordBatch, StringArray};
use base::limits::CSV_LINE_BYTES_MAX;
use base::{DeliveryId, SystemEntropy};
use lake::reception::{
    DeliveredFile, Received, ReceptionError, Rule, delivered_sha256, read_quarantine,
};
use lake::upload::Upload;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

fn diagnoses(rows: u32) -> String {
    let mut text = "pnr;kontakt_id;kode;dato;svar;notat\n".to_owned();
    for n in 0..rows {
        let (day, month) = (1 + n % 28, 1 + n % 12);
        writeln!(
            text,
            "{};K{};DE11{};{day:02}-{month:02}-2015;{},5;",
            cpr(n % 500),
            n,
            n % 10,
            n % 90
        )
        .unwrap();
    }
    text
}

fn rules(received: &Received) -> Vec<(Rule, Option<&str>, u64)> {
    let findings = received.report.tables.first().unwrap().findings.iter();
    findings
        .map(|f| (f.rule, f.column.as_deref(), f.count))
        .collect()
}

fn nothing_remains(folder: &Folder) {
    for part in ["tmp", "quarantine"] {
        assert_eq!(
            files_below(&folder.path().join(part)),
            Vec::<std::path::PathBuf>::new()
        );
    }
    let lake = files_below(&folder.path().join("lake"));
    assert_eq!(lake, [folder.path().join("lake/FORMAT.json")]);
    let keys = folder.lake.keys().list().unwrap();
    assert!(keys.iter().all(|(kind, _)| kind == "vault"), "{keys:?}");
}

#[test]
fn takes_every_common_form_of_the_same_table() {
    let folder = Folder::new(64);
    let utf8 = diagnoses(1000).replace(";\n", ";blå mærker\n");
    let latin1: Vec<u8> = utf8
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(utf8.as_bytes()).unwrap();
    let forms: Vec<(&str, Vec<u8>)> = vec![
        ("utf8.csv", utf8.clone().into_bytes()),
        ("bom.csv", format!("\u{feff}{utf8}").into_bytes()),
        ("latin1.csv", latin1),
        ("crlf.csv", utf8.replace('\n', "\r\n").into_bytes()),
        (
            "comma.csv",
            utf8.replace(',', ".").replace(';', ",").into_bytes(),
        ),
        (
            "quoted.csv",
            utf8.replace("blå mærker", "\"blå; \"\"mærker\"\"\nto linjer\"")
                .into_bytes(),
        ),
        ("packed.csv.gz", gzip.finish().unwrap()),
        (
            "packed.csv.zst",
            zstd::encode_all(utf8.as_bytes(), 1).unwrap(),
        ),
        ("open_end.csv", utf8.trim_end().as_bytes().to_vec()),
    ];
    for (number, (name, bytes)) in (1..).zip(forms) {
        let path = folder.write(name, bytes);
        let received = folder
            .receive("lpr", number, &[("diagnose", path)])
            .unwrap();
        assert_eq!(
            received.manifest.rows(),
            1000,
            "{name}: {:?}",
            received.report
        );
        assert_eq!(received.report.rows_rejected(), 0, "{name}");
    }
    assert_eq!(
        files_below(&folder.path().join("tmp")),
        Vec::<std::path::PathBuf>::new()
    );
}

#[test]
fn spilling_changes_nothing_and_leaves_nothing() {
    let mut folder = Folder::new(16);
    folder.memory_bytes = 200_000;
    let path = folder.write("d.csv", diagnoses(60_000));
    let received = folder.receive("lpr", 1, &[("diagnose", path)]).unwrap();
    let table = received.manifest.table("diagnose").unwrap();
    assert_eq!(table.rows, 60_000);
    assert_eq!(table.files.iter().map(|f| f.rows).sum::<u64>(), 60_000);
    assert_eq!(
        files_below(&folder.path().join("tmp")),
        Vec::<std::path::PathBuf>::new()
    );
}

#[test]
fn bad_rows_go_to_quarantine_with_rule_row_and_shape() {
    let folder = Folder::new(64);
    let mut text = diagnoses(200);
    let good = format!("{};K;DE119;2020-01-01;1;", cpr(1));
    let bad = [
        (good.replace("DE119", "X1"), Rule::Pattern),
        (good.replace("2020-01-01", "2027-01-01"), Rule::DateInFuture),
        (good.replace("2020-01-01", "1899-12-31"), Rule::DateTooEarly),
        (good.replace("2020-01-01", "2020-02-30"), Rule::Type),
        (good.replace("2020-01-01", ""), Rule::Missing),
        (good.replace(&cpr(1), "9902309999"), Rule::Identifier),
        (
            good.replace(&cpr(1), "0101701234"),
            Rule::IdentifierNotSynthetic,
        ),
        (format!("{good}se også 010170-1234"), Rule::IdentifierInText),
        (format!("{good};for meget"), Rule::FieldCount),
        (good.replace(";1;", ";mange;"), Rule::Type),
    ];
    for (line, _) in &bad {
        writeln!(text, "{line}").unwrap();
    }
    let path = folder.write("d.csv", text);
    let received = folder.receive("lpr", 1, &[("diagnose", path)]).unwrap();
    let table = &received.report.tables[0];
    assert_eq!(
        (table.rows_read, table.rows_accepted, table.rows_rejected),
        (210, 200, 10)
    );
    for (number, (_, rule)) in bad.iter().enumerate() {
        let row = 202 + number as u64;
        let found = table
            .findings
            .iter()
            .any(|f| f.rule == *rule && f.examples.iter().any(|e| e.row == row));
        assert!(found, "{rule:?} in row {row}: {:?}", table.findings);
    }
    let report = serde_json::to_string(&received.report).unwrap();
    assert!(
        report.contains("999999-9999") && !report.contains("1234"),
        "{report}"
    );
    let delivery = received.manifest.delivery;
    let rejected = read_quarantine(&folder.lake, delivery, "diagnose").unwrap();
    assert_eq!(rejected.len(), 10);
    assert!(rejected[7].text.ends_with("se også 010170-1234"));
    assert_eq!(rejected[7].rules, "identifier_in_text");
}

#[test]
fn date_order_code_lists_and_limits_are_checked() {
    let folder = Folder::new(4);
    let path = folder.write(
        "k.csv",
        format!(
            "pnr;kontakt_id;start;slut;afdeling;dage\n{0};1;2020-01-02;2020-01-01;A;\n{0};2;2020-01-02;;A;6000\n{0};3;2020-01-02;;;1\n",
            cpr(1)
        ),
    );
    let received = folder.receive("lpr", 1, &[("kontakt", path)]).unwrap();
    assert_eq!(
        rules(&received),
        [
            (Rule::Range, Some("dage"), 1),
            (Rule::DateOrder, Some("slut"), 1)
        ]
    );
    let path = folder.write(
        "p.csv",
        format!(
            "pnr,foedt,koen,mor,familie\n{0},2001-01-01,M,,\n{0},2001-01-01,X,{1},F1\n",
            cpr(1),
            cpr(2)
        ),
    );
    let received = folder.receive("cpr", 2, &[("person", path)]).unwrap();
    assert_eq!(rules(&received), [(Rule::Code, Some("koen"), 1)]);
}

#[test]
fn a_folder_for_real_persons_takes_no_synthetic_ones() {
    let folder = Folder::of_kind(4, false);
    let path = folder.write("d.csv", diagnoses(100));
    let error = folder.receive("lpr", 1, &[("diagnose", path)]).unwrap_err();
    assert_eq!(error.code(), "too_many_rejected");
    nothing_remains(&folder);
}

#[test]
fn bad_files_are_refused_whole_and_say_where() {
    let folder = Folder::new(4);
    let good = diagnoses(50);
    let long = "x".repeat(2 * CSV_LINE_BYTES_MAX);
    let heading = |from: &str, to: &str| good.replacen(from, to, 1).into_bytes();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "column_unknown",
            heading("kode", "kodde"),
            "did you mean `kode`?",
        ),
        (
            "column_unknown",
            heading("pnr;", "0101701234;"),
            "`9999999999`",
        ),
        ("column_missing", heading(";notat", ""), "`notat`"),
        ("column_repeated", heading("svar", "kode"), "`kode`"),
        ("quote", [good.as_bytes(), b"a\"b;c\n"].concat(), "row 52"),
        (
            "quote_open",
            [good.as_bytes(), b"\"a;b\n\n"].concat(),
            "row 52",
        ),
        ("zero_byte", [good.as_bytes(), b"a\0b\n"].concat(), "row 52"),
        (
            "line_too_long",
            [good.as_bytes(), long.as_bytes()].concat(),
            "row 52",
        ),
        ("line_too_long", long.into_bytes(), "row 1"),
        ("file_empty", Vec::new(), "empty"),
        ("too_many_columns", vec![b';'; 5000], "columns"),
        ("file_damaged", b"PAR1 and nothing more".to_vec(), "damaged"),
        ("file_damaged", b"\x1f\x8b\x08 no gzip".to_vec(), "damaged"),
    ];
    for (number, (code, bytes, says)) in (1..).zip(cases) {
        let path = folder.write("d.csv", bytes);
        let error = folder
            .receive("lpr", number, &[("diagnose", path)])
            .unwrap_err();
        let text = error.to_string();
        assert_eq!(error.code(), code, "{text}");
        assert!(text.contains(says), "{text} does not say {says}");
        assert!(
            text.contains("d.csv") && !text.contains("0101701234"),
            "{text}"
        );
        nothing_remains(&folder);
    }
}

#[test]
fn too_many_bad_rows_refuse_the_delivery_with_its_report() {
    let folder = Folder::new(4);
    let path = folder.write("d.csv", diagnoses(300).replace("DE11", "zz"));
    let error = folder.receive("lpr", 1, &[("diagnose", path)]).unwrap_err();
    let ReceptionError::TooManyRejected { report, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(report.rows_rejected(), 300);
    nothing_remains(&folder);
}

#[test]
fn unknown_tables_missing_files_and_a_second_use_of_a_version_are_refused() {
    let folder = Folder::new(4);
    let path = folder.write("d.csv", diagnoses(10));
    let error = folder
        .receive("lpr", 1, &[("diagnosse", path.clone())])
        .unwrap_err();
    assert!(
        error.to_string().contains("did you mean `diagnose`?"),
        "{error}"
    );
    let error = folder
        .receive("lpr", 1, &[("diagnose", "/nowhere/x.csv".into())])
        .unwrap_err();
    assert_eq!(error.code(), "file_unreadable");
    folder
        .receive("lpr", 1, &[("diagnose", path.clone())])
        .unwrap();
    let error = folder.receive("lpr", 1, &[("diagnose", path)]).unwrap_err();
    assert_eq!(error.code(), "version_exists");
}

#[test]
fn a_cancelled_reception_leaves_nothing() {
    let folder = Folder::new(4);
    let path = folder.write("d.csv", diagnoses(10));
    let cancel = AtomicBool::new(true);
    let files = [DeliveredFile::at("diagnose", path)];
    let error = folder
        .reception(&cancel)
        .receive(&folder.delivery("lpr", 1), &files)
        .unwrap_err();
    assert!(matches!(error, ReceptionError::Cancelled));
    nothing_remains(&folder);
}

#[test]
fn an_upload_is_received_as_its_file_is() {
    let folder = Folder::new(4);
    let text = diagnoses(4_000);
    let path = folder.write("d.csv", &text);
    let by_file = folder.receive("lpr", 1, &[("diagnose", path)]).unwrap();
    let mut upload = Upload::begin(&folder.lake, DeliveryId::from_bytes([9; 16])).unwrap();
    let mut writer = upload.file(&SystemEntropy).unwrap();
    for piece in text.as_bytes().chunks(10_007) {
        writer.write_all(piece).unwrap();
    }
    let sealed = writer.finish().unwrap();
    let files = [DeliveredFile::uploaded("diagnose", "d.csv", sealed)];
    let by_upload = folder
        .reception(&AtomicBool::new(false))
        .receive(&folder.delivery("lpr", 2), &files)
        .unwrap();
    assert_eq!(
        delivered_sha256(&files).unwrap(),
        by_file.manifest.delivered_sha256
    );
    assert_eq!(
        by_upload.manifest.delivered_sha256,
        by_file.manifest.delivered_sha256
    );
    assert_eq!(by_upload.manifest.rows(), by_file.manifest.rows());
}

#[test]
fn the_same_files_have_the_same_hash_before_and_after() {
    let folder = Folder::new(4);
    let a = folder.write("a.csv", diagnoses(10));
    let received = folder
        .receive("lpr", 1, &[("diagnose", a.clone())])
        .unwrap();
    let again = folder
        .receive("lpr", 2, &[("diagnose", a.clone())])
        .unwrap();
    let files = [DeliveredFile::at("diagnose", a)];
    assert_eq!(
        received.manifest.delivered_sha256,
        again.manifest.delivered_sha256
    );
    assert_eq!(
        received.manifest.delivered_sha256,
        delivered_sha256(&files).unwrap()
    );
    assert_eq!(
        received.manifest.vault_version, again.manifest.vault_version,
        "nobody new"
    );
}

fn parquet_file(path: &Path) {
    let n = 400_u32;
    let text = |value: &dyn Fn(u32) -> String| -> ArrayRef {
        Arc::new((0..n).map(|n| Some(value(n))).collect::<StringArray>())
    };
    let dates: ArrayRef = Arc::new(
        (0..n)
            .map(|n| Some(15_000 + n.cast_signed()))
            .collect::<Date32Array>(),
    );
    let numbers: ArrayRef = Arc::new(
        (0..n)
            .map(|n| Some(f64::from(n)))
            .collect::<arrow::array::Float64Array>(),
    );
    let batch = RecordBatch::try_from_iter(vec![
        ("pnr", text(&|n| cpr(n % 90))),
        ("kontakt_id", text(&|n| n.to_string())),
        ("kode", text(&|n| format!("DE11{}", n % 10))),
        ("dato", dates),
        ("svar", numbers),
        ("notat", text(&|n| format!("note {n}"))),
    ])
    .unwrap();
    let mut writer =
        ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn takes_parquet_and_survives_every_kind_of_damage() {
    let folder = Folder::new(1);
    let path = folder.write("d.parquet", "");
    parquet_file(&path);
    let received = folder
        .receive("lpr", 1, &[("diagnose", path.clone())])
        .unwrap();
    assert_eq!(received.manifest.rows(), 400);
    let whole = fs::read(&path).unwrap();
    for cut in [4, 11, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        let path = folder.write("cut.parquet", &whole[..cut]);
        let error = folder.receive("lpr", 2, &[("diagnose", path)]).unwrap_err();
        assert_eq!(error.code(), "file_damaged", "cut at {cut}");
    }
    for at in (0..whole.len()).step_by(97) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        let path = folder.write("flipped.parquet", bytes);
        // A flip in a value can pass as another value; what counts is that nothing panics and that
        // a refusal leaves nothing.
        match folder.receive("lpr", 3, &[("diagnose", path)]) {
            Ok(received) => {
                fs::remove_dir_all(
                    folder
                        .path()
                        .join(format!("lake/lpr/{}", received.manifest.version)),
                )
                .unwrap();
                folder
                    .lake
                    .keys()
                    .destroy("version", &received.manifest.version.to_string())
                    .unwrap();
                let delivery = received.manifest.delivery.to_string();
                let _ = fs::remove_dir_all(folder.path().join("quarantine").join(&delivery));
                folder.lake.keys().destroy("quarantine", &delivery).unwrap();
            }
            Err(error) => assert!(!error.to_string().contains("note ")),
        }
        assert_eq!(
            files_below(&folder.path().join("tmp")),
            Vec::<std::path::PathBuf>::new()
        );
    }
}

#[test]
fn no_identity_number_lies_in_any_byte_and_nothing_opens_without_its_key() {
    let mut folder = Folder::new(16);
    folder.memory_bytes = 100_000;
    let path = folder.write("d.csv", diagnoses(20_000));
    let received = folder.receive("lpr", 1, &[("diagnose", path)]).unwrap();
    let planted: Vec<String> = (0..500).map(cpr).collect();
    let files = files_below(&folder.path().join("lake"));
    assert!(files.len() > 10);
    for file in files
        .iter()
        .chain(&files_below(&folder.path().join("vault")))
    {
        let bytes = fs::read(file).unwrap();
        for cpr in &planted {
            let found = bytes.windows(10).any(|window| window == cpr.as_bytes());
            assert!(!found, "in {}", file.display());
            let packed = cpr.parse::<u64>().unwrap().to_le_bytes();
            assert!(
                !bytes.windows(8).any(|window| window == packed),
                "in {}",
                file.display()
            );
        }
        if file.extension().is_some_and(|e| e == "parquet") {
            let plain = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(file).unwrap());
            assert!(plain.is_err(), "{} opens without a key", file.display());
        }
    }
    let bucket = &received.manifest.tables[0].files[0];
    assert_eq!(
        fs::metadata(folder.path().join("lake").join(&bucket.path))
            .unwrap()
            .len(),
        bucket.bytes
    );
}

#[test]
fn a_version_that_entered_no_event_is_swept_away() {
    let folder = Folder::new(4);
    let path = folder.write("d.csv", diagnoses(10));
    let kept = folder
        .receive("lpr", 1, &[("diagnose", path.clone())])
        .unwrap();
    let lost = folder.receive("lpr", 2, &[("diagnose", path)]).unwrap();
    let known = BTreeSet::from([kept.manifest.version]);
    assert_eq!(folder.lake.sweep_versions(&known).unwrap(), 1);
    assert_eq!(folder.lake.sweep_versions(&known).unwrap(), 0);
    let keys = folder.lake.keys();
    assert!(
        keys.load("version", &kept.manifest.version.to_string())
            .is_ok()
    );
    assert!(
        keys.load("version", &lost.manifest.version.to_string())
            .is_err()
    );
}
