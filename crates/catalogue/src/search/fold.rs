//! One written form for the spellings of a word: `Dødsårsag`, `doedsaarsag` and `dodsarsag` are the
//! same, and so are `diagnose` and `diagnoserne`.

/// A word in its folded form: lower case, without accents, æ ø å and their replacements alike.
pub(super) fn fold(word: &str) -> String {
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
            c => letters.push(c),
        }
    }
    // People leave the second letter out as often as they write it: both become the first.
    letters
        .replace("ae", "a")
        .replace("oe", "o")
        .replace("aa", "a")
}

/// The folded form without the endings of number, definiteness and genitive.
pub(super) fn stem(word: &str) -> String {
    const ENDINGS: [&str; 15] = [
        "ernes", "erne", "enes", "ene", "eren", "eres", "ens", "ets", "ers", "er", "en", "et",
        "es", "e", "s",
    ];
    const STEM_CHARS_MIN: usize = 4;
    let folded = fold(word);
    if folded.chars().any(|c| c.is_ascii_digit()) {
        return folded;
    }
    for ending in ENDINGS {
        if let Some(rest) = folded.strip_suffix(ending)
            && rest.chars().count() >= STEM_CHARS_MIN
        {
            return rest.to_owned();
        }
    }
    folded
}

/// The words of a text; an identifier such as `dw_ek_kontakt` is one word and also its parts.
pub(super) fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for whole in text.split(|c: char| !(c.is_alphanumeric() || c == '_')) {
        let whole = whole.trim_matches('_');
        if whole.is_empty() {
            continue;
        }
        words.push(whole);
        if whole.contains('_') {
            words.extend(whole.split('_').filter(|part| part.chars().count() > 1));
        }
    }
    words
}

/// Words that say nothing about what is looked for.
pub(super) fn is_filler(folded: &str) -> bool {
    const FILLERS: [&str; 34] = [
        "og", "i", "pa", "af", "til", "for", "fra", "med", "om", "en", "et", "den", "det", "de",
        "der", "som", "ved", "the", "of", "and", "in", "on", "to", "from", "with", "a", "an", "by",
        "or", "eller", "data", "hvor", "hvad", "register",
    ];
    FILLERS.contains(&folded)
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
        for form in [
            "diagnose",
            "diagnoser",
            "diagnosen",
            "diagnoserne",
            "diagnoses",
        ] {
            assert_eq!(stem(form), "diagnos", "{form}");
        }
        assert_eq!(stem("sukkersygen"), stem("sukkersyge"));
        assert_eq!(stem("lpr3"), "lpr3");
        assert_eq!(stem("løn"), "lon");
    }

    #[test]
    fn identifiers_are_found_whole_and_by_their_parts() {
        assert_eq!(
            words("dw_ek_kontakt, PERINDKIALT_13"),
            [
                "dw_ek_kontakt",
                "dw",
                "ek",
                "kontakt",
                "PERINDKIALT_13",
                "PERINDKIALT",
                "13"
            ]
        );
    }
}
