//! Odd, long and hostile queries are answered calmly.

use std::collections::BTreeSet;

use catalogue::Language;
use proptest::prelude::*;
use search::{Facet, Filters, Query};

use crate::shipped::{index, names, search};

#[test]
fn a_query_of_a_hundred_thousand_characters_is_read_at_its_beginning() {
    let long = "sukkersyge ".repeat(10_000);
    assert!(search(&long).total > 0);
    assert_eq!(search(&"æ".repeat(100_000)).total, 0);
    assert_eq!(
        search(&"astma KOL ".repeat(9_000)).total,
        search("astma KOL").total
    );
}

#[test]
fn marks_of_direction_and_markup_change_nothing() {
    let plain = names(&search("sukkersyge"));
    assert_eq!(names(&search("\u{202e}sukker\u{200b}syge\u{202c}")), plain);
    assert_eq!(
        search("<script>alert(1)</script>").total,
        search("script alert 1 script").total
    );
}

#[test]
fn operators_of_other_searches_are_words_here() {
    for odd in [
        "sukkersyge AND (",
        "title:sukkersyge",
        "sukkersyge*",
        "\"sukkersyge",
        "-sukkersyge",
        "sukkersyge~2",
        "sukkersyge^9",
        "/.*sukkersyge/",
        "' OR 1=1 --",
        "%_\\ sukkersyge",
        "\0",
        "[1 TO 9] sukkersyge",
    ] {
        let _ = search(odd);
    }
    assert!(search("sukkersyge*").total > 0);
    assert!(search("title:sukkersyge").total > 0);
}

#[test]
fn filters_that_nobody_offers_keep_nothing_and_break_nothing() {
    let mut query = Query::new("diabetes", Language::Da);
    query
        .filters
        .add(Facet::Controllers, "'; drop table registers");
    let result = index().search(&query);
    assert_eq!(result.total, 0);
    assert!(
        !result.nearest.is_empty(),
        "the nearest hits are those without the filter"
    );
    query.offset = usize::MAX;
    query.limit = usize::MAX;
    query.filters = Filters::default();
    assert!(index().search(&query).hits.is_empty());
}

proptest! {
    #[test]
    fn any_text_is_answered_and_hits_are_distinct(text in "\\PC{0,40}") {
        let result = search(&text);
        let distinct: BTreeSet<String> = result.hits.iter().map(|hit| format!("{hit:?}")).collect();
        prop_assert_eq!(distinct.len(), result.hits.len());
        prop_assert!(result.hits.len() <= result.total);
        let _ = index().suggest(&text, Language::En, 8);
    }
}
