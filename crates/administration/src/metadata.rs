//! An IdP's metadata as a connection's settings (SSO-8): how declarations and the background read it alike.

use base64::{Engine, engine::general_purpose::STANDARD};
use muster_model::connection::{Binding, Saml};
use muster_saml::{
    KeyError, MetadataError, certificate,
    metadata::{self, IdentityProvider},
};

/// The settings that metadata of an IdP tells; what it does not tell has its default. `now` in seconds since 1970.
///
/// # Errors
///
/// [`MetadataError`] for what cannot be used.
pub fn settings(text: &str, now: i64) -> Result<Saml, MetadataError> {
    metadata::read(text, now).map(told)
}

/// What metadata tells of an IdP, as settings keep it.
#[must_use]
pub fn told(provider: IdentityProvider) -> Saml {
    // Redirects are shorter and need no script; whoever offers neither has been refused.
    let (binding, sso_url) = match (provider.redirect_url, provider.post_url) {
        (Some(url), _) => (Binding::Redirect, url),
        (None, url) => (Binding::Post, url.unwrap_or_default()),
    };
    Saml {
        entity_id: provider.entity_id,
        sso_url,
        binding,
        slo_url: provider.logout_redirect_url,
        certificates: provider.certificates.iter().map(|certificate| STANDARD.encode(certificate)).collect(),
        sign_requests: provider.wants_signed_requests,
        ..Saml::default()
    }
}

/// Certificates as people paste them, as settings keep them.
///
/// # Errors
///
/// The place of the first one that cannot be used, from 0, and why.
pub fn certificates(pasted: &[String]) -> Result<Vec<String>, (usize, KeyError)> {
    let read = |(at, text): (usize, &String)| match certificate::parse(text) {
        Ok(der) => Ok(STANDARD.encode(der)),
        Err(error) => Err((at, error)),
    };
    pasted.iter().enumerate().map(read).collect()
}
