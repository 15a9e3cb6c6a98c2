//! Joins the parts of a query, drops what others stand for, and puts the rest in order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use catalogue::Language;

use crate::document::Document;
use crate::find::Scored;
use crate::index::SearchIndex;
use crate::query::{Hit, HitKind, Why};

/// A document that fits the query.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) document: u32,
    pub(crate) score: u32,
    pub(crate) why: Why,
}

/// Documents that fit every part; if there are few, also those that fit all parts but one.
pub(crate) fn joined(index: &SearchIndex, parts: &[Scored]) -> Vec<Found> {
    const FEW: usize = 5;
    let mut fits = vec![0_usize; index.documents.len()];
    let mut touched: Vec<u32> = Vec::new();
    for document in parts.iter().flat_map(|part| part.board.touched()) {
        if let Some(fits) = place(&mut fits, *document) {
            if *fits == 0 {
                touched.push(*document);
            }
            *fits += 1;
        }
    }
    let fits = |document: u32| {
        usize::try_from(document)
            .ok()
            .and_then(|at| fits.get(at))
            .copied()
    };
    let most = touched.iter().filter_map(|at| fits(*at)).max().unwrap_or(0);
    let all = touched.iter().filter(|at| fits(**at) == Some(most)).count();
    let enough = if all < FEW && most > 1 {
        most - 1
    } else {
        most
    };
    touched.retain(|document| fits(*document) >= Some(enough));
    let weights: Vec<u32> = match parts {
        [_] => vec![WHOLE_WEIGHT],
        parts => parts.iter().map(|part| rarity(index, part)).collect(),
    };
    let found = touched.into_iter().map(|document| {
        let whole = fits(document) == Some(most);
        sum(parts, &weights, (document, whole))
    });
    found.collect()
}

const WHOLE_WEIGHT: u32 = 128;

fn place<T>(places: &mut [T], document: u32) -> Option<&mut T> {
    places.get_mut(usize::try_from(document).ok()?)
}

fn sum(parts: &[Scored], weights: &[u32], (document, whole): (u32, bool)) -> Found {
    let mut found = Found {
        document,
        score: 0,
        why: Why::Description,
    };
    for (part, weight) in parts.iter().zip(weights) {
        if let Some(place) = part.board.at(document) {
            found.score += u32::from(place.score) * weight / WHOLE_WEIGHT;
            found.why = found.why.min(place.why);
        }
    }
    if !whole {
        found.score = found.score * 6 / 10;
    }
    found
}

/// What a part of the query weighs: words that stand everywhere half of those that stand once.
fn rarity(index: &SearchIndex, part: &Scored) -> u32 {
    let all = index.documents.len().max(2);
    let fitting = part.board.touched().len().max(1);
    // Logarithms of two in whole numbers: nothing here depends on the machine.
    let bits = |count: usize| count.ilog2();
    WHOLE_WEIGHT / 2
        + WHOLE_WEIGHT / 2 * (bits(all) - bits(fitting).min(bits(all))) / bits(all).max(1)
}

/// A code is left out when one above it in the tree fits at least as well: the group stands for it.
pub(crate) fn drop_codes_below_others(index: &SearchIndex, found: &mut Vec<Found>) {
    const ITSELF: u32 = 100;
    let is_code = |entry: &&Found| {
        index
            .document(entry.document)
            .is_some_and(|d| d.kind == HitKind::CodeList)
    };
    let mut scores = vec![0_u32; index.documents.len()];
    for entry in found.iter().filter(is_code) {
        if let Some(score) = place(&mut scores, entry.document) {
            *score = entry.score;
        }
    }
    let score = |at: u32| {
        usize::try_from(at)
            .ok()
            .and_then(|at| scores.get(at))
            .copied()
    };
    found.retain(|entry| {
        let above = || index.codes.above(entry.document);
        let stood_for = |at: u32| score(at) >= Some(entry.score);
        entry.score >= ITSELF
            || entry.why == Why::Related
            || score(entry.document) == Some(0)
            || !above().any(stood_for)
    });
}

/// Puts hits in order, the best first.
pub(crate) fn rank(index: &SearchIndex, found: &mut [Found], language: Language) {
    const ITSELF: u32 = 100;
    const STEP_BACK: u32 = 8;
    for entry in found.iter_mut().filter(|entry| entry.score > 0) {
        entry.score += index.document(entry.document).map_or(0, boost);
    }
    let order = |entry: &Found| {
        let kind = index
            .document(entry.document)
            .map_or(HitKind::Register, |d| d.kind);
        // Codes stand in their own order, whatever they are called.
        let title = match kind {
            HitKind::CodeList => 0,
            _ => index.title_order(entry.document, language),
        };
        (Reverse(entry.score), entry.why, kind, title, entry.document)
    };
    found.sort_unstable_by_key(order);
    // One register does not fill the page: its second hit and those after it step back.
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for entry in found.iter_mut() {
        let document = index.document(entry.document);
        let group = document.and_then(|d| d.owner.as_deref().or(d.code_list.as_deref()));
        let steps_back = entry.score > 0 && entry.score < ITSELF && entry.why != Why::Related;
        let Some(group) = group.filter(|_| steps_back) else {
            continue;
        };
        let count = seen.entry(group).or_default();
        entry.score = entry.score.saturating_sub(*count * STEP_BACK).max(1);
        *count += 1;
    }
    found.sort_unstable_by_key(order);
}

/// What can be had comes first, and a register before its variables.
fn boost(document: &Document) -> u32 {
    let kind = match document.kind {
        HitKind::Register => 12,
        HitKind::Package => 10,
        HitKind::CodeList | HitKind::Answer => 4,
        HitKind::Variable => 0,
    };
    let open = if document.closed { 0 } else { 3 };
    kind + open + if document.deliverable { 8 } else { 0 }
}

/// The hit of a document.
pub(crate) fn hit(index: &SearchIndex, found: &Found, parts: &[Scored]) -> Option<Hit> {
    let document = index.document(found.document)?;
    let mut matched = BTreeSet::new();
    for part in parts {
        let place = part.board.at(found.document);
        let wording = place.and_then(|place| part.wordings.get(usize::from(place.wording)));
        matched.extend(wording.cloned());
    }
    let owned = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
    let is_entry = matches!(document.kind, HitKind::Package | HitKind::Answer);
    let owner = owned(&document.owner);
    let (register, id) = if is_entry {
        (None, owner)
    } else {
        (owner, None)
    };
    Some(Hit {
        kind: document.kind,
        register,
        table: owned(&document.table),
        variable: owned(&document.variable),
        code_list: owned(&document.code_list),
        code: owned(&document.code),
        id,
        title: document.title.clone(),
        why: found.why,
        matched: matched.into_iter().collect(),
        score: found.score,
    })
}
