//! Which server, and what opens it.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read},
    net::IpAddr,
    path::{Path, PathBuf},
};

use clap::{Arg, ArgMatches};
use muster_crypto::Secret;
use url::{Host, Url};

/// The most bytes of a file that holds a token.
const TOKEN_BYTES: u64 = 4_096;

/// Why it is not known which server, or how to be let in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccessError {
    /// The address is none.
    #[error("`{0}` is not a server's address: write https://HOST")]
    Address(String),
    /// A token would be sent for everybody on the way to read.
    #[error("`{0}` is not https: a token is sent over plain http to this machine alone")]
    Plain(String),
    /// There is no token.
    #[error("no token is named: use `--token-file FILE`, `--token T` or MUSTER_TOKEN")]
    NoToken,
    /// There is a token, but no server.
    #[error("`--{0}` is for a server: name it with `--server URL`")]
    NoServer(&'static str),
    /// The file with the token cannot be read.
    #[error("the token cannot be read from `{path}`", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Headers cannot hold it.
    #[error("the token has characters that no token has: copy it again")]
    Token,
}

/// The flags that name a server.
pub(crate) struct ServerFlags;

/// A server, and what opens it.
#[derive(Debug)]
pub(crate) struct Access {
    /// Where `/v2` is.
    pub(crate) url: Url,
    /// A personal or organization access token.
    pub(crate) token: Secret,
}

impl ServerFlags {
    /// As every command takes them that can be done over a server.
    pub(crate) fn args() -> [Arg; 3] {
        let arg = |name: &'static str, placeholder: &'static str, help: &'static str| {
            Arg::new(name).long(name).global(true).value_name(placeholder).help(help).help_heading("Server")
        };
        [
            arg("server", "URL", "Do it on this server, as whoever holds the token [env: MUSTER_SERVER]"),
            arg("token", "T", "A personal or organization access token [env: MUSTER_TOKEN]"),
            arg("token-file", "FILE", "A file that holds the token; `-` is the standard input").conflicts_with("token"),
        ]
    }

    /// Which server the command line or the environment names, if one. Flags beat the environment.
    pub(crate) fn access(
        matches: &ArgMatches,
        variables: &BTreeMap<String, String>,
    ) -> Result<Option<Access>, AccessError> {
        let given = |name| flag(matches, name);
        let Some(server) = given("server").or_else(|| variables.get("MUSTER_SERVER").cloned()) else {
            let alone = ["token", "token-file"].into_iter().find(|name| given(name).is_some());
            return alone.map_or(Ok(None), |name| Err(AccessError::NoServer(name)));
        };
        let token = match (given("token"), given("token-file")) {
            (Some(token), _) => Secret::new(token),
            (None, Some(path)) => from_file(Path::new(&path))?,
            (None, None) => Secret::new(variables.get("MUSTER_TOKEN").ok_or(AccessError::NoToken)?.clone()),
        };
        let access = Access { url: address(&server)?, token };
        let is_usable = |token: &str| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        if is_usable(access.token.expose()) { Ok(Some(access)) } else { Err(AccessError::Token) }
    }
}

/// A flag as the innermost command has it; not every command takes these.
fn flag(matches: &ArgMatches, name: &str) -> Option<String> {
    let mut matches = matches;
    let mut given = None;
    loop {
        given = matches.try_get_one::<String>(name).ok().flatten().cloned().or(given);
        let Some((_, inner)) = matches.subcommand() else { return given };
        matches = inner;
    }
}

fn from_file(path: &Path) -> Result<Secret, AccessError> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        io::stdin().take(TOKEN_BYTES).read_to_string(&mut text)
    } else {
        fs::File::open(path).and_then(|file| file.take(TOKEN_BYTES).read_to_string(&mut text))
    };
    read.map_err(|source| AccessError::File { path: path.to_owned(), source })?;
    Ok(Secret::new(text.trim()))
}

/// A server's address, if a token may be sent there.
fn address(text: &str) -> Result<Url, AccessError> {
    // Whoever writes a password into the address does not see it again.
    let wrong = || AccessError::Address(text.rsplit('@').next().unwrap_or_default().to_owned());
    let mut url = Url::parse(text).map_err(|_| wrong())?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    if !is_plain || url.fragment().is_some() || !url.has_host() {
        return Err(wrong());
    }
    match url.scheme() {
        "https" => {}
        "http" if url.host().is_some_and(|host| is_here(&host)) => {}
        "http" => return Err(AccessError::Plain(text.to_owned())),
        _ => return Err(wrong()),
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// Whether a host is this machine.
fn is_here(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => IpAddr::from(*address).is_loopback(),
        Host::Ipv6(address) => IpAddr::from(*address).is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_1_a_token_is_sent_over_https_or_to_this_machine() {
        for here in ["http://127.0.0.1:8080", "http://localhost:8080/", "http://[::1]:1", "https://muster.example.com/"]
        {
            address(here).unwrap();
        }
        for there in [
            "http://muster.example.com",
            "http://10.0.0.1",
            "http://127.0.0.1.example.com",
            "http://localhost.evil.org",
        ] {
            assert!(matches!(address(there), Err(AccessError::Plain(_))), "{there}");
        }
        for wrong in ["muster.example.com", "ftp://localhost", "https://ada:secret@example.com", "https://a?b", ""] {
            let error = address(wrong).unwrap_err();
            assert!(matches!(error, AccessError::Address(_)) && !error.to_string().contains("secret"), "{wrong}");
        }
    }
}
