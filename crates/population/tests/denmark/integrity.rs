//! The registers of a small plan agree with each other and with themselves.

use std::collections::BTreeSet;

use crate::support::{dates, integers, new_year, people, tables, texts};
use arrow::array::{Array, ArrayData};
use population::{ColumnKind, Plan, follows_synthetic_rule, generate_block};

/// FNV-1a over every buffer of a block: one number for its bytes.
fn digest(plan: &Plan, block: u32) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for (place, batch) in generate_block(plan, block) {
        eat(&place.to_le_bytes());
        for column in batch.columns() {
            let data: ArrayData = column.to_data();
            for buffer in data.buffers() {
                eat(buffer.as_slice());
            }
            if let Some(nulls) = data.nulls() {
                eat(&nulls.iter().map(u8::from).collect::<Vec<u8>>());
            }
        }
    }
    hash
}

#[test]
fn blocks_are_the_same_in_any_order_and_on_any_thread() {
    let plan = Plan::new(6_500, 11);
    let forwards: Vec<u64> = (0..plan.blocks()).map(|b| digest(&plan, b)).collect();
    let threads: Vec<_> = (0..plan.blocks())
        .rev()
        .map(|block| {
            let plan = plan.clone();
            std::thread::spawn(move || digest(&plan, block))
        })
        .collect();
    let mut backwards: Vec<u64> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    backwards.reverse();
    assert_eq!(forwards, backwards);
    let other = Plan { seed: 12, ..plan };
    assert_ne!(forwards[0], digest(&other, 0));
}

#[test]
fn a_small_plan_has_the_recorded_bytes() {
    let plan = Plan::new(300, 1);
    assert_eq!(
        digest(&plan, 0),
        GOLDEN,
        "the synthetic Denmark changed: record {:#x}",
        digest(&plan, 0)
    );
}

/// Changes only when the synthetic Denmark is meant to change.
const GOLDEN: u64 = 0x8181_7ee9_fb49_485e;

#[test]
fn batches_have_the_columns_of_their_specification() {
    let plan = Plan::new(50, 2);
    let batches = generate_block(&plan, 0);
    assert_eq!(batches.len(), Plan::tables().len());
    for (place, batch) in batches {
        let spec = &Plan::tables()[place];
        assert_eq!(batch.num_columns(), spec.columns.len());
        for (field, column) in batch.schema().fields().iter().zip(spec.columns) {
            assert_eq!(field.name(), column.name);
            let kind = match column.kind {
                ColumnKind::Text => "Utf8",
                ColumnKind::Integer => "Int32",
                ColumnKind::Decimal(_) => "Float64",
                ColumnKind::Date => "Date32",
            };
            assert_eq!(field.data_type().to_string(), kind);
        }
    }
}

#[test]
fn cpr_numbers_are_synthetic_and_unique_over_blocks() {
    let plan = Plan::new(20_000, 4);
    let mut numbers = BTreeSet::new();
    for block in 0..plan.blocks() {
        let batches = generate_block(
            &Plan {
                first_year: 2024,
                ..plan.clone()
            },
            block,
        );
        let person = &batches.iter().find(|(place, _)| *place == 0).unwrap().1;
        for number in texts(person, "personnummer") {
            assert!(follows_synthetic_rule(number), "{number}");
            assert!(numbers.insert(number.to_owned()), "{number} given twice");
        }
    }
    assert!(numbers.len() > 20_000);
}

#[test]
fn every_row_names_a_known_person_and_lies_within_residence() {
    let plan = Plan::new(4_000, 6);
    let tables = tables(&plan);
    let people = people(&tables);
    for spec in Plan::tables() {
        let name = format!("{}.{}", spec.register, spec.table);
        let person_column = spec.columns[0].name;
        // The first date after the person is the date of the event.
        let event = spec
            .columns
            .iter()
            .skip(1)
            .find(|c| c.kind == ColumnKind::Date)
            .unwrap()
            .name;
        for batch in &tables[&name] {
            for (number, day) in texts(batch, person_column).iter().zip(dates(batch, event)) {
                let known = people
                    .get(*number)
                    .unwrap_or_else(|| panic!("{name}: unknown person"));
                if event == "foedselsdato" {
                    continue;
                }
                // The Monday of a service's week may lie before the service.
                let slack = if event == "honuge_dato" { 7 } else { 0 };
                assert!(
                    known.from - slack <= day && day <= known.last,
                    "{name} {number} {day} {known:?}"
                );
                assert!(day < new_year(2026), "{name} {day}");
            }
        }
    }
}

#[test]
fn references_to_kin_are_known_persons() {
    let tables = tables(&Plan::new(3_300, 9));
    let people = people(&tables);
    for batch in &tables["dst_bef.bef"] {
        for column in ["aegte_id", "mor_id", "far_id"] {
            for number in texts(batch, column) {
                assert!(number.is_empty() || people.contains_key(number), "{column}");
            }
        }
        let sizes = integers(batch, "antpersf");
        assert!(
            sizes.iter().all(|n| (1..=12).contains(n)),
            "{:?}",
            sizes.iter().max()
        );
    }
    for known in people.values().filter(|k| !k.mother.is_empty()) {
        assert!(people[&known.mother].woman && people[&known.mother].born < known.born - 15 * 365);
    }
}

#[test]
fn diagnoses_and_procedures_belong_to_contacts() {
    let tables = tables(&Plan::new(3_300, 10));
    let keys = |table: &str, column: &str| -> BTreeSet<String> {
        tables[table]
            .iter()
            .flat_map(|b| texts(b, column))
            .map(str::to_owned)
            .collect()
    };
    for (contacts, parts, column) in [
        (
            "lpr3.kontakter",
            &["lpr3.diagnoser", "lpr3.procedurer"][..],
            "dw_ek_kontakt",
        ),
        (
            "lpr2.lpr_adm",
            &["lpr2.lpr_diag", "lpr2.lpr_sksopr"][..],
            "recnum",
        ),
    ] {
        let known = keys(contacts, column);
        let rows: usize = tables[contacts].iter().map(|b| b.num_rows()).sum();
        assert_eq!(known.len(), rows, "{contacts}: a key is used twice");
        for part in parts {
            assert!(keys(part, column).is_subset(&known), "{part}");
        }
    }
}

#[test]
fn the_dead_have_one_cause_each_and_the_living_none() {
    let tables = tables(&Plan::new(3_300, 12));
    let people = people(&tables);
    let mut dead = BTreeSet::new();
    for batch in &tables["dar.t_dodsaarsag_2"] {
        for (number, day) in texts(batch, "pnr").iter().zip(dates(batch, "d_dodsdato")) {
            assert_eq!(people[*number].died, day);
            assert!(dead.insert((*number).to_owned()));
        }
    }
    let died = people.values().filter(|k| k.died != i32::MAX).count();
    assert_eq!(dead.len(), died);
}

#[test]
fn classifications_change_in_1994() {
    let tables = tables(&Plan::new(3_300, 13));
    for batch in &tables["lpr2.lpr_diag"] {
        for (code, day) in texts(batch, "c_diag").iter().zip(dates(batch, "d_inddto")) {
            let icd10 = code.starts_with('D');
            assert_eq!(icd10, day >= new_year(1994), "{code} {day}");
        }
    }
}
