//! Small registers, persons and deliveries that several test files share.

pub(crate) mod permit;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use base::{Date, DeliveryId, Secret, SystemEntropy, VersionId};
use catalogue::{Catalogue, ContentFile};
use lake::reception::{DeliveredFile, Delivery, MEMORY_BYTES, Received, Reception, ReceptionError};
use lake::{KeyStore, Lake, LakeFormat};

pub(crate) const PERSONS: &str = r#"
id = "cpr"
name = { da = "Personer", en = "Persons" }
controller = "sds"
category = "life"
description = { da = "x", en = "x" }
source = "test"

[[table]]
name = "person"
label = { da = "x", en = "x" }
date_variable = "foedt"
deliverable = true
variable = [
  { name = "pnr", label = { da = "x", en = "x" }, type = "text", role = "person" },
  { name = "foedt", label = { da = "x", en = "x" }, type = "date", role = "plain", nullable = true, concept = "birth_date" },
  { name = "koen", label = { da = "x", en = "x" }, type = "text", role = "plain", code_list = "koen", strict_codes = true, concept = "sex" },
  { name = "mor", label = { da = "x", en = "x" }, type = "text", role = "person-reference", nullable = true },
  { name = "familie", label = { da = "x", en = "x" }, type = "text", role = "family", nullable = true },
]

[[table]]
name = "adresse"
label = { da = "x", en = "x" }
date_variable = "fra"
date_order = [["fra", "til"]]
deliverable = true
variable = [
  { name = "pnr", label = { da = "x", en = "x" }, type = "text", role = "person" },
  { name = "kommune", label = { da = "x", en = "x" }, type = "text", role = "plain", pattern = "[0-9]{4}", concept = "municipality", coarsenings = ["region"] },
  { name = "fra", label = { da = "x", en = "x" }, type = "date", role = "plain" },
  { name = "til", label = { da = "x", en = "x" }, type = "date", role = "plain", nullable = true },
]

[[table]]
name = "doed"
label = { da = "x", en = "x" }
date_variable = "doedsdato"
deliverable = true
variable = [
  { name = "pnr", label = { da = "x", en = "x" }, type = "text", role = "person" },
  { name = "doedsdato", label = { da = "x", en = "x" }, type = "date", role = "plain", concept = "death_date" },
]

[[table]]
name = "slaegt"
label = { da = "x", en = "x" }
deliverable = true
variable = [
  { name = "pnr", label = { da = "x", en = "x" }, type = "text", role = "person" },
  { name = "moder", label = { da = "x", en = "x" }, type = "text", role = "person-reference", nullable = true, concept = "mother" },
  { name = "fader", label = { da = "x", en = "x" }, type = "text", role = "person-reference", nullable = true, concept = "father" },
]
"#;

pub(crate) const CONTACTS: &str = r#"
id = "lpr"
name = { da = "Kontakter", en = "Contacts" }
controller = "sds"
category = "care"
description = { da = "x", en = "x" }
source = "test"

[[table]]
name = "kontakt"
label = { da = "x", en = "x" }
date_variable = "start"
date_order = [["start", "slut"]]
deliverable = true
variable = [
  { name = "pnr", label = { da = "x", en = "x" }, type = "text", role = "person" },
  { name = "kontakt_id", label = { da = "x", en = "x" }, type = "text", role = "record:kontakt" },
  { name = "start", label = { da = "x", en = "x" }, type = "date", role = "plain", coarsenings = ["month", "year"] },
  { name = "slut", label = { da = "x", en = "x" }, type = "date", role = "plain", nullable = true },
  { name = "afdeling", label = { da = "x", en = "x" }, type = "text", role = "provider", nullable = true },
  { name = "dage", label = { da = "x", en = "x" }, type = "integer", role = "plain", nullable = true, minimum = 0, maximum = 5000, coarsenings = ["band:100"] },
]

[[table]]
name = "diagnose"
label = { da = "x", en = "x" }
date_variable = "dato"
deliverable = true
variable = [
  { name = "pnr", label = { da = "x", en = "x" }, type = "text", role = "person" },
  { name = "kontakt_id", label = { da = "x", en = "x" }, type = "text", role = "record:kontakt" },
  { name = "kode", label = { da = "x", en = "x" }, type = "text", role = "plain", pattern = "D[A-Z][0-9]{2}[0-9A-Z]{0,3}", concept = "diagnosis" },
  { name = "dato", label = { da = "x", en = "x" }, type = "date", role = "plain" },
  { name = "svar", label = { da = "x", en = "x" }, type = "decimal", role = "plain", nullable = true },
  { name = "notat", label = { da = "x", en = "x" }, type = "text", role = "free-text", nullable = true },
]
"#;

pub(crate) const SEX: &str = "code;da;en;parent\nM;Mand;Man;\nK;Kvinde;Woman;\n";

pub(crate) fn catalogue() -> Catalogue {
    Catalogue::from_files([
        ContentFile {
            path: "registers/cpr.toml",
            text: PERSONS,
        },
        ContentFile {
            path: "registers/lpr.toml",
            text: CONTACTS,
        },
        ContentFile {
            path: "codelists/koen.csv",
            text: SEX,
        },
    ])
    .unwrap()
}

/// An installation's folder with a lake for synthetic persons.
pub(crate) struct Folder {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) lake: Lake,
    pub(crate) catalogue: Catalogue,
    pub(crate) threads: usize,
    pub(crate) memory_bytes: usize,
}

impl Folder {
    pub(crate) fn new(buckets: u32) -> Self {
        Self::of_kind(buckets, true)
    }

    pub(crate) fn of_kind(buckets: u32, synthetic: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let keys = KeyStore::open(&dir.path().join("keys"), Secret::new([9; 32])).unwrap();
        let format = LakeFormat {
            buckets,
            ..LakeFormat::new(synthetic)
        };
        let lake = Lake::create(dir.path(), format, keys).unwrap();
        Self {
            dir,
            lake,
            catalogue: catalogue(),
            threads: 2,
            memory_bytes: MEMORY_BYTES,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.dir.path().join("delivered");
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join(name), bytes).unwrap();
        path.join(name)
    }

    pub(crate) fn receive(
        &self,
        register: &str,
        number: u8,
        files: &[(&str, PathBuf)],
    ) -> Result<Received, ReceptionError> {
        let files: Vec<DeliveredFile> = files
            .iter()
            .map(|(table, path)| DeliveredFile::at(*table, path))
            .collect();
        let delivery = self.delivery(register, number);
        self.reception(&AtomicBool::new(false))
            .receive(&delivery, &files)
    }

    pub(crate) fn delivery(&self, register: &str, number: u8) -> Delivery<'_> {
        let mut id = [number; 16];
        id[0] = register.bytes().next().unwrap();
        Delivery {
            register: self.catalogue.register(register).unwrap(),
            delivery: DeliveryId::from_bytes(id),
            version: VersionId::from_bytes(id),
        }
    }

    pub(crate) fn reception<'a>(&'a self, cancel: &'a AtomicBool) -> Reception<'a> {
        Reception {
            lake: &self.lake,
            catalogue: &self.catalogue,
            today: Date::constant(2026, 12, 1),
            threads: self.threads,
            memory_bytes: self.memory_bytes,
            entropy: &SystemEntropy,
            progress: &|_| {},
            cancel,
        }
    }
}

/// All files below a folder.
pub(crate) fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A synthetic identity number.
pub(crate) fn cpr(n: u32) -> String {
    format!(
        "{:02}{:02}{:02}{:04}",
        1 + n % 28,
        41 + n / 28 % 12,
        40 + n / 336 % 50,
        n % 3000
    )
}
