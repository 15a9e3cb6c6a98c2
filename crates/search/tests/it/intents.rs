//! The table of what people type and what they should see first.

use catalogue::Language;
use search::Query;

use crate::shipped::{catalogue, index, names};

const TABLE: &str = include_str!("queries.csv");

struct Intent {
    query: String,
    language: Language,
    expected: Vec<String>,
}

fn intents() -> Vec<Intent> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b';')
        .comment(Some(b'#'))
        .from_reader(TABLE.as_bytes());
    let intent = |row: csv::StringRecord| Intent {
        query: row[0].to_owned(),
        language: match &row[1] {
            "da" => Language::Da,
            "en" => Language::En,
            other => panic!("`{other}` is no language"),
        },
        expected: row[3].split('|').map(str::to_owned).collect(),
    };
    reader.records().map(|row| intent(row.unwrap())).collect()
}

/// The place of the first expected hit, from 1.
fn place(intent: &Intent) -> (Option<usize>, Vec<String>) {
    let found = names(&index().search(&Query::new(&intent.query, intent.language)));
    let place = found.iter().position(|name| intent.expected.contains(name));
    (place.map(|at| at + 1), found)
}

#[test]
fn people_see_what_they_mean_among_the_first_three_hits() {
    let intents = intents();
    assert!(intents.len() >= 150, "{} queries", intents.len());
    let mut reciprocal = 0.0;
    let mut among_three = 0;
    let mut missed = Vec::new();
    for intent in &intents {
        let (place, found) = place(intent);
        reciprocal += place.map_or(0.0, |place| 1.0 / place as f64);
        if place.is_some_and(|place| place <= 3) {
            among_three += 1;
        } else {
            let first: Vec<_> = found.into_iter().take(4).collect();
            missed.push(format!(
                "`{}` wants {:?} (place {place:?}), shows {first:?}",
                intent.query, intent.expected
            ));
        }
    }
    let share = f64::from(among_three) / intents.len() as f64;
    let mean = reciprocal / intents.len() as f64;
    let report = format!(
        "{} queries: success@3 {share:.3}, mean reciprocal rank {mean:.3}\n{}",
        intents.len(),
        missed.join("\n")
    );
    println!("{report}");
    assert!(share >= 0.95, "{report}");
    assert!(mean >= 0.8, "{report}");
}

#[test]
fn what_is_expected_exists() {
    let catalogue = catalogue();
    let exists = |name: &str| {
        let code = catalogue.code_lists().any(|list| list.find(name).is_some());
        let mut parts = name.splitn(3, '.');
        let register = catalogue.register(parts.next().unwrap());
        let variable = match (register, parts.next(), parts.next()) {
            (Some(_), None, None) => true,
            (Some(register), Some(table), Some(variable)) => {
                let table = register.table(table);
                table.and_then(|table| table.variable(variable)).is_some()
            }
            _ => false,
        };
        code || variable
    };
    for intent in intents() {
        assert!(
            intent.expected.iter().any(|name| exists(name)),
            "nothing that `{}` expects exists: {:?}",
            intent.query,
            intent.expected
        );
    }
}
