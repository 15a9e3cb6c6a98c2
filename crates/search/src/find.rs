//! Finds the documents that fit, and says how well.

use std::collections::BTreeMap;

use catalogue::lay_words::LayWord;

use crate::board::{Board, Place};
use crate::fields::Zone;
use crate::index::SearchIndex;
use crate::lexicon::forms;
use crate::query::Why;
use crate::understand::Term;
use crate::vocabulary::Word;

/// A part of the query with the documents that fit it.
#[derive(Debug)]
pub(crate) struct Scored {
    pub(crate) board: Board,
    /// The words and codes that fit, by number.
    pub(crate) wordings: Vec<String>,
}

/// Scores every part of a query.
pub(crate) fn score(index: &SearchIndex, terms: &[Term<'_>]) -> Vec<Scored> {
    let mut scratch = Board::new(index.documents.len());
    terms
        .iter()
        .map(|term| {
            let mut finder = Finder {
                index,
                board: Board::new(index.documents.len()),
                scratch: &mut scratch,
                wordings: Vec::new(),
            };
            finder.term(term);
            Scored {
                board: finder.board,
                wordings: finder.wordings,
            }
        })
        .collect()
}

/// Shares of a score, in tenths.
const WHOLE: u16 = 10;
const SAME_MEANING: u16 = 8;
const COMPOUND_UNKNOWN: u16 = 7;
const BEGINNING: u16 = 6;
const COMPOUND_KNOWN: u16 = 4;
const PART: u16 = 5;

/// How strongly a wording counts and why, where it stands as typed.
#[derive(Debug, Clone, Copy)]
struct Share {
    tenths: u16,
    exact: Why,
}

struct Finder<'a, 'b> {
    index: &'a SearchIndex,
    board: Board,
    scratch: &'b mut Board,
    wordings: Vec<String>,
}

impl Finder<'_, '_> {
    fn term(&mut self, term: &Term<'_>) {
        let typed = self.wording(&term.typed);
        let exact = if term.corrections.is_empty() {
            Why::Exact
        } else {
            Why::Spelling
        };
        self.phrase(
            &term.words,
            typed,
            Share {
                tenths: WHOLE,
                exact,
            },
        );
        self.compound(term, typed);
        for code in &term.codes {
            self.code_tree(code);
            self.coded(code);
        }
        if let Some(meaning) = term.meaning {
            self.meaning(meaning, typed, WHOLE);
        }
    }

    fn wording(&mut self, text: &str) -> u8 {
        let number = u8::try_from(self.wordings.len()).unwrap_or(u8::MAX);
        if number < u8::MAX {
            self.wordings.push(text.to_owned());
        }
        number
    }

    /// Documents in which all parts of a compound stand, and what its parts mean.
    fn compound(&mut self, term: &Term<'_>, typed: u8) {
        if term.parts.is_empty() {
            return;
        }
        let tenths = if term.unknown {
            COMPOUND_UNKNOWN
        } else {
            COMPOUND_KNOWN
        };
        let share = Share {
            tenths,
            exact: Why::Compound,
        };
        self.phrase(&term.parts, typed, share);
        if term.meaning.is_some() {
            return;
        }
        // The last part says what it is, the first of what kind.
        let mut share = tenths;
        for part in term.parts.iter().rev() {
            if let Some(meaning) = self.index.lexicon.meaning(std::slice::from_ref(part)) {
                self.meaning(meaning, typed, share);
                share = share.saturating_sub(2).max(1);
            }
        }
    }

    fn meaning(&mut self, meaning: &LayWord, typed: u8, tenths: u16) {
        const REGISTERS: [u16; 4] = [90, 80, 70, 60];
        const CODE: u16 = 88;
        let own = [&meaning.means.da, &meaning.means.en];
        for other in meaning.also.iter().chain(own) {
            let words = forms(&self.index.words, other);
            let wording = self.wording(other);
            let tenths = tenths * SAME_MEANING / 10;
            self.phrase(
                &words,
                wording,
                Share {
                    tenths,
                    exact: Why::SameMeaning,
                },
            );
        }
        for code in &meaning.codes {
            let wording = self.wording(code);
            for document in self.index.codes.find(code) {
                self.fits(*document, CODE * tenths / 10, Why::SameMeaning, wording);
            }
            self.coded_by_share(code, tenths);
        }
        let last = REGISTERS.last().copied().unwrap_or(1);
        let scores = REGISTERS.into_iter().chain(std::iter::repeat(last));
        for (register, score) in meaning.registers.iter().zip(scores) {
            if let Some(document) = self.index.registers.get(register.as_str()) {
                self.fits(*document, score * tenths / 10, Why::SameMeaning, typed);
            }
        }
    }

    fn fits(&mut self, document: u32, score: u16, why: Why, wording: u8) {
        let place = Place {
            score,
            why,
            wording,
        };
        self.board.add(document, place);
    }

    /// Documents in which all of these words stand.
    fn phrase(&mut self, words: &[Word], wording: u8, share: Share) {
        const TOGETHER: u16 = 5;
        let Some((first, others)) = words.split_first() else {
            return;
        };
        self.word(first, wording, share);
        if others.is_empty() {
            let documents = self.scratch.touched().iter();
            for document in documents {
                if let Some(place) = self.scratch.at(*document) {
                    self.board.add(*document, place);
                }
            }
            self.scratch.clear();
            return;
        }
        let mut found: BTreeMap<u32, Place> = BTreeMap::new();
        let documents = self.scratch.touched().iter();
        found.extend(documents.filter_map(|at| Some((*at, self.scratch.at(*at)?))));
        self.scratch.clear();
        for word in others {
            self.word(word, wording, share);
            found.retain(|document, place| {
                let Some(other) = self.scratch.at(*document) else {
                    return false;
                };
                place.score = place.score.midpoint(other.score) + TOGETHER;
                place.why = place.why.max(other.why);
                true
            });
            self.scratch.clear();
        }
        for (document, place) in found {
            self.board.add(document, place);
        }
    }

    /// Documents in which a word stands: whole, as the beginning of a word, within a compound.
    fn word(&mut self, word: &Word, wording: u8, share: Share) {
        const BEGINNING_CHARS_MIN: usize = 3;
        const LONGER_MAX: usize = 40;
        let index = self.index;
        let (documents, board) = (&index.documents, &mut *self.scratch);
        let title_words = |document: u32| {
            let at = usize::try_from(document).ok();
            at.and_then(|at| documents.get(at))
                .map_or(1, |d| d.title_words)
        };
        let why_here = |zone: Zone, exact: Why| match zone.why() {
            Why::Exact => exact,
            other => other.max(share.exact),
        };
        index.words.stands_in(word, |document, zone| {
            let mut score = zone.weight();
            if matches!(zone, Zone::Title | Zone::CodeLabel) {
                // A title of few words is about this word more than one of many.
                score += 16 / title_words(document);
            }
            let why = why_here(zone, share.exact);
            board.put(
                document,
                Place {
                    score: score * share.tenths / 10,
                    why,
                    wording,
                },
            );
        });
        index.words.is_part_in(word, |document, zone| {
            let score = zone.weight() * PART / 10 * share.tenths / 10;
            let why = why_here(zone, share.exact.max(Why::Compound));
            board.put(
                document,
                Place {
                    score,
                    why,
                    wording,
                },
            );
        });
        if word.folded.chars().count() < BEGINNING_CHARS_MIN {
            return;
        }
        let mut seen = vec![word.danish.clone()];
        for longer in index.words.beginning_with(&word.folded, LONGER_MAX) {
            let longer = index.words.folded_word(longer);
            if seen.contains(&longer.danish) {
                continue;
            }
            index.words.stands_in(&longer, |document, zone| {
                let score = zone.weight() * BEGINNING / 10 * share.tenths / 10;
                let why = why_here(zone, share.exact.max(Why::Compound));
                board.put(
                    document,
                    Place {
                        score,
                        why,
                        wording,
                    },
                );
            });
            seen.push(longer.danish);
        }
    }

    /// A code with those above it and below it.
    fn code_tree(&mut self, code: &str) {
        const ITSELF: u16 = 130;
        const ABOVE: [u16; 4] = [60, 50, 40, 30];
        const BELOW: [u16; 2] = [45, 35];
        const BELOW_MAX: usize = 50;
        let wording = self.wording(code);
        let codes = &self.index.codes;
        for document in codes.find(code) {
            self.fits(*document, ITSELF, Why::Exact, wording);
            for (above, score) in codes.above(*document).zip(ABOVE) {
                self.fits(above, score, Why::Related, wording);
            }
            let mut level: Vec<u32> = codes.below(*document).to_vec();
            let mut left = BELOW_MAX;
            for score in BELOW {
                level.truncate(left);
                for below in &level {
                    self.fits(*below, score, Why::Related, wording);
                }
                left -= level.len();
                level = level
                    .iter()
                    .flat_map(|at| codes.below(*at))
                    .copied()
                    .collect();
            }
        }
    }

    fn coded(&mut self, code: &str) {
        self.coded_by_share(code, WHOLE);
    }

    /// Variables that can hold a code.
    fn coded_by_share(&mut self, code: &str, tenths: u16) {
        const DELIVERABLE: u16 = 84;
        const DESCRIBED: u16 = 40;
        let wording = self.wording(code);
        let index = self.index;
        let document = |at: u32| index.documents.get(usize::try_from(at).ok()?);
        let lists = index.codes.find(code).iter();
        let mut lists: Vec<_> = lists
            .filter_map(|at| document(*at)?.code_list.as_ref())
            .collect();
        lists.sort_unstable();
        lists.dedup();
        for at in lists
            .into_iter()
            .filter_map(|list| index.coded_by.get(list))
            .flatten()
        {
            let score = match document(*at) {
                Some(variable) if variable.deliverable => DELIVERABLE,
                _ => DESCRIBED,
            };
            // Several codes of one list make it no fitter.
            let place = Place {
                score: score * tenths / 10,
                why: Why::Codes,
                wording,
            };
            self.board.put(*at, place);
        }
    }
}
