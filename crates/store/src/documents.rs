//! Read models: what pages show, made of events and rebuildable from them at any time.

use base::{OrganisationId, Timestamp};
use serde_json::Value;

use crate::connection::{Row, params};
use crate::page::{Cursor, Page, page_limit};
use crate::{Reader, StoreError, Tx};

/// A read model of one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The kind of thing: `case`, `public_entry`.
    pub kind: String,
    /// Its id among its kind.
    pub id: String,
    /// The version of the stream it was made of.
    pub version: u64,
    /// The organisation it belongs to.
    pub organisation: Option<OrganisationId>,
    /// What lists select by.
    pub state: Option<String>,
    /// What lists are sorted by.
    pub sort_key: String,
    /// Its public number.
    pub number: Option<String>,
    /// What else lists select by: who may see it, on whose desk it lies.
    pub tags: Vec<String>,
    /// What pages show.
    pub body: Value,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Document {
    /// A document with a body and nothing to select or sort by.
    pub fn new(
        kind: impl Into<String>,
        id: impl Into<String>,
        body: Value,
        updated_at: Timestamp,
    ) -> Self {
        Self {
            kind: kind.into(),
            id: id.into(),
            version: 1,
            organisation: None,
            state: None,
            sort_key: String::new(),
            number: None,
            tags: Vec::new(),
            body,
            updated_at,
        }
    }
}

/// What a list of documents holds. By default all of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DocumentFilter<'a> {
    /// Only this organisation's.
    pub organisation: Option<&'a str>,
    /// Only in this state.
    pub state: Option<&'a str>,
    /// Only with this tag.
    pub tag: Option<&'a str>,
}

/// The direction of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Smallest sort key first.
    #[default]
    Ascending,
    /// Largest sort key first.
    Descending,
}

const PUT: &str = "-- documents.put
INSERT INTO documents (kind, id, version, organisation_id, state, sort_key, number, body, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version,
    organisation_id = excluded.organisation_id, state = excluded.state,
    sort_key = excluded.sort_key, number = excluded.number, body = excluded.body,
    updated_at = excluded.updated_at";
const DELETE_TAGS: &str = "-- documents.delete_tags
DELETE FROM document_tags WHERE kind = $1 AND id = $2";
const PUT_TAG: &str = "-- documents.put_tag
INSERT INTO document_tags (kind, id, tag) VALUES ($1, $2, $3)
ON CONFLICT (kind, id, tag) DO NOTHING";
const DELETE: &str = "-- documents.delete
DELETE FROM documents WHERE kind = $1 AND id = $2";
const DELETE_ALL: &str = "-- documents.delete_all
DELETE FROM documents WHERE kind = $1";
const FIND: &str = "-- documents.find
SELECT kind, id, version, organisation_id, state, sort_key, number, body, updated_at
FROM documents WHERE kind = $1 AND id = $2";
const FIND_BY_NUMBER: &str = "-- documents.find_by_number
SELECT kind, id, version, organisation_id, state, sort_key, number, body, updated_at
FROM documents WHERE kind = $1 AND number = $2 ORDER BY id LIMIT 1";
const LIST_TAGS: &str = "-- documents.list_tags
SELECT tag FROM document_tags WHERE kind = $1 AND id = $2 ORDER BY tag";
const LIST_ASCENDING: &str = "-- documents.list_ascending
SELECT kind, id, version, organisation_id, state, sort_key, number, body, updated_at
FROM documents
WHERE kind = $1 AND ($2 IS NULL OR organisation_id = $2) AND ($3 IS NULL OR state = $3)
  AND ($4 IS NULL OR EXISTS (SELECT 1 FROM document_tags
        WHERE document_tags.kind = documents.kind AND document_tags.id = documents.id AND tag = $4))
  AND ($5 IS NULL OR sort_key > $5 OR (sort_key = $5 AND id > $6))
ORDER BY sort_key, id LIMIT $7";
const LIST_DESCENDING: &str = "-- documents.list_descending
SELECT kind, id, version, organisation_id, state, sort_key, number, body, updated_at
FROM documents
WHERE kind = $1 AND ($2 IS NULL OR organisation_id = $2) AND ($3 IS NULL OR state = $3)
  AND ($4 IS NULL OR EXISTS (SELECT 1 FROM document_tags
        WHERE document_tags.kind = documents.kind AND document_tags.id = documents.id AND tag = $4))
  AND ($5 IS NULL OR sort_key < $5 OR (sort_key = $5 AND id < $6))
ORDER BY sort_key DESC, id DESC LIMIT $7";
const COUNT: &str = "-- documents.count
SELECT COUNT(*) AS n_documents FROM documents
WHERE kind = $1 AND ($2 IS NULL OR organisation_id = $2) AND ($3 IS NULL OR state = $3)
  AND ($4 IS NULL OR EXISTS (SELECT 1 FROM document_tags
        WHERE document_tags.kind = documents.kind AND document_tags.id = documents.id AND tag = $4))";

impl Tx {
    /// Writes a read model, over the one that was there. It is derived from events, whose audit
    /// entry speaks for it.
    pub async fn put_document(&self, document: &Document) -> Result<(), StoreError> {
        let (kind, id) = (&document.kind, &document.id);
        let organisation = document.organisation.as_ref().map(OrganisationId::as_str);
        let values = params![
            kind,
            id,
            document.version,
            organisation,
            document.state.as_deref(),
            &document.sort_key,
            document.number.as_deref(),
            &document.body,
            document.updated_at,
        ];
        self.execute(PUT, values).await?;
        self.execute(DELETE_TAGS, params![kind, id]).await?;
        for tag in &document.tags {
            self.execute(PUT_TAG, params![kind, id, tag]).await?;
        }
        Ok(())
    }

    /// Removes a read model, if it is there.
    pub async fn delete_document(&self, kind: &str, id: &str) -> Result<(), StoreError> {
        self.execute(DELETE, params![kind, id]).await.map(drop)
    }

    /// Removes all read models of a kind, to be made anew from the log; how many there were.
    pub async fn delete_all_documents(&self, kind: &str) -> Result<u64, StoreError> {
        self.execute(DELETE_ALL, params![kind]).await
    }
}

impl Reader {
    /// A read model by its id.
    pub async fn find_document(
        &self,
        kind: &str,
        id: &str,
    ) -> Result<Option<Document>, StoreError> {
        let row = self.fetch_optional(FIND, params![kind, id]).await?;
        self.with_tags(row).await
    }

    /// A read model by its public number.
    pub async fn find_document_by_number(
        &self,
        kind: &str,
        number: &str,
    ) -> Result<Option<Document>, StoreError> {
        let row = self
            .fetch_optional(FIND_BY_NUMBER, params![kind, number])
            .await?;
        self.with_tags(row).await
    }

    /// A page of read models by their sort key. Their tags are left out: lists select by them and
    /// do not show them.
    pub async fn list_documents(
        &self,
        kind: &str,
        filter: &DocumentFilter<'_>,
        order: Order,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<Document>, StoreError> {
        let after = Cursor::parse(cursor)?;
        let limit = page_limit(limit);
        let statement = match order {
            Order::Ascending => LIST_ASCENDING,
            Order::Descending => LIST_DESCENDING,
        };
        let DocumentFilter {
            organisation,
            state,
            tag,
        } = *filter;
        let (sort_key, id) = (after.sort_key(), after.id());
        let values = params![kind, organisation, state, tag, sort_key, id, limit + 1];
        let rows = self.fetch(statement, values).await?;
        Page::of(rows, limit, document, |row| {
            Ok(Cursor::after(row.text("sort_key")?, row.text("id")?))
        })
    }

    /// How many read models a list would hold.
    pub async fn count_documents(
        &self,
        kind: &str,
        filter: &DocumentFilter<'_>,
    ) -> Result<u64, StoreError> {
        let DocumentFilter {
            organisation,
            state,
            tag,
        } = *filter;
        let row = self
            .fetch_one(COUNT, params![kind, organisation, state, tag])
            .await?;
        row.number("n_documents")
    }

    async fn with_tags(&self, row: Option<Row>) -> Result<Option<Document>, StoreError> {
        let Some(row) = row else { return Ok(None) };
        let mut document = document(&row)?;
        let tags = self
            .fetch(LIST_TAGS, params![&document.kind, &document.id])
            .await?;
        document.tags = tags
            .iter()
            .map(|row| row.text("tag"))
            .collect::<Result<_, _>>()?;
        Ok(Some(document))
    }
}

fn document(row: &Row) -> Result<Document, StoreError> {
    Ok(Document {
        kind: row.text("kind")?,
        id: row.text("id")?,
        version: row.number("version")?,
        organisation: row.optional_parsed("organisation_id")?,
        state: row.optional_text("state")?,
        sort_key: row.text("sort_key")?,
        number: row.optional_text("number")?,
        tags: Vec::new(),
        body: row.json("body")?,
        updated_at: row.instant("updated_at")?,
    })
}
