//! Reading settings from files and the environment, each value checked where it stands.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::settings::{SETTINGS, Setting};
use super::suggest::nearest;

/// The machine's settings, read for every folder but a demo.
const MACHINE_FILE: &str = "/etc/sund/sund.toml";
const FOLDER_FILE: &str = "sund.toml";

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Built in.
    Default,
    /// A file.
    File(PathBuf),
    /// A variable of the environment.
    Environment(String),
    /// An option of the command.
    CommandLine(&'static str),
}

/// A value and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub(super) text: String,
    pub(super) origin: Origin,
}

pub(super) type Values = BTreeMap<&'static str, Value>;

/// A value from the command line.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    key: &'static str,
    option: &'static str,
    text: String,
}

impl Given {
    /// What an option says about a setting.
    pub(crate) fn new(key: &'static str, option: &'static str, text: impl fmt::Display) -> Self {
        Self {
            key,
            option,
            text: text.to_string(),
        }
    }
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file that was named is not there.
    #[error("the settings file cannot be read: {problem}")]
    Unreadable {
        /// Which file.
        place: String,
        /// What the system says.
        problem: String,
    },
    /// Not TOML.
    #[error("the settings file is not TOML: {problem}")]
    Syntax {
        /// File and line.
        place: String,
        /// What the parser says.
        problem: String,
    },
    /// No such setting.
    #[error("there is no setting `{key}`")]
    UnknownKey {
        /// Where it stands.
        place: String,
        /// What was written.
        key: String,
        /// What was meant, perhaps.
        meant: Option<String>,
    },
    /// A value that the setting does not take.
    #[error("the setting `{key}` {problem}")]
    BadValue {
        /// Where it stands.
        place: String,
        /// Which setting.
        key: &'static str,
        /// What it must be.
        problem: String,
    },
}

impl ConfigError {
    /// The stable code.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "config_unreadable",
            Self::Syntax { .. } => "config_syntax",
            Self::UnknownKey { .. } => "config_unknown_key",
            Self::BadValue { .. } => "config_bad_value",
        }
    }

    /// File, variable or option.
    pub(crate) fn place(&self) -> &str {
        match self {
            Self::Unreadable { place, .. }
            | Self::Syntax { place, .. }
            | Self::UnknownKey { place, .. }
            | Self::BadValue { place, .. } => place,
        }
    }

    /// What to do.
    pub(crate) fn advice(&self) -> String {
        match self {
            Self::Unreadable { .. } => "name a file that exists with `--config`".to_owned(),
            Self::Syntax { .. } => "mend the line".to_owned(),
            Self::UnknownKey {
                meant: Some(meant), ..
            } => format!("did you mean `{meant}`?"),
            Self::UnknownKey { meant: None, .. } => {
                "`sund config show` lists all settings".to_owned()
            }
            Self::BadValue { .. } => "change the value".to_owned(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::CommandLine(option) => write!(f, "command line {option}"),
        }
    }
}

/// Which of the machine's and the folder's settings count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Files<'a> {
    /// The folder.
    pub(super) dir: &'a Path,
    /// A file that stands in for both.
    pub(super) file: Option<&'a Path>,
    /// The machine's file.
    pub(super) machine: &'a Path,
    /// What a folder that is not there yet will be for.
    pub(super) kind: NewFolder,
}

/// What a folder that is not there yet will be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewFolder {
    /// Invented people.
    Demo,
    /// Real data.
    Production,
}

impl<'a> Files<'a> {
    /// The files of a folder.
    pub(super) fn of(dir: &'a Path, file: Option<&'a Path>, kind: NewFolder) -> Self {
        Self {
            dir,
            file,
            machine: Path::new(MACHINE_FILE),
            kind,
        }
    }
}

/// Defaults, files, environment, command line, in this order; the last one that speaks counts.
pub(super) fn load(files: Files<'_>, given: &[Given]) -> Result<Values, ConfigError> {
    let mut values = Values::new();
    for setting in SETTINGS {
        if let Some(default) = setting.default {
            put(&mut values, setting, default.to_owned(), Origin::Default)?;
        }
    }
    match files.file {
        Some(file) => read_file(file, &mut values)?,
        None => {
            let own = files.dir.join(FOLDER_FILE);
            for file in [machine_file(files), Some(own.as_path())] {
                if let Some(file) = file.filter(|file| file.is_file()) {
                    read_file(file, &mut values)?;
                }
            }
        }
    }
    read_environment(environment(), &mut values)?;
    for Given { key, option, text } in given {
        let setting =
            Setting::find(key).expect("invariant: options name settings that are in the list");
        put(
            &mut values,
            setting,
            text.clone(),
            Origin::CommandLine(option),
        )?;
    }
    Ok(values)
}

/// A demo is the same on every machine, so the machine's settings are not for it.
fn machine_file(files: Files<'_>) -> Option<&Path> {
    let is_demo = match std::fs::read_to_string(files.dir.join("FORMAT")) {
        Ok(format) => format.contains("\"demo\""),
        Err(_) => files.kind == NewFolder::Demo,
    };
    (!is_demo).then_some(files.machine)
}

fn read_file(path: &Path, values: &mut Values) -> Result<(), ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        place: path.display().to_string(),
        problem: error.kind().to_string(),
    })?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.lines().count().max(1));
        ConfigError::Syntax {
            place: format!("{}, line {line}", path.display()),
            problem: error.message().to_owned(),
        }
    })?;
    for (section, content) in table {
        let toml::Value::Table(keys) = content else {
            return Err(unknown(&section, path.display().to_string()));
        };
        for (key, value) in keys {
            let key = format!("{section}.{key}");
            let setting =
                Setting::find(&key).ok_or_else(|| unknown(&key, path.display().to_string()))?;
            let text = match value {
                toml::Value::String(text) => text,
                other => other.to_string(),
            };
            put(values, setting, text, Origin::File(path.to_path_buf()))?;
        }
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn environment() -> Vec<(String, String)> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names
        .filter(|name| name.starts_with("SUND_"))
        .filter_map(|name| {
            let value = std::env::var(&name).ok()?;
            Some((name, value))
        })
        .collect()
}

/// Variables of a section that settings have are settings; others (`SUND_TEST_...`) are not ours.
fn read_environment(
    variables: Vec<(String, String)>,
    values: &mut Values,
) -> Result<(), ConfigError> {
    for (name, text) in variables {
        let ours = SETTINGS.iter().any(|setting| {
            let section = setting.key.split('.').next().unwrap_or_default();
            name.starts_with(&format!("SUND_{}_", section.to_uppercase()))
        });
        let setting = SETTINGS.iter().find(|setting| setting.variable() == name);
        match setting {
            Some(setting) => put(values, setting, text, Origin::Environment(name))?,
            None if ours => {
                let known: Vec<String> = SETTINGS.iter().map(Setting::variable).collect();
                let meant = nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
                return Err(ConfigError::UnknownKey {
                    place: "the environment".to_owned(),
                    key: name,
                    meant,
                });
            }
            None => {}
        }
    }
    Ok(())
}

fn unknown(key: &str, place: String) -> ConfigError {
    let meant = nearest(key, SETTINGS.iter().map(|setting| setting.key)).map(str::to_owned);
    ConfigError::UnknownKey {
        place,
        key: key.to_owned(),
        meant,
    }
}

fn put(
    values: &mut Values,
    setting: &'static Setting,
    text: String,
    origin: Origin,
) -> Result<(), ConfigError> {
    if let Some(problem) = setting.problem_of(&text) {
        return Err(ConfigError::BadValue {
            place: origin.to_string(),
            key: setting.key,
            problem,
        });
    }
    values.insert(setting.key, Value { text, origin });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(text: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(FOLDER_FILE), text).unwrap();
        dir
    }

    fn files(dir: &Path) -> Files<'_> {
        Files::of(dir, None, NewFolder::Demo)
    }

    #[test]
    fn a_new_folder_for_real_data_is_made_by_the_machines_settings() {
        let machine = folder("[store]\nuri = \"postgres://db/sund\"\n");
        let machine = machine.path().join(FOLDER_FILE);
        let new = tempfile::tempdir().unwrap();
        let dir = new.path().join("sund");
        let by = |kind| Files {
            machine: &machine,
            ..Files::of(&dir, None, kind)
        };
        let values = load(by(NewFolder::Production), &[]).unwrap();
        assert_eq!(values["store.uri"].origin, Origin::File(machine.clone()));
        let values = load(by(NewFolder::Demo), &[]).unwrap();
        assert!(!values.contains_key("store.uri"));
        // A folder that is there says itself what it is.
        std::fs::create_dir(&dir).unwrap();
        std::fs::write(dir.join("FORMAT"), r#"{"kind": "demo"}"#).unwrap();
        let values = load(by(NewFolder::Production), &[]).unwrap();
        assert!(!values.contains_key("store.uri"));
    }

    #[test]
    fn a_later_source_wins_and_each_value_knows_its_own() {
        let dir = folder("[server]\nport = 9000\n[logging]\nformat = \"json\"\n");
        let given = [Given::new("server.port", "--port", 9001)];
        let values = load(files(dir.path()), &given).unwrap();
        let port = &values["server.port"];
        assert_eq!(
            (port.text.as_str(), &port.origin),
            ("9001", &Origin::CommandLine("--port"))
        );
        assert_eq!(values["logging.format"].text, "json");
        assert_eq!(values["logging.level"].origin, Origin::Default);
    }

    #[test]
    fn an_unknown_key_is_answered_with_the_one_that_was_meant() {
        let dir = folder("[server]\nprot = 9000\n");
        let error = load(files(dir.path()), &[]).unwrap_err();
        assert_eq!(error.code(), "config_unknown_key");
        assert!(error.to_string().contains("`server.prot`"));
        assert_eq!(error.advice(), "did you mean `server.port`?");
        assert!(error.place().ends_with("sund.toml"));
    }

    #[test]
    fn an_unknown_variable_of_a_section_of_ours_is_an_error_and_others_are_not_ours() {
        let mut values = Values::new();
        let foreign = vec![("SUND_TEST_POSTGRES".to_owned(), "x".to_owned())];
        assert!(read_environment(foreign, &mut values).is_ok());
        let wrong = vec![("SUND_SERVER_PROT".to_owned(), "1".to_owned())];
        let error = read_environment(wrong, &mut values).unwrap_err();
        assert_eq!(error.advice(), "did you mean `SUND_SERVER_PORT`?");
    }

    #[test]
    fn a_bad_value_is_named_with_what_it_must_be() {
        let dir = folder("[server]\nport = 99999\n");
        let error = load(files(dir.path()), &[]).unwrap_err();
        assert_eq!(error.code(), "config_bad_value");
        assert!(error.to_string().contains("0 to 65535"));
    }

    #[test]
    fn broken_toml_is_answered_with_its_line() {
        let dir = folder("[server]\nport = \n");
        let error = load(files(dir.path()), &[]).unwrap_err();
        assert!(error.place().ends_with("line 2"), "{}", error.place());
    }
}
