//! What the tests of this crate share: the content of the repository and the files of others.

use std::path::{Path, PathBuf};

use catalogue::ContentFile;
use metadata::Standards;
use metadata::rdf::{Graph, ReadError, Syntax};

/// Every file under `content/`, as path below it and text.
pub(crate) fn content() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
    let mut files = Vec::new();
    collect(&root, "", &mut files);
    files
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else {
            files.push((name, std::fs::read_to_string(entry.path()).unwrap()));
        }
    }
}

/// The profiles of the repository.
pub(crate) fn standards() -> Standards {
    let files = content();
    Standards::from_files(files.iter().map(|(path, text)| ContentFile { path, text })).unwrap()
}

/// A file of others.
pub(crate) fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(path)
}

/// Reads a file of others by the end of its name.
pub(crate) fn read(standards: &Standards, path: &str) -> Result<Graph, ReadError> {
    let bytes = std::fs::read(data(path)).unwrap();
    standards.read(&bytes, Syntax::from_file_name(path).unwrap())
}
