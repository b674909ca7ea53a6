//! Where the server is and how its sessions are set up.

use std::{path::PathBuf, time::Duration};

use tokio_postgres::{Config, config::SslMode};

use crate::{error::StoreError, options::PostgresOptions};

/// A server's address, read once.
pub(super) struct Address {
    config: Config,
    pub(super) schema: Option<String>,
    pub(super) trust: Trust,
}

/// How far the server must identify itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trust {
    /// Not at all, whether or not the connection is encrypted.
    Anyone,
    /// By a certificate, whatever its name.
    Certificate(Authorities),
    /// By a certificate for the host's name.
    Host(Authorities),
}

/// Who may have issued the server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Authorities {
    /// Those that the system trusts.
    System,
    /// Those in a file.
    File(PathBuf),
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Read,
    Write,
    Migrate,
}

impl Address {
    /// Reads the address, with libpq's names for `sslmode`.
    pub(super) fn parse(options: &PostgresOptions) -> Result<Address, StoreError> {
        let Parameters { rest, sslmode, sslrootcert } = Parameters::take(&options.url);
        let mut config: Config = rest.parse().map_err(|error: tokio_postgres::Error| refuse(&error))?;
        let authorities = sslrootcert.map_or(Authorities::System, |path| Authorities::File(path.into()));
        let (mode, trust) = match sslmode.as_deref() {
            Some("disable") => (SslMode::Disable, Trust::Anyone),
            None | Some("prefer") => (SslMode::Prefer, Trust::Anyone),
            Some("require") => (SslMode::Require, Trust::Anyone),
            Some("verify-ca") => (SslMode::Require, Trust::Certificate(authorities)),
            Some("verify-full") => (SslMode::Require, Trust::Host(authorities)),
            Some(other) => {
                return Err(refuse(&format!(
                    "`sslmode` is `{other}`: use disable, prefer, require, verify-ca or verify-full"
                )));
            }
        };
        config.ssl_mode(mode);
        if config.get_application_name().is_none() {
            config.application_name("muster");
        }
        config.connect_timeout(config.get_connect_timeout().copied().unwrap_or(Duration::from_secs(5)));
        config.tcp_user_timeout(Duration::from_secs(30)).keepalives_idle(Duration::from_secs(30));
        let schema = options.schema.clone();
        if let Some(name) = &schema
            && (name.is_empty()
                || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit()))
        {
            return Err(refuse(&format!("the schema `{name}` must consist of a-z, 0-9 and `_`")));
        }
        Ok(Address { config, schema, trust })
    }

    /// The driver's configuration for a connection of `role` whose statements may take `limit`.
    pub(super) fn config(&self, role: Role, limit: Duration) -> Config {
        let mut config = self.config.clone();
        let mut settings = config.get_options().unwrap_or_default().to_owned();
        let mut set = |setting: &str, value: &str| settings.push_str(&format!(" -c {setting}={value}"));
        if let Some(schema) = &self.schema {
            set("search_path", schema);
        }
        match role {
            Role::Read | Role::Write => {
                set("statement_timeout", &limit.as_millis().to_string());
                set("lock_timeout", "3000");
                set("idle_in_transaction_session_timeout", "30000");
            }
            Role::Migrate => set("statement_timeout", "0"),
        }
        if role == Role::Read {
            set("default_transaction_read_only", "on");
        } else {
            set("synchronous_commit", "on");
        }
        config.options(settings.trim_start());
        config
    }
}

/// An address without the parameters that the driver does not know.
struct Parameters {
    rest: String,
    sslmode: Option<String>,
    sslrootcert: Option<String>,
}

impl Parameters {
    fn take(url: &str) -> Parameters {
        let mut found = Parameters { rest: String::new(), sslmode: None, sslrootcert: None };
        let (start, parameters, separator) = if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let (start, parameters) = url.split_once('?').unwrap_or((url, ""));
            (start, parameters, '&')
        } else {
            ("", url, ' ')
        };
        let mut rest = Vec::new();
        for parameter in parameters.split(separator).filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", value)) => found.sslmode = Some(value.to_owned()),
                Some(("sslrootcert", value)) => found.sslrootcert = Some(value.to_owned()),
                _ => rest.push(parameter),
            }
        }
        let rest = rest.join(&separator.to_string());
        found.rest = match (start, rest.as_str()) {
            ("", rest) => rest.to_owned(),
            (start, "") => start.to_owned(),
            (start, rest) => format!("{start}?{rest}"),
        };
        found
    }
}

fn refuse(reason: &impl ToString) -> StoreError {
    StoreError::unavailable(format!("the address of the PostgreSQL server cannot be used: {}", reason.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Address, StoreError> {
        Address::parse(&PostgresOptions::new(url))
    }

    #[test]
    fn sslmode_has_libpqs_meanings() {
        let file = || Authorities::File("/ca.pem".into());
        let cases = [
            ("postgres://u@h/d", SslMode::Prefer, Trust::Anyone),
            ("postgres://u@h/d?sslmode=disable", SslMode::Disable, Trust::Anyone),
            ("postgres://u@h/d?sslmode=require&connect_timeout=3", SslMode::Require, Trust::Anyone),
            ("postgres://u@h/d?sslmode=verify-full", SslMode::Require, Trust::Host(Authorities::System)),
            ("host=h user=u sslrootcert=/ca.pem sslmode=verify-ca", SslMode::Require, Trust::Certificate(file())),
            ("host=h user=u sslmode=verify-full sslrootcert=/ca.pem", SslMode::Require, Trust::Host(file())),
        ];
        for (url, mode, trust) in cases {
            let address = parse(url).unwrap();
            assert_eq!((address.config.get_ssl_mode(), &address.trust), (mode, &trust), "{url}");
        }
        assert!(parse("postgres://u@h/d?sslmode=allow").is_err());
        assert!(parse("postgres://u@h/d?colour=blue").is_err());
    }

    #[test]
    fn a_schema_cannot_carry_sql() {
        let options =
            |schema: &str| PostgresOptions { schema: Some(schema.to_owned()), ..PostgresOptions::new("host=h") };
        assert!(Address::parse(&options("t_1")).is_ok());
        assert!(Address::parse(&options("t; DROP")).is_err());
    }
}
