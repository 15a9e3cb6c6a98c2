//! Why each variable is needed, on its way out of the selection.

use std::collections::BTreeMap;

use base::CaseId;
use casework::application::{SentReason, take_reasons};
use catalogue::selection::Selection;

use crate::texts::NewText;
use crate::{App, Error};

impl App {
    /// Takes the reasons out of a selection and seals them: many variables have one reason.
    pub(super) fn seal_reasons(
        &self,
        case: CaseId,
        selection: &mut Selection,
        texts: &mut Vec<NewText>,
    ) -> Result<BTreeMap<String, SentReason>, Error> {
        let mut sealed = BTreeMap::new();
        take_reasons(selection, |reason| {
            if let Some(id) = sealed.get(&reason) {
                return Ok(SentReason::Text(*id));
            }
            let text = self.seal_text(case, "selection", &reason)?;
            let id = text.id;
            texts.push(text);
            sealed.insert(reason, id);
            Ok(SentReason::Text(id))
        })
    }
}
