//! Takes compounds apart by the words that the catalogue itself uses: `hospitalsindlæggelse` is
//! `hospital` and `indlæggelse`.

/// Words that compounds are made of, folded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Compounds {
    words: Vec<String>,
}

/// Shorter words stand in longer ones by chance.
const PART_CHARS_MIN: usize = 4;
const WHOLE_CHARS_MIN: usize = 8;
const WHOLE_CHARS_MAX: usize = 60;
const PARTS_MAX: usize = 4;

impl Compounds {
    /// A dictionary of folded words; those that cannot be parts are left out.
    pub(crate) fn new(words: impl IntoIterator<Item = String>) -> Self {
        let fits = |word: &String| {
            word.chars().count() >= PART_CHARS_MIN && word.chars().all(char::is_alphabetic)
        };
        let mut words: Vec<String> = words.into_iter().filter(fits).collect();
        words.sort_unstable();
        words.dedup();
        words.shrink_to_fit();
        Self { words }
    }

    /// The fewest parts that make up a word; none if it is not a compound of known words.
    pub(crate) fn split<'a>(&self, folded: &'a str) -> Vec<&'a str> {
        let length = folded.len();
        if length > WHOLE_CHARS_MAX || !can_be_compound(folded) {
            return Vec::new();
        }
        // The best way to reach each place: number of parts, where its last part begins and ends.
        let mut reached: Vec<Option<(usize, usize, usize)>> = vec![None; length + 1];
        if let Some(start) = reached.first_mut() {
            *start = Some((0, 0, 0));
        }
        for from in 0..length {
            let Some(Some((parts, ..))) = reached.get(from).copied() else {
                continue;
            };
            if parts >= PARTS_MAX {
                continue;
            }
            for to in self.ends(folded, from) {
                let links = [to, link_after(folded, to)];
                for next in links
                    .into_iter()
                    .filter(|next| (to..=length).contains(next))
                {
                    // A link only joins; it does not end a word.
                    if next > to && next == length {
                        continue;
                    }
                    let way = (parts + 1, from, to);
                    if let Some(place) = reached.get_mut(next)
                        && place.is_none_or(|known| parts + 1 < known.0)
                    {
                        *place = Some(way);
                    }
                }
            }
        }
        trace(folded, &reached)
    }

    /// The longest known word that a word begins with, and the longest that it ends with.
    pub(crate) fn edges<'a>(&self, folded: &'a str) -> Vec<&'a str> {
        if !can_be_compound(folded) {
            return Vec::new();
        }
        const EDGE_CHARS_MIN: usize = 5;
        let long = |part: &&str| part.chars().count() >= EDGE_CHARS_MIN;
        let head = self
            .ends(folded, 0)
            .last()
            .and_then(|end| folded.get(..*end));
        let tail = folded
            .char_indices()
            .skip(1)
            .filter_map(|(at, _)| folded.get(at..))
            .find(|tail| self.has(tail));
        tail.into_iter().chain(head).filter(long).collect()
    }

    fn has(&self, word: &str) -> bool {
        self.words
            .binary_search_by(|known| known.as_str().cmp(word))
            .is_ok()
    }

    /// Where known words that begin at `from` end, the nearest first.
    fn ends(&self, folded: &str, from: usize) -> Vec<usize> {
        let mut ends = Vec::new();
        let mut candidates = self.words.as_slice();
        let rest = folded.get(from..).unwrap_or_default();
        for (at, c) in rest.char_indices() {
            let end = at + c.len_utf8();
            let Some(prefix) = rest.get(..end) else { break };
            let low = candidates.partition_point(|word| word.as_str() < prefix);
            candidates = candidates.get(low..).unwrap_or_default();
            let high = candidates.partition_point(|word| word.starts_with(prefix));
            candidates = candidates.get(..high).unwrap_or_default();
            match candidates.first() {
                None => break,
                Some(word)
                    if word == prefix && end < folded.len() - from + usize::from(from > 0) =>
                {
                    ends.push(from + end);
                }
                Some(_) => {}
            }
        }
        ends
    }
}

fn can_be_compound(folded: &str) -> bool {
    folded.chars().count() >= WHOLE_CHARS_MIN && folded.chars().all(char::is_alphabetic)
}

/// The place after a joining s or e, or the same place.
fn link_after(folded: &str, at: usize) -> usize {
    match folded.get(at..).and_then(|rest| rest.chars().next()) {
        Some('s' | 'e') => at + 1,
        _ => at,
    }
}

fn trace<'a>(folded: &'a str, reached: &[Option<(usize, usize, usize)>]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut at = folded.len();
    while at > 0 {
        let Some(Some((_, from, to))) = reached.get(at).copied() else {
            return Vec::new();
        };
        let Some(part) = folded.get(from..to) else {
            return Vec::new();
        };
        parts.push(part);
        at = from;
    }
    parts.reverse();
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compounds() -> Compounds {
        let words = [
            "hospital",
            "indlaggelse",
            "indlaggelser",
            "dod",
            "dods",
            "arsag",
            "lagemiddel",
            "statistik",
            "registeret",
            "blod",
            "prove",
            "provesvar",
            "svar",
            "recept",
            "barn",
        ];
        Compounds::new(words.map(str::to_owned))
    }

    #[test]
    fn compounds_come_apart_with_their_joining_letters() {
        let compounds = compounds();
        assert_eq!(
            compounds.split("hospitalsindlaggelse"),
            ["hospital", "indlaggelse"]
        );
        assert_eq!(
            compounds.split("lagemiddelstatistikregisteret"),
            ["lagemiddel", "statistik", "registeret"]
        );
    }

    #[test]
    fn the_fewest_parts_win_and_no_letter_is_left_over() {
        let compounds = compounds();
        assert_eq!(compounds.split("blodprovesvar"), ["blod", "provesvar"]);
        assert!(compounds.split("blodprovesvarx").is_empty());
        assert!(compounds.split("hospital").is_empty());
        assert!(compounds.split("hospitals").is_empty());
    }

    #[test]
    fn a_word_of_which_only_one_end_is_known_keeps_that_end() {
        let compounds = compounds();
        assert_eq!(compounds.edges("receptpligtig"), ["recept"]);
        assert_eq!(compounds.edges("nodindlaggelse"), ["indlaggelse"]);
        assert!(compounds.edges("xyzzyqwerty").is_empty());
    }
}
