//! What an answer says: why, in which spelling, in which tree, with which counts.

use std::collections::BTreeSet;

use catalogue::Language;
use search::{Entry, Facet, HitKind, Query, SearchIndex, Why};

use crate::shipped::{catalogue, index, names, search};

fn why(query: &str, wanted: &str) -> Why {
    let result = search(query);
    let hit = result.hits.iter().find(|hit| hit.name() == wanted);
    hit.unwrap_or_else(|| panic!("`{query}` shows no `{wanted}`: {:?}", names(&result)))
        .why
}

#[test]
fn sugar_disease_leads_to_diagnoses_medicine_laboratory_and_the_clinical_database() {
    for typed in ["sukkersyge", "Sukkersygen", "diabetes"] {
        let found = names(&search(typed));
        for wanted in [
            "rkkp_dvdd",
            "DE10-DE14",
            "lpr3.diagnoser.diag_kode",
            "lmdb.epikur.atc",
            "lab.lab_forsker.analysiscode",
        ] {
            assert!(
                found.iter().any(|name| name == wanted),
                "{typed}: {wanted} in {found:?}"
            );
        }
    }
    let result = search("sukkersyge");
    assert_eq!(result.understood.terms[0].da, "diabetes mellitus");
    assert_eq!(result.understood.codes, ["DE10-DE14", "A10", "NPU27300"]);
}

#[test]
fn every_hit_says_why() {
    assert_eq!(why("sukkersyge", "DE10-DE14"), Why::Exact);
    assert_eq!(why("sukkersyge", "lmdb.epikur.atc"), Why::Codes);
    let depressed = "rkkp_depression.depression.Hamilton score";
    assert_eq!(why("hamiltn", depressed), Why::Spelling);
    let result = search("sukkersyge");
    let hit = result
        .hits
        .iter()
        .find(|hit| hit.name() == "lmdb.epikur.atc");
    assert_eq!(hit.unwrap().matched, ["A10"]);
}

#[test]
fn a_slip_of_the_finger_is_put_right_and_said() {
    let result = search("sukersyge");
    let correction = &result.understood.corrections[0];
    assert_eq!(
        (&*correction.typed, &*correction.searched),
        ("sukersyge", "sukkersyge")
    );
    assert!(search("sukkersyge").understood.corrections.is_empty());
}

#[test]
fn codes_lead_up_and_down_their_tree_to_the_chapter() {
    let result = search("DE119");
    let found = names(&result);
    assert_eq!(found[0], "DE119");
    for above in ["DE11", "DE10-DE14", "DE00-DE90"] {
        assert!(
            found.iter().any(|name| name == above),
            "{above} in {found:?}"
        );
        assert_eq!(why("DE119", above), Why::Related, "{above}");
    }
    let down = names(&search("DE10-DE14"));
    assert!(down.contains(&"DE11".to_owned()), "{down:?}");
    let finer = names(&search("DE11989"));
    assert!(finer.contains(&"DE119".to_owned()), "{finer:?}");
    let drug = names(&search("A10BA"));
    assert!(drug.contains(&"A10".to_owned()), "{drug:?}");
}

#[test]
fn spellings_of_danish_letters_are_one() {
    let right = names(&search("dødsårsag"));
    for spelling in ["doedsaarsag", "dodsarsag", "DØDSÅRSAG"] {
        assert_eq!(names(&search(spelling)), right, "{spelling}");
    }
}

#[test]
fn compounds_are_found_by_their_parts_and_parts_by_compounds() {
    let found = names(&search("hospitalsindlæggelser"));
    assert!(found.contains(&"lpr3".to_owned()), "{found:?}");
    let found = names(&search("tarmsygdom"));
    assert!(found.iter().any(|name| name.starts_with("DK")), "{found:?}");
}

#[test]
fn a_literal_search_adds_nothing() {
    let mut query = Query::new("sukkersyge", Language::Da);
    query.literal = true;
    let result = index().search(&query);
    assert!(result.understood.is_literal());
    assert!(!names(&result).contains(&"lmdb.epikur.atc".to_owned()));
    assert!(result.total < search("sukkersyge").total);
    query.text = "sukersyge";
    assert_eq!(index().search(&query).total, 0);
}

#[test]
fn filters_keep_and_facets_count_what_the_other_filters_leave() {
    let all = search("diabetes");
    let mut query = Query::new("diabetes", Language::Da);
    query.filters.add(Facet::Kinds, HitKind::Variable.name());
    query.filters.add(Facet::Controllers, "sds");
    let result = index().search(&query);
    assert!(result.total > 0);
    assert!(result.hits.iter().all(|hit| hit.kind == HitKind::Variable));
    assert_eq!(
        result.facets.count(Facet::Controllers, "sds"),
        Some(result.total)
    );
    assert_eq!(
        result.facets.count(Facet::Kinds, "variable"),
        Some(result.total)
    );
    let kinds: usize = all
        .facets
        .counts(Facet::Kinds)
        .map(|(_, count)| count)
        .sum();
    assert_eq!(kinds, all.total);
    for facet in Facet::ALL {
        let values = |result: &search::SearchResult| {
            let counts = result.facets.counts(facet);
            counts
                .map(|(value, _)| value.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            values(&all),
            values(&result),
            "values of {facet:?} stay, if need be with 0"
        );
    }
}

#[test]
fn each_facet_value_promises_as_many_hits_as_it_keeps() {
    let result = search("diagnose");
    for facet in Facet::ALL {
        for (value, count) in result.facets.counts(facet) {
            let mut query = Query::new("diagnose", Language::Da);
            query.filters.add(facet, value);
            assert_eq!(index().search(&query).total, count, "{facet:?} {value}");
        }
    }
    assert!(result.facets.counts(Facet::CodeSystems).count() > 1);
    assert!(result.facets.counts(Facet::Periods).count() > 1);
}

#[test]
fn pages_of_an_answer_do_not_overlap_and_miss_nothing() {
    let mut query = Query::new("diagnose", Language::En);
    query.limit = 7;
    let total = index().search(&query).total;
    let mut seen = BTreeSet::new();
    while query.offset < total {
        let result = index().search(&query);
        assert_eq!(result.total, total);
        for hit in &result.hits {
            let list = hit.code_list.as_deref().unwrap_or_default();
            assert!(seen.insert(format!("{list} {}", hit.name())), "{hit:?}");
        }
        query.offset += 7;
    }
    assert_eq!(seen.len(), total);
}

#[test]
fn nothing_typed_lists_every_register_and_nonsense_finds_nothing() {
    assert_eq!(search("").total, 208);
    assert_eq!(search("   ").total, 208);
    assert_eq!(search("xyzzyqwerty").total, 0);
    assert_eq!(search("og").total, 0);
}

#[test]
fn where_nothing_is_found_the_nearest_is_offered() {
    let result = search("diabetologiskmåling9");
    assert_eq!(result.total, 0, "{:?}", names(&result));
    assert!(!result.nearest.is_empty());
    assert!(search("diabetes").nearest.is_empty());
}

#[test]
fn the_beginning_of_a_word_suggests_what_may_be_meant() {
    let texts = |beginning: &str, language| {
        let found = index().suggest(beginning, language, 8);
        found.into_iter().map(|s| s.text).collect::<Vec<_>>()
    };
    assert!(texts("sukk", Language::Da).contains(&"sukkersyge".to_owned()));
    assert!(texts("heart a", Language::En).contains(&"heart attack".to_owned()));
    assert!(
        texts("doedsaars", Language::Da)
            .iter()
            .any(|t| t == "Dødsårsagsregisteret")
    );
    assert!(texts("de11", Language::Da).contains(&"DE11".to_owned()));
    assert!(texts("c_adi", Language::Da).contains(&"c_adiag".to_owned()));
    assert!(texts("x", Language::Da).is_empty());
    assert!(texts("sukk", Language::Da).len() <= 8);
}

#[test]
fn packages_and_answers_are_found_beside_registers() {
    let entry = Entry {
        kind: HitKind::Package,
        id: "diabetes-medicine".to_owned(),
        title: catalogue::Text::new("Diabetes og medicin", "Diabetes and medicine"),
        text: catalogue::Text::new("Voksne med diabetes.", "Adults with diabetes."),
        words: vec!["sukkersyge".to_owned()],
    };
    let index = SearchIndex::new(&catalogue(), &[entry]).unwrap();
    let result = index.search(&Query::new("datapakke diabetes medicin", Language::Da));
    let hit = result
        .hits
        .iter()
        .find(|hit| hit.kind == HitKind::Package)
        .unwrap();
    assert_eq!(hit.id.as_deref(), Some("diabetes-medicine"));
    assert_eq!(result.facets.count(Facet::Kinds, "package"), Some(1));
}
