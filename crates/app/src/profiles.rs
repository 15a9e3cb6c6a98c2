//! Profiles of variables: counted over the version in use while the worker has nothing else to do, and
//! kept only as everybody may see them.

use std::collections::BTreeMap;

use base::{Actor, Timestamp, VersionId};
use casework::holding::controller;
use casework::{Action, Subject, check_may};
use catalogue::register::{OutputPolicy, Register};
use disclosure::profile::{VariableProfile, publish_persons};
use lake::VersionManifest;
use lake::extract::ExtractDescriptor;
use lake::profile::count_table;
use serde::{Deserialize, Serialize};
use store::{AuditEntry, Document, DocumentFilter, Order};

use crate::log::from_json;
use crate::permits::{default_policy, to_json};
use crate::{App, Error};

const PROFILE_KIND: &str = "table-profile";
const SIZE_KIND: &str = "register-size";
const REGISTERS_MAX: usize = base::limits::LIST_ITEMS_MAX;

/// What was measured of a table of the version in use.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableProfile {
    /// The version.
    pub version: VersionId,
    /// When it was measured.
    pub measured_at: Timestamp,
    /// By variable.
    pub variables: BTreeMap<String, VariableProfile>,
}

/// How much a register holds here.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterSize {
    /// The version.
    pub version: VersionId,
    /// Persons, about; none if it is held back.
    pub persons: Option<u64>,
}

/// What measuring a register gave.
struct Measured {
    register: String,
    size: RegisterSize,
    tables: BTreeMap<String, TableProfile>,
}

/// What of a register lies here.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Held {
    /// When the version in use came.
    pub received_at: Timestamp,
    /// Its rows.
    pub rows: u64,
}

impl App {
    /// What was measured of a table; none before it was, or when no version is in use.
    pub async fn table_profile(
        &self,
        register: &str,
        table: &str,
    ) -> Result<Option<TableProfile>, Error> {
        let id = format!("{register}.{table}");
        let document = self
            .store()
            .read("profile.find", |reader| async move {
                reader.find_document(PROFILE_KIND, &id).await
            })
            .await?;
        document.map(|found| from_json(&found.body)).transpose()
    }

    /// About how many persons stand in each register that lies here.
    pub async fn register_sizes(&self) -> Result<BTreeMap<String, u64>, Error> {
        let page = self
            .store()
            .read("profile.sizes", |reader| async move {
                let filter = DocumentFilter::default();
                reader
                    .list_documents(SIZE_KIND, &filter, Order::Ascending, None, REGISTERS_MAX)
                    .await
            })
            .await?;
        let mut sizes = BTreeMap::new();
        for document in page.items {
            let size: RegisterSize = from_json(&document.body)?;
            sizes.extend(size.persons.map(|persons| (document.id, persons)));
        }
        Ok(sizes)
    }

    /// What of a register lies here; none if no version is in use.
    pub async fn held(&self, register: &str) -> Result<Option<Held>, Error> {
        let id = register.to_owned();
        let rows = self
            .store()
            .read("register.held", |reader| async move {
                reader
                    .list_register_versions(Some(&id), Some("approved"))
                    .await
            })
            .await?;
        let newest = rows.into_iter().max_by_key(|row| row.received_at);
        newest
            .map(|row| {
                let manifest: VersionManifest = from_json(&row.manifest)?;
                Ok(Held {
                    received_at: row.received_at,
                    rows: manifest.rows(),
                })
            })
            .transpose()
    }

    /// Permits whose extracts were made from a version, with the day each was made.
    pub async fn uses_of_version(
        &self,
        actor: &Actor,
        register: &str,
        version: VersionId,
    ) -> Result<Vec<(String, Timestamp)>, Error> {
        let described = self.find_register(register)?;
        let subject = Subject::Register(controller(described));
        check_may(actor, Action::ViewVersions, &subject).map_err(|_| Error::not_found())?;
        let extracts = self
            .store()
            .read("register.uses", |reader| async move {
                reader.list_extracts(None).await
            })
            .await?;
        let mut uses = Vec::new();
        for extract in extracts
            .into_iter()
            .filter(|extract| extract.state == "made")
        {
            let descriptor: ExtractDescriptor = from_json(&extract.descriptor)?;
            let made_from = &descriptor.sund;
            if made_from.versions.get(register) == Some(&version) {
                uses.push((made_from.permit_number.clone(), extract.created_at));
            }
        }
        Ok(uses)
    }

    /// Measures one register whose version in use has not been measured; whether there was one.
    pub async fn measure_next(&self) -> Result<bool, Error> {
        let Some(manifest) = self.unmeasured().await? else {
            return Ok(false);
        };
        let app = self.clone();
        let measured_at = self.now();
        let measured = tokio::task::spawn_blocking(move || {
            let described = app.find_register(&manifest.register)?;
            app.measure(described, &manifest, measured_at)
        })
        .await
        .map_err(|error| Error::internal("measuring a register", &error))??;
        let register = &measured.register;
        let audit = AuditEntry::new(&self.system(), "register.measure", register, measured_at);
        let size = to_json(&measured.size)?;
        let mut documents = vec![Document::new(SIZE_KIND, register, size, measured_at)];
        for (table, profile) in &measured.tables {
            let id = format!("{register}.{table}");
            documents.push(Document::new(
                PROFILE_KIND,
                id,
                to_json(profile)?,
                measured_at,
            ));
        }
        self.store()
            .run_tx("profile.store", |tx| {
                let (documents, audit) = (documents.clone(), audit.clone());
                async move {
                    for document in &documents {
                        tx.put_document(document).await?;
                    }
                    tx.record_audit(&audit).await
                }
            })
            .await?;
        Ok(true)
    }

    /// A version in use of which nothing is measured yet.
    async fn unmeasured(&self) -> Result<Option<VersionManifest>, Error> {
        let (rows, sizes) = self
            .store()
            .read("profile.unmeasured", |reader| async move {
                let filter = DocumentFilter::default();
                let rows = reader
                    .list_register_versions(None, Some("approved"))
                    .await?;
                let sizes = reader
                    .list_documents(SIZE_KIND, &filter, Order::Ascending, None, REGISTERS_MAX)
                    .await?;
                Ok::<_, store::StoreError>((rows, sizes.items))
            })
            .await?;
        let mut measured = BTreeMap::new();
        for document in sizes {
            let size: RegisterSize = from_json(&document.body)?;
            measured.insert(document.id, size.version);
        }
        let mut newest = BTreeMap::new();
        for row in rows {
            let known = newest
                .entry(row.register.clone())
                .or_insert_with(|| row.clone());
            if row.received_at > known.received_at {
                *known = row;
            }
        }
        let mut waiting = newest.into_values();
        let found = waiting.find(|row| measured.get(&row.register) != Some(&row.version_id));
        found.map(|row| from_json(&row.manifest)).transpose()
    }

    fn measure(
        &self,
        register: &Register,
        manifest: &VersionManifest,
        measured_at: Timestamp,
    ) -> Result<Measured, Error> {
        let keys = self.lake().keys();
        let key = keys.load_or_create("profile", "marks", self.entropy())?;
        let policy: OutputPolicy = register.output_policy.unwrap_or(default_policy());
        let mut tables = BTreeMap::new();
        let mut persons = None;
        for table in register.tables.iter().filter(|table| table.deliverable) {
            let catalogue = &self.content().catalogue;
            let counts = count_table(self.lake(), catalogue, (register, table), manifest, &key)
                .map_err(|error| Error::internal("measuring a register", &error))?;
            persons = persons.max(publish_persons(counts.persons, &policy));
            let variables = counts.variables.iter();
            let profile = TableProfile {
                version: manifest.version,
                measured_at,
                variables: variables
                    .map(|(name, counts)| (name.clone(), VariableProfile::publish(counts, &policy)))
                    .collect(),
            };
            tables.insert(table.name.clone(), profile);
        }
        let size = RegisterSize {
            version: manifest.version,
            persons,
        };
        Ok(Measured {
            register: register.id.clone(),
            size,
            tables,
        })
    }
}

/// Takes back what was told of a register, when its version goes out of use.
pub(crate) async fn forget_profiles(tx: &store::Tx, register: &Register) -> Result<(), Error> {
    tx.delete_document(SIZE_KIND, &register.id).await?;
    for table in &register.tables {
        let id = format!("{}.{}", register.id, table.name);
        tx.delete_document(PROFILE_KIND, &id).await?;
    }
    Ok(())
}
