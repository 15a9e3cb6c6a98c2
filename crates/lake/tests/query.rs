//! Queries over an extract: values, evidence, lineage, limits and words of errors.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use base::{AccountId, OrganisationId, PermitId};
use catalogue::permit::{AccessMode, Environment, Member, PermitDocument};
use catalogue::register::OutputPolicy;
use catalogue::selection::{Criterion, Period, SelectedTable, SelectedVariable, Selection};
use catalogue::{Catalogue, ContentFile, Text};
use disclosure::{
    CellVerdict, ColumnKind, LabelSource, Lineage, TableState, UnprovenReason, Value, assess,
};
use lake::query::{OpenExtract, QueryError, QueryLimits, QueryResult, run_sql};
use parquet::arrow::ArrowWriter;

const POLICY: OutputPolicy = OutputPolicy {
    persons_min: 5,
    largest_share_max_permille: 500,
};

const REGISTER: &str = r#"
id = "lmdb"
name = { da = "Lægemiddelstatistikregisteret", en = "Register of Medicinal Product Statistics" }
controller = "sds"
category = "treatment"
description = { da = "Recepter", en = "Prescriptions" }
source = "test"

[[table]]
name = "recepter"
label = { da = "Recepter", en = "Prescriptions" }
[[table.variable]]
name = "cpr"
label = { da = "Person", en = "Person" }
type = "text"
role = "person"
[[table.variable]]
name = "atc"
label = { da = "ATC-kode", en = "ATC code" }
type = "text"
role = "plain"
code_list = "atc"
[[table.variable]]
name = "antal"
label = { da = "Pakninger", en = "Packages" }
type = "integer"
role = "plain"
[[table.variable]]
name = "volume"
label = { da = "Mængde", en = "Volume" }
type = "decimal"
role = "plain"
[[table.variable]]
name = "eksd"
label = { da = "Ekspeditionsdato", en = "Dispensing date" }
type = "date"
role = "plain"

[[table]]
name = "person"
label = { da = "Personer", en = "Persons" }
[[table.variable]]
name = "cpr"
label = { da = "Person", en = "Person" }
type = "text"
role = "person"
[[table.variable]]
name = "koen"
label = { da = "Køn", en = "Sex" }
type = "integer"
role = "plain"
"#;

fn selected(table: &str, variables: &[&str], period: Period) -> SelectedTable {
    let variables = variables
        .iter()
        .map(|name| SelectedVariable {
            name: (*name).to_owned(),
            coarsening: catalogue::register::Coarsening::None,
            reason: "test".to_owned(),
        })
        .collect();
    SelectedTable {
        register: "lmdb".into(),
        table: table.into(),
        period,
        variables,
    }
}

fn permit() -> PermitDocument {
    let period = Period {
        from: "2020-01-01".parse().unwrap(),
        to: "2024-12-31".parse().unwrap(),
    };
    let organisation: OrganisationId = "au".parse().unwrap();
    PermitDocument {
        format: catalogue::permit::FORMAT.to_owned(),
        permit_id: PermitId::from_bytes([1; 16]),
        number: "DK-2027-00001".into(),
        version: 1,
        case_number: "S-2026-0417".into(),
        title: Text::new("Prøve", "Test"),
        issued_at: "2026-12-01T08:00:00Z".parse().unwrap(),
        valid_from: "2026-12-01".parse().unwrap(),
        valid_to: "2028-12-01".parse().unwrap(),
        data_user: organisation,
        purposes: vec!["e".into()],
        purpose: Text::new("Prøve", "Test"),
        pseudonymised: true,
        selection: Selection {
            format: catalogue::selection::FORMAT.to_owned(),
            population: Criterion::All(Vec::new()),
            index: None,
            period,
            tables: vec![
                selected("recepter", &["atc", "antal", "volume", "eksd"], period),
                selected("person", &["koen"], period),
            ],
        },
        opt_out_exception: None,
        members: vec![Member {
            account: AccountId::from_bytes([2; 16]),
            principal: true,
            access: AccessMode::SeesRows,
            may_release: true,
            until: "2028-12-01".parse().unwrap(),
        }],
        environment: Environment {
            tools: vec!["sql".into()],
            memory_mib: 1024,
            query_seconds_max: 60,
        },
        fees_ore: None,
        conditions: Vec::new(),
        output_policy: POLICY,
        decisions: Vec::new(),
        test: true,
    }
}

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Persons 1 to 20. Everyone has two prescriptions of A10BA02; persons 1 to 3 one of C07AB02, where
/// person 1 alone has 90 of the 100 packages.
fn extract(dir: &Path) -> OpenExtract {
    let (mut person, mut atc, mut packages, mut volume, mut date) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut add = |p: i64, code: &str, n: i64, day: i32| {
        person.push(p);
        atc.push(code.to_owned());
        packages.push(n);
        volume.push(0.1_f64);
        date.push(day);
    };
    for p in 1..=20 {
        add(p, "A10BA02", 1, 18_300);
        add(p, "A10BA02", 2, 18_700);
    }
    add(1, "C07AB02", 90, 18_300);
    add(2, "C07AB02", 5, 18_300);
    add(3, "C07AB02", 5, 18_300);
    write(
        &dir.join("lmdb_recepter.parquet"),
        vec![
            ("person", Arc::new(Int64Array::from(person)) as ArrayRef),
            ("atc", Arc::new(StringArray::from(atc))),
            ("antal", Arc::new(Int64Array::from(packages))),
            ("volume", Arc::new(Float64Array::from(volume))),
            ("eksd", Arc::new(Date32Array::from(date))),
        ],
    );
    write(
        &dir.join("lmdb_person.parquet"),
        vec![
            (
                "person",
                Arc::new(Int64Array::from_iter_values(1..=20)) as ArrayRef,
            ),
            (
                "koen",
                Arc::new(Int64Array::from_iter_values((1..=20).map(|p| 1 + p % 2))),
            ),
        ],
    );
    let catalogue = Catalogue::from_files([ContentFile {
        path: "registers/lmdb.toml",
        text: REGISTER,
    }])
    .unwrap();
    OpenExtract::open(dir, None, &permit(), &catalogue).unwrap()
}

async fn ask(sql: &str) -> Result<QueryResult, QueryError> {
    let dir = tempfile::tempdir().unwrap();
    let extract = extract(dir.path());
    run_sql(&extract, sql, &QueryLimits::default()).await
}

async fn table(sql: &str) -> disclosure::ProtectedTable {
    ask(sql).await.unwrap().table
}

fn values(table: &disclosure::ProtectedTable) -> Vec<Vec<Value>> {
    table
        .rows
        .iter()
        .map(|row| row.cells.iter().map(|cell| cell.value.clone()).collect())
        .collect()
}

#[tokio::test]
async fn aggregates_carry_persons_and_the_largest_contributor() {
    let table = table(
        "SELECT atc, count_persons() AS personer, count(*) AS n, sum(antal) AS pakninger \
         FROM lmdb_recepter GROUP BY atc ORDER BY atc",
    )
    .await;
    assert_eq!(table.lineage, Lineage::Proven);
    assert_eq!(table.persons, Some(20));
    assert_eq!(
        values(&table),
        vec![
            vec![
                Value::Text("A10BA02".into()),
                Value::Integer(20),
                Value::Integer(40),
                Value::Integer(60)
            ],
            vec![
                Value::Text("C07AB02".into()),
                Value::Integer(3),
                Value::Integer(3),
                Value::Integer(100)
            ],
        ]
    );
    let packages = table.rows[1].cells[3].evidence.unwrap();
    assert_eq!((packages.persons, packages.largest_permille), (3, 900));
    let safe = table.rows[0].cells[3].evidence.unwrap();
    assert_eq!((safe.persons, safe.largest_permille), (20, 50));
    let verdict = assess(&table, &POLICY);
    assert_eq!(verdict.state, TableState::Held);
    assert_eq!(verdict.cells[0], vec![CellVerdict::Safe; 4]);
    assert_eq!(verdict.cells[1][3], CellVerdict::Held);
}

#[tokio::test]
async fn a_safe_table_is_releasable_with_headings_from_the_catalogue() {
    let table = table(
        "SELECT p.koen AS hemmelig_tekst, count_persons() AS x, avg(r.volume) AS y \
         FROM lmdb_person p JOIN lmdb_recepter r ON r.person = p.person AND r.antal < 3 GROUP BY p.koen",
    )
    .await;
    assert_eq!(assess(&table, &POLICY).state, TableState::Releasable);
    assert_eq!(table.columns[0].heading.da, "Køn");
    assert_eq!(
        table.columns[0].kind,
        ColumnKind::Group(LabelSource::Declared)
    );
    assert_eq!(table.columns[2].heading.en, "Volume");
    let Value::Number(mean) = table.rows[0].cells[2].value else {
        panic!("a mean")
    };
    assert!((mean - 0.1).abs() < 1e-9);
}

#[tokio::test]
async fn records_built_within_a_person_can_be_followed() {
    let table = table(
        "WITH foerste AS (SELECT person, min(eksd) AS start FROM lmdb_recepter GROUP BY person) \
         SELECT date_part('year', f.start) AS aar, count_persons() AS personer, count(*) AS n \
         FROM foerste f JOIN lmdb_person USING (person) GROUP BY 1",
    )
    .await;
    assert_eq!(table.lineage, Lineage::Proven);
    assert_eq!(
        table.columns[0].kind,
        ColumnKind::Group(LabelSource::Declared)
    );
    assert_eq!(table.rows[0].cells[1].value, Value::Integer(20));
}

#[tokio::test]
async fn margins_have_their_own_evidence_and_are_marked() {
    let table = table(
        "SELECT atc, count_persons() AS personer FROM lmdb_recepter GROUP BY ROLLUP (atc) \
         ORDER BY atc NULLS LAST",
    )
    .await;
    assert_eq!(table.rows.len(), 3);
    assert_eq!(table.rows[2].cells[0].value, Value::Total);
    assert_eq!(table.rows[2].cells[1].value, Value::Integer(20));
    assert_eq!(table.rows[2].cells[1].evidence.unwrap().persons, 20);
}

#[tokio::test]
async fn arithmetic_on_aggregates_is_shown_and_not_released() {
    let table = table(
        "SELECT atc, count(*) AS n, 100.0 * sum(antal) / count(*) AS rate FROM lmdb_recepter GROUP BY atc",
    )
    .await;
    assert_eq!(table.columns[2].kind, ColumnKind::Derived);
    assert_eq!(assess(&table, &POLICY).cells[0][2], CellVerdict::ShownOnly);
    assert_eq!(table.rows[0].cells[2].value, Value::Number(150.0));
}

#[tokio::test]
async fn flows_across_persons_are_never_proven() {
    let unproven = [
        (
            "SELECT atc, count(*) FROM lmdb_recepter GROUP BY atc HAVING count(*) > 5",
            UnprovenReason::Having,
        ),
        (
            "SELECT atc, count(*) AS n FROM lmdb_recepter GROUP BY atc ORDER BY n LIMIT 1",
            UnprovenReason::Limit,
        ),
        (
            "SELECT a.atc, count(*) FROM lmdb_recepter a JOIN lmdb_recepter b ON a.atc = b.atc GROUP BY a.atc",
            UnprovenReason::JoinAcrossPersons,
        ),
        (
            "SELECT atc, count(*) FROM lmdb_recepter WHERE antal > (SELECT max(antal) - 1 FROM lmdb_recepter) GROUP BY atc",
            UnprovenReason::Subquery,
        ),
        (
            "SELECT k, count(*) FROM (SELECT rank() OVER (ORDER BY antal) AS k, person FROM lmdb_recepter) t GROUP BY k",
            UnprovenReason::WindowAcrossPersons,
        ),
        (
            "SELECT koen, count(*) FROM (SELECT koen, person FROM lmdb_person ORDER BY person LIMIT 7) t GROUP BY koen",
            UnprovenReason::Limit,
        ),
        (
            "SELECT n, count(*) FROM (SELECT atc, count(*) AS n FROM lmdb_recepter GROUP BY atc) t GROUP BY n",
            UnprovenReason::Subquery,
        ),
        (
            "SELECT atc, max(antal) FROM lmdb_recepter GROUP BY atc",
            UnprovenReason::Aggregate,
        ),
    ];
    for (sql, reason) in unproven {
        let table = table(sql).await;
        assert_eq!(table.lineage, Lineage::Unproven(reason), "{sql}");
        assert_eq!(assess(&table, &POLICY).state, TableState::Held, "{sql}");
    }
}

#[tokio::test]
async fn rows_are_rows_and_author_words_are_not_labels() {
    let rows = table("SELECT person, atc FROM lmdb_recepter").await;
    assert_eq!(rows.lineage, Lineage::Rows);
    assert_eq!(assess(&rows, &POLICY).state, TableState::NeverReleased);
    let words = table(
        "SELECT CASE WHEN koen = 1 THEN 'a' ELSE 'b' END AS hvem, count(*) FROM lmdb_person GROUP BY 1",
    )
    .await;
    assert_eq!(words.columns[0].kind, ColumnKind::Group(LabelSource::Free));
    assert_eq!(assess(&words, &POLICY).state, TableState::Held);
    let keys = table("SELECT person, count(*) FROM lmdb_recepter GROUP BY person").await;
    assert_eq!(assess(&keys, &POLICY).state, TableState::Held);
}

/// Each of these once told the value of one person, by itself.
#[tokio::test]
async fn one_persons_value_is_never_released_by_itself() {
    let attacks = [
        // A person or a record picked by its key.
        "SELECT koen, count(*) FROM lmdb_person WHERE person = 7 GROUP BY koen",
        "SELECT atc FROM lmdb_recepter WHERE person = 7 GROUP BY atc",
        "SELECT count(*), count(*) FILTER (WHERE person <> 7) FROM lmdb_recepter",
        "SELECT sum(CASE WHEN person = 7 THEN antal ELSE 100 END) FROM lmdb_recepter",
        "SELECT atc, count(*) FROM lmdb_recepter GROUP BY atc ORDER BY sum(antal) FILTER (WHERE person = 7)",
        // Different persons made equal by a conversion.
        "SELECT sum(b.koen) FROM lmdb_recepter a JOIN (SELECT * FROM lmdb_person WHERE koen = 1) b \
         ON CAST(a.person AS BOOLEAN) = CAST(b.person AS BOOLEAN)",
        // Labels without a measure, and measures that are only derived.
        "SELECT atc FROM lmdb_recepter WHERE antal > 50 GROUP BY atc",
        "SELECT atc, 1.0 * count(*) AS n FROM lmdb_recepter WHERE antal > 50 GROUP BY atc",
        // A constant gives everybody the same share.
        "SELECT sum(antal + 100), count(*) FROM lmdb_recepter",
        "SELECT sum(c) FROM (SELECT person, 100 + sum(antal) AS c FROM lmdb_recepter GROUP BY person) t",
        // One cell less another.
        "SELECT count(*), count(*) FILTER (WHERE antal < 90), sum(antal) FROM lmdb_recepter",
        "SELECT sum(CASE WHEN koen > 0 THEN 1 ELSE 0 END), \
         sum(CASE WHEN antal < 90 THEN 1 ELSE 0 END) FROM lmdb_recepter JOIN lmdb_person USING (person)",
        // The order of rows, and an empty answer.
        "SELECT atc, count(*) FROM lmdb_recepter WHERE atc < 'B' GROUP BY atc ORDER BY sum(antal)",
        "SELECT atc, count(*) FROM lmdb_recepter WHERE antal > 1000 GROUP BY atc",
        // A flow across persons inside a join, a window or a filter.
        "SELECT count(*) FROM lmdb_person a JOIN lmdb_recepter b ON a.person = b.person \
         AND b.antal > (SELECT max(antal) - 1 FROM lmdb_recepter)",
        "SELECT k, count(*) FROM (SELECT person, lag(atc, 1, 'words') OVER \
         (PARTITION BY person ORDER BY eksd) AS k FROM lmdb_recepter) t GROUP BY k",
    ];
    for sql in attacks {
        let table = table(sql).await;
        let verdict = assess(&table, &POLICY);
        assert_ne!(verdict.state, TableState::Releasable, "{sql}: {table:?}");
    }
}

#[tokio::test]
async fn ordinary_tables_are_still_released() {
    let ordinary = [
        "SELECT koen, count_persons() AS n FROM lmdb_person GROUP BY koen ORDER BY n DESC",
        "SELECT p.koen, sum(CASE WHEN r.antal > 1 THEN 1 ELSE 0 END) AS mange, count(*) AS n \
         FROM lmdb_person p JOIN lmdb_recepter r USING (person) WHERE r.atc = 'A10BA02' GROUP BY p.koen",
        "SELECT (antal / 2) * 2 AS baand, count_persons() AS n FROM lmdb_recepter WHERE antal < 3 GROUP BY 1",
        "SELECT date_part('year', eksd) AS aar, count_persons() AS n, sum(antal) AS pakninger \
         FROM lmdb_recepter WHERE atc LIKE 'A10%' GROUP BY 1 ORDER BY 1",
        "SELECT count(*) AS n FROM lmdb_person p LEFT JOIN lmdb_recepter r \
         ON r.person = p.person AND r.antal > 1000 WHERE r.person IS NULL",
    ];
    for sql in ordinary {
        let table = table(sql).await;
        let verdict = assess(&table, &POLICY);
        assert_eq!(verdict.state, TableState::Releasable, "{sql}: {verdict:?} {table:?}");
    }
}

#[tokio::test]
async fn an_empty_answer_to_a_whole_population_question_is_a_zero_of_nobody() {
    let table = table("SELECT count_persons() AS n FROM lmdb_person WHERE koen = 9").await;
    assert_eq!(values(&table), vec![vec![Value::Integer(0)]]);
    assert_eq!(assess(&table, &POLICY).state, TableState::Held);
}

#[tokio::test]
async fn only_the_extracts_tables_and_allowed_functions_can_be_named() {
    for sql in [
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM lpr3_kontakter",
        "SELECT random() FROM lmdb_person",
        "SELECT array_agg(person) FROM lmdb_person",
    ] {
        assert!(
            matches!(ask(sql).await, Err(QueryError::Meaning { .. })),
            "{sql}"
        );
    }
    for sql in [
        "DROP TABLE lmdb_person",
        "INSERT INTO lmdb_person VALUES (1, 2)",
        "COPY lmdb_person TO '/tmp/x.csv'",
        "SET datafusion.execution.batch_size = 1",
        "SELECT 1; SELECT 2",
        "EXPLAIN SELECT 1",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
    ] {
        assert!(
            matches!(ask(sql).await, Err(QueryError::NotSelect)),
            "{sql}: {:?}",
            ask(sql).await
        );
    }
}

#[tokio::test]
async fn errors_say_where_without_values_of_the_data() {
    let syntax = ask("SELECT atc\nFROM lmdb_recepter\nGROUP atc")
        .await
        .unwrap_err();
    assert!(
        matches!(syntax, QueryError::Syntax { line: 3, .. }),
        "{syntax:?}"
    );
    let data = ask("SELECT CAST(atc AS BIGINT) FROM lmdb_recepter")
        .await
        .unwrap_err();
    assert_eq!(data, QueryError::Data);
    assert!(!data.to_string().contains("A10"));
    let division = ask("SELECT sum(1 / (antal - 1)) FROM lmdb_recepter")
        .await
        .unwrap_err();
    assert_eq!(division, QueryError::Data);
    let name = ask("SELECT cpr FROM lmdb_person").await.unwrap_err();
    assert_eq!(
        name.to_string(),
        "no column `cpr` in the tables of the query"
    );
}

#[tokio::test]
async fn sums_do_not_depend_on_threads() {
    let dir = tempfile::tempdir().unwrap();
    let extract = extract(dir.path());
    let sql = "SELECT atc, sum(volume) AS v FROM lmdb_recepter GROUP BY atc ORDER BY atc";
    let mut answers = Vec::new();
    for threads in [1, 2, 8] {
        let limits = QueryLimits {
            threads,
            ..QueryLimits::default()
        };
        answers.push(values(
            &run_sql(&extract, sql, &limits).await.unwrap().table,
        ));
    }
    assert_eq!(answers[0][0][1], Value::Number(4.0));
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
}
