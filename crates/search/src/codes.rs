//! Codes and their trees: which codes a word names, what lies above and below.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalogue::Catalogue;

/// Codes of all lists, by what they are written as.
#[derive(Debug, Clone, Default)]
pub(crate) struct CodeTree {
    /// One code may stand in several lists.
    documents: BTreeMap<Arc<str>, Vec<u32>>,
    above: BTreeMap<u32, u32>,
    below: BTreeMap<u32, Vec<u32>>,
}

impl CodeTree {
    /// Takes in the document of a code.
    pub(crate) fn add(&mut self, code: Arc<str>, document: u32) {
        self.documents.entry(code).or_default().push(document);
    }

    /// Joins codes to those above them, once all are there.
    pub(crate) fn join(
        &mut self,
        catalogue: &Catalogue,
        list_of: impl Fn(u32) -> Option<Arc<str>>,
    ) {
        for list in catalogue.code_lists() {
            let find = |code: &str| {
                let same = |at: &&u32| list_of(**at).as_deref() == Some(list.id.as_str());
                self.documents.get(code)?.iter().find(same).copied()
            };
            for code in list.codes() {
                let above = code.parent.as_deref().and_then(find);
                if let (Some(document), Some(above)) = (find(&code.code), above)
                    && document != above
                {
                    self.above.insert(document, above);
                    self.below.entry(above).or_default().push(document);
                }
            }
        }
    }

    /// The documents of a code as written in its list.
    pub(crate) fn find(&self, code: &str) -> &[u32] {
        self.documents.get(code).map_or(&[], Vec::as_slice)
    }

    /// The codes above one, the nearest first.
    pub(crate) fn above(&self, document: u32) -> impl Iterator<Item = u32> {
        // A list whose codes lie above each other in a ring ends here.
        const DEPTH_MAX: usize = 8;
        let up = |at: &u32| self.above.get(at).copied();
        std::iter::successors(up(&document), up).take(DEPTH_MAX)
    }

    /// The codes right below one.
    pub(crate) fn below(&self, document: u32) -> &[u32] {
        self.below.get(&document).map_or(&[], Vec::as_slice)
    }

    /// Codes of any list that begin with these letters, in order.
    pub(crate) fn beginning_with(&self, prefix: &str) -> impl Iterator<Item = (&str, &[u32])> {
        let range = self.documents.range(Arc::from(prefix)..);
        range
            .take_while(move |(code, _)| code.starts_with(prefix))
            .map(|(code, documents)| (&**code, documents.as_slice()))
    }

    /// The codes that a word names: as written, without dot, with the Danish D before. A code finer
    /// than its list names the nearest one above it.
    pub(crate) fn named_by(&self, word: &str) -> Vec<&str> {
        let range = word.to_uppercase().replace(['–', '—'], "-");
        let plain = range.replace(['.', '-', ' '], "");
        if !has_code_shape(&plain) {
            return Vec::new();
        }
        let mut found: Vec<&str> = Vec::new();
        let written = [
            plain.clone(),
            with_d(&plain),
            range.clone(),
            with_d(&whole_range(&range)),
        ];
        for code in &written {
            if let Some((code, _)) = self.documents.get_key_value(code.as_str())
                && !found.contains(&&**code)
            {
                found.push(code);
            }
        }
        if found.is_empty() && plain.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let finer = [plain.clone(), with_d(&plain)];
            found.extend(finer.iter().filter_map(|code| self.nearest_above(code)));
        }
        found
    }

    fn nearest_above(&self, code: &str) -> Option<&str> {
        const CODE_CHARS_MIN: usize = 4;
        (CODE_CHARS_MIN..code.len())
            .rev()
            .filter_map(|length| code.get(..length))
            .find_map(|shorter| self.documents.get_key_value(shorter))
            .map(|(code, _)| &**code)
    }
}

/// A letter and a digit, or digits enough not to be a count.
fn has_code_shape(plain: &str) -> bool {
    const DIGITS_MIN: usize = 4;
    let digits = plain.chars().filter(char::is_ascii_digit).count();
    let lettered = plain.starts_with(|c: char| c.is_ascii_alphabetic());
    let long_enough = if lettered {
        plain.len() >= 3
    } else {
        plain.len() >= DIGITS_MIN
    };
    plain.is_ascii() && long_enough && digits > 0 && (lettered || digits == plain.len())
}

/// `E10-14` is `E10-E14`.
fn whole_range(range: &str) -> String {
    let Some((low, high)) = range.split_once('-') else {
        return range.to_owned();
    };
    let letters: String = low.chars().take_while(char::is_ascii_alphabetic).collect();
    if high.starts_with(|c: char| c.is_ascii_digit()) {
        format!("{low}-{letters}{high}")
    } else {
        range.to_owned()
    }
}

/// The code as the Danish registers write diagnoses; those that begin with D already gain another,
/// for D50 is a diagnosis too.
fn with_d(code: &str) -> String {
    let parts: Vec<String> = code.split('-').map(|part| format!("D{part}")).collect();
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> CodeTree {
        let mut tree = CodeTree::default();
        let codes = [
            "DE11",
            "DE119",
            "DE10-DE14",
            "A10BA",
            "NPU27300",
            "24900",
            "DI20-DI25",
        ];
        for (at, code) in (0..).zip(codes) {
            tree.add(code.into(), at);
        }
        tree
    }

    #[test]
    fn a_code_is_named_with_and_without_dot_and_letter() {
        let tree = tree();
        for (word, code) in [
            ("DE11", "DE11"),
            ("e11", "DE11"),
            ("E11.9", "DE119"),
            ("de11.9", "DE119"),
            ("E10–E14", "DE10-DE14"),
            ("I20-25", "DI20-DI25"),
            ("a10ba", "A10BA"),
            ("npu27300", "NPU27300"),
            ("24900", "24900"),
            ("E11989", "DE119"),
        ] {
            assert_eq!(tree.named_by(word), [code], "{word}");
        }
    }

    #[test]
    fn words_and_numbers_name_no_code() {
        let tree = tree();
        for word in ["diabetes", "2", "2019", "covid-19", "æøå123", "lpr3", ""] {
            assert!(tree.named_by(word).is_empty(), "{word}");
        }
    }
}
