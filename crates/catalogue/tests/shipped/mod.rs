//! The catalogue as shipped under `content/`.

use std::fs;
use std::path::{Path, PathBuf};

use catalogue::{Catalogue, ContentFile};

/// The folder of all content.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content")
}

/// Everything that the catalogue reads.
pub fn catalogue() -> Catalogue {
    let mut texts = Vec::new();
    for part in ["registers", "codelists", "search", ""] {
        for entry in fs::read_dir(folder().join(part)).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            if path.is_file() && matches!(ending, Some("toml" | "csv")) {
                let name = path.file_name().unwrap().to_str().unwrap();
                let relative = format!("{part}/{name}");
                texts.push((
                    relative.trim_start_matches('/').to_owned(),
                    fs::read_to_string(&path).unwrap(),
                ));
            }
        }
    }
    let files = texts.iter().map(|(path, text)| ContentFile { path, text });
    Catalogue::from_files(files).unwrap()
}
