//! Formats that must never change, because logs and keys of today are read for decades.

use crate::keeper::{Entry, Keeper, verifier_key};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn keeper() -> Keeper {
    let mut keeper = Keeper::default();
    keeper.log(&[
        Entry {
            kind: "application.received",
            case: "S-2026-0417",
            fields: &[
                ("title", "Tidlig SGLT2-hæmmer"),
                ("institution", "Aarhus Universitet"),
            ],
            corrects: None,
        },
        Entry {
            kind: "release.published",
            case: "S-2026-0417",
            fields: &[],
            corrects: Some(0),
        },
    ]);
    keeper
}

#[test]
fn the_bytes_of_a_small_log_never_change() {
    let keeper = keeper();
    assert_eq!(
        keeper.files.keys().collect::<Vec<_>>(),
        ["checkpoint", "tile/0/000.p/2", "tile/entries/000.p/2"]
    );
    assert_eq!(hex(&keeper.files["tile/0/000.p/2"]), HASHES);
    let bundle = &keeper.files["tile/entries/000.p/2"];
    let leaves: Vec<_> = transparency::parse_entries(bundle)
        .unwrap()
        .into_iter()
        .map(|leaf| std::str::from_utf8(leaf).unwrap())
        .collect();
    assert_eq!(leaves, LEAVES);
    assert_eq!(
        std::str::from_utf8(&keeper.files["checkpoint"]).unwrap(),
        CHECKPOINT
    );
    assert_eq!(verifier_key().to_string(), VERIFIER_KEY);
}

#[test]
fn a_log_written_earlier_still_verifies() {
    let files = |path: &str| match path {
        "checkpoint" => Some(CHECKPOINT.as_bytes().to_vec()),
        "tile/0/000.p/2" => Some(keeper().files["tile/0/000.p/2"].clone()),
        "tile/entries/000.p/2" => transparency::write_entries(LEAVES.map(str::as_bytes)).ok(),
        _ => None,
    };
    let key = VERIFIER_KEY.parse().unwrap();
    let report = transparency::verify_log(&files, &key, transparency::Expectations::default());
    assert!(report.holds(), "{:?}", report.findings);
    assert_eq!(report.n_leaves, 2);
}

const LEAVES: [&str; 2] = [
    concat!(
        r#"{"fields":{"institution":"#,
        r#""5240efba855a9e44c9bf0afd92728944867baf4f19a647464b07cb51c075d604","#,
        r#""title":"00cd2bacc678a31e414e1984d609c126d1510d08c7a09687cc80b74f1677aa55"},"#,
        r#""format":"sund-leaf/1","ids":{"case":"S-2026-0417"},"sequence":0,"#,
        r#""time":"2026-12-01T08:00:00Z","type":"application.received"}"#,
    ),
    concat!(
        r#"{"corrects":0,"fields":{},"#,
        r#""format":"sund-leaf/1","ids":{"case":"S-2026-0417"},"sequence":1,"#,
        r#""time":"2026-12-01T08:00:00Z","type":"release.published"}"#,
    ),
];
const HASHES: &str = concat!(
    "cc1ef66f74f6ae3be9d149876e851372e6347ad1576e12b203862c8e7fcb108a",
    "0c4bc689ed9a384926f6e236fd82361e870c63f019a1bb8393fb39ace4a9b57a",
);
const CHECKPOINT: &str = "log.sund.example
2
wuDP4TftyqkbNX44qZMb80RfFsvIo7eIk/AHOI/HVW0=

— log.sund.example OUNVOgmiDdu+76nR0dAScfsrXcpUZzvMnjf/wulQqTJMrFxre25kmTCYqGCxY0GZxw10gmvjxZ3+tfNAmd9lsQOdJQY=
";
const VERIFIER_KEY: &str = "log.sund.example+3943553a+ARl/ayPhbIUyxqvIOPrNXqeJvgx2spIDNAOb+os9No1h";
