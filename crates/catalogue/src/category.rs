//! Categories of the data map, as `content/categories.toml`.

use serde::{Deserialize, Serialize};

use crate::Text;

/// An island of the data map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Key that registers name: `clinical-quality`.
    pub id: String,
    /// Name.
    pub name: Text,
    /// Short name for narrow pages.
    pub short: Text,
    /// Where the island lies; where there is room, if nothing is said.
    #[serde(default)]
    pub place: Option<Place>,
    /// Height of the island over its width; as it comes, if nothing is said.
    #[serde(default)]
    pub tall: Option<f64>,
}

/// The middle of an island on the sheets of the map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// On the wide sheet.
    pub wide: [f64; 2],
    /// On the phone's.
    pub phone: [f64; 2],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    category: Vec<Category>,
}

/// Reads the file's text, in its order.
pub(crate) fn parse(text: &str) -> Result<Vec<Category>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut ids: Vec<&str> = file
        .category
        .iter()
        .map(|entry| entry.id.as_str())
        .collect();
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair.first() == pair.last()) {
        Some(pair) => Err(format!(
            "category `{}` stands twice",
            pair.first().copied().unwrap_or_default()
        )),
        None => Ok(file.category),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_stands_once() {
        let one = "[[category]]\nid = \"genes\"\nname = { da = \"Gener\", en = \"Genes\" }\nshort = { da = \"Gener\", en = \"Genes\" }\n";
        assert_eq!(parse(one).unwrap().len(), 1);
        assert_eq!(
            parse(&one.repeat(2)).unwrap_err(),
            "category `genes` stands twice"
        );
    }
}
