//! Finds, ranks and counts.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::document::{Document, Field};
use super::fold::stem;
use super::index::SearchIndex;
use super::understand::{Term, terms};
use super::{Facets, Filters, Hit, HitKind, Query, SearchResult, Understood, Why};
use crate::Language;

/// A document and how well it fits.
#[derive(Debug, Clone)]
struct Found {
    score: u32,
    why: Why,
    matched: BTreeSet<String>,
}

type FoundByDocument = BTreeMap<usize, Found>;

pub(super) fn search(index: &SearchIndex, query: &Query<'_>) -> SearchResult {
    let terms = terms(index, query.text, query.literal);
    let found = if terms.is_empty() {
        every_register(index, query)
    } else {
        let mut found = all_terms(index, &terms);
        drop_codes_below_others(index, &mut found);
        found
    };
    let facets = facets(index, &found, &query.filters);
    let mut kept: Vec<(usize, Found)> = found
        .into_iter()
        .filter(|(at, _)| {
            index
                .documents
                .get(*at)
                .is_some_and(|document| keeps(&query.filters, document))
        })
        .collect();
    rank(index, &mut kept, query.language);
    SearchResult {
        total: kept.len(),
        hits: kept
            .into_iter()
            .skip(query.offset)
            .take(query.limit)
            .filter_map(|(at, found)| Some(hit(index.documents.get(at)?, found)))
            .collect(),
        facets,
        understood: understood(&terms),
    }
}

fn every_register(index: &SearchIndex, query: &Query<'_>) -> FoundByDocument {
    // Nothing but blanks lists the registers; words that say nothing find nothing.
    if !query.text.trim().is_empty() {
        return BTreeMap::new();
    }
    index
        .registers
        .values()
        .map(|at| {
            let found = Found {
                score: 0,
                why: Why::Exact,
                matched: BTreeSet::new(),
            };
            (*at, found)
        })
        .collect()
}

/// Documents that fit every term; if there is none, those that fit most terms.
fn all_terms(index: &SearchIndex, terms: &[Term<'_>]) -> FoundByDocument {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    let mut sums = FoundByDocument::new();
    for term in terms {
        for (at, found) in one_term(index, term) {
            *counts.entry(at).or_default() += 1;
            sums.entry(at)
                .and_modify(|sum| {
                    sum.score += found.score;
                    sum.why = sum.why.min(found.why);
                    sum.matched.extend(found.matched.iter().cloned());
                })
                .or_insert(found);
        }
    }
    let most = counts.values().max().copied().unwrap_or(0);
    sums.retain(|at, _| counts.get(at) == Some(&most));
    sums
}

fn one_term(index: &SearchIndex, term: &Term<'_>) -> FoundByDocument {
    let mut found = words(index, &term.stems, &term.typed);
    for code in &term.codes {
        merge(&mut found, code_tree(index, code));
        merge(&mut found, coded(index, code));
    }
    if let Some(meaning) = term.meaning {
        for other in meaning
            .also
            .iter()
            .chain([&meaning.means.da, &meaning.means.en])
        {
            let stems: Vec<String> = super::fold::words(other).into_iter().map(stem).collect();
            let mut same = words(index, &stems, other);
            for entry in same.values_mut() {
                entry.score = entry.score * 3 / 4;
                entry.why = entry.why.max(Why::SameMeaning);
            }
            merge(&mut found, same);
        }
        for code in &meaning.codes {
            merge(&mut found, code_itself(index, code));
            merge(&mut found, coded(index, code));
        }
        for (register, score) in meaning.registers.iter().zip((60..=90).rev().step_by(10)) {
            if let Some(at) = index.registers.get(register) {
                let entry = one(*at, score, Why::SameMeaning, &term.typed);
                merge(&mut found, entry);
            }
        }
    }
    found
}

fn one(at: usize, score: u32, why: Why, matched: &str) -> FoundByDocument {
    let found = Found {
        score,
        why,
        matched: BTreeSet::from([matched.to_owned()]),
    };
    BTreeMap::from([(at, found)])
}

/// The stronger reason stays; a second one adds a little.
fn merge(into: &mut FoundByDocument, from: FoundByDocument) {
    for (at, found) in from {
        into.entry(at)
            .and_modify(|present| {
                let (high, low) = (
                    present.score.max(found.score),
                    present.score.min(found.score),
                );
                present.why = present.why.min(found.why);
                present.score = high + low / 10;
                present.matched.extend(found.matched.iter().cloned());
            })
            .or_insert(found);
    }
}

/// Documents in which all of these stems stand.
fn words(index: &SearchIndex, stems: &[String], typed: &str) -> FoundByDocument {
    let mut stems = stems.iter();
    let Some(first) = stems.next() else {
        return BTreeMap::new();
    };
    let mut found = word(index, first, typed);
    for next in stems {
        let mut other = word(index, next, typed);
        found.retain(|at, _| other.contains_key(at));
        for (at, entry) in &mut found {
            if let Some(other) = other.remove(at) {
                entry.score = entry.score.midpoint(other.score) + 5;
                entry.why = entry.why.max(other.why);
            }
        }
    }
    found
}

/// Documents in which a stem stands: whole, as the beginning of a word, within a compound.
fn word(index: &SearchIndex, stem: &str, typed: &str) -> FoundByDocument {
    const PREFIX_CHARS_MIN: usize = 3;
    const WITHIN_CHARS_MIN: usize = 5;
    let mut found = FoundByDocument::new();
    let mut take = |word: &str, tenths: u32| {
        for posting in index.postings.get(word).into_iter().flatten() {
            let why = match posting.field {
                Field::Name | Field::Title | Field::CodeLabel => Why::Exact,
                Field::Lay => Why::SameMeaning,
                Field::Context | Field::Description => Why::Description,
            };
            let score = posting.field.weight() * tenths / 10;
            merge_best(&mut found, posting.document, score, why, typed);
        }
    };
    take(stem, 10);
    let length = stem.chars().count();
    if length >= PREFIX_CHARS_MIN {
        for (longer, _) in index
            .postings
            .range(stem.to_owned()..)
            .skip_while(|(word, _)| *word == stem)
            .take_while(|(word, _)| word.starts_with(stem))
        {
            take(longer, 6);
        }
    }
    if length >= WITHIN_CHARS_MIN {
        for longer in index.postings.keys() {
            if longer.len() > stem.len() && longer.contains(stem) && !longer.starts_with(stem) {
                take(longer, 4);
            }
        }
    }
    found
}

fn merge_best(found: &mut FoundByDocument, at: usize, score: u32, why: Why, typed: &str) {
    let entry = found.entry(at).or_insert_with(|| Found {
        score: 0,
        why,
        matched: BTreeSet::from([typed.to_owned()]),
    });
    if score > entry.score {
        entry.score = score;
        entry.why = why;
    }
}

fn code_itself(index: &SearchIndex, code: &str) -> FoundByDocument {
    let at = index.codes.get(code).into_iter().flatten();
    at.flat_map(|at| one(*at, 88, Why::SameMeaning, code))
        .collect()
}

/// A code with those above it and below it.
fn code_tree(index: &SearchIndex, code: &str) -> FoundByDocument {
    const BELOW_MAX: usize = 50;
    let mut found = FoundByDocument::new();
    for at in index.codes.get(code).into_iter().flatten() {
        merge(&mut found, one(*at, 130, Why::Exact, code));
        let list = index
            .documents
            .get(*at)
            .and_then(|d| d.code_list.as_deref());
        let mut parent = index.documents.get(*at).and_then(|d| d.parent.as_deref());
        let mut score = 60;
        while let Some(above) = parent.filter(|_| score > 20) {
            let same_list = |at: &&usize| {
                index
                    .documents
                    .get(**at)
                    .and_then(|d| d.code_list.as_deref())
                    == list
            };
            let Some(up) = index.codes.get(above).into_iter().flatten().find(same_list) else {
                break;
            };
            merge(&mut found, one(*up, score, Why::Related, code));
            parent = index.documents.get(*up).and_then(|d| d.parent.as_deref());
            score -= 10;
        }
    }
    let below = index
        .codes
        .range(code.to_owned()..)
        .skip_while(|(other, _)| *other == code)
        .take_while(|(other, _)| other.starts_with(code))
        .take(BELOW_MAX);
    for (_, documents) in below {
        for at in documents {
            merge(&mut found, one(*at, 35, Why::Related, code));
        }
    }
    found
}

/// Variables that can hold a code.
fn coded(index: &SearchIndex, code: &str) -> FoundByDocument {
    let mut found = FoundByDocument::new();
    let lists: BTreeSet<&str> = index
        .codes
        .get(code)
        .into_iter()
        .flatten()
        .filter_map(|at| index.documents.get(*at)?.code_list.as_deref())
        .collect();
    for list in lists {
        for at in index.coded_by.get(list).into_iter().flatten() {
            let deliverable = index.documents.get(*at).is_some_and(|d| d.deliverable);
            let score = if deliverable { 84 } else { 40 };
            merge(&mut found, one(*at, score, Why::Codes, code));
        }
    }
    found
}

/// A code is left out when one above it in the tree fits at least as well: the group stands for it.
fn drop_codes_below_others(index: &SearchIndex, found: &mut FoundByDocument) {
    let above_fits = |at: usize, score: u32| {
        let document = index.documents.get(at)?;
        let list = document.code_list.as_deref();
        let mut parent = document.parent.as_deref();
        for _ in 0..8 {
            let up = *index.codes.get(parent?)?.iter().find(|up| {
                index
                    .documents
                    .get(**up)
                    .and_then(|d| d.code_list.as_deref())
                    == list
            })?;
            if found.get(&up).is_some_and(|above| above.score >= score) {
                return Some(());
            }
            parent = index.documents.get(up)?.parent.as_deref();
        }
        None
    };
    let below: Vec<usize> = found
        .iter()
        .filter(|(at, entry)| entry.score < 100 && above_fits(**at, entry.score).is_some())
        .map(|(at, _)| *at)
        .collect();
    for at in below {
        found.remove(&at);
    }
}

fn rank(index: &SearchIndex, kept: &mut [(usize, Found)], language: Language) {
    let key = |(at, found): &(usize, Found)| {
        let document = index.documents.get(*at);
        (
            Reverse(found.score + document.map_or(0, boost)),
            found.why,
            document.map_or(HitKind::Register, |d| d.kind),
            document.map(|d| super::fold::fold(d.title.in_language(language))),
            *at,
        )
    };
    kept.sort_by_cached_key(key);
    // One register does not fill the page: its third hit and those after it step back.
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for (at, found) in kept.iter_mut() {
        let document = index.documents.get(*at);
        let group = document.and_then(|d| d.register.as_deref().or(d.code_list.as_deref()));
        let Some(group) = group.filter(|_| found.score > 0 && found.score < 100) else {
            continue;
        };
        let count = seen.entry(group).or_default();
        found.score = found.score.saturating_sub(*count * 8).max(1);
        *count += 1;
    }
    kept.sort_by_cached_key(key);
}

/// What can be had comes first, and a register before its variables.
fn boost(document: &Document) -> u32 {
    let kind = match document.kind {
        HitKind::Register => 12,
        HitKind::CodeList => 4,
        HitKind::Variable => 0,
    };
    let open = if document.closed { 0 } else { 3 };
    kind + open + if document.deliverable { 8 } else { 0 }
}

fn keeps(filters: &Filters, document: &Document) -> bool {
    keeps_kind(filters, document)
        && keeps_value(&filters.controllers, document.controller.as_deref())
        && keeps_value(&filters.categories, document.category.as_deref())
}

fn keeps_kind(filters: &Filters, document: &Document) -> bool {
    filters.kinds.is_empty() || filters.kinds.contains(&document.kind)
}

fn keeps_value(wanted: &BTreeSet<String>, value: Option<&str>) -> bool {
    wanted.is_empty() || value.is_some_and(|value| wanted.contains(value))
}

fn facets(index: &SearchIndex, found: &FoundByDocument, filters: &Filters) -> Facets {
    let mut facets = Facets::default();
    for document in found.keys().filter_map(|at| index.documents.get(*at)) {
        let kind = keeps_kind(filters, document);
        let controller = keeps_value(&filters.controllers, document.controller.as_deref());
        let category = keeps_value(&filters.categories, document.category.as_deref());
        *facets.kinds.entry(document.kind).or_default() += usize::from(controller && category);
        if let Some(value) = &document.controller {
            *facets.controllers.entry(value.clone()).or_default() += usize::from(kind && category);
        }
        if let Some(value) = &document.category {
            *facets.categories.entry(value.clone()).or_default() += usize::from(kind && controller);
        }
    }
    facets
}

fn understood(terms: &[Term<'_>]) -> Understood {
    let mut understood = Understood::default();
    for term in terms {
        if let Some(meaning) = term.meaning {
            understood.terms.push(meaning.means.clone());
            understood.codes.extend(meaning.codes.iter().cloned());
        }
        understood.codes.extend(term.codes.iter().cloned());
    }
    understood.codes.dedup();
    understood
}

fn hit(document: &Document, found: Found) -> Hit {
    Hit {
        kind: document.kind,
        register: document.register.clone(),
        table: document.table.clone(),
        variable: document.variable.clone(),
        code_list: document.code_list.clone(),
        code: document.code.clone(),
        title: document.title.clone(),
        why: found.why,
        matched: found.matched.into_iter().collect(),
        score: found.score,
    }
}
