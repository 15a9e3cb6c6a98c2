//! Where the store lies.

use std::fmt;
use std::path::{Path, PathBuf};

use base::Secret;

use crate::StoreError;

/// The address of a store: `sqlite:PATH` or `postgres://…`.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUri {
    /// A file of this machine.
    Sqlite(PathBuf),
    /// A database server. The address may hold a password and is never printed whole.
    Postgres(Secret<String>),
}

impl StoreUri {
    /// Reads an address as it stands in the configuration.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(Secret::new(text.to_owned())));
        }
        let path = text.strip_prefix("sqlite:").ok_or(StoreError::Uri)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() {
            return Err(StoreError::Uri);
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }

    /// The address of a file.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self::Sqlite(path.as_ref().to_owned())
    }
}

impl fmt::Display for StoreUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(address) => {
                let place = address.expose().rsplit('@').next().unwrap_or_default();
                let place = place.split('?').next().unwrap_or_default();
                let place = place.rsplit("//").next().unwrap_or_default();
                write!(f, "postgres://{place}")
            }
        }
    }
}

impl fmt::Debug for StoreUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_files_and_servers() {
        let file = StoreUri::parse("sqlite:/var/lib/sund/store.db").unwrap();
        assert_eq!(file, StoreUri::file("/var/lib/sund/store.db"));
        assert_eq!(
            StoreUri::parse("sqlite://store.db").unwrap(),
            StoreUri::file("store.db")
        );
        assert!(matches!(
            StoreUri::parse("postgres://h/d").unwrap(),
            StoreUri::Postgres(_)
        ));
    }

    #[test]
    fn prints_no_password() {
        let uri = StoreUri::parse("postgres://sund:sesam@db:5432/sund?password=x").unwrap();
        assert_eq!(
            format!("{uri} {uri:?}"),
            "postgres://db:5432/sund postgres://db:5432/sund"
        );
    }

    #[test]
    fn refuses_other_databases() {
        for bad in ["", "mysql://h/d", "/store.db", "sqlite:"] {
            assert!(
                matches!(StoreUri::parse(bad), Err(StoreError::Uri)),
                "{bad}"
            );
        }
    }
}
