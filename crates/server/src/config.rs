//! Settings: defaults, then files, then the environment, then the command line. Every value knows
//! where it comes from.

mod load;
mod settings;
mod suggest;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use load::{ConfigError, Given, NewFolder, Origin};
pub(crate) use settings::SETTINGS;

use load::{Files, Values};

/// The settings of this run.
#[derive(Debug)]
pub(crate) struct Config {
    values: Values,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

impl Config {
    /// Reads the settings of a folder. `file` replaces the folder's own and the machine's.
    pub(crate) fn load(
        dir: &Path,
        file: Option<&Path>,
        given: &[Given],
    ) -> Result<Self, ConfigError> {
        Self::load_for(NewFolder::Demo, dir, file, given)
    }

    /// The same, where a folder that is not there yet will be of a kind.
    pub(crate) fn load_for(
        kind: NewFolder,
        dir: &Path,
        file: Option<&Path>,
        given: &[Given],
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            values: load::load(Files::of(dir, file, kind), given)?,
        })
    }

    /// The value of a setting, if it has one, and where it comes from.
    pub(crate) fn entry(&self, key: &str) -> Option<(&str, &Origin)> {
        let value = self.values.get(key)?;
        Some((value.text.as_str(), &value.origin))
    }

    /// Where to listen.
    pub(crate) fn listen(&self) -> SocketAddr {
        let address: IpAddr = self.parsed("server.address");
        SocketAddr::new(address, self.parsed("server.port"))
    }

    /// The address that people use, where a web server stands in front.
    pub(crate) fn public_url(&self) -> Option<&str> {
        self.text("server.public_url")
    }

    /// The longest that a request may take.
    pub(crate) fn request_time_max(&self) -> Duration {
        Duration::from_secs(self.parsed("server.request_seconds_max"))
    }

    /// How log lines are written.
    pub(crate) fn log_format(&self) -> LogFormat {
        match self.text("logging.format") {
            Some("json") => LogFormat::Json,
            _ => LogFormat::Text,
        }
    }

    /// The least level of log lines.
    pub(crate) fn log_level(&self) -> &str {
        self.text("logging.level").unwrap_or("info")
    }

    /// How to open the installation.
    pub(crate) fn opening(&self, dir: &Path) -> app::Opening {
        app::Opening {
            machine_clock: None,
            dir: dir.to_path_buf(),
            store: self.text("store.uri").map(str::to_owned),
            kek_file: self.text("keys.kek_file").map(PathBuf::from),
            content_dir: self.text("content.dir").map(PathBuf::from),
            log_origin: self.text("transparency.origin").map(str::to_owned),
            withdrawn_days: Some(self.parsed("retention.withdrawn_days")),
        }
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|value| value.text.as_str())
    }

    fn parsed<T: std::str::FromStr>(&self, key: &str) -> T {
        self.text(key)
            .and_then(|text| text.parse().ok())
            .expect("invariant: loading checked every value, and this setting has a default")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_used() {
        let dir = tempfile::tempdir().unwrap();
        let config = Config::load(dir.path(), None, &[]).unwrap();
        assert_eq!(config.listen().to_string(), "127.0.0.1:8080");
        assert!(config.request_time_max() > Duration::from_secs(1));
        assert_eq!(config.log_format(), LogFormat::Text);
        assert_eq!(config.log_level(), "info");
        assert!(config.public_url().is_none());
        assert!(config.opening(dir.path()).store.is_none());
    }
}
