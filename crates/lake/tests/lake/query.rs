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
use lake::query::{
    OpenExtract, QUERY_STACK_BYTES, QUERY_WORDS_MAX, QueryError, QueryLimits, QueryResult, Stops,
    run_sql,
};
use parquet::arrow::ArrowWriter;

const POLICY: OutputPolicy = OutputPolicy {
    persons_min: 5,
    largest_share_max_permille: 500,
};

pub(crate) const REGISTER: &str = r#"
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
        window: None,
        variables,
    }
}

pub(crate) fn permit() -> PermitDocument {
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
        selection: Selection::new(
            Criterion::All(Vec::new()),
            period,
            vec![
                selected("recepter", &["atc", "antal", "volume", "eksd"], period),
                selected("person", &["koen"], period),
            ],
        ),
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
    // Three contribute, but whoever knows that the others have five each knows the third.
    assert_eq!((packages.persons, packages.largest_permille), (1, 900));
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
        assert_eq!(
            verdict.state,
            TableState::Releasable,
            "{sql}: {verdict:?} {table:?}"
        );
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
async fn that_the_data_stopped_a_query_is_not_told_to_who_sees_no_rows() {
    let dir = tempfile::tempdir().unwrap();
    let extract = extract(dir.path());
    let blind = QueryLimits {
        stops: Stops::Hidden,
        ..QueryLimits::default()
    };
    // Whether somebody has exactly so many packages: one bit about a person for each query.
    for divisor in ["antal - 1", "antal - 12345"] {
        for sql in [
            format!(
                "SELECT atc, sum(1 / ({divisor})) AS x FROM lmdb_recepter WHERE person = 7 GROUP BY atc"
            ),
            format!(
                "SELECT sum(1 / ({divisor})) AS x, count(*) FROM lmdb_recepter WHERE person = 7"
            ),
            format!("SELECT 1 / ({divisor}) AS x FROM lmdb_recepter WHERE person = 7"),
        ] {
            let answer = run_sql(&extract, &sql, &blind).await.unwrap();
            let state = assess(&answer.table, &POLICY).state;
            assert_ne!(state, TableState::Releasable, "{sql}");
            let undisturbed = sql.replace(divisor, "antal + 1");
            let other = run_sql(&extract, &undisturbed, &blind).await.unwrap();
            assert_eq!(state, assess(&other.table, &POLICY).state, "{sql}");
            assert_eq!(answer.table.columns, other.table.columns, "{sql}");
            assert_eq!(answer.table.lineage, other.table.lineage, "{sql}");
        }
    }
}

/// Asks on a thread with the stack that queries are promised.
fn asked_with_the_promised_stack(sql: String) -> Result<QueryResult, QueryError> {
    let thread = std::thread::Builder::new().stack_size(QUERY_STACK_BYTES);
    let work = move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_stack_size(QUERY_STACK_BYTES)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async { ask(&sql).await })
    };
    thread.spawn(work).unwrap().join().unwrap()
}

#[test]
fn no_chain_of_words_ends_the_process() {
    let chain = |start: &str, link: &str, words: usize| {
        let links = (QUERY_WORDS_MAX - 30) / words;
        format!("{start}{}", link.repeat(links))
    };
    let count = "SELECT count(*) FROM lmdb_recepter WHERE";
    let deep = [
        chain("SELECT sum(antal", " + antal", 2) + ") FROM lmdb_recepter",
        chain("SELECT max(antal", " - 1", 1) + ") FROM lmdb_recepter",
        chain(&format!("{count} antal = 1"), " OR antal = 2", 4),
        chain(&format!("{count} antal = 1"), " AND antal < 2", 4),
        chain(&format!("{count} antal"), " IS NULL", 2),
        chain("SELECT max(antal", "::bigint", 2) + ") FROM lmdb_recepter",
        chain(
            "SELECT count(*) FROM lmdb_recepter",
            " UNION ALL SELECT 1",
            4,
        ),
        chain("SELECT count(*) FROM lmdb_recepter", ", lmdb_recepter", 1),
        chain("SELECT count(*) FROM (SELECT antal", " || antal", 2) + " AS x FROM lmdb_recepter)",
    ];
    for sql in deep {
        let start: String = sql.chars().take(60).collect();
        let answer = asked_with_the_promised_stack(sql);
        let complex = matches!(answer, Err(QueryError::TooComplex { .. }));
        assert!(!complex, "it is within the limit: {start}");
    }
    let too_deep = format!("{count} antal = 1{}", " OR antal = 1".repeat(3_000));
    let refused = asked_with_the_promised_stack(too_deep).unwrap_err();
    assert_eq!(
        refused,
        QueryError::TooComplex {
            max: QUERY_WORDS_MAX
        }
    );
    // A long list is not deep.
    let codes = vec!["'A10BA02'"; 4_000].join(", ");
    let list = format!("{count} atc IN ({codes})");
    asked_with_the_promised_stack(list).unwrap();
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

/// Held, never releasable, or no answer at all.
async fn stays_inside(sql: &str) {
    let Ok(answer) = ask(sql).await else { return };
    let verdict = assess(&answer.table, &POLICY);
    assert_ne!(
        verdict.state,
        TableState::Releasable,
        "released: {sql}\n{:?}",
        values(&answer.table)
    );
}

macro_rules! attacks {
    ($($name:ident: $sql:expr;)*) => {$(
        #[tokio::test]
        async fn $name() {
            stays_inside($sql).await;
        }
    )*};
}

attacks! {
    // C1: a cast makes all persons equal, and one person's value is joined to everybody.
    a_cast_of_the_person_does_not_hold_rows_together:
        "SELECT sum(b.koen) FROM lmdb_person a JOIN (SELECT * FROM lmdb_person WHERE person = 7) b \
         ON CAST(a.person AS BOOLEAN) = CAST(b.person AS BOOLEAN)";
    a_rounded_person_does_not_hold_rows_together:
        "SELECT a.koen, count(*) FROM lmdb_person a JOIN (SELECT * FROM lmdb_recepter WHERE person = 7) b \
         ON TRY_CAST(a.person AS BOOLEAN) = TRY_CAST(b.person AS BOOLEAN) GROUP BY a.koen";
    // C2: labels alone.
    codes_of_one_person_are_no_table:
        "SELECT atc FROM lmdb_recepter WHERE person = 1 GROUP BY atc";
    codes_of_one_person_are_no_table_when_the_count_is_dropped:
        "SELECT atc FROM (SELECT atc, count(*) AS n FROM lmdb_recepter WHERE person = 1 GROUP BY atc) t";
    labels_beside_a_derived_number_are_judged:
        "SELECT atc, 1.0 * count(*) AS x FROM lmdb_recepter WHERE person = 1 GROUP BY atc";
    // C3: constants hide who contributes. Only persons 1 to 3 have packages over 2, person 1 has 90.
    a_constant_does_not_hide_the_only_contributor:
        "SELECT sum(x + 100) FROM (SELECT person, max(antal) AS x FROM lmdb_recepter GROUP BY person) t";
    a_case_does_not_hide_the_only_contributor:
        "SELECT sum(CASE WHEN person = 1 THEN antal ELSE 100 END) FROM lmdb_recepter";
    a_case_in_a_subquery_does_not_hide_the_only_contributor:
        "SELECT avg(y) FROM (SELECT person, CASE WHEN antal > 50 THEN antal ELSE 100 END AS y FROM lmdb_recepter) t";
    a_coalesce_does_not_hide_the_only_contributor:
        "SELECT sum(coalesce(y, 100)) FROM (SELECT p.person, r.antal AS y FROM lmdb_person p \
         LEFT JOIN (SELECT * FROM lmdb_recepter WHERE antal > 50) r ON r.person = p.person) t";
    a_counted_filter_with_a_constant_does_not_hide:
        "SELECT sum(c + 10) FROM (SELECT person, count(*) FILTER (WHERE atc = 'C07AB02') AS c \
         FROM lmdb_recepter GROUP BY person) t";
    // C11: everybody else's value is known. Persons 2 and 3 have 5 packages, all others 2.
    known_others_do_not_hide_the_only_contributors:
        "SELECT sum(antal) FROM lmdb_recepter WHERE antal = 2 OR antal = 5";
    known_others_do_not_hide_in_a_mean:
        "SELECT avg(x) FROM (SELECT person, max(antal) AS x FROM lmdb_recepter WHERE antal = 2 OR antal = 5 GROUP BY person) t";
    known_others_do_not_hide_how_often:
        "SELECT count(*) FROM lmdb_recepter WHERE antal = 2 OR antal = 5";
    known_others_do_not_hide_in_counted_rows:
        "SELECT sum(c) FROM (SELECT person, count(*) AS c FROM lmdb_recepter WHERE antal = 2 OR antal = 5 GROUP BY person) t";
    known_others_do_not_hide_in_ones_and_zeros:
        "SELECT sum(CASE WHEN antal = 2 OR antal = 5 THEN 1 ELSE 0 END) FROM lmdb_recepter";
    one_row_of_each_other_does_not_hide_how_many_one_has:
        "SELECT count(*), count_persons() FROM (SELECT person, antal, row_number() OVER \
         (PARTITION BY person ORDER BY eksd, antal) AS nr FROM lmdb_recepter) t WHERE nr = 1 OR antal > 50";
    pseudonyms_are_not_summed:
        "SELECT sum(person) FROM lmdb_person";
    // C4: two cells of one row that differ by one person.
    two_measures_do_not_differ_by_one_person:
        "SELECT sum(antal), sum(antal) FILTER (WHERE person <> 1) FROM lmdb_recepter";
    two_counts_do_not_differ_by_one_person:
        "SELECT count(*), count(*) FILTER (WHERE NOT (atc = 'C07AB02' AND antal > 50)) FROM lmdb_recepter";
    a_count_of_values_does_not_differ_by_one_person:
        "SELECT count(*), count(CASE WHEN antal > 50 THEN NULL ELSE 1 END) FROM lmdb_recepter";
    // C5: the order of rows.
    rows_are_not_ordered_by_what_is_not_shown:
        "SELECT atc, count(*) FROM lmdb_recepter WHERE atc = 'A10BA02' OR antal < 0 GROUP BY atc \
         ORDER BY sum(antal) FILTER (WHERE person = 1)";
    // C6: an empty table says that nobody is there.
    an_empty_table_says_something_too:
        "SELECT atc, count(*) FROM lmdb_recepter WHERE person = 7 AND antal > 50 GROUP BY atc";
    // C7: overflow of the share.
    a_huge_factor_does_not_hide_the_largest_contributor:
        "SELECT sum(antal * 340282366920938463463374607.0) FROM lmdb_recepter WHERE antal <> 2";
    // C8: flows through places that are not looked at.
    a_subquery_in_a_join_is_seen:
        "SELECT b.koen, count(*) FROM lmdb_recepter a JOIN lmdb_person b ON a.person = b.person \
         AND b.koen = a.antal * 0 + (SELECT max(koen) FROM lmdb_person WHERE person = 7) GROUP BY b.koen";
    a_subquery_in_a_window_is_seen:
        "SELECT x, count_persons() FROM (SELECT person, row_number() OVER (PARTITION BY person, \
         (SELECT max(koen) FROM lmdb_person WHERE person = 7) ORDER BY eksd) AS x FROM lmdb_recepter) t GROUP BY x";
    // C9: windows do not make labels of values.
    a_first_value_is_no_label_by_itself:
        "SELECT v, count_persons() FROM (SELECT person, first_value(volume) OVER (PARTITION BY person) AS v \
         FROM lmdb_recepter) t GROUP BY v";
    a_default_of_a_window_is_no_label:
        "SELECT v, count_persons() FROM (SELECT person, lag(atc, 9, 'forfatterens ord') OVER (PARTITION BY person) AS v \
         FROM lmdb_recepter) t GROUP BY v";
    a_shifted_code_is_no_code:
        "SELECT koen + 1000, count_persons() FROM lmdb_person GROUP BY koen + 1000";
    // M1: groups whose short names are equal count nobody twice.
    bytes_are_no_groups:
        "SELECT CAST(atc AS BYTEA) AS b, count_persons() FROM lmdb_recepter GROUP BY CAST(atc AS BYTEA)";
    // R1: counts and sums of ones and zeros that differ by one person.
    a_sum_of_ones_and_a_count_do_not_differ_by_one_person:
        "SELECT count(*), sum(CASE WHEN atc = 'C07AB02' AND antal > 50 THEN 0 ELSE 1 END) FROM lmdb_recepter";
    a_mean_of_ones_and_a_count_do_not_differ_by_one_person:
        "SELECT count(*), avg(CASE WHEN atc = 'C07AB02' AND antal > 50 THEN 0 ELSE 1 END) FROM lmdb_recepter";
    // The same one level down: both are sums of what was counted per person.
    two_sums_of_counts_do_not_differ_by_one_person:
        "SELECT sum(d), sum(c) FROM (SELECT person, count(*) AS d, count(*) FILTER (WHERE antal < 50) AS c \
         FROM lmdb_recepter GROUP BY person) t";
    a_sum_and_a_count_do_not_differ_by_few:
        "SELECT count(*), sum(nr) FROM (SELECT person, antal, row_number() OVER (PARTITION BY person ORDER BY antal) AS nr \
         FROM lmdb_recepter) t WHERE nr = 1 OR antal = 5";
    // R2: somebody is made nobody, and is then in the value but not in its evidence.
    nobody_adds_to_no_sum_by_an_aggregate:
        "SELECT sum(x) FROM (SELECT max(person) FILTER (WHERE s < 50) AS p, sum(s) AS x FROM \
         (SELECT person, sum(antal) AS s FROM lmdb_recepter GROUP BY person) i GROUP BY person) t";
    nobody_adds_to_no_sum_by_a_window:
        "SELECT sum(antal), count(*) FROM (SELECT p, antal FROM (SELECT lag(person) OVER (PARTITION BY person \
         ORDER BY antal DESC) AS p, antal FROM lmdb_recepter) i) t WHERE p IS NULL OR antal < 3";
    // R3: the second argument of an aggregate.
    a_correlation_is_no_value_of_its_first_argument:
        "SELECT sum(c) FROM (SELECT person, corr(antal, CASE WHEN antal > 50 THEN antal * antal ELSE antal END) AS c \
         FROM lmdb_recepter GROUP BY person) t";
    // R4: a person picked in the condition of a join.
    a_join_picks_no_person:
        "SELECT count(*), sum(b.antal) FROM lmdb_person a JOIN lmdb_recepter b ON a.person = b.person \
         AND CASE WHEN a.person = 1 THEN 90 ELSE 1 END = b.antal";
    a_join_picks_no_person_by_arithmetic:
        "SELECT count(*) FROM lmdb_person a JOIN lmdb_recepter b ON a.person = b.person AND a.person % 20 = b.antal";
    // M4: margins of overlapping groups: persons 1 to 3 are the overlap of 20 and 3.
    margins_do_not_tell_a_small_overlap:
        "SELECT dage, count_persons() FROM (SELECT person, date_part('year', eksd) AS dage FROM lmdb_recepter \
         WHERE antal = 1 OR (person <= 6 AND antal = 2)) t GROUP BY ROLLUP (dage)";
}

/// Whether a query may be released must not depend on one person in a way that its words tell:
/// what a code sender sees of a held table is the same whether the person has the value or not.
#[tokio::test]
async fn a_held_answer_says_the_same_whatever_one_person_has() {
    let yes = ask("SELECT count(*) FROM lmdb_person WHERE person = 7 AND koen = 2")
        .await
        .unwrap();
    let no = ask("SELECT count(*) FROM lmdb_person WHERE person = 7 AND koen = 1")
        .await
        .unwrap();
    let rules = |table| -> Vec<_> {
        let findings = assess(table, &POLICY).findings;
        findings.iter().map(|f| f.measured.rule).collect()
    };
    // Held either way; where the rules differ, `sight::only_what_passes` must show none of them.
    assert_eq!(rules(&yes.table), rules(&no.table));
    assert_eq!(assess(&yes.table, &POLICY).state, TableState::Held);
    assert_eq!(assess(&no.table, &POLICY).state, TableState::Held);
}

/// Queries that must stay releasable, so that the rules above are not bought with uselessness.
#[tokio::test]
async fn ordinary_tables_are_still_released_at_once() {
    for sql in [
        "SELECT koen, count_persons() AS personer FROM lmdb_person GROUP BY koen ORDER BY koen",
        "SELECT koen, count_persons() AS n FROM lmdb_person GROUP BY koen ORDER BY n DESC",
        "SELECT koen, count_persons() FROM lmdb_person GROUP BY ROLLUP (koen)",
        "SELECT date_part('year', eksd) AS aar, count(*), avg(volume) FROM lmdb_recepter WHERE antal < 3 GROUP BY 1",
        "SELECT antal / 2 * 2 AS gruppe, count_persons() FROM lmdb_recepter WHERE antal < 3 GROUP BY 1",
        "SELECT p.koen, sum(r.antal) FROM lmdb_person p JOIN lmdb_recepter r ON r.person = p.person WHERE r.antal < 3 GROUP BY p.koen",
        "SELECT koen, avg(n) FROM (SELECT person, count(*) AS n FROM lmdb_recepter WHERE antal < 3 GROUP BY person) t JOIN lmdb_person USING (person) GROUP BY koen",
    ] {
        let table = ask(sql).await.unwrap().table;
        assert_eq!(
            assess(&table, &POLICY).state,
            TableState::Releasable,
            "{sql}"
        );
    }
}
