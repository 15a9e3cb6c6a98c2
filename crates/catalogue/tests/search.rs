//! Search over the catalogue as shipped: what people type, and what they should see first.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use catalogue::Language;
use catalogue::search::{HitKind, Query, SearchIndex, SearchResult, Why};

mod shipped;

fn index() -> &'static SearchIndex {
    static INDEX: OnceLock<SearchIndex> = OnceLock::new();
    INDEX.get_or_init(|| SearchIndex::new(&shipped::catalogue()))
}

fn search(text: &str) -> SearchResult {
    index().search(&Query::new(text, Language::Da))
}

/// The hits of an answer as `register`, `register.table.variable` or the code.
fn names(result: &SearchResult) -> Vec<String> {
    result
        .hits
        .iter()
        .map(|hit| {
            let parts = [&hit.register, &hit.table, &hit.variable, &hit.code];
            let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
            parts.join(".")
        })
        .collect()
}

fn among_first(query: &str, count: usize, wanted: &str) {
    let found = names(&search(query));
    assert!(
        found.iter().take(count).any(|name| name == wanted),
        "`{query}` should give `{wanted}` among the first {count}, gave {found:?}"
    );
}

#[test]
fn sugar_disease_leads_to_diagnoses_medicine_laboratory_and_the_clinical_database() {
    for wanted in [
        "rkkp_dvdd",
        "DE10-DE14",
        "lpr3.diagnoser.diag_kode",
        "lmdb.epikur.atc",
        "lab.lab_forsker.analysiscode",
    ] {
        among_first("sukkersyge", 10, wanted);
        among_first("Sukkersygen", 10, wanted);
        among_first("diabetes", 12, wanted);
    }
    let result = search("sukkersyge");
    assert_eq!(result.understood.terms[0].da, "diabetes mellitus");
    assert_eq!(result.understood.codes, ["DE10-DE14", "A10", "NPU27300"]);
}

#[test]
fn people_find_what_they_mean() {
    for (query, wanted) in [
        ("HbA1c", "lab.lab_forsker.analysiscode"),
        ("HbA1c", "rkkp_dvdd.status.hba1c"),
        ("NPU27300", "NPU27300"),
        ("DE11", "DE11"),
        ("DE11", "lpr3.diagnoser.diag_kode"),
        ("E11", "DE11"),
        ("E11.9", "DE119"),
        ("A10BK", "A10BK"),
        ("A10BK", "lmdb.epikur.atc"),
        ("SGLT2-hæmmere", "A10BK"),
        ("recept", "lmdb"),
        ("medicin", "lmdb"),
        ("prescriptions", "lmdb"),
        ("dødsårsag", "dar"),
        ("doedsaarsag", "dar"),
        ("cause of death", "dar"),
        ("vaccination", "ddv"),
        ("c_adiag", "lpr2.lpr_adm.c_adiag"),
        ("PERINDKIALT_13", "dst_ind.ind.perindkialt_13"),
        ("indkomst", "dst_ind"),
        ("income", "dst_ind"),
        ("uddannelse", "dst_udda"),
        ("lpr3", "lpr3"),
        ("LPR", "lpr3"),
        ("hjerteanfald", "DI21"),
        ("heart attack", "DI21"),
        ("blodtryk", "DI10-DI15"),
        ("blodtryk", "rkkp_dvdd.status.diastolisk_bt"),
        ("nyresvigt", "DN17-DN19"),
        ("nyresvigt", "rkkp_dnsl"),
        ("brystkræft", "rkkp_dbcg"),
        ("breast cancer", "rkkp_dbcg"),
        ("kommune", "cpr.adresse.kommunekode"),
        ("egen læge", "ssr"),
        ("blodprøvesvar", "lab"),
        ("skizofreni", "rkkp_skizofreni"),
        ("fødsel", "mfr"),
        ("biobank", "dnb"),
        ("patientjournal", "ehr_sp"),
        ("tvillinger", "dtr"),
    ] {
        among_first(query, 10, wanted);
    }
}

#[test]
fn a_register_named_by_its_abbreviation_comes_first() {
    for (query, wanted) in [
        ("LMDB", "lmdb"),
        ("lpr3", "lpr3"),
        ("BEF", "dst_bef"),
        ("DVDD", "rkkp_dvdd"),
        ("Landspatientregisteret", "lpr3"),
        ("Lægemiddelstatistikregisteret", "lmdb"),
        ("laegemiddelstatistikregisteret", "lmdb"),
    ] {
        among_first(query, 2, wanted);
    }
}

#[test]
fn codes_lead_up_and_down_their_tree() {
    let result = search("DE119");
    let found = names(&result);
    assert_eq!(found[0], "DE119");
    for above in ["DE11", "DE10-DE14"] {
        let at = found.iter().position(|name| name == above).unwrap();
        assert_eq!(result.hits[at].why, Why::Related, "{above}");
    }
    let finer = names(&search("DE11989"));
    assert!(finer.contains(&"DE119".to_owned()), "{finer:?}");
}

#[test]
fn every_hit_says_why() {
    let result = search("sukkersyge");
    let why = |wanted: &str| {
        let at = names(&result).iter().position(|name| name == wanted);
        result.hits[at.unwrap()].why
    };
    assert_eq!(why("DE10-DE14"), Why::Exact);
    assert_eq!(why("rkkp_dvdd"), Why::SameMeaning);
    assert_eq!(why("lmdb.epikur.atc"), Why::Codes);
    let atc = names(&result)
        .iter()
        .position(|name| name == "lmdb.epikur.atc")
        .unwrap();
    assert_eq!(result.hits[atc].matched, ["A10"]);
}

#[test]
fn a_literal_search_adds_nothing() {
    let mut query = Query::new("sukkersyge", Language::Da);
    query.literal = true;
    let result = index().search(&query);
    assert!(result.understood.is_literal());
    assert!(!names(&result).contains(&"lmdb.epikur.atc".to_owned()));
    assert!(result.total < search("sukkersyge").total);
}

#[test]
fn filters_keep_and_facets_count_what_the_other_filters_leave() {
    let all = search("diabetes");
    let mut query = Query::new("diabetes", Language::Da);
    query.filters.kinds = BTreeSet::from([HitKind::Variable]);
    query.filters.controllers = BTreeSet::from(["sds".to_owned()]);
    let result = index().search(&query);
    assert!(result.total > 0);
    assert!(result.hits.iter().all(|hit| hit.kind == HitKind::Variable));
    assert_eq!(result.facets.controllers["sds"], result.total);
    assert_eq!(result.facets.kinds[&HitKind::Variable], result.total);
    let kinds: usize = all.facets.kinds.values().sum();
    assert_eq!(kinds, all.total);
    assert_eq!(
        all.facets.controllers.keys().collect::<Vec<_>>(),
        result.facets.controllers.keys().collect::<Vec<_>>(),
        "values stay, if need be with 0"
    );
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
            assert!(seen.insert(format!(
                "{:?}{:?}{:?}{:?}{:?}",
                hit.register, hit.table, hit.variable, hit.code_list, hit.code
            )));
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
    assert_eq!(
        search("\u{202e}<script>alert(1)</script>").hits.len(),
        search("script alert 1").hits.len()
    );
}

#[test]
fn very_long_and_odd_queries_are_answered() {
    let long = "sukkersyge ".repeat(10_000);
    assert!(search(&long).total > 0);
    let _ = search(&"æ".repeat(100_000));
    let _ = search("D.E.1.1 ---- \0 \"' % _ E11–E14");
}
