//! The permit: `sund-permit/1`. It alone decides people, population, variables, tools, export rules
//! and expiry. Signed as canonical JSON; see [`crate::signing`].

use base::{AccountId, Date, OrganisationId, PermitId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Text;
use crate::register::OutputPolicy;
use crate::selection::Selection;
use crate::signing::SignedDocument;

/// The format's name.
pub const FORMAT: &str = "sund-permit/1";
/// The status format's name.
pub const STATUS_FORMAT: &str = "sund-status/1";

/// One version of a permit. Elements (a)-(h) are those of Art. 68(10) of Regulation (EU) 2025/327.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermitDocument {
    /// Always [`FORMAT`].
    pub format: String,
    /// The permit through all its versions.
    pub permit_id: PermitId,
    /// Public number: `DK-2027-00083`.
    pub number: String,
    /// 1, 2, …; a higher version replaces a lower one.
    pub version: u32,
    /// Public number of the case: `S-2026-0417`.
    pub case_number: String,
    /// Title of the project.
    pub title: Text,
    /// When it was signed.
    pub issued_at: Timestamp,
    /// (e) First date of access.
    pub valid_from: Date,
    /// (e) Last date of access.
    pub valid_to: Date,
    /// The institution that is the data user and controller of the processing.
    pub data_user: OrganisationId,
    /// (b) Purposes of Art. 53(1), as letters.
    pub purposes: Vec<String>,
    /// (b) The purpose in words.
    pub purpose: Text,
    /// (a) Whether the data are pseudonymised (true) or anonymised.
    pub pseudonymised: bool,
    /// (a) Population, tables, variables, coarsening, periods.
    pub selection: Selection,
    /// (c) Whether the exception from opt-out applies, and why.
    pub opt_out_exception: Option<Text>,
    /// (d) Persons with access.
    pub members: Vec<Member>,
    /// (f) The workbench and its tools.
    pub environment: Environment,
    /// (g) Fees, in øre, lowest and highest.
    pub fees_ore: Option<(i64, i64)>,
    /// (h) Conditions.
    pub conditions: Vec<Text>,
    /// What a released cell must hold, the strictest of its sources and conditions.
    pub output_policy: OutputPolicy,
    /// What each authority decided.
    pub decisions: Vec<DecidedPart>,
    /// Made by a bench or a test, in a synthetic folder only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub test: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it by reference"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// A person with access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Account.
    pub account: AccountId,
    /// Whether this is the principal investigator.
    pub principal: bool,
    /// What the person sees.
    pub access: AccessMode,
    /// Whether the person may ask for release.
    pub may_release: bool,
    /// Last date of this person's access.
    pub until: Date,
}

/// What a member sees in the workbench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessMode {
    /// Rows of the extract, on the screen only.
    SeesRows,
    /// Only checked results of code that is sent in.
    SendsCode,
}

/// The secure processing environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Tools: `sql`.
    pub tools: Vec<String>,
    /// Memory in mebibytes.
    pub memory_mib: u32,
    /// Longest run of one query, in seconds.
    pub query_seconds_max: u32,
}

/// What one authority decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecidedPart {
    /// Authority.
    pub authority: OrganisationId,
    /// Registers of the part.
    pub registers: Vec<String>,
    /// Date of the decision.
    pub decided_on: Date,
    /// Whether conditions were set.
    pub with_conditions: bool,
}

/// Whether a permit may be used now. Short-lived and signed; the highest sequence number counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermitStatus {
    /// Always [`STATUS_FORMAT`].
    pub format: String,
    /// Permit.
    pub permit_id: PermitId,
    /// The version in force.
    pub version: u32,
    /// False after revocation, expiry or suspension.
    pub valid: bool,
    /// Rises with every status of this permit.
    pub sequence: u64,
    /// When it was signed.
    pub issued_at: Timestamp,
    /// When it must be asked for again.
    pub expires_at: Timestamp,
}

/// Why a permit cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PermitUnusable {
    /// Status belongs to another permit.
    #[error("the status is not of this permit")]
    OtherPermit,
    /// A newer version is in force.
    #[error("version {held} is replaced by version {in_force}")]
    Replaced {
        /// The version at hand.
        held: u32,
        /// The version in force.
        in_force: u32,
    },
    /// Revoked, or suspended.
    #[error("the permit is not in force: access is closed")]
    Closed,
    /// The status is too old.
    #[error("the status has expired: ask for a new one")]
    StatusExpired,
    /// Outside the dates.
    #[error("the permit is valid from {from} to {to}")]
    OutsidePeriod {
        /// First date.
        from: Date,
        /// Last date.
        to: Date,
    },
}

impl SignedDocument for PermitDocument {
    const FORMAT: &'static str = FORMAT;
}

impl SignedDocument for PermitStatus {
    const FORMAT: &'static str = STATUS_FORMAT;
}

impl PermitDocument {
    /// The member of an account.
    pub fn member(&self, account: AccountId) -> Option<&Member> {
        self.members.iter().find(|member| member.account == account)
    }

    /// Whether the permit may be used at this instant, given its status.
    pub fn check_usable(
        &self,
        status: &PermitStatus,
        now: Timestamp,
        today: Date,
    ) -> Result<(), PermitUnusable> {
        if status.permit_id != self.permit_id {
            return Err(PermitUnusable::OtherPermit);
        }
        if status.version != self.version {
            return Err(PermitUnusable::Replaced {
                held: self.version,
                in_force: status.version,
            });
        }
        if !status.valid {
            return Err(PermitUnusable::Closed);
        }
        if status.expires_at <= now {
            return Err(PermitUnusable::StatusExpired);
        }
        if today < self.valid_from || self.valid_to < today {
            return Err(PermitUnusable::OutsidePeriod {
                from: self.valid_from,
                to: self.valid_to,
            });
        }
        Ok(())
    }
}
