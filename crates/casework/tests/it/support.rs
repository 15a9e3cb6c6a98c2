//! Content files and actors for tests.

use std::path::Path;

use base::OrganisationId;
use casework::Rulebook;
use catalogue::{Catalogue, ContentFile};

pub(crate) fn org(id: &str) -> OrganisationId {
    id.parse().unwrap()
}

pub(crate) fn content() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
    let mut texts = Vec::new();
    for folder in ["authorities", "forms", "rules", "registers", "codelists"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                texts.push((
                    format!("{folder}/{name}"),
                    std::fs::read_to_string(&path).unwrap(),
                ));
            }
        }
    }
    texts
}

pub(crate) fn rulebook() -> Rulebook {
    let texts = content();
    let files = texts.iter().map(|(path, text)| ContentFile { path, text });
    Rulebook::from_files(files).unwrap()
}

pub(crate) fn catalogue() -> Catalogue {
    let texts = content();
    let files = texts.iter().map(|(path, text)| ContentFile { path, text });
    Catalogue::from_files(files).unwrap()
}
