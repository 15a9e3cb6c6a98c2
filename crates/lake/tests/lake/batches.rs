//! Reception of batches, as the synthetic Denmark gives them: several registers in one pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::common::{Folder, cpr, files_below};
use arrow::array::{ArrayRef, Date32Array, Int32Array, RecordBatch, StringArray};
use lake::reception::{BatchSource, DeliveredBatch, Rule};

struct Blocks {
    next: AtomicU32,
    n_blocks: u32,
    rows: u32,
}

impl BatchSource for Blocks {
    fn next_batches(&self) -> Option<Vec<DeliveredBatch>> {
        let block = self.next.fetch_add(1, Ordering::Relaxed);
        (block < self.n_blocks).then(|| vec![persons(block, self.rows), contacts(block, self.rows)])
    }
}

fn text(n: u32, value: impl Fn(u32) -> String) -> ArrayRef {
    Arc::new((0..n).map(|n| Some(value(n))).collect::<StringArray>())
}

fn persons(block: u32, n: u32) -> DeliveredBatch {
    let dates: ArrayRef = Arc::new(
        (0..n)
            .map(|n| Some(3000 + n.cast_signed() % 9000))
            .collect::<Date32Array>(),
    );
    let columns = vec![
        ("pnr", text(n, |n| cpr(block * 7919 + n))),
        ("foedt", dates),
        (
            "koen",
            text(n, |n| {
                if n % 2 == 0 {
                    "M".to_owned()
                } else {
                    "K".to_owned()
                }
            }),
        ),
        ("mor", text(n, cpr)),
        ("familie", text(n, |n| format!("F{}", n / 3))),
    ];
    DeliveredBatch {
        register: "cpr".to_owned(),
        table: "person".to_owned(),
        rows: RecordBatch::try_from_iter(columns).unwrap(),
    }
}

fn contacts(block: u32, n: u32) -> DeliveredBatch {
    let dates: ArrayRef = Arc::new(
        (0..n)
            .map(|n| Some(9000 + n.cast_signed() % 9000))
            .collect::<Date32Array>(),
    );
    let days: ArrayRef = Arc::new(
        (0..n)
            .map(|n| Some(n.cast_signed() % 300))
            .collect::<Int32Array>(),
    );
    let columns = vec![
        ("pnr", text(n, |n| cpr(block * 7919 + n))),
        ("kontakt_id", text(n, |n| format!("{block}-{n}"))),
        ("start", Arc::clone(&dates)),
        ("slut", dates),
        ("afdeling", text(n, |n| format!("A{}", n % 50))),
        ("dage", days),
    ];
    DeliveredBatch {
        register: "lpr".to_owned(),
        table: "kontakt".to_owned(),
        rows: RecordBatch::try_from_iter(columns).unwrap(),
    }
}

#[test]
fn several_registers_arrive_in_one_pass() {
    let mut folder = Folder::new(16);
    folder.memory_bytes = 1 << 20;
    let source = Blocks {
        next: AtomicU32::new(0),
        n_blocks: 20,
        rows: 2_000,
    };
    let cancel = AtomicBool::new(false);
    let deliveries = [folder.delivery("cpr", 1), folder.delivery("lpr", 1)];
    let received = folder
        .reception(&cancel)
        .receive_batches(&deliveries, "seed 1", &source)
        .unwrap();
    assert_eq!(received.len(), 2);
    for received in &received {
        assert_eq!(received.manifest.rows(), 40_000, "{:?}", received.report);
        assert_eq!(received.manifest.delivered_sha256.len(), 64);
    }
    let table = received[0].manifest.table("adresse").unwrap();
    assert_eq!(
        (table.rows, table.files.len()),
        (0, 0),
        "a table that nobody gave rows of is empty"
    );
    assert_eq!(
        files_below(&folder.path().join("tmp")),
        Vec::<std::path::PathBuf>::new()
    );
}

#[test]
fn a_table_of_no_delivered_register_is_refused() {
    struct Once(AtomicBool);
    impl BatchSource for Once {
        fn next_batches(&self) -> Option<Vec<DeliveredBatch>> {
            (!self.0.swap(true, Ordering::Relaxed)).then(|| vec![persons(0, 10)])
        }
    }
    let folder = Folder::new(16);
    let cancel = AtomicBool::new(false);
    let deliveries = [folder.delivery("lpr", 1)];
    let error = folder
        .reception(&cancel)
        .receive_batches(&deliveries, "x", &Once(AtomicBool::new(false)))
        .unwrap_err();
    assert_eq!(error.code(), "unknown_table");
}

#[test]
fn bad_rows_of_batches_are_counted_too() {
    struct Once(AtomicBool);
    impl BatchSource for Once {
        fn next_batches(&self) -> Option<Vec<DeliveredBatch>> {
            if self.0.swap(true, Ordering::Relaxed) {
                return None;
            }
            let good = persons(0, 100);
            let mut columns = good.rows.columns().to_vec();
            columns[1] = Arc::new(
                (0..100)
                    .map(|n| Some(if n == 41 { 90_000 } else { 5_000 }))
                    .collect::<Date32Array>(),
            );
            let rows = RecordBatch::try_new(good.rows.schema(), columns).unwrap();
            Some(vec![DeliveredBatch { rows, ..good }])
        }
    }
    let folder = Folder::new(16);
    let cancel = AtomicBool::new(false);
    let deliveries = [folder.delivery("cpr", 1)];
    let received = folder
        .reception(&cancel)
        .receive_batches(&deliveries, "x", &Once(AtomicBool::new(false)))
        .unwrap();
    let finding = &received[0].report.tables[0].findings[0];
    assert_eq!(
        (
            finding.rule,
            finding.examples[0].row,
            finding.examples[0].shape.as_str()
        ),
        (Rule::DateInFuture, 42, "9999-99-99")
    );
}
