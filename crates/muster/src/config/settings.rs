//! Every setting, once: where it is in the file, its flag, what it accepts, and how it is checked.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4},
    time::Duration,
};

use clap::Arg;
use muster_crypto::Secret;
use tracing_subscriber::EnvFilter;

use super::{Config, ConfigError, DatabaseUrl, LogFormat};
use crate::toml_text;

/// Where the server listens unless told otherwise.
pub(super) const LISTEN: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8080));
/// Where the operations listener listens unless told otherwise.
pub(super) const OPERATIONS: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9464));

/// One setting.
pub(crate) struct Setting {
    /// The table in the file.
    pub(crate) section: &'static str,
    /// The key there.
    pub(crate) key: &'static str,
    /// The flag, for the common ones.
    pub(crate) flag: Option<&'static str>,
    /// What stands for its value in help.
    pub(crate) placeholder: &'static str,
    /// What it accepts, as messages say it.
    pub(crate) value: &'static str,
    /// What it is for.
    pub(crate) help: &'static str,
    /// What holds without it.
    pub(crate) default: &'static str,
    /// Checks a value and puts it in its place; says what is wrong with it.
    pub(super) set: fn(&mut Config, &str) -> Result<(), &'static str>,
}

/// Every setting.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        section: "server",
        key: "listen",
        flag: Some("listen"),
        placeholder: "ADDR:PORT",
        value: "ADDR:PORT",
        help: "Where clients reach the server",
        default: "127.0.0.1:8080",
        set: |config, value| {
            config.server.listen = value.parse().map_err(|_| "is not an address with a port")?;
            Ok(())
        },
    },
    Setting {
        section: "server",
        key: "base_url",
        flag: Some("base-url"),
        placeholder: "URL",
        value: "http(s)://HOST[:PORT]",
        help: "What links, metadata and `Location` are made of",
        default: "http:// and the listen address",
        set: |config, value| {
            let rest = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
            let plain = |rest: &&str| !rest.is_empty() && !rest.contains(['?', '#', ' ']);
            rest.filter(plain).ok_or("is not a URL without query")?;
            config.server.base_url = Some(value.trim_end_matches('/').to_owned());
            Ok(())
        },
    },
    Setting {
        section: "server",
        key: "data_dir",
        flag: Some("data-dir"),
        placeholder: "FOLDER",
        value: "FOLDER",
        help: "Keys, locks, the default database",
        default: "./muster-data",
        set: |config, value| {
            config.server.data_dir = Some(value).filter(|value| !value.is_empty()).ok_or("is empty")?.into();
            Ok(())
        },
    },
    Setting {
        section: "database",
        key: "url",
        flag: Some("database"),
        placeholder: "URL",
        value: "sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE",
        help: "The database",
        default: "muster.db in the data folder",
        set: |config, value| {
            config.database.url = Some(DatabaseUrl::parse(value).ok_or("is not a database's address")?);
            Ok(())
        },
    },
    Setting {
        section: "database",
        key: "schema",
        flag: None,
        placeholder: "NAME",
        value: "NAME",
        help: "The schema that holds the tables (PostgreSQL)",
        default: "the server's default",
        set: |config, value| {
            config.database.schema = Some(value.to_owned());
            Ok(())
        },
    },
    Setting {
        section: "keys",
        key: "master_key_file",
        flag: None,
        placeholder: "FILE",
        value: "FILE",
        help: "The master key: 32 bytes, mode 0600; never in a backup of the database",
        default: "master.key in the data folder",
        set: |config, value| {
            config.keys.master_key_file = Some(value.into());
            Ok(())
        },
    },
    Setting {
        section: "operations",
        key: "listen",
        flag: None,
        placeholder: "ADDR:PORT",
        value: "ADDR:PORT or off",
        help: "Where `/metrics`, `/healthz` and `/readyz` are",
        default: "127.0.0.1:9464",
        set: |config, value| {
            config.operations.asked_for = true;
            config.operations.listen = match value {
                "off" => None,
                address => Some(address.parse().map_err(|_| "is not an address with a port")?),
            };
            Ok(())
        },
    },
    Setting {
        section: "mail",
        key: "url",
        flag: None,
        placeholder: "URL",
        value: "smtps://USER:PASSWORD@HOST, or smtp://HOST:PORT, with ?tls=required for STARTTLS",
        help: "The mail server; without one no mail is sent",
        default: "none",
        set: |config, value| {
            lettre::SmtpTransport::from_url(value).map_err(|_| "is not a mail server's address")?;
            config.mail.url = Some(Secret::new(value));
            Ok(())
        },
    },
    Setting {
        section: "mail",
        key: "from",
        flag: None,
        placeholder: "ADDRESS",
        value: "an address, or NAME <ADDRESS>",
        help: "Whom mail is from",
        default: "muster@ and the host of the base URL",
        set: |config, value| {
            value.parse::<lettre::message::Mailbox>().map_err(|_| "is not an address")?;
            config.mail.from = Some(value.to_owned());
            Ok(())
        },
    },
    Setting {
        section: "retention",
        key: "log_days",
        flag: None,
        placeholder: "N",
        value: "a number of days from 1 to 3650",
        help: "How long the request log is kept: reads, refusals, bodies",
        default: "7",
        set: |config, value| {
            config.retention.log = days(value)?;
            Ok(())
        },
    },
    Setting {
        section: "retention",
        key: "log_megabytes",
        flag: None,
        placeholder: "N",
        value: "a number of megabytes from 1 to 1000000",
        help: "The most that one connection's request log takes; above it the oldest requests go",
        default: "1024",
        set: |config, value| {
            config.retention.log_bytes = number(value, 1_000_000)? << 20;
            Ok(())
        },
    },
    Setting {
        section: "retention",
        key: "details_days",
        flag: None,
        placeholder: "N",
        value: "a number of days from 1 to 3650",
        help: "How long it is kept what was decided in a request that changed something; not shorter than the log",
        default: "30",
        set: |config, value| {
            config.retention.details = days(value)?;
            Ok(())
        },
    },
    Setting {
        section: "retention",
        key: "activity_days",
        flag: None,
        placeholder: "N",
        value: "a number of days from 1 to 3650",
        help: "How long the activity log is kept; what values and grants are, and why, is kept for ever",
        default: "90",
        set: |config, value| {
            config.retention.activity = days(value)?;
            Ok(())
        },
    },
    Setting {
        section: "activity",
        key: "file",
        flag: None,
        placeholder: "FILE",
        value: "FILE",
        help: "Where the activity log is appended to, one JSON object a line",
        default: "none",
        set: |config, value| {
            config.activity.file = Some(Some(value).filter(|value| !value.is_empty()).ok_or("is empty")?.into());
            Ok(())
        },
    },
    Setting {
        section: "activity",
        key: "syslog",
        flag: None,
        placeholder: "ADDRESS",
        value: "udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT",
        help: "The syslog server that is sent the activity log (RFC 5424)",
        default: "none",
        set: |config, value| {
            muster_http::Syslog::check(value).map_err(|_| "is not the address of a syslog server")?;
            config.activity.syslog = Some(value.to_owned());
            Ok(())
        },
    },
    Setting {
        section: "activity",
        key: "syslog_ca_file",
        flag: None,
        placeholder: "FILE",
        value: "FILE",
        help: "The authorities, in PEM, that the syslog server's certificate may be from (tls://)",
        default: "the operating system's",
        set: |config, value| {
            config.activity.syslog_ca_file = Some(value.into());
            Ok(())
        },
    },
    Setting {
        section: "activity",
        key: "webhook",
        flag: None,
        placeholder: "URL",
        value: "https://HOST/PATH",
        help: "The web server that is sent the activity log (Standard Webhooks); a private one must be in `outbound.allow`",
        default: "none",
        set: |config, value| {
            let url: http::Uri = value.parse().map_err(|_| "is not a URL")?;
            let is_web = matches!(url.scheme_str(), Some("https" | "http")) && url.host().is_some();
            config.activity.webhook = Some(Some(url).filter(|_| is_web).ok_or("is not the URL of a web server")?);
            Ok(())
        },
    },
    Setting {
        section: "activity",
        key: "webhook_secret_file",
        flag: None,
        placeholder: "FILE",
        value: "FILE",
        help: "What the web server knows Muster by: `whsec_` and base64",
        default: "none",
        set: |config, value| {
            config.activity.webhook_secret_file = Some(value.into());
            Ok(())
        },
    },
    Setting {
        section: "outbound",
        key: "allow",
        flag: None,
        placeholder: LIST,
        value: "hosts and networks with commas between them, such as \"idp.corp.example, 10.20.0.0/16\"",
        help: "Where requests to identity providers may go beyond the public internet; a named host also over plain http",
        default: "nowhere",
        set: |config, value| {
            config.outbound = value.parse().map_err(|_| "is neither hosts nor networks")?;
            Ok(())
        },
    },
    Setting {
        section: "dns",
        key: "resolvers",
        flag: None,
        placeholder: LIST,
        value: "addresses with commas between them, such as \"127.0.0.1:5300, 9.9.9.9\"; port 53 where none is named",
        help: "Who is asked for the TXT records of domains",
        default: "the operating system's resolvers",
        set: |config, value| {
            config.dns = Some(resolvers(value)?);
            Ok(())
        },
    },
    Setting {
        section: "log",
        key: "level",
        flag: Some("log"),
        placeholder: "LEVEL",
        value: "error, warn, info, debug, trace, or directives such as info,muster_http=debug",
        help: "What is logged",
        default: "info",
        set: |config, value| {
            EnvFilter::try_new(value).map_err(|_| "is not a log level")?;
            config.log.level = value.to_owned();
            Ok(())
        },
    },
    Setting {
        section: "log",
        key: "format",
        flag: None,
        placeholder: "FORMAT",
        value: "auto, pretty or json",
        help: "How log lines look; auto is pretty on a terminal, JSON elsewhere",
        default: "auto",
        set: |config, value| {
            config.log.format = match value {
                "auto" => LogFormat::Auto,
                "pretty" => LogFormat::Pretty,
                "json" => LogFormat::Json,
                _ => return Err("is not a format"),
            };
            Ok(())
        },
    },
];

/// What stands for the value of a setting that takes a list, in a file also as one.
pub(super) const LIST: &str = "LIST";

/// Addresses of resolvers.
fn resolvers(value: &str) -> Result<Vec<SocketAddr>, &'static str> {
    let one = |text: &str| match text.parse::<IpAddr>() {
        Ok(address) => Some(SocketAddr::new(address, 53)),
        Err(_) => text.parse().ok(),
    };
    let texts = value.split(',').map(str::trim).filter(|text| !text.is_empty());
    texts.map(|text| one(text).ok_or("is not an address")).collect()
}

/// Days as a time.
fn days(value: &str) -> Result<Duration, &'static str> {
    let days = number(value, 3_650)?;
    Ok(Duration::from_hours(24 * days.unsigned_abs()))
}

/// A whole number from 1 to `most`.
fn number(value: &str, most: i64) -> Result<i64, &'static str> {
    let number = value.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or("is not a number in range")
}

impl Setting {
    /// The environment's name for it.
    pub(crate) fn variable(&self) -> String {
        format!("MUSTER_{}_{}", self.section, self.key).to_uppercase()
    }
}

/// Refuses a variable that begins like those of a section and is none of them. Others are not ours to judge.
pub(super) fn check_variable(name: &str) -> Result<(), ConfigError> {
    let ours = |setting: &Setting| name.starts_with(&format!("MUSTER_{}_", setting.section.to_uppercase()));
    if !SETTINGS.iter().any(ours) {
        return Ok(());
    }
    let known: Vec<String> = SETTINGS.iter().map(Setting::variable).collect();
    let reason = match toml_text::nearest(name, known.iter().map(String::as_str)) {
        Some(meant) => format!("there is no such setting: did you mean `{meant}`?"),
        None => "there is no such setting: remove it".to_owned(),
    };
    Err(ConfigError { place: name.to_owned(), reason })
}

/// The flags that every command takes.
pub(crate) fn flags() -> impl Iterator<Item = Arg> {
    SETTINGS.iter().filter_map(|setting| {
        let name = setting.flag?;
        let help = format!("{} [default: {}] [env: {}]", setting.help, setting.default, setting.variable());
        let arg = Arg::new(name).long(name).global(true).value_name(setting.placeholder);
        Some(arg.help(help).help_heading("Settings"))
    })
}

/// All settings, for `--help`.
pub(crate) fn overview() -> String {
    let mut text = String::from("All settings, as keys of the file that --config names, and as variables:");
    for setting in SETTINGS {
        let Setting { section, key, help, value, default, .. } = setting;
        text.push_str(&format!(
            "\n  {section}.{key}, {}\n      {help}: {value} [default: {default}]",
            setting.variable()
        ));
    }
    text
}
