//! What becomes public of an event: a pending leaf with one salted commitment per field. Public
//! values lie beside it; withheld values stay where they are, and only the reason is told.

use std::collections::BTreeMap;

use base::{CaseTextId, Timestamp};
use casework::publication::{FieldValue, PublicEntry, PublicField, Publicity, publish_case_event};
use casework::{Case, CaseEvent, Recorded};
use catalogue::Text;
use serde::{Deserialize, Serialize};
use store::{PendingLeaf, Tx};
use transparency::{Commitment, Opening, Salt};

use crate::permits::to_json;
use crate::{App, Error};

/// What lies beside a leaf.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct BesideLeaf {
    /// Key of the sentence that tells it.
    pub(crate) summary: String,
    /// Public fields.
    pub(crate) opened: Vec<Opening>,
    /// Withheld fields: why, and the salt with which they can be opened one day.
    pub(crate) withheld: Vec<WithheldField>,
}

/// A field that the public does not see.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WithheldField {
    /// Field.
    pub(crate) field: String,
    /// Why.
    pub(crate) why: Text,
    salt: Salt,
}

impl App {
    /// Publishes an event of a case, if it is one that the public sees.
    pub(crate) async fn publish_case_event(
        &self,
        tx: &Tx,
        case: &Case,
        event: &Recorded<CaseEvent>,
    ) -> Result<(), Error> {
        let publicity = publish_case_event(case, event, &self.content().rulebook);
        self.publish(tx, Some(case), publicity, event.at).await
    }

    /// Adds the pending leaf of an entry. In the transaction of the event itself.
    pub(crate) async fn publish(
        &self,
        tx: &Tx,
        case: Option<&Case>,
        publicity: Publicity,
        at: Timestamp,
    ) -> Result<(), Error> {
        let Publicity::Published(entry) = publicity else {
            return Ok(());
        };
        let mut texts = BTreeMap::new();
        for field in &entry.fields {
            if let (FieldValue::Text(id), Some(case)) = (&field.value, case)
                && let Some(text) = self.open_text(tx, case.id, *id).await?
            {
                texts.insert(*id, text);
            }
        }
        let leaf = self.pending_leaf(&entry, &texts, case.map(|case| case.number.clone()), at)?;
        tx.add_pending_leaf(&leaf).await?;
        Ok(())
    }

    fn pending_leaf(
        &self,
        entry: &PublicEntry,
        texts: &BTreeMap<CaseTextId, String>,
        case_number: Option<String>,
        at: Timestamp,
    ) -> Result<PendingLeaf, Error> {
        let mut commitments: BTreeMap<&str, Commitment> = BTreeMap::new();
        let mut beside = BesideLeaf {
            summary: entry.summary.to_owned(),
            ..BesideLeaf::default()
        };
        for field in &entry.fields {
            let mut bytes = [0; 32];
            self.entropy().fill(&mut bytes);
            let opening = Opening {
                field: field.id.clone(),
                value: value_text(field, texts),
                salt: Salt::from_bytes(bytes),
            };
            commitments.insert(&field.id, opening.commitment());
            match &field.withheld {
                None => beside.opened.push(opening),
                Some(why) => beside.withheld.push(WithheldField {
                    field: field.id.clone(),
                    why: why.clone(),
                    salt: opening.salt,
                }),
            }
        }
        Ok(PendingLeaf {
            kind: entry.kind.to_owned(),
            at,
            case_number,
            public_ids: to_json(&entry.ids)?,
            commitments: to_json(&commitments)?,
            openings: to_json(&beside)?,
        })
    }
}

fn value_text(field: &PublicField, texts: &BTreeMap<CaseTextId, String>) -> String {
    match &field.value {
        FieldValue::Text(id) => texts.get(id).cloned().unwrap_or_default(),
        FieldValue::Value(serde_json::Value::String(text)) => text.clone(),
        FieldValue::Value(value) => value.to_string(),
    }
}
