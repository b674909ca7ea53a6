//! The configuration: one typed value, from defaults, a TOML file, the environment and flags, in this order.
//!
//! Each setting is defined once, in [`settings`]; its flag, its variable, its help and its checks follow from that.

mod activity;
mod file;
mod settings;

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use muster_crypto::Secret;
use muster_engine::retention::Policy;
use muster_outbound::{Allowed, Outbound, SetUpError, dns::Dns};
use muster_store::{Database, PostgresOptions};

pub(crate) use activity::ActivityError;
use settings::Setting;
pub(crate) use settings::{SETTINGS, flags, overview};

/// Everything that can be configured, checked.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) database: DatabaseSection,
    pub(crate) keys: Keys,
    pub(crate) operations: Operations,
    pub(crate) log: Log,
    pub(crate) mail: Mail,
    /// What is kept how long.
    pub(crate) retention: Policy,
    /// Where the activity log is streamed to.
    pub(crate) activity: activity::Activity,
    /// Where requests that tenants cause may go beyond the public internet (SEC-3).
    pub(crate) outbound: Allowed,
    /// Who is asked for TXT records (ORG-4); `None`: whom the operating system names.
    pub(crate) dns: Option<Vec<SocketAddr>>,
}

/// How mail is sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mail {
    /// The mail server, with what opens it; `None`: no mail is sent.
    pub(crate) url: Option<Secret>,
    /// Whom mail is from; `None` is `muster@` the base URL's host.
    pub(crate) from: Option<String>,
    /// Whether what no server takes is written to the log, links and all: for demonstrations.
    pub(crate) logged: bool,
}

/// Where the server listens and keeps its files.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// For clients.
    pub(crate) listen: SocketAddr,
    /// What links, metadata and `Location` are made of; `None` is `http://` and the address.
    pub(crate) base_url: Option<String>,
    /// Keys, locks, the default database.
    pub(crate) data_dir: PathBuf,
}

/// The database.
#[derive(Debug, Clone, Default)]
pub(crate) struct DatabaseSection {
    /// `None` is `muster.db` in the data folder.
    pub(crate) url: Option<DatabaseUrl>,
    /// The schema on PostgreSQL.
    pub(crate) schema: Option<String>,
}

/// A database's address.
#[derive(Debug, Clone)]
pub(crate) enum DatabaseUrl {
    /// One file.
    Sqlite(PathBuf),
    /// Gone with the process.
    Memory,
    /// A server.
    Postgres(PostgresUrl),
}

/// The address of a PostgreSQL server; it may hold a password.
#[derive(Clone)]
pub(crate) struct PostgresUrl(String);

/// Keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {
    /// `None` is `master.key` in the data folder.
    pub(crate) master_key_file: Option<PathBuf>,
}

/// The listener for those who run the server.
#[derive(Debug, Clone)]
pub(crate) struct Operations {
    /// `None`: no listener.
    pub(crate) listen: Option<SocketAddr>,
    /// Whether somebody asked for this address: then it must be free.
    pub(crate) asked_for: bool,
}

/// Logs.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    /// Directives of `tracing_subscriber::EnvFilter`.
    pub(crate) level: String,
    /// How lines look.
    pub(crate) format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {reason}")]
pub(crate) struct ConfigError {
    /// A flag, a variable, or a file with line and column.
    pub(crate) place: String,
    /// What to change.
    pub(crate) reason: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            server: Server { listen: settings::LISTEN, base_url: None, data_dir: PathBuf::from("muster-data") },
            database: DatabaseSection::default(),
            keys: Keys::default(),
            operations: Operations { listen: Some(settings::OPERATIONS), asked_for: false },
            mail: Mail::default(),
            retention: Policy::default(),
            activity: activity::Activity::default(),
            outbound: Allowed::default(),
            dns: None,
            log: Log { level: "info".to_owned(), format: LogFormat::Auto },
        }
    }
}

impl Config {
    /// Puts the layers on top of each other: `file`, the environment's `variables`, and what `flag` answers was given
    /// for a flag's name.
    pub(crate) fn load(
        file: Option<&Path>,
        variables: &BTreeMap<String, String>,
        flag: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        if let Some(path) = file {
            file::read(path, &mut config)?;
        }
        for (name, value) in variables {
            match SETTINGS.iter().find(|setting| setting.variable() == *name) {
                Some(setting) => config.set(setting, value, || name.clone())?,
                None => settings::check_variable(name)?,
            }
        }
        for setting in SETTINGS {
            if let Some(name) = setting.flag
                && let Some(value) = flag(name)
            {
                config.set(setting, &value, || format!("--{name}"))?;
            }
        }
        Ok(config)
    }

    fn set(&mut self, setting: &Setting, value: &str, place: impl FnOnce() -> String) -> Result<(), ConfigError> {
        (setting.set)(self, value).map_err(|reason| ConfigError {
            place: place(),
            reason: format!("`{value}` {reason}: use {}", setting.value),
        })
    }

    /// What sends requests that tenants cause, and asks for TXT records.
    pub(crate) fn outbound(&self) -> Result<Outbound, SetUpError> {
        let outbound = Outbound::new(self.outbound.clone())?;
        Ok(match &self.dns {
            Some(resolvers) => outbound.with_dns(Dns::at(resolvers)),
            None => outbound,
        })
    }

    /// What links, metadata and `Location` are made of, when the server listens at `listening`.
    pub(crate) fn base_url(&self, listening: SocketAddr) -> String {
        self.server.base_url.clone().unwrap_or_else(|| format!("http://{listening}"))
    }

    /// The key file.
    pub(crate) fn master_key_file(&self) -> PathBuf {
        self.keys.master_key_file.clone().unwrap_or_else(|| self.server.data_dir.join("master.key"))
    }

    /// The database, as the store takes it.
    pub(crate) fn database(&self) -> Database {
        match &self.database.url {
            None => Database::Sqlite { path: self.server.data_dir.join("muster.db") },
            Some(DatabaseUrl::Sqlite(path)) => Database::Sqlite { path: path.clone() },
            Some(DatabaseUrl::Memory) => Database::SqliteMemory,
            Some(DatabaseUrl::Postgres(PostgresUrl(url))) => {
                let mut options = PostgresOptions::new(url.clone());
                options.schema.clone_from(&self.database.schema);
                Database::Postgres(options)
            }
        }
    }
}

impl DatabaseUrl {
    fn parse(text: &str) -> Option<Self> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Some(Self::Postgres(PostgresUrl(text.to_owned())));
        }
        match text.strip_prefix("sqlite://")? {
            "" => None,
            ":memory:" => Some(Self::Memory),
            path => Some(Self::Sqlite(PathBuf::from(path))),
        }
    }
}

/// Leaves the address out: it may hold a password.
impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresUrl(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    fn variables(name: &str, value: &str) -> BTreeMap<String, String> {
        [(name.to_owned(), value.to_owned())].into()
    }

    #[test]
    fn flags_beat_the_environment() {
        let variables = variables("MUSTER_SERVER_LISTEN", "127.0.0.1:1");
        let flag = |name: &str| (name == "listen").then(|| "127.0.0.1:2".to_owned());
        assert_eq!(Config::load(None, &variables, none).unwrap().server.listen.port(), 1);
        assert_eq!(Config::load(None, &variables, flag).unwrap().server.listen.port(), 2);
        assert_eq!(Config::load(None, &BTreeMap::new(), none).unwrap().server.listen, settings::LISTEN);
    }

    #[test]
    fn a_wrong_value_names_where_it_is_and_what_is_accepted() {
        let error = Config::load(None, &variables("MUSTER_SERVER_LISTEN", "8080"), none).unwrap_err().to_string();
        assert!(error.contains("MUSTER_SERVER_LISTEN") && error.contains("ADDR:PORT"), "{error}");
    }

    #[test]
    fn a_variable_that_is_nearly_a_setting_is_told() {
        let error = Config::load(None, &variables("MUSTER_SERVER_LISEN", "x"), none).unwrap_err().to_string();
        assert!(error.contains("did you mean `MUSTER_SERVER_LISTEN`?"), "{error}");
        for other in ["MUSTER_CONFIG", "MUSTER_TEST_POSTGRES", "PATH"] {
            Config::load(None, &variables(other, "x"), none).unwrap();
        }
    }

    #[test]
    fn database_addresses() {
        let parse = |text: &str| DatabaseUrl::parse(text);
        assert!(matches!(parse("sqlite:///a/b.db"), Some(DatabaseUrl::Sqlite(path)) if path.as_os_str() == "/a/b.db"));
        assert!(matches!(parse("sqlite://b.db"), Some(DatabaseUrl::Sqlite(path)) if path.as_os_str() == "b.db"));
        assert!(matches!(parse("sqlite://:memory:"), Some(DatabaseUrl::Memory)));
        let postgres = parse("postgres://u:secret@h/d").unwrap();
        assert!(matches!(postgres, DatabaseUrl::Postgres(_)) && !format!("{postgres:?}").contains("secret"));
        assert!(parse("mysql://x").is_none() && parse("sqlite://").is_none() && parse("b.db").is_none());
    }
}
