//! One pass over rows that lie sorted by person says the same as the engine says of the same rows in no
//! order: values, persons and shares, however the file is cut into parts.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use catalogue::{Catalogue, ContentFile};
use disclosure::ProtectedTable;
use lake::query::{OpenExtract, QueryLimits, run_sql};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;

use crate::query::{REGISTER, permit};

#[derive(Debug, Clone)]
struct Dispensed {
    person: i64,
    atc: Option<&'static str>,
    packages: Option<i64>,
    volume: Option<f64>,
    day: i32,
}

fn dispensed() -> impl Strategy<Value = Dispensed> {
    (
        1_i64..9,
        proptest::option::weighted(0.9, prop_oneof!["A10BA02", "C07AB02", "N02BE01"]),
        proptest::option::weighted(0.9, 0_i64..4),
        proptest::option::weighted(0.9, (0_i32..5).prop_map(|n| f64::from(n) / 4.0)),
        18_262_i32..19_500,
    )
        .prop_map(|(person, atc, packages, volume, day)| Dispensed {
            person,
            atc: atc.map(|code| match code.as_str() {
                "A10BA02" => "A10BA02",
                "C07AB02" => "C07AB02",
                _ => "N02BE01",
            }),
            packages,
            volume,
            day,
        })
}

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>, rows_per_group: usize) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(rows_per_group))
        .build();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn extract(dir: &Path, rows: &[Dispensed], rows_per_group: usize) -> OpenExtract {
    let persons = rows.iter().map(|row| row.person);
    let days = rows.iter().map(|row| row.day);
    write(
        &dir.join("lmdb_recepter.parquet"),
        vec![
            (
                "person",
                Arc::new(Int64Array::from_iter_values(persons)) as ArrayRef,
            ),
            (
                "atc",
                Arc::new(rows.iter().map(|row| row.atc).collect::<StringArray>()),
            ),
            (
                "antal",
                Arc::new(rows.iter().map(|row| row.packages).collect::<Int64Array>()),
            ),
            (
                "volume",
                Arc::new(rows.iter().map(|row| row.volume).collect::<Float64Array>()),
            ),
            ("eksd", Arc::new(Date32Array::from_iter_values(days))),
        ],
        rows_per_group,
    );
    write(
        &dir.join("lmdb_person.parquet"),
        vec![
            (
                "person",
                Arc::new(Int64Array::from_iter_values(1..9)) as ArrayRef,
            ),
            (
                "koen",
                Arc::new(Int64Array::from_iter_values((1..9).map(|p| 1 + p % 2))),
            ),
        ],
        rows_per_group,
    );
    let catalogue = Catalogue::from_files([ContentFile {
        path: "registers/lmdb.toml",
        text: REGISTER,
    }])
    .unwrap();
    OpenExtract::open(dir, None, &permit(), &catalogue).unwrap()
}

const QUERIES: &[&str] = &[
    "SELECT count(*), count_persons(), sum(antal), avg(volume) FROM lmdb_recepter",
    "SELECT atc, count(*), count(antal), sum(antal) FROM lmdb_recepter GROUP BY atc ORDER BY atc",
    "SELECT date_part('year', eksd) AS aar, atc, sum(volume), count_persons() FROM lmdb_recepter \
     WHERE antal > 0 GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT atc, antal, date_part('year', eksd) AS aar, count(*) FROM lmdb_recepter GROUP BY 1, 2, 3",
    "SELECT left(atc, 3) AS gruppe, count(*) FILTER (WHERE antal > 1), avg(antal), \
     sum(CASE WHEN antal = 2 THEN 1 ELSE 0 END) FROM (SELECT * FROM lmdb_recepter) t GROUP BY 1",
    "SELECT atc, date_part('year', eksd) AS aar, count(*), sum(antal) FROM lmdb_recepter \
     GROUP BY ROLLUP (atc, date_part('year', eksd))",
    "SELECT atc, antal, count_persons() FROM lmdb_recepter GROUP BY CUBE (atc, antal)",
    "SELECT volume, count(*) FROM lmdb_recepter GROUP BY volume",
    "SELECT eksd, count(*), sum(volume) FROM lmdb_recepter WHERE antal = 99 GROUP BY eksd",
];

async fn ask(extract: &OpenExtract, sql: &str, threads: usize) -> ProtectedTable {
    let limits = QueryLimits {
        threads,
        ..QueryLimits::default()
    };
    run_sql(extract, sql, &limits).await.unwrap().table
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn sorted_rows_in_any_parts_say_what_unsorted_rows_say(
        rows in proptest::collection::vec(dispensed(), 1..60),
        rows_per_group in 1_usize..9,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let mut sorted = rows.clone();
        sorted.sort_by_key(|row| row.person);
        // The last person comes first and last: no part of the file is in order.
        let mut unsorted = sorted.clone();
        unsorted.reverse();
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let in_order = extract(dirs[0].path(), &sorted, rows_per_group);
        let in_no_order = extract(dirs[1].path(), &unsorted, 100);
        for sql in QUERIES {
            let expected = format!("{:?}", runtime.block_on(ask(&in_no_order, sql, 1)));
            for threads in [1, 2, 5] {
                let found = runtime.block_on(ask(&in_order, sql, threads));
                prop_assert_eq!(&format!("{found:?}"), &expected, "{} with {} threads", sql, threads);
            }
        }
    }
}

#[tokio::test]
async fn a_person_whose_rows_lie_apart_is_still_one_person() {
    let row = |person| Dispensed {
        person,
        atc: Some("A10BA02"),
        packages: Some(1),
        volume: None,
        day: 18_300,
    };
    let dir = tempfile::tempdir().unwrap();
    // In order within each part of two rows, and out of order from part to part.
    let rows = [row(3), row(4), row(1), row(3), row(2), row(2)];
    let extract = extract(dir.path(), &rows, 2);
    for threads in [1, 3] {
        let table = ask(
            &extract,
            "SELECT count(*), count_persons() FROM lmdb_recepter",
            threads,
        )
        .await;
        assert_eq!(table.persons, Some(4));
        assert_eq!(table.rows[0].cells[1].value, disclosure::Value::Integer(4));
    }
}
