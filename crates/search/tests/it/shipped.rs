//! The catalogue as shipped under `content/`, with its index.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use catalogue::{Catalogue, ContentFile, Language};
use search::{Hit, Query, SearchIndex, SearchResult};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content")
}

/// Everything that the catalogue reads.
pub(crate) fn catalogue() -> Catalogue {
    let mut texts = Vec::new();
    for part in ["registers", "codelists", "search", ""] {
        for entry in fs::read_dir(folder().join(part)).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            if path.is_file() && matches!(ending, Some("toml" | "csv")) {
                let name = path.file_name().unwrap().to_str().unwrap();
                let relative = format!("{part}/{name}");
                let relative = relative.trim_start_matches('/').to_owned();
                texts.push((relative, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let files = texts.iter().map(|(path, text)| ContentFile { path, text });
    Catalogue::from_files(files).unwrap()
}

pub(crate) fn index() -> &'static SearchIndex {
    static INDEX: OnceLock<SearchIndex> = OnceLock::new();
    INDEX.get_or_init(|| SearchIndex::new(&catalogue(), &[]).unwrap())
}

pub(crate) fn search(text: &str) -> SearchResult {
    index().search(&Query::new(text, Language::Da))
}

pub(crate) fn names(result: &SearchResult) -> Vec<String> {
    result.hits.iter().map(Hit::name).collect()
}
