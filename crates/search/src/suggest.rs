//! What somebody may be about to type.

use catalogue::{Catalogue, Language, Text};
use serde::Serialize;

use crate::index::SearchIndex;
use crate::letters::{fold, readable, words};
use crate::lexicon::Lexicon;

/// Words to search for, and what they lead to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// What to search for.
    pub text: String,
    /// What it is: a term, a register, a code, a variable.
    pub leads_to: Text,
}

/// Beginnings of what can be suggested.
#[derive(Debug, Clone, Default)]
pub(crate) struct Suggestions {
    /// Folded beginning, rank of its kind, number of the entry; sorted.
    keys: Vec<(Box<str>, u8, u32)>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    text: Box<str>,
    leads_to: Text,
    /// None: for readers of both languages.
    language: Option<Language>,
}

const LAY_WORD: u8 = 0;
const REGISTER: u8 = 1;
const CODE: u8 = 2;
const VARIABLE: u8 = 3;

impl Suggestions {
    pub(crate) fn new(catalogue: &Catalogue, lexicon: &Lexicon) -> Self {
        let mut suggestions = Self::default();
        for word in lexicon.entries() {
            for (language, phrases) in [(Language::Da, &word.da), (Language::En, &word.en)] {
                for phrase in phrases {
                    let entry = suggestions.entry(phrase, word.means.clone(), Some(language));
                    suggestions.key(phrase, LAY_WORD, entry);
                }
            }
        }
        for register in catalogue.registers() {
            let names = [
                (Language::Da, &register.name.da),
                (Language::En, &register.name.en),
            ];
            for (language, name) in names {
                let entry = suggestions.entry(name, register.description.clone(), Some(language));
                suggestions.each_word(name, REGISTER, entry);
                for short in register.abbreviation.iter().chain([&register.id]) {
                    suggestions.key(short, REGISTER, entry);
                }
            }
            for table in &register.tables {
                for variable in &table.variables {
                    let leads_to = Text::new(
                        format!("{} · {}", variable.label.da, register.name.da),
                        format!("{} · {}", variable.label.en, register.name.en),
                    );
                    let entry = suggestions.entry(&variable.name, leads_to, None);
                    suggestions.key(&variable.name, VARIABLE, entry);
                }
            }
        }
        suggestions.codes(catalogue);
        suggestions.keys.sort_unstable();
        suggestions.keys.shrink_to_fit();
        suggestions
    }

    /// Groups of codes by their words; single codes are too many to suggest by anything but their letters.
    fn codes(&mut self, catalogue: &Catalogue) {
        const GROUP_CHARS_MAX: usize = 4;
        let codes = catalogue.code_lists().flat_map(|list| list.codes());
        for code in codes {
            if code.code.len() <= GROUP_CHARS_MAX || code.code.contains('-') {
                let text = format!("{} {}", code.code, code.label.da);
                let entry = self.entry(
                    &code.code,
                    Text::new(text, format!("{} {}", code.code, code.label.en)),
                    None,
                );
                self.key(&code.label.da, CODE, entry);
                if code.label.en != code.label.da {
                    self.key(&code.label.en, CODE, entry);
                }
            }
        }
    }

    fn entry(&mut self, text: &str, leads_to: Text, language: Option<Language>) -> u32 {
        let number = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        self.entries.push(Entry {
            text: text.into(),
            leads_to,
            language,
        });
        number
    }

    fn key(&mut self, text: &str, rank: u8, entry: u32) {
        self.keys.push((fold(text).into(), rank, entry));
    }

    /// A name is found by each of its words.
    fn each_word(&mut self, name: &str, rank: u8, entry: u32) {
        let folded: Vec<String> = words(name).map(fold).collect();
        for at in 0..folded.len() {
            let rest = folded.get(at..).unwrap_or_default().join(" ");
            self.keys.push((rest.into(), rank, entry));
        }
    }

    fn beginning_with(&self, folded: &str, language: Language, most: usize) -> Vec<Suggestion> {
        const LOOKED_AT_MAX: usize = 400;
        let from = self.keys.partition_point(|(key, ..)| &**key < folded);
        let keys = self.keys.get(from..).unwrap_or_default().iter();
        let mut found: Vec<(u8, usize, u32)> = keys
            .take_while(|(key, ..)| key.starts_with(folded))
            .take(LOOKED_AT_MAX)
            .map(|(key, rank, entry)| (*rank, key.len(), *entry))
            .collect();
        found.sort_unstable();
        let mut suggestions: Vec<Suggestion> = Vec::new();
        for (_, _, entry) in found {
            let entry = usize::try_from(entry)
                .ok()
                .and_then(|at| self.entries.get(at));
            let Some(entry) = entry.filter(|e| e.language.is_none_or(|l| l == language)) else {
                continue;
            };
            let shown = suggestions.iter().any(|s| *s.text == *entry.text);
            if !shown && suggestions.len() < most {
                suggestions.push(Suggestion {
                    text: entry.text.to_string(),
                    leads_to: entry.leads_to.clone(),
                });
            }
        }
        suggestions
    }
}

impl SearchIndex {
    /// What may be meant by the beginning of a query, the likeliest first.
    pub fn suggest(&self, beginning: &str, language: Language, most: usize) -> Vec<Suggestion> {
        const CHARS_MIN: usize = 2;
        let beginning = readable(beginning);
        let folded = fold(beginning.trim());
        if folded.chars().count() < CHARS_MIN {
            return Vec::new();
        }
        let mut found = self.suggestions.beginning_with(&folded, language, most);
        for code in self.codes_beginning_with(beginning.trim(), most) {
            if found.len() < most && found.iter().all(|s| s.text != code.text) {
                found.push(code);
            }
        }
        if found.is_empty()
            && let Some(right) = self.words.spelled_like(&folded)
        {
            found = self.suggestions.beginning_with(&right, language, most);
        }
        found
    }

    fn codes_beginning_with(&self, beginning: &str, most: usize) -> Vec<Suggestion> {
        let plain = beginning.to_uppercase().replace('.', "");
        if !plain.chars().any(|c| c.is_ascii_digit()) {
            return Vec::new();
        }
        let with_d = format!("D{plain}");
        let codes = [&plain, &with_d].into_iter().flat_map(|prefix| {
            let codes = self.codes.beginning_with(prefix);
            codes.take(most).filter_map(|(code, documents)| {
                let title = &self.document(*documents.first()?)?.title;
                Some(Suggestion {
                    text: code.to_owned(),
                    leads_to: title.clone(),
                })
            })
        });
        codes.collect()
    }
}
