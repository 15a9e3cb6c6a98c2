//! Law and words, read once at start: embedded in the program, or from a folder that replaces them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use casework::Rulebook;
use catalogue::regions::RegionDivision;
use catalogue::{Catalogue, ContentFile, Language, Text};
use guidance::Rules;
use metadata::Interchange;
use rust_embed::RustEmbed;
use search::{Entry, HitKind, SearchIndex};
use serde::Deserialize;

use crate::Error;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../content"]
struct Embedded;

/// Everything under `content/`, parsed and checked.
#[derive(Debug)]
pub struct Content {
    /// Registers and code lists.
    pub catalogue: Catalogue,
    /// Which municipality lies in which region, by date.
    pub regions: RegionDivision,
    /// Which approvals a project needs.
    pub guidance: Rules,
    /// Authorities, form, criteria, conditions, clocks.
    pub rulebook: Rulebook,
    /// Profiles, packages, labels: the catalogue in the words of others.
    pub interchange: Interchange,
    /// Words of the portal: language -> `file.section.key` -> text.
    pub texts: BTreeMap<Language, BTreeMap<String, String>>,
    files: BTreeMap<String, String>,
    entries: Vec<Entry>,
    /// Made when it is first asked: most commands never search.
    search: OnceLock<SearchIndex>,
}

/// What search reads of a data package.
#[derive(Deserialize)]
struct Package {
    id: String,
    name: Text,
    description: Text,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    questions: Vec<Text>,
}

impl Content {
    /// The content that the program was built with.
    pub fn embedded() -> Result<Self, Error> {
        let mut files = BTreeMap::new();
        for path in Embedded::iter() {
            let file =
                Embedded::get(&path).ok_or_else(|| Error::internal("reading content", &path))?;
            files.insert(path.into_owned(), utf8(&file.data)?);
        }
        Self::from_files(files)
    }

    /// The content of a folder, in place of the embedded one.
    pub fn from_folder(folder: &Path) -> Result<Self, Error> {
        let mut files = BTreeMap::new();
        read_folder(folder, "", &mut files)?;
        Self::from_files(files)
    }

    fn from_files(files: BTreeMap<String, String>) -> Result<Self, Error> {
        let all = || files.iter().map(|(path, text)| ContentFile { path, text });
        let catalogue = Catalogue::from_files(all())?;
        let regions = RegionDivision::parse(files.get("regions.toml").map_or("", String::as_str))
            .map_err(|problem| {
            Error::invalid("content", format!("content/regions.toml: {problem}"))
        })?;
        let guidance = Rules::from_files(all())?;
        let rulebook = Rulebook::from_files(all())?;
        let interchange = Interchange::from_files(all, &catalogue)?;
        let mut texts = BTreeMap::new();
        for language in [Language::Da, Language::En] {
            texts.insert(language, texts_of(&files, language)?);
        }
        Ok(Self {
            entries: packages(&files)?,
            search: OnceLock::new(),
            catalogue,
            regions,
            guidance,
            rulebook,
            interchange,
            texts,
            files,
        })
    }

    /// The search over the catalogue and its packages.
    pub fn search(&self) -> Result<&SearchIndex, Error> {
        if let Some(made) = self.search.get() {
            return Ok(made);
        }
        let made = SearchIndex::new(&self.catalogue, &self.entries)
            .map_err(|error| Error::internal("making the search index", &error))?;
        Ok(self.search.get_or_init(|| made))
    }

    /// A file of content, by its path below `content/`.
    pub fn file(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// A word or sentence of the portal; the key itself where it is missing, so that it is seen.
    pub fn text(&self, language: Language, key: &str) -> Cow<'_, str> {
        self.texts
            .get(&language)
            .and_then(|texts| texts.get(key))
            .map_or_else(
                || Cow::Owned(key.to_owned()),
                |text| Cow::Borrowed(text.as_str()),
            )
    }
}

/// The data packages, as search finds them.
fn packages(files: &BTreeMap<String, String>) -> Result<Vec<Entry>, Error> {
    let of_packages = files.iter().filter(|(path, _)| {
        path.strip_prefix("packages/")
            .is_some_and(|name| name.ends_with(".toml"))
    });
    let entry = |(path, text): (&String, &String)| {
        let package: Package = toml::from_str(text)
            .map_err(|error| Error::invalid("content", format!("content/{path}: {error}")))?;
        let questions = package.questions.into_iter().flat_map(|q| [q.da, q.en]);
        Ok(Entry {
            kind: HitKind::Package,
            id: package.id,
            title: package.name,
            text: package.description,
            words: package.keywords.into_iter().chain(questions).collect(),
        })
    };
    of_packages.map(entry).collect()
}

fn utf8(bytes: &[u8]) -> Result<String, Error> {
    String::from_utf8(bytes.to_vec())
        .map_err(|_| Error::invalid("content", "a content file is not UTF-8"))
}

fn read_folder(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, String>,
) -> Result<(), Error> {
    let unreadable = |error: std::io::Error| {
        Error::invalid(
            "content",
            format!("the content folder cannot be read: {}", error.kind()),
        )
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(unreadable)?.is_dir() {
            read_folder(&entry.path(), &format!("{name}/"), files)?;
        } else {
            files.insert(
                name,
                utf8(&std::fs::read(entry.path()).map_err(unreadable)?)?,
            );
        }
    }
    Ok(())
}

fn texts_of(
    files: &BTreeMap<String, String>,
    language: Language,
) -> Result<BTreeMap<String, String>, Error> {
    let folder = format!("texts/{}/", language.code());
    let mut texts = BTreeMap::new();
    for (path, text) in files {
        let Some(name) = path
            .strip_prefix(&folder)
            .and_then(|rest| rest.strip_suffix(".toml"))
        else {
            continue;
        };
        let table: toml::Table = toml::from_str(text)
            .map_err(|error| Error::invalid("content", format!("content/{path}: {error}")))?;
        flatten(name, &table, &mut texts);
    }
    Ok(texts)
}

fn flatten(prefix: &str, table: &toml::Table, texts: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let name = format!("{prefix}.{key}");
        match value {
            toml::Value::Table(inner) => flatten(&name, inner, texts),
            toml::Value::String(text) => {
                texts.insert(name, text.clone());
            }
            other => {
                texts.insert(name, other.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_content_loads_and_both_languages_say_the_same_things() {
        let content = Content::embedded().unwrap();
        assert!(content.catalogue.registers().count() > 200);
        let keys = |language| content.texts[&language].keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(Language::Da), keys(Language::En));
    }
}
