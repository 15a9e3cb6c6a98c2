//! Two permits over the same people share nothing by which their extracts could be joined.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use app::App;
use app::base::PermitId;
use app::extracts::ExtractTo;
use arrow::util::display::array_value_to_string;
use lake::extract::ExtractDescriptor;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::support::{Home, actor, apply, permit};

const PSEUDONYM_MIN: i64 = 100_000_000_000_000;
const PSEUDONYM_RANGE: i64 = 1 << 49;

type Columns = BTreeMap<String, Vec<String>>;

/// Values of the columns that name persons, contacts, families and providers, row by row.
fn key_columns(dir: &Path, descriptor: &ExtractDescriptor) -> Columns {
    let mut columns = Columns::new();
    for table in &descriptor.resources {
        let file = File::open(dir.join(&table.path)).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)
            .unwrap()
            .build()
            .unwrap();
        for batch in reader {
            let batch = batch.unwrap();
            for field in table.schema.fields.iter().filter(|f| f.role != "value") {
                let values = batch.column_by_name(&field.name).unwrap();
                let column = columns.entry(format!("{}.{}", table.name, field.name));
                column.or_default().extend(
                    (0..values.len())
                        .filter(|row| !values.is_null(*row))
                        .map(|row| array_value_to_string(values, row).unwrap()),
                );
            }
        }
    }
    columns
}

async fn plain_extract(app: &App, home: &Home, serial: u8, number: &str) -> Columns {
    let name = format!("extract-{serial}");
    let researcher = actor(app, "researcher").await;
    let page = app.load_permit(&researcher, number).await.unwrap();
    let mut document = page.document;
    document.permit_id = PermitId::from_bytes([serial; 16]);
    document.number = format!("DK-2026-9{serial:04}");
    let bytes = serde_json::to_vec(&document).unwrap();
    let signed = app.sign_test_permit(&app.operator(), &bytes).unwrap();
    let file = serde_json::to_string(&signed).unwrap();
    let to = ExtractTo {
        out: home.path(&name),
        plain: true,
        threads: Some(2),
        memory_bytes: None,
    };
    let made = app.extract_to(&app.operator(), &file, to).await.unwrap();
    key_columns(&home.path(&name), &made.descriptor)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_permits_over_the_same_people_share_no_key_value_and_no_order() {
    let home = Home::sqlite();
    let app = Box::pin(home.denmark()).await;
    let case = Box::pin(apply(&app)).await;
    let number = Box::pin(permit(&app, &case)).await;
    let one = plain_extract(&app, &home, 1, &number).await;
    let other = plain_extract(&app, &home, 2, &number).await;
    assert!(one.len() >= 5, "{:?}", one.keys());
    for (column, values) in &one {
        let others = &other[column];
        assert_eq!(values.len(), others.len(), "{column}");
        assert!(!values.is_empty(), "{column}");
        let set: BTreeSet<&String> = values.iter().collect();
        let shared = others.iter().filter(|value| set.contains(value)).count();
        assert_eq!(shared, 0, "{column}");
        if column.ends_with(".person") {
            let persons = values.iter().map(|value| value.parse::<i64>().unwrap());
            let is_pseudonym =
                |p: i64| (PSEUDONYM_MIN..PSEUDONYM_MIN + PSEUDONYM_RANGE).contains(&p);
            assert!(persons.into_iter().all(is_pseudonym), "{column}");
        }
    }
    app.close().await;
}
