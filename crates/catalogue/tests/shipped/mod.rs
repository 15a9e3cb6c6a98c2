//! The catalogue as shipped under `content/`.

use std::fs;
use std::path::{Path, PathBuf};

use catalogue::{Catalogue, ContentFile};

/// The folder of all content.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content")
}

/// Everything that the catalogue reads.
pub(crate) fn catalogue() -> Catalogue {
    let mut texts = Vec::new();
    for part in ["registers", "codelists", "search", ""] {
        for entry in fs::read_dir(folder().join(part)).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            if path.is_file() && matches!(ending, Some("toml" | "csv")) {
                let name = path
                    .file_name()
                    .and_then(|name| name.to_str())
                    .expect("a readable name");
                let relative = format!("{part}/{name}");
                texts.push((
                    relative.trim_start_matches('/').to_owned(),
                    fs::read_to_string(&path).expect("a text"),
                ));
            }
        }
    }
    let files = texts.iter().map(|(path, text)| ContentFile { path, text });
    Catalogue::from_files(files).expect("content that loads")
}
