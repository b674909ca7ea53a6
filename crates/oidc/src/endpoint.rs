//! Addresses that a provider states.

use url::Url;

use crate::{error::ProviderError, issuer::Issuer};

/// Reads an endpoint's address: https, or plain http where the issuer itself is.
pub(crate) fn read(name: &'static str, address: &str, issuer: &Issuer) -> Result<Url, ProviderError> {
    let wrong = || ProviderError::Endpoint { name, address: address.chars().take(200).collect() };
    let url = Url::parse(address).map_err(|_| wrong())?;
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && issuer.is_plain_http());
    let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if is_safe && is_plain && url.host().is_some() { Ok(url) } else { Err(wrong()) }
}
