//! Where a request goes, as the client that sends it understands the address.

use http::Uri;
use url::{Host, Url};

use crate::{OutboundError, allowed, resolver::Checked};

/// An address that a request may be sent to. Its host is in one form: `0x7f.1`, `2130706433` and `[::ffff:127.0.0.1]` are
/// all `127.0.0.1` here.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) url: Url,
    pub(crate) host: Host,
}

impl Target {
    /// Reads a request's address and checks what can be checked before a name is resolved.
    pub(crate) fn of(uri: &Uri, checked: &Checked) -> Result<Self, OutboundError> {
        let text = uri.to_string();
        let shown = || text.chars().take(200).collect::<String>();
        let url = Url::parse(&text).map_err(|_| OutboundError::Address(shown()))?;
        Self::checked(url, checked)
    }

    /// Where a redirect leads, if it stays at the same host, scheme and port.
    pub(crate) fn redirected(&self, location: &str) -> Result<Self, OutboundError> {
        let elsewhere = |to: String| OutboundError::Redirected { from: self.name(), to };
        let url = self.url.join(location).map_err(|_| elsewhere(location.chars().take(200).collect()))?;
        if url.origin() != self.url.origin() || !url.username().is_empty() || url.password().is_some() {
            return Err(elsewhere(url.origin().ascii_serialization()));
        }
        Ok(Self { url, host: self.host.clone() })
    }

    /// The host, for messages.
    pub(crate) fn name(&self) -> String {
        self.host.to_string()
    }

    fn checked(url: Url, checked: &Checked) -> Result<Self, OutboundError> {
        let shown = url.as_str().chars().take(200).collect::<String>();
        let Some(host) = url.host().map(|host| allowed::normal(host.to_owned())) else {
            return Err(OutboundError::Address(shown));
        };
        let name = host.to_string();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(OutboundError::Credentials(name));
        }
        match url.scheme() {
            "https" => {}
            "http" if checked.may_use_http(&host) => {}
            "http" => return Err(OutboundError::NotHttps(shown)),
            _ => return Err(OutboundError::Address(shown)),
        }
        // The connector asks no resolver about an address, so it is checked here.
        let literal = match &host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some((*address).into()),
            Host::Ipv6(address) => Some((*address).into()),
        };
        match literal {
            Some(address) if !checked.may_reach(&host, address) => Err(OutboundError::NotPublic(name)),
            Some(_) | None => Ok(Self { url, host }),
        }
    }
}
