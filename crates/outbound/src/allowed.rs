//! What the operator allows beyond the public internet.

use std::{net::IpAddr, str::FromStr};

use ipnet::IpNet;
use thiserror::Error;
use url::Host;

use crate::address::plain;

/// Hosts and networks that outbound requests may reach although they are not public.
///
/// Written as in `[outbound] allow`: entries with commas between them. A host (`idp.corp.example`, `localhost`,
/// `127.0.0.1`, `::1`) may also be reached over plain http, whatever its addresses are; a network (`10.20.0.0/16`,
/// `fd00::/8`) is reached over https only. Nothing is allowed by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    hosts: Vec<Host>,
    networks: Vec<IpNet>,
}

/// An entry that is neither host nor network.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{entry}` is neither a host such as `idp.corp.example` nor a network such as `10.20.0.0/16`")]
pub struct AllowedError {
    /// What was found.
    pub entry: String,
}

impl Allowed {
    /// Whether this very host was named.
    pub(crate) fn names(&self, host: &Host) -> bool {
        self.hosts.contains(host)
    }

    /// Whether an address was named, alone or within a network.
    pub(crate) fn reaches(&self, address: IpAddr) -> bool {
        let address = plain(address);
        let host = match address {
            IpAddr::V4(address) => Host::Ipv4(address),
            IpAddr::V6(address) => Host::Ipv6(address),
        };
        self.names(&host) || self.networks.iter().any(|network| network.contains(&address))
    }
}

impl FromStr for Allowed {
    type Err = AllowedError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut allowed = Self::default();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let wrong = || AllowedError { entry: entry.to_owned() };
            if entry.contains('/') {
                allowed.networks.push(entry.parse().map_err(|_| wrong())?);
            } else {
                allowed.hosts.push(host(entry).ok_or_else(wrong)?);
            }
        }
        Ok(allowed)
    }
}

/// A host as an address's text names it: names in lower case and ASCII, without the root's dot.
fn host(text: &str) -> Option<Host> {
    match text.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(address) => Some(match plain(address) {
            IpAddr::V4(address) => Host::Ipv4(address),
            IpAddr::V6(address) => Host::Ipv6(address),
        }),
        Err(_) => Host::parse(text).ok().map(normal),
    }
}

/// One way to write each host.
pub(crate) fn normal(host: Host) -> Host {
    match host {
        Host::Domain(name) => Host::Domain(name.strip_suffix('.').unwrap_or(&name).to_owned()),
        Host::Ipv4(_) => host,
        Host::Ipv6(address) => match plain(IpAddr::V6(address)) {
            IpAddr::V4(address) => Host::Ipv4(address),
            IpAddr::V6(address) => Host::Ipv6(address),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reaches(allowed: &str, address: &str) -> bool {
        allowed.parse::<Allowed>().unwrap().reaches(address.parse().unwrap())
    }

    #[test]
    fn sec_3_only_what_the_operator_names_is_allowed() {
        assert!(reaches("10.20.0.0/16, ::1", "10.20.3.4") && reaches("10.20.0.0/16, ::1", "::1"));
        assert!(reaches("10.20.0.0/16", "::ffff:10.20.3.4") && reaches("127.0.0.1", "::ffff:127.0.0.1"));
        assert!(!reaches("10.20.0.0/16", "10.21.0.0") && !reaches("", "127.0.0.1"));
        let names =
            |allowed: &str, name: &str| allowed.parse::<Allowed>().unwrap().names(&normal(Host::parse(name).unwrap()));
        assert!(names("IdP.Corp.Example, [::1]", "idp.corp.example.") && names("[::1]", "[::1]"));
        assert!(!names("corp.example", "idp.corp.example") && !names("10.0.0.0/8", "10.0.0.1"));
    }

    #[test]
    fn an_entry_that_is_neither_host_nor_network_is_named() {
        for entry in ["10.0.0.0/33", "https://idp.example", "a b", "idp.example:8443"] {
            let error = format!("ok.example, {entry}").parse::<Allowed>().unwrap_err();
            assert_eq!(error.entry, entry);
        }
    }
}
