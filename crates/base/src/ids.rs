//! Typed identifiers: one type per entity, all UUIDv7, so that a case cannot be passed as a permit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Clock, Entropy};

/// A text is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind} identifier")]
pub struct ParseIdError {
    kind: &'static str,
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident: $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new identifier of this instant.
            pub fn new(clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
                Self(new_uuid(clock, entropy))
            }

            /// The identifier made of given bytes, for fixtures and derived test data.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The sixteen bytes, in network order.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", $kind, self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| ParseIdError { kind: $kind })
            }
        }
    )*};
}

id! {
    /// A person with a right to sign in.
    AccountId: "account";
    /// A file laid beside a case.
    AttachmentId: "attachment";
    /// An application with its parts, from submission to closing.
    CaseId: "case";
    /// A text of a case, stored beside the log and erasable.
    CaseTextId: "case text";
    /// One delivery of a register by its holder.
    DeliveryId: "delivery";
    /// An application that has not been sent.
    DraftId: "draft";
    /// One event of the log.
    EventId: "event";
    /// The tables made from one permit version.
    ExtractId: "extract";
    /// A piece of work for a worker.
    JobId: "job";
    /// A result of an analysis, released or held.
    OutputId: "output";
    /// What one authority decides in a case.
    PartId: "part";
    /// A permit through all its versions.
    PermitId: "permit";
    /// A question to the applicant.
    QuestionId: "question";
    /// A workbench.
    RoomId: "room";
    /// A search that somebody keeps.
    SavedSearchId: "saved search";
    /// A sign-in.
    SessionId: "session";
    /// One immutable version of a register in the lake.
    VersionId: "version";
}

fn new_uuid(clock: &dyn Clock, entropy: &dyn Entropy) -> Uuid {
    let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or(0);
    let mut tail = [0; 10];
    entropy.fill(&mut tail);
    uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FixedClock, SeededEntropy};

    #[test]
    fn ids_carry_their_instant_and_are_of_version_seven() {
        let clock = FixedClock::at("2026-12-01T08:00:00Z");
        let id = CaseId::new(&clock, &SeededEntropy::new(1));
        assert_eq!(id.0.get_version_num(), 7);
        let again: CaseId = id.to_string().parse().unwrap();
        assert_eq!(id, again);
    }

    #[test]
    fn refuses_what_is_not_an_id() {
        assert_eq!(
            "S-2026-0417".parse::<CaseId>().unwrap_err().to_string(),
            "not a valid case identifier"
        );
    }
}
