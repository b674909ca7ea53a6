//! Names become addresses once, and only checked addresses are connected to.

use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolving};
use thiserror::Error;
use tracing::info;
use url::Host;

use crate::{
    address,
    allowed::{self, Allowed},
};

/// What a resolver answers: addresses, or why there are none.
pub type Resolved = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Turns a host's name into its addresses.
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of `host`, a name in lower case.
    fn resolve(&self, host: &str) -> Resolved;
}

/// The operating system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> Resolved {
        let host = host.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// The name has no address that may be connected to.
#[derive(Debug, Error)]
#[error("no address may be connected to")]
pub(crate) struct Refused;

/// What the connector asks: it resolves, checks, and hands on only what may be connected to. The connector goes to the
/// addresses it is handed and asks nobody again, so a name cannot mean something else a moment later (DNS rebinding).
#[derive(Clone)]
pub(crate) struct Checked {
    resolver: Arc<dyn Resolve>,
    allowed: Arc<Allowed>,
}

impl Checked {
    pub(crate) fn new(resolver: Arc<dyn Resolve>, allowed: Arc<Allowed>) -> Self {
        Self { resolver, allowed }
    }

    /// Whether plain http will do, because the operator named this very host.
    pub(crate) fn may_use_http(&self, host: &Host) -> bool {
        self.allowed.names(host)
    }

    /// Whether a connection to this address of this host may be made.
    pub(crate) fn may_reach(&self, host: &Host, address: IpAddr) -> bool {
        self.allowed.names(host) || self.allowed.reaches(address) || address::is_public(address)
    }
}

impl reqwest::dns::Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        let host = allowed::normal(Host::Domain(name.as_str().to_ascii_lowercase()));
        Box::pin(async move {
            let found = match this.resolver.resolve(&host.to_string()).await {
                Ok(found) => found,
                Err(error) => {
                    info!(%host, %error, "outbound request refused: the name does not resolve");
                    return Err(Refused.into());
                }
            };
            // One private address among public ones is one that the connector might choose.
            if let Some(address) = found.iter().find(|address| !this.may_reach(&host, **address)) {
                info!(%host, %address, "outbound request refused: the address is not public; [outbound] allow can name it");
                return Err(Refused.into());
            }
            if found.is_empty() {
                info!(%host, "outbound request refused: the name has no address");
                return Err(Refused.into());
            }
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
