//! Law and words as data: every file parses, and both languages say the same things.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, SourceFile};

const RULE: &str = "content";
const LANGUAGES: [&str; 2] = ["da", "en"];

/// A text's key and the names of its placeholders.
type Texts = BTreeMap<String, BTreeSet<String>>;

/// Judges `content/` and every other TOML file.
pub(super) fn check(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = files.iter().filter_map(find_syntax_error).collect();
    let [danish, english] = LANGUAGES.map(|language| texts(files, language));
    findings.extend(compare(&danish, &english, LANGUAGES));
    findings.extend(compare(&english, &danish, [LANGUAGES[1], LANGUAGES[0]]));
    findings
}

fn find_syntax_error(file: &SourceFile) -> Option<Finding> {
    if !file.path.ends_with(".toml") || file.path.contains("/testdata/") {
        return None;
    }
    let error = toml::from_str::<toml::Table>(&file.text).err()?;
    let before = error
        .span()
        .and_then(|span| file.text.get(..span.start))
        .unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    Some(Finding::new(
        &file.path,
        line,
        RULE,
        format!("not valid TOML: {}", error.message()),
    ))
}

/// All texts of a language: file name within the language -> its texts.
fn texts(files: &[SourceFile], language: &str) -> BTreeMap<String, Texts> {
    let folder = format!("content/texts/{language}");
    let mut all = BTreeMap::new();
    for file in files {
        let Some(name) = file.path.strip_prefix(&folder) else {
            continue;
        };
        let Ok(table) = toml::from_str::<toml::Table>(&file.text) else {
            continue;
        };
        let mut texts = Texts::new();
        collect("", &toml::Value::Table(table), &mut texts);
        all.insert(name.to_owned(), texts);
    }
    all
}

fn collect(key: &str, value: &toml::Value, into: &mut Texts) {
    let below = |name: &str| {
        if key.is_empty() {
            name.to_owned()
        } else {
            format!("{key}.{name}")
        }
    };
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                collect(&below(name), value, into);
            }
        }
        toml::Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                collect(&below(&index.to_string()), value, into);
            }
        }
        toml::Value::String(text) => {
            into.insert(key.to_owned(), placeholders(text));
        }
        _ => {
            into.insert(key.to_owned(), BTreeSet::new());
        }
    }
}

/// The names in braces, as in `{name}`.
fn placeholders(text: &str) -> BTreeSet<String> {
    let openings = text.split('{').skip(1);
    let names = openings.filter_map(|rest| rest.split_once('}').map(|(name, _)| name.trim()));
    let names = names
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'));
    names.map(str::to_owned).collect()
}

/// What one language says and the other does not.
fn compare(
    ours: &BTreeMap<String, Texts>,
    theirs: &BTreeMap<String, Texts>,
    [our_language, their_language]: [&str; 2],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let none = Texts::new();
    for (name, texts) in ours {
        let path = format!("content/texts/{our_language}{name}");
        let others = theirs.get(name).unwrap_or(&none);
        for (key, names) in texts {
            let problem = match others.get(key) {
                None => {
                    format!("`{key}` is missing in `{their_language}`: translate it or remove it")
                }
                Some(other) if other != names => {
                    format!("`{key}` has other placeholders in `{their_language}`: make them equal")
                }
                Some(_) => continue,
            };
            findings.push(Finding::new(&path, 1, RULE, problem));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::testing::file;
    use super::*;

    fn texts_of(danish: &str, english: &str) -> Vec<String> {
        let files = [
            file("content/texts/da/home.toml", danish),
            file("content/texts/en/home.toml", english),
        ];
        check(&files)
            .into_iter()
            .map(|finding| finding.to_string())
            .collect()
    }

    #[test]
    fn names_the_line_of_a_syntax_error() {
        let found = check(&[file("content/fees/2026.toml", "a = 1\nb = = 2\n")]);
        assert_eq!((found.len(), found[0].line), (1, 2));
    }

    #[test]
    fn takes_texts_that_say_the_same() {
        assert!(
            texts_of(
                "[a]\ntitle = 'Hej {name}'\n",
                "[a]\ntitle = 'Hello {name}'\n"
            )
            .is_empty()
        );
    }

    #[test]
    fn finds_a_text_that_only_one_language_has() {
        let found = texts_of("[a]\ntitle = 'Hej'\n", "[a]\n");
        assert!(found.len() == 1 && found[0].contains("`a.title` is missing in `en`"));
    }

    #[test]
    fn finds_a_placeholder_that_was_lost_in_translation() {
        assert_eq!(
            texts_of("title = 'Hej {name}'\n", "title = 'Hello'\n").len(),
            2
        );
    }
}
