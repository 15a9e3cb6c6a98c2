//! Lists come in pages: at most a hundred rows and an opaque cursor to the next ones.

use base::limits::LIST_ITEMS_MAX;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::StoreError;
use crate::connection::Row;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of rows that were asked for with one more than `limit`.
    pub(crate) fn of(
        mut rows: Vec<Row>,
        limit: usize,
        item: impl Fn(&Row) -> Result<T, StoreError>,
        cursor: impl Fn(&Row) -> Result<Cursor, StoreError>,
    ) -> Result<Self, StoreError> {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more);
        let next = last
            .map(|row| Ok::<_, StoreError>(cursor(row)?.format()))
            .transpose()?;
        let items = rows.iter().map(item).collect::<Result<_, _>>()?;
        Ok(Self { items, next })
    }

    /// The same page with other items.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            next: self.next,
        }
    }
}

/// The number of rows a page has when `asked` are wanted.
pub(crate) fn page_limit(asked: usize) -> usize {
    asked.clamp(1, LIST_ITEMS_MAX)
}

/// The last row of a page, by the list's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cursor(Option<(String, String)>);

impl Cursor {
    pub(crate) fn after(sort_key: String, id: String) -> Self {
        Self(Some((sort_key, id)))
    }

    pub(crate) fn parse(text: Option<&str>) -> Result<Self, StoreError> {
        let Some(text) = text else {
            return Ok(Self::default());
        };
        let bytes = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| StoreError::Cursor)?;
        let place = serde_json::from_slice(&bytes).map_err(|_| StoreError::Cursor)?;
        Ok(Self(Some(place)))
    }

    fn format(&self) -> String {
        let place = serde_json::json!(self.0);
        URL_SAFE_NO_PAD.encode(place.to_string())
    }

    pub(crate) fn sort_key(&self) -> Option<&str> {
        self.0.as_ref().map(|(sort_key, _)| sort_key.as_str())
    }

    pub(crate) fn id(&self) -> Option<&str> {
        self.0.as_ref().map(|(_, id)| id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_others_are_refused() {
        let cursor = Cursor::after("2026-12-01".to_owned(), "é|\"".to_owned());
        assert_eq!(Cursor::parse(Some(&cursor.format())).unwrap(), cursor);
        assert_eq!(Cursor::parse(None).unwrap(), Cursor::default());
        for bad in ["", "x", "bnVsbA", "{}"] {
            let outcome = Cursor::parse(Some(bad));
            assert!(matches!(outcome, Err(StoreError::Cursor)), "{bad}");
        }
    }

    #[test]
    fn no_page_is_empty_or_endless() {
        assert_eq!(
            [page_limit(0), page_limit(7), page_limit(5_000)],
            [1, 7, 100]
        );
    }
}
