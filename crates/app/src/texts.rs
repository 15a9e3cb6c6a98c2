//! Texts of a case: checked for identity numbers, sealed under the case's own key, kept beside the
//! event log, erasable.

use std::collections::BTreeMap;

use base::{CaseId, CaseTextId, limits};
use lake::sealed::{self, DataKey};
use store::{AuditEntry, CaseText, Reader, Tx};

use crate::{App, Error};

const KEY_KIND: &str = "texts";

/// A text on its way into a case.
#[derive(Debug, Clone)]
pub(crate) struct NewText {
    pub(crate) id: CaseTextId,
    field: String,
    sealed: Vec<u8>,
}

/// Refuses a text that is too long or holds what looks like a CPR number. The number itself is not
/// repeated in the answer.
pub(crate) fn check_text(field: &str, text: &str, chars_max: usize) -> Result<(), Error> {
    if text.chars().count() > chars_max {
        let message = format!("the text has more than {chars_max} characters");
        return Err(Error::invalid("text_too_long", message).at_field(field));
    }
    if !linkage::scan_identifiers(text).is_empty() {
        return Err(Error::invalid(
            "identifier_in_text",
            "the text holds something that looks like a CPR number; nothing was saved",
        )
        .advise("take the number out: an application is about groups, never about one person")
        .at_field(field));
    }
    Ok(())
}

impl App {
    /// Checks and seals a text for a case.
    pub(crate) fn seal_text(
        &self,
        case: CaseId,
        field: &str,
        text: &str,
    ) -> Result<NewText, Error> {
        check_text(field, text, limits::TEXT_CHARS_MAX)?;
        if text.trim().is_empty() {
            return Err(Error::invalid("text_missing", "write a text").at_field(field));
        }
        let key = self.text_key(case)?;
        let id = CaseTextId::new(self.clock(), self.entropy());
        let context = context(case, id);
        let sealed = sealed::seal(&key, &context, text.trim().as_bytes(), self.entropy());
        Ok(NewText {
            id,
            field: field.to_owned(),
            sealed,
        })
    }

    /// Seals a text if there is one.
    pub(crate) fn seal_optional(
        &self,
        case: CaseId,
        field: &str,
        text: Option<&str>,
    ) -> Result<Option<NewText>, Error> {
        match text.filter(|text| !text.trim().is_empty()) {
            Some(text) => self.seal_text(case, field, text).map(Some),
            None => Ok(None),
        }
    }

    fn text_key(&self, case: CaseId) -> Result<DataKey, Error> {
        Ok(self
            .lake()
            .keys()
            .load_or_create(KEY_KIND, &case.to_string(), self.entropy())?)
    }

    /// One text of a case, if it is still there.
    pub(crate) async fn open_text(
        &self,
        reader: &Reader,
        case: CaseId,
        id: CaseTextId,
    ) -> Result<Option<String>, Error> {
        let found = reader.find_case_text(id).await?;
        let there = found.filter(|text| text.case_id == case && text.erased.is_none());
        let Some(text) = there else { return Ok(None) };
        let key = self.lake().keys().load(KEY_KIND, &case.to_string())?;
        open(&key, &text).map(Some)
    }

    /// All texts of a case that are still there, by reference.
    pub(crate) async fn open_texts(
        &self,
        reader: &Reader,
        case: CaseId,
    ) -> Result<BTreeMap<CaseTextId, String>, Error> {
        let stored = reader.list_case_texts(case).await?;
        if stored.iter().all(|text| text.erased.is_some()) {
            return Ok(BTreeMap::new());
        }
        let key = self.lake().keys().load(KEY_KIND, &case.to_string())?;
        let mut texts = BTreeMap::new();
        for text in stored.into_iter().filter(|text| text.erased.is_none()) {
            texts.insert(text.text_id, open(&key, &text)?);
        }
        Ok(texts)
    }
}

fn open(key: &DataKey, text: &CaseText) -> Result<String, Error> {
    let context = context(text.case_id, text.text_id);
    let plain = sealed::open(key, &context, &text.ciphertext)
        .map_err(|error| Error::internal("opening a case text", &error))?;
    Ok(String::from_utf8_lossy(&plain).into_owned())
}

fn context(case: CaseId, text: CaseTextId) -> String {
    format!("case-text/{case}/{text}")
}

/// Stores sealed texts of a case.
pub(crate) async fn store_texts(
    tx: &Tx,
    case: CaseId,
    texts: &[NewText],
    audit: &AuditEntry,
) -> Result<(), Error> {
    for text in texts {
        let row = CaseText {
            text_id: text.id,
            case_id: case,
            field_id: text.field.clone(),
            // Sealed bytes carry their own nonces.
            nonce: Vec::new(),
            ciphertext: text.sealed.clone(),
            created_at: audit.at,
            erased: None,
        };
        tx.insert_case_text(&row, audit).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_a_text_with_a_cpr_number_and_does_not_repeat_it() {
        let error = check_text("aim", "Vi følger 010170-1234 i ti år", 1000).unwrap_err();
        assert_eq!(error.code(), "identifier_in_text");
        assert!(!error.to_string().contains("1234"));
        assert!(check_text("aim", "HbA1c over 48 mmol/mol siden 01-01-2013", 1000).is_ok());
    }
}
