//! One written form for the spellings of a word: `Dødsårsag`, `doedsaarsag` and `dodsarsag` are the
//! same, and so are `diagnose` and `diagnoserne`.

use frostem::{Algorithm, Stemmer};

/// Letters of a query that are read; what comes after them is a pasted text, not a search.
const TEXT_CHARS_MAX: usize = 300;

/// A query without what nobody can see: control characters, marks of direction, joiners.
pub(crate) fn readable(text: &str) -> String {
    text.chars()
        .filter(|c| !is_invisible(*c))
        .take(TEXT_CHARS_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A word in its folded form: lower case, without accents, æ ø å and their replacements alike.
pub(crate) fn fold(word: &str) -> String {
    let mut letters = String::with_capacity(word.len());
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            'æ' | 'ä' => letters.push_str("ae"),
            'ø' | 'ö' => letters.push_str("oe"),
            'å' => letters.push_str("aa"),
            'é' | 'è' | 'ê' | 'ë' => letters.push('e'),
            'á' | 'à' | 'â' => letters.push('a'),
            'ü' | 'ú' => letters.push('u'),
            'ó' => letters.push('o'),
            'í' | 'ï' => letters.push('i'),
            // A dotted capital I becomes an i and a mark of its own.
            '\u{307}' => {}
            c => letters.push(c),
        }
    }
    // People leave the second letter out as often as they write it: both become the first.
    for (two, one) in [("ae", "a"), ("oe", "o"), ("aa", "a")] {
        if letters.contains(two) {
            letters = letters.replace(two, one);
        }
    }
    letters
}

/// Stemmers for folded words.
pub(crate) struct Stems {
    danish: Stemmer,
    english: Stemmer,
}

impl std::fmt::Debug for Stems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stems")
    }
}

impl Stems {
    pub(crate) fn new() -> Self {
        Self {
            danish: Stemmer::new(Algorithm::Danish),
            english: Stemmer::new(Algorithm::English),
        }
    }

    /// The Danish stem of a folded word.
    pub(crate) fn danish(&self, folded: &str) -> String {
        stem(&self.danish, folded)
    }

    /// The English stem of a folded word.
    pub(crate) fn english(&self, folded: &str) -> String {
        stem(&self.english, folded)
    }
}

/// Identifiers and short words have no endings.
fn stem(stemmer: &Stemmer, folded: &str) -> String {
    const STEMMED_CHARS_MIN: usize = 4;
    let is_word =
        folded.chars().count() >= STEMMED_CHARS_MIN && folded.chars().all(char::is_alphabetic);
    if is_word {
        stemmer.stem(folded).into_owned()
    } else {
        folded.to_owned()
    }
}

/// The words of a text; an identifier such as `dw_ek_kontakt` is one word.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .map(|word| word.trim_matches('_'))
        .filter(|word| !word.is_empty())
}

/// The parts of an identifier: `PERINDKIALT_13` is `PERINDKIALT` and `13`.
pub(crate) fn identifier_parts(word: &str) -> impl Iterator<Item = &str> {
    word.split(|c: char| !c.is_alphanumeric())
        .filter(|part| part.chars().count() > 1)
}

/// Words that say nothing about what is looked for, folded, with blanks between.
const FILLERS: &str = "a adgang af alle an and antal are at by can code data database databaser dataset de den \
    der det do eller en er et find findes for fra from har have hos how hvad hvilke hvilken \
    hvilket hvor hvordan i ikke in information is jeg kan kode koder man mange many med \
    mellem my not of og om on oplysninger or over pa people personer register registers \
    registre registret registry s se skal som that the there til to uden under ved vi was \
    what where which who with without";

/// Whether a folded word says nothing about what is looked for.
pub(crate) fn is_filler(folded: &str) -> bool {
    FILLERS.split(' ').any(|filler| filler == folded)
}

/// Changes, additions, losses and swaps of neighbours between two words.
pub(crate) fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut row = Vec::with_capacity(to.len() + 1);
        row.push(i + 1);
        for (j, b) in to.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&last, j) + usize::from(a != b))
                .min(at(&last, j + 1) + 1)
                .min(at(&row, j) + 1);
            let swapped =
                i > 0 && j > 0 && from.get(i - 1) == Some(b) && to.get(j - 1) == Some(a) && a != b;
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_are_one() {
        for spelling in ["Dødsårsag", "doedsaarsag", "dodsarsag", "DODSAARSAG"] {
            assert_eq!(fold(spelling), "dodsarsag");
        }
        assert_eq!(fold("Crohn"), "crohn");
    }

    #[test]
    fn endings_of_number_and_definiteness_fall_away() {
        let stems = Stems::new();
        for form in ["diagnose", "diagnoser", "diagnosen", "diagnoserne"] {
            assert_eq!(stems.danish(form), "diagnos", "{form}");
        }
        assert_eq!(stems.danish("sukkersygen"), stems.danish("sukkersyge"));
        assert_eq!(stems.danish("lpr3"), "lpr3");
        assert_eq!(
            stems.english("prescriptions"),
            stems.english("prescription")
        );
    }

    #[test]
    fn identifiers_are_one_word_with_parts() {
        let whole: Vec<&str> = words("dw_ek_kontakt, PERINDKIALT_13").collect();
        assert_eq!(whole, ["dw_ek_kontakt", "PERINDKIALT_13"]);
        let parts: Vec<&str> = identifier_parts("PERINDKIALT_13").collect();
        assert_eq!(parts, ["PERINDKIALT", "13"]);
    }

    #[test]
    fn a_slip_of_the_finger_is_one_change() {
        assert_eq!(distance("diabtes", "diabetes"), 1);
        assert_eq!(distance("daibetes", "diabetes"), 1);
        assert_eq!(distance("vacination", "vaccination"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kol", "kol"), 0);
    }

    #[test]
    fn marks_of_direction_and_pasted_books_are_not_read() {
        assert_eq!(readable("\u{202e}KOL\u{200b}\u{0}x"), "KOL x");
        assert_eq!(readable(&"æ".repeat(100_000)).chars().count(), 300);
    }
}
