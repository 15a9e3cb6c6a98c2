//! No identity number in any byte outside vault, quarantine and keys.

use std::collections::HashSet;
use std::path::Path;

use arrow::array::AsArray as _;
use population::{Plan, generate_block};

use crate::support::{Home, PERSONS, SEED, files_below};

/// Where identity numbers may be, encrypted, and where keys are.
const MAY_HOLD: [&str; 3] = ["vault", "quarantine", "keys"];

fn identity_numbers() -> HashSet<Vec<u8>> {
    let plan = Plan::new(PERSONS, SEED);
    let mut numbers = HashSet::new();
    for block in 0..plan.blocks() {
        for (table, batch) in generate_block(&plan, block) {
            if Plan::tables()[table].table != "person" {
                continue;
            }
            let column = batch.column_by_name("personnummer").unwrap();
            let values = column.as_string::<i32>().iter().flatten();
            numbers.extend(values.map(|number| number.as_bytes().to_vec()));
        }
    }
    assert!(numbers.len() >= PERSONS as usize);
    numbers
}

/// The first identity number in some bytes.
fn find(bytes: &[u8], numbers: &HashSet<Vec<u8>>) -> Option<usize> {
    let digits = |window: &[u8]| window.iter().all(u8::is_ascii_digit);
    bytes
        .windows(10)
        .position(|window| digits(window) && numbers.contains(window))
}

fn search(root: &Path, numbers: &HashSet<Vec<u8>>) -> usize {
    let mut searched = 0;
    for file in files_below(root) {
        let inside = file.strip_prefix(root).unwrap();
        if MAY_HOLD.iter().any(|part| inside.starts_with(part)) {
            continue;
        }
        let bytes = std::fs::read(&file).unwrap();
        let found = find(&bytes, numbers);
        assert_eq!(found, None, "an identity number in {}", inside.display());
        searched += 1;
    }
    searched
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_identity_number_is_in_any_byte_outside_the_vault() {
    let numbers = identity_numbers();
    let planted = numbers.iter().next().unwrap();
    assert_eq!(
        find(&[b"x;".as_slice(), planted].concat(), &numbers),
        Some(2)
    );
    let home = Home::sqlite();
    let app = Box::pin(home.denmark()).await;
    Box::pin(crate::story::tell(&app)).await;
    // While the database is open, so that its journal is searched as well.
    let searched = search(app.folder().root(), &numbers);
    assert!(searched > 100, "only {searched} files");
    app.close().await;
    search(app.folder().root(), &numbers);
}
