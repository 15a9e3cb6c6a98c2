//! The words of the index: where they stand, how they are spelled, what they begin with.

use std::sync::Arc;

use tantivy::query::FuzzyTermQuery;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet as _, InvertedIndexReader, SegmentReader, TERMINATED, Term};

use crate::compound::Compounds;
use crate::fields::{Fields, Zone};
use crate::letters::{Stems, distance, fold};

/// Marks the token of a part of a compound.
pub(crate) const PART_MARK: char = '+';

/// A word of a query in the forms that the index knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) folded: String,
    pub(crate) danish: String,
    pub(crate) english: String,
}

/// The inverted index, opened for reading.
pub(crate) struct Vocabulary {
    zones: Vec<(
        Zone,
        Arc<InvertedIndexReader>,
        Option<Arc<InvertedIndexReader>>,
    )>,
    surface: Arc<InvertedIndexReader>,
    surface_field: Field,
    stems: Stems,
    compounds: Compounds,
}

impl std::fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vocabulary")
            .field("words", &self.surface.terms().num_terms())
            .finish_non_exhaustive()
    }
}

impl Vocabulary {
    pub(crate) fn open(
        reader: &SegmentReader,
        fields: &Fields,
        compounds: Compounds,
    ) -> tantivy::Result<Self> {
        let mut zones = Vec::with_capacity(fields.zones.len());
        for (zone, first, second) in &fields.zones {
            let second = second
                .map(|field| reader.inverted_index(field))
                .transpose()?;
            zones.push((*zone, reader.inverted_index(*first)?, second));
        }
        Ok(Self {
            zones,
            surface: reader.inverted_index(fields.surface)?,
            surface_field: fields.surface,
            stems: Stems::new(),
            compounds,
        })
    }

    /// The forms of a word.
    pub(crate) fn word(&self, typed: &str) -> Word {
        self.folded_word(fold(typed))
    }

    pub(crate) fn folded_word(&self, folded: String) -> Word {
        Word {
            danish: self.stems.danish(&folded),
            english: self.stems.english(&folded),
            folded,
        }
    }

    /// The parts of a compound; none if it is not one.
    pub(crate) fn parts(&self, word: &Word) -> Vec<Word> {
        let parts = self.compounds.split(&word.folded);
        parts
            .into_iter()
            .map(|part| self.folded_word(part.to_owned()))
            .collect()
    }

    /// The known ends of a word that is not known as a whole.
    pub(crate) fn edges(&self, word: &Word) -> Vec<Word> {
        let edges = self.compounds.edges(&word.folded);
        edges
            .into_iter()
            .map(|edge| self.folded_word(edge.to_owned()))
            .collect()
    }

    /// Whether a word stands anywhere, in this or another ending.
    pub(crate) fn knows(&self, word: &Word) -> bool {
        has(&self.surface, &word.folded)
            || self.zones.iter().any(|(_, first, second)| {
                has(first, &word.danish)
                    || has(first, &part_token(&word.danish))
                    || second
                        .as_ref()
                        .is_some_and(|second| has(second, &word.english))
            })
    }

    /// Whether it is an identifier, an abbreviation or a code as a whole.
    pub(crate) fn is_name(&self, folded: &str) -> bool {
        let named = |(zone, names, _): &(Zone, Arc<InvertedIndexReader>, _)| {
            *zone == Zone::Name && has(names, folded)
        };
        self.zones.iter().any(named)
    }

    /// Hands every document in which a word stands to `take`.
    pub(crate) fn stands_in(&self, word: &Word, mut take: impl FnMut(u32, Zone)) {
        for (zone, first, second) in &self.zones {
            let token = if zone.is_prose() {
                &word.danish
            } else {
                &word.folded
            };
            postings(first, token, |document| take(document, *zone));
            if let Some(second) = second {
                postings(second, &word.english, |document| take(document, *zone));
            }
        }
    }

    /// Hands every document in which a word is a part of a compound to `take`.
    pub(crate) fn is_part_in(&self, word: &Word, mut take: impl FnMut(u32, Zone)) {
        let token = part_token(&word.danish);
        for (zone, first, _) in self.zones.iter().filter(|(zone, ..)| zone.is_prose()) {
            postings(first, &token, |document| take(document, *zone));
        }
    }

    /// Words that begin with these letters, in order.
    pub(crate) fn beginning_with(&self, folded: &str, most: usize) -> Vec<String> {
        let mut found = Vec::new();
        let range = self.surface.terms().range().ge(folded).into_stream();
        let Ok(mut stream) = range else {
            return found;
        };
        while found.len() < most && stream.advance() {
            match std::str::from_utf8(stream.key()) {
                Ok(word) if word.starts_with(folded) => {
                    if word != folded {
                        found.push(word.to_owned());
                    }
                }
                _ => break,
            }
        }
        found
    }

    /// The word that is spelled most alike, if one is alike enough.
    pub(crate) fn spelled_like(&self, folded: &str) -> Option<String> {
        const SPELLED_CHARS_MIN: usize = 4;
        const TWO_SLIPS_CHARS_MIN: usize = 8;
        const BEGINNING_CHARS_MIN: usize = 8;
        let length = folded.chars().count();
        if length < SPELLED_CHARS_MIN || !folded.chars().all(char::is_alphabetic) {
            return None;
        }
        let slips = if length < TWO_SLIPS_CHARS_MIN { 1 } else { 2 };
        let term = || Term::from_field_text(self.surface_field, folded);
        let close = self.closest(&FuzzyTermQuery::new(term(), slips, true), folded);
        if close.is_some() || length < BEGINNING_CHARS_MIN {
            return close;
        }
        self.closest(&FuzzyTermQuery::new_prefix(term(), slips, true), folded)
    }

    fn closest(&self, query: &FuzzyTermQuery, folded: &str) -> Option<String> {
        // Slips, whether the beginning is another, and the more documents the better.
        type Rank = (usize, bool, std::cmp::Reverse<u32>);
        let automaton = query.automaton().ok()?;
        let mut stream = self.surface.terms().search(automaton).into_stream().ok()?;
        let mut best: Option<(Rank, String)> = None;
        while stream.advance() {
            let documents = stream.value().doc_freq;
            let Ok(word) = std::str::from_utf8(stream.key()) else {
                continue;
            };
            if !word.chars().all(char::is_alphabetic) {
                continue;
            }
            let other_beginning = word.chars().next() != folded.chars().next();
            let rank = (
                distance(folded, word),
                other_beginning,
                std::cmp::Reverse(documents),
            );
            if best.as_ref().is_none_or(|(known, _)| rank < *known) {
                best = Some((rank, word.to_owned()));
            }
        }
        best.map(|(_, word)| word)
    }
}

/// The token of a part of a compound.
pub(crate) fn part_token(stem: &str) -> String {
    format!("{PART_MARK}{stem}")
}

/// The index lies in memory: reading it fails only if it is broken, and then a word is not there.
fn has(index: &InvertedIndexReader, token: &str) -> bool {
    matches!(index.terms().get(token), Ok(Some(_)))
}

fn postings(index: &InvertedIndexReader, token: &str, mut take: impl FnMut(u32)) {
    let Ok(Some(term)) = index.terms().get(token) else {
        return;
    };
    let Ok(mut postings) = index.read_postings_from_terminfo(&term, IndexRecordOption::Basic)
    else {
        return;
    };
    let mut document = postings.doc();
    while document != TERMINATED {
        take(document);
        document = postings.advance();
    }
}
