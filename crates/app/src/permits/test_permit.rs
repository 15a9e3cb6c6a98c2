//! Permits for benches and tests, in a synthetic folder only.

use base::{Actor, ErrorClass};
use casework::Action;
use catalogue::permit::PermitDocument;
use catalogue::signing::Signed;

use crate::{App, Error};

impl App {
    /// Signs a permit document as a test permit. Works in a demo folder only.
    pub fn sign_test_permit(&self, actor: &Actor, bytes: &[u8]) -> Result<Signed, Error> {
        self.check_installation(actor, Action::SignTestPermit)?;
        if !self.is_demo() {
            return Err(not_synthetic());
        }
        let mut permit: PermitDocument = serde_json::from_slice(bytes)
            .map_err(|error| Error::invalid("permit_document", format!("not a permit: {error}")))?;
        if let Err(problems) =
            catalogue::selection::check::check(&permit.selection, &self.content().catalogue)
        {
            let words: Vec<String> = problems
                .iter()
                .map(|p| format!("{}: {}", p.path, p.message))
                .collect();
            return Err(Error::invalid("selection", words.join("; ")));
        }
        permit.test = true;
        // It can be taken for no permit of a case, and its number names a folder.
        permit.number = format!("TEST-{}", permit.permit_id);
        permit.version = 1;
        self.signer().sign_permit(&permit)
    }

    /// A test permit has no status: it holds in a synthetic folder between its dates.
    pub(super) fn check_test_permit(
        &self,
        permit: PermitDocument,
    ) -> Result<PermitDocument, Error> {
        if !self.is_demo() {
            return Err(not_synthetic());
        }
        if self.today() < permit.valid_from || permit.valid_to < self.today() {
            let message = format!(
                "the permit is valid from {} to {}",
                permit.valid_from, permit.valid_to
            );
            return Err(Error::new(
                ErrorClass::Forbidden,
                "permit_not_usable",
                message,
            ));
        }
        Ok(permit)
    }
}

fn not_synthetic() -> Error {
    Error::new(
        ErrorClass::Forbidden,
        "test_permit",
        "test permits exist in a demo folder only; this folder holds real data",
    )
}
