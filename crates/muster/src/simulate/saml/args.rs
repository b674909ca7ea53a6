//! What `muster simulate saml` is told.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use clap::Args;
use muster_simulator::sso::{Algorithm, Flavour};

#[derive(Debug, Args)]
pub(crate) struct SamlArgs {
    /// The port to listen on; 0 for any that is free.
    #[arg(long, value_name = "N", default_value_t = 9200)]
    pub(super) port: u16,
    /// The address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(super) address: IpAddr,
    /// Listen where others can reach it, who can then be anybody.
    #[arg(long)]
    pub(super) allow_remote: bool,
    /// A service provider: where it takes responses, and its entity ID.
    #[arg(long, value_name = "ACS_URL=ENTITY_ID", value_parser = application)]
    pub(super) application: Vec<(String, String)>,
    /// A service provider by its metadata, whose keys are then used.
    #[arg(long, value_name = "FILE|URL", value_parser = source)]
    pub(super) sp_metadata: Vec<Source>,
    /// Serve an OpenID Connect client as well, which takes its answers here.
    #[arg(long, value_name = "REDIRECT_URI", value_parser = web_address)]
    pub(super) oidc: Vec<String>,
    /// The client's ID.
    #[arg(long, value_name = "ID", default_value = "muster", requires = "oidc")]
    pub(super) client_id: String,
    /// The client's secret [default: random, and printed].
    #[arg(long, value_name = "SECRET", env = "MUSTER_SIMULATE_CLIENT_SECRET", hide_env_values = true)]
    pub(super) client_secret: Option<String>,
    /// Whose names attributes bear, and what is signed: okta, entra, google or keycloak.
    #[arg(long, value_name = "IDP", default_value = "okta", value_parser = flavour)]
    pub(super) idp: Flavour,
    /// What is signed with: rsa or ecdsa.
    #[arg(long, value_name = "KIND", default_value = "rsa", value_parser = algorithm)]
    pub(super) key: Algorithm,
}

impl SamlArgs {
    /// Where to listen; `None` where others could reach it and nobody allowed that.
    pub(super) fn listen(&self) -> Option<SocketAddr> {
        (self.address.is_loopback() || self.allow_remote).then_some(SocketAddr::new(self.address, self.port))
    }
}

/// Where metadata is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    File(PathBuf),
    Url(String),
}

fn is_web(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
}

fn web_address(text: &str) -> Result<String, String> {
    if is_web(text) {
        Ok(text.to_owned())
    } else {
        Err("write an address that begins with https:// or http://".to_owned())
    }
}

fn source(text: &str) -> Result<Source, String> {
    Ok(if is_web(text) { Source::Url(text.to_owned()) } else { Source::File(text.into()) })
}

/// An address and a name, between which the equals sign is the first after which a name can stand: addresses have
/// queries, and most names are addresses.
fn application(text: &str) -> Result<(String, String), String> {
    let is_name = |name: &str| is_web(name) || name.starts_with("urn:");
    let signs: Vec<_> = text.match_indices('=').map(|(at, _)| (&text[..at], &text[at + 1..])).collect();
    let named = signs.iter().find(|(_, name)| is_name(name)).or(signs.first());
    match named {
        Some((url, name)) if is_web(url) && !name.is_empty() => Ok(((*url).to_owned(), (*name).to_owned())),
        _ => Err("write ACS_URL=ENTITY_ID, such as https://HOST/acs=https://HOST/metadata".to_owned()),
    }
}

fn flavour(text: &str) -> Result<Flavour, String> {
    let found = Flavour::ALL.into_iter().find(|flavour| flavour.name() == text);
    found.ok_or_else(|| "choose okta, entra, google or keycloak".to_owned())
}

fn algorithm(text: &str) -> Result<Algorithm, String> {
    match text {
        "rsa" => Ok(Algorithm::Rsa),
        "ecdsa" => Ok(Algorithm::Ecdsa),
        _ => Err("choose rsa or ecdsa".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applications_are_an_address_and_a_name() {
        for (text, url, name) in [
            ("http://a/acs=http://a/metadata", "http://a/acs", "http://a/metadata"),
            ("http://a/acs?x=1=urn:a", "http://a/acs?x=1", "urn:a"),
            ("https://a/acs=name", "https://a/acs", "name"),
            ("https://a/acs=https://a/metadata?x=1", "https://a/acs", "https://a/metadata?x=1"),
        ] {
            assert_eq!(application(text), Ok((url.to_owned(), name.to_owned())));
        }
        for wrong in ["", "=", "http://a/acs", "http://a/acs=", "name=http://a/acs"] {
            assert!(application(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn metadata_is_a_file_or_an_address() {
        assert_eq!(source("https://a/metadata"), Ok(Source::Url("https://a/metadata".to_owned())));
        assert_eq!(source("sp.xml"), Ok(Source::File("sp.xml".into())));
    }
}
