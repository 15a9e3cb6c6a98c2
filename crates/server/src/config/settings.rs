//! The list of settings. A new one is a line here and an accessor in [`super::Config`].

/// A setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// `section.key`; in the environment `SUND_<SECTION>_<KEY>`.
    pub(crate) key: &'static str,
    /// What a value must be.
    pub(crate) kind: Kind,
    /// The value where none is given.
    pub(crate) default: Option<&'static str>,
    /// What it is for.
    pub(crate) about: &'static str,
}

/// What a value must be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// An IP address.
    Address,
    /// 0 to 65535.
    Port,
    /// Whole seconds, at least one.
    Seconds,
    /// Whole days.
    Days,
    /// Any text.
    Text,
    /// Text that is shown without what stands before `@`.
    SecretUri,
    /// `http://` or `https://` and a host, nothing more.
    Url,
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// All of them, by section.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        key: "server.address",
        kind: Kind::Address,
        default: Some("127.0.0.1"),
        about: "address to listen on; a demo always listens on 127.0.0.1",
    },
    Setting {
        key: "server.port",
        kind: Kind::Port,
        default: Some("8080"),
        about: "port to listen on; 0 takes a free one",
    },
    Setting {
        key: "server.public_url",
        kind: Kind::Url,
        default: None,
        about: "the address people use, when a web server with TLS stands in front",
    },
    Setting {
        key: "server.request_seconds_max",
        kind: Kind::Seconds,
        default: Some("90"),
        about: "longest time of one request",
    },
    Setting {
        key: "store.uri",
        kind: Kind::SecretUri,
        default: None,
        about: "the database; the folder's own SQLite file where none is named",
    },
    Setting {
        key: "keys.kek_file",
        kind: Kind::Text,
        default: None,
        about: "file with the key that wraps all others, outside the folder",
    },
    Setting {
        key: "content.dir",
        kind: Kind::Text,
        default: None,
        about: "a folder that replaces the built-in registers, rules, forms and texts",
    },
    Setting {
        key: "transparency.origin",
        kind: Kind::Text,
        default: None,
        about: "the public log's name, such as sund.example.dk/log; never change it later",
    },
    Setting {
        key: "retention.withdrawn_days",
        kind: Kind::Days,
        default: Some("30"),
        about: "days after which a withdrawn register version that no permit needs is deleted",
    },
    Setting {
        key: "logging.format",
        kind: Kind::Choice(&["text", "json"]),
        default: Some("text"),
        about: "how log lines are written",
    },
    Setting {
        key: "logging.level",
        kind: Kind::Choice(&["error", "warn", "info", "debug"]),
        default: Some("info"),
        about: "the least level of log lines",
    },
];

impl Setting {
    /// The setting of a key.
    pub(crate) fn find(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.key == key)
    }

    /// Its variable in the environment.
    pub(crate) fn variable(&self) -> String {
        format!("SUND_{}", self.key.to_uppercase().replace('.', "_"))
    }

    /// Why a value cannot be used.
    pub(crate) fn problem_of(&self, text: &str) -> Option<String> {
        let fits = match self.kind {
            Kind::Address => text.parse::<std::net::IpAddr>().is_ok(),
            Kind::Port => text.parse::<u16>().is_ok(),
            Kind::Seconds => text.parse::<u64>().is_ok_and(|seconds| seconds > 0),
            Kind::Days => text.parse::<u32>().is_ok_and(|days| days <= 36_500),
            Kind::Text | Kind::SecretUri => !text.trim().is_empty(),
            Kind::Url => is_origin(text),
            Kind::Choice(words) => words.contains(&text),
        };
        (!fits).then(|| match self.kind {
            Kind::Address => "must be an IP address, such as 127.0.0.1".to_owned(),
            Kind::Port => "must be a number from 0 to 65535".to_owned(),
            Kind::Seconds => "must be a whole number of seconds, at least 1".to_owned(),
            Kind::Days => "must be a whole number of days".to_owned(),
            Kind::Text | Kind::SecretUri => "must not be empty".to_owned(),
            Kind::Url => "must be like https://sund.example.dk, without a path".to_owned(),
            Kind::Choice(words) => format!("must be one of {}", words.join(", ")),
        })
    }

    /// The value as it may be shown.
    pub(crate) fn shown(&self, text: &str) -> String {
        match (self.kind, text.split_once("://"), text.rsplit_once('@')) {
            (Kind::SecretUri, Some((scheme, _)), Some((_, place))) => {
                format!(
                    "{scheme}://(hidden)@{}",
                    place.split('?').next().unwrap_or(place)
                )
            }
            _ => text.to_owned(),
        }
    }
}

fn is_origin(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty()
            && host
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_value_that_it_takes() {
        for setting in SETTINGS {
            if let Some(default) = setting.default {
                assert_eq!(setting.problem_of(default), None, "{}", setting.key);
            }
        }
    }

    #[test]
    fn a_databases_password_is_not_shown() {
        let store = Setting::find("store.uri").unwrap();
        let shown = store.shown("postgres://sund:h3mm3ligt@db.example.dk/sund?password=x");
        assert_eq!(shown, "postgres://(hidden)@db.example.dk/sund");
        assert_eq!(store.shown("sqlite:/tmp/x.db"), "sqlite:/tmp/x.db");
    }

    #[test]
    fn a_public_address_has_no_path() {
        assert!(is_origin("https://sund.example.dk"));
        assert!(!is_origin("https://sund.example.dk/da/") && !is_origin("sund.example.dk"));
    }
}
