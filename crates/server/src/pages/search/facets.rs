//! What hits can be narrowed by: from the address to filters, from counts to boxes to tick.

use app::search::{Facet, Facets, Filters, HitKind};
use serde_json::{Value, json};

use super::super::catalogue::code_list_name;
use super::super::fields::Fields;
use super::super::visit::Visit;

/// Facets of the page with their names in its address, in order.
const FACETS: [(&str, Facet); 8] = [
    ("vis", Facet::Kinds),
    ("dataansvarlig", Facet::Controllers),
    ("omraade", Facet::Categories),
    ("kodesystem", Facet::CodeSystems),
    ("periode", Facet::Periods),
    ("myndighed", Facet::Authorities),
    ("personer", Facet::PersonLevel),
    ("bekraeftet", Facet::Confirmed),
];

/// Options shown of a facet; those that are ticked stay whatever their number.
const OPTIONS_MAX: usize = 8;

/// The filters that an address asks for.
pub(super) fn filters_of(query: &Fields) -> Filters {
    let mut filters = Filters::default();
    for (name, facet) in FACETS {
        for value in query.all(name) {
            filters.add(facet, value);
        }
    }
    filters
}

/// The facets with their counts. One with a single option that is not ticked narrows nothing.
pub(super) fn view(visit: &Visit, facets: &Facets, filters: &Filters) -> Vec<Value> {
    let boxes = FACETS.into_iter().filter_map(|(name, facet)| {
        let options = options(visit, facet, (facets, filters));
        let narrows = options.len() > 1 || facet == Facet::PersonLevel && !options.is_empty();
        (narrows || filters.values(facet).next().is_some())
            .then(|| json!({ "name": name, "options": options }))
    });
    boxes.collect()
}

/// The values that filters ask for: what they are called, and as an address carries them.
pub(super) fn labels(visit: &Visit, filters: &Filters) -> (Vec<String>, Vec<(String, String)>) {
    let asked = FACETS.into_iter().flat_map(|(name, facet)| {
        filters
            .values(facet)
            .map(move |value| (name, facet, value.to_owned()))
    });
    let both = asked.map(|(name, facet, value)| {
        let word = || visit.word(&format!("search.{name}.{value}"));
        (
            label(visit, facet, &value).unwrap_or_else(word),
            (name.to_owned(), value),
        )
    });
    both.unzip()
}

fn options(visit: &Visit, facet: Facet, (facets, filters): (&Facets, &Filters)) -> Vec<Value> {
    let mut counts: Vec<(&str, usize)> = facets.counts(facet).collect();
    if facet == Facet::Kinds {
        counts.sort_by_key(|(value, _)| kind_order(value));
    } else if facet != Facet::Periods {
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    } else {
        counts.sort_by_key(|(value, _)| period_order(value));
    }
    let shown = counts.into_iter().enumerate();
    let shown = shown.filter(|(at, (value, _))| *at < OPTIONS_MAX || filters.has(facet, value));
    let option = |(_, (value, count)): (usize, (&str, usize))| {
        json!({
            "value": value,
            "label": label(visit, facet, value),
            "count": count,
            "checked": filters.has(facet, value),
        })
    };
    shown.map(option).collect()
}

fn kind_order(value: &str) -> usize {
    const KINDS: [HitKind; 5] = [
        HitKind::Variable,
        HitKind::Register,
        HitKind::CodeList,
        HitKind::Package,
        HitKind::Answer,
    ];
    let place = KINDS.iter().position(|kind| kind.name() == value);
    place.unwrap_or(KINDS.len())
}

fn period_order(value: &str) -> usize {
    const PERIODS: [&str; 3] = ["before_2000", "y2000_2018", "from_2019"];
    let place = PERIODS.iter().position(|period| *period == value);
    place.unwrap_or(PERIODS.len())
}

/// What a value is called; none where the page's own words say it.
fn label(visit: &Visit, facet: Facet, value: &str) -> Option<String> {
    match facet {
        Facet::Controllers | Facet::Authorities => {
            let known = value.parse().map(|id| visit.organisation(&id));
            Some(known.unwrap_or_else(|_| value.to_owned()))
        }
        Facet::Categories => {
            let category = visit.app().content().catalogue.category(value);
            let name = category.map(|category| visit.say(&category.name));
            Some(name.unwrap_or_else(|| value.to_owned()))
        }
        Facet::CodeSystems => Some(code_list_name(visit, value)),
        Facet::Kinds | Facet::Periods | Facet::PersonLevel | Facet::Confirmed => None,
    }
}
