//! The versions of a register, from its holder's side: received, approved for use, taken out of use.

use std::collections::BTreeMap;

use base::{DeliveryId, OrganisationId, Timestamp, VersionId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::{Action, Granted};
use crate::case::Recorded;
use crate::refusal::Refusal;
use crate::stored_event::StoredEvent;

/// What happened to a register's versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum HoldingEvent {
    /// A delivery became a version.
    VersionReceived {
        /// Register.
        register: String,
        /// Version.
        version: VersionId,
        /// Delivery.
        delivery: DeliveryId,
        /// SHA-256 of the delivered files together, in hex.
        delivered_sha256: String,
        /// Rows taken in.
        rows: u64,
        /// Rows rejected.
        rejected: u64,
        /// Rejected rows per rule.
        rejected_by_rule: BTreeMap<String, u64>,
        /// The lake's list of files, as the lake wrote it.
        manifest: Value,
        /// Whether it is made up.
        synthetic: bool,
    },
    /// The holder approved a version for use.
    VersionApproved {
        /// Version.
        version: VersionId,
    },
    /// The holder took a version out of use.
    VersionWithdrawn {
        /// Version.
        version: VersionId,
        /// Why, as a code of `content/rules`.
        reason: String,
    },
    /// The files of a withdrawn version that no permit needs were deleted, and their keys destroyed.
    VersionPurged {
        /// Version.
        version: VersionId,
        /// The rule it was deleted by: [`PURGE_RULE`].
        rule: String,
        /// SHA-256 of its canonical manifest, in hex; it names the hash of every file.
        manifest_sha256: String,
    },
}

/// Withdrawn long enough ago, and no extract of a permit in force was made from it.
pub const PURGE_RULE: &str = "withdrawn-and-not-needed";

/// The versions of one register.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Holding {
    /// Versions, oldest first.
    pub versions: Vec<RegisterVersion>,
    /// Events folded.
    pub version: u64,
}

/// A version of a register.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RegisterVersion {
    /// Version.
    pub id: VersionId,
    /// Delivery.
    pub delivery: DeliveryId,
    /// SHA-256 of the delivered files together, in hex.
    pub delivered_sha256: String,
    /// When it was received.
    pub received_at: Timestamp,
    /// Rows taken in.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Rejected rows per rule.
    pub rejected_by_rule: BTreeMap<String, u64>,
    /// The lake's list of files.
    pub manifest: Value,
    /// Whether it is made up.
    pub synthetic: bool,
    /// Where it stands.
    pub state: VersionState,
    /// When it was taken out of use.
    pub withdrawn_at: Option<Timestamp>,
}

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VersionState {
    /// Received, not yet approved.
    Received,
    /// In use.
    Approved,
    /// Out of use.
    Withdrawn,
    /// Deleted.
    Purged,
}

/// Record a received version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiveVersion {
    /// Register.
    pub register: String,
    /// Version.
    pub version: VersionId,
    /// Delivery.
    pub delivery: DeliveryId,
    /// SHA-256 of the delivered files together, in hex.
    pub delivered_sha256: String,
    /// Rows taken in.
    pub rows: u64,
    /// Rejected rows per rule.
    pub rejected_by_rule: BTreeMap<String, u64>,
    /// Rows rejected.
    pub rejected: u64,
    /// The lake's list of files.
    pub manifest: Value,
    /// Whether it is made up.
    pub synthetic: bool,
}

impl StoredEvent for HoldingEvent {
    const STREAM: &'static str = "register";
    const SCHEMA: u32 = 1;
}

impl HoldingEvent {
    /// The kind, as stored.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::VersionReceived { .. } => "version_received",
            Self::VersionApproved { .. } => "version_approved",
            Self::VersionWithdrawn { .. } => "version_withdrawn",
            Self::VersionPurged { .. } => "version_purged",
        }
    }
}

impl Holding {
    /// The versions that these events made.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a Recorded<HoldingEvent>>) -> Self {
        let mut holding = Self::default();
        for event in events {
            holding.apply(event);
        }
        holding
    }

    /// Takes one more event in.
    pub fn apply(&mut self, recorded: &Recorded<HoldingEvent>) {
        self.version += 1;
        match &recorded.event {
            HoldingEvent::VersionReceived {
                version,
                delivery,
                delivered_sha256,
                rows,
                rejected,
                rejected_by_rule,
                manifest,
                synthetic,
                ..
            } => self.versions.push(RegisterVersion {
                id: *version,
                delivery: *delivery,
                delivered_sha256: delivered_sha256.clone(),
                received_at: recorded.at,
                rows: *rows,
                rejected: *rejected,
                rejected_by_rule: rejected_by_rule.clone(),
                manifest: manifest.clone(),
                synthetic: *synthetic,
                state: VersionState::Received,
                withdrawn_at: None,
            }),
            HoldingEvent::VersionApproved { version } => {
                self.set(*version, VersionState::Approved);
            }
            HoldingEvent::VersionWithdrawn { version, .. } => {
                self.set(*version, VersionState::Withdrawn);
                for found in self.versions.iter_mut().filter(|v| v.id == *version) {
                    found.withdrawn_at = Some(recorded.at);
                }
            }
            HoldingEvent::VersionPurged { version, .. } => {
                self.set(*version, VersionState::Purged);
            }
        }
    }

    fn set(&mut self, version: VersionId, state: VersionState) {
        for found in self.versions.iter_mut().filter(|v| v.id == version) {
            found.state = state;
        }
    }

    /// The version in use: the newest approved one.
    pub fn current(&self) -> Option<&RegisterVersion> {
        self.versions
            .iter()
            .rev()
            .find(|version| version.state == VersionState::Approved)
    }

    /// The version that the same files gave before, unless it was taken out of use.
    pub fn delivered_before(&self, delivered_sha256: &str) -> Option<&RegisterVersion> {
        self.versions.iter().find(|version| {
            version.delivered_sha256 == delivered_sha256
                && matches!(
                    version.state,
                    VersionState::Received | VersionState::Approved
                )
        })
    }

    /// Record a received version; the same files twice change nothing.
    pub fn receive(
        &self,
        command: &ReceiveVersion,
        granted: &Granted,
    ) -> Result<Vec<HoldingEvent>, Refusal> {
        check(granted, Action::DeliverRegister)?;
        if self.delivered_before(&command.delivered_sha256).is_some() {
            return Err(Refusal::SameDelivery);
        }
        Ok(vec![HoldingEvent::VersionReceived {
            register: command.register.clone(),
            version: command.version,
            delivery: command.delivery,
            delivered_sha256: command.delivered_sha256.clone(),
            rows: command.rows,
            rejected: command.rejected,
            rejected_by_rule: command.rejected_by_rule.clone(),
            manifest: command.manifest.clone(),
            synthetic: command.synthetic,
        }])
    }

    /// Approve a received version for use.
    pub fn approve(
        &self,
        version: VersionId,
        granted: &Granted,
    ) -> Result<Vec<HoldingEvent>, Refusal> {
        check(granted, Action::ApproveVersion)?;
        self.expect(version, &[VersionState::Received])?;
        Ok(vec![HoldingEvent::VersionApproved { version }])
    }

    /// Take a version out of use.
    pub fn withdraw(
        &self,
        version: VersionId,
        reason: &str,
        granted: &Granted,
    ) -> Result<Vec<HoldingEvent>, Refusal> {
        check(granted, Action::WithdrawVersion)?;
        if reason.trim().is_empty() {
            return Err(Refusal::ReasonMissing);
        }
        self.expect(version, &[VersionState::Received, VersionState::Approved])?;
        Ok(vec![HoldingEvent::VersionWithdrawn {
            version,
            reason: reason.to_owned(),
        }])
    }

    /// Record that a withdrawn version was deleted. Whether a permit needs it, the caller has looked.
    pub fn purge(
        &self,
        version: VersionId,
        manifest_sha256: &str,
        granted: &Granted,
    ) -> Result<Vec<HoldingEvent>, Refusal> {
        check(granted, Action::PurgeVersion)?;
        self.expect(version, &[VersionState::Withdrawn])?;
        Ok(vec![HoldingEvent::VersionPurged {
            version,
            rule: PURGE_RULE.to_owned(),
            manifest_sha256: manifest_sha256.to_owned(),
        }])
    }

    fn expect(&self, version: VersionId, states: &[VersionState]) -> Result<(), Refusal> {
        let found = self
            .versions
            .iter()
            .find(|held| held.id == version)
            .ok_or(Refusal::NoSuchVersion)?;
        if states.contains(&found.state) {
            Ok(())
        } else {
            Err(Refusal::WrongVersionState)
        }
    }
}

fn check(granted: &Granted, action: Action) -> Result<(), Refusal> {
    if granted.action() == action {
        Ok(())
    } else {
        Err(Refusal::OtherPermission)
    }
}

/// The controller a permission about a register is checked against.
pub fn controller(register: &catalogue::register::Register) -> &OrganisationId {
    &register.controller
}
