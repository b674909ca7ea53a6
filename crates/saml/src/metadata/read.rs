//! What an identity provider says of itself.

use super::{POST, REDIRECT};
use crate::{
    bounds, certificate,
    error::MetadataError,
    time,
    xml::{DSIG, METADATA, Node, PROTOCOL},
};

/// The largest metadata that is read, in bytes.
pub const METADATA_BYTES: usize = 1_024 * 1_024;

/// An identity provider, by its metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityProvider {
    /// Its entity ID, the issuer of its responses.
    pub entity_id: String,
    /// Where it takes requests by redirect.
    pub redirect_url: Option<String>,
    /// Where it takes requests as a form.
    pub post_url: Option<String>,
    /// Where it takes logout requests by redirect.
    pub logout_redirect_url: Option<String>,
    /// The certificates that it signs with, in DER, the present and the next (SSO-8). Never empty.
    pub certificates: Vec<Vec<u8>>,
    /// Whether it takes only signed requests.
    pub wants_signed_requests: bool,
    /// The kinds of names that it gives, URIs.
    pub name_id_formats: Vec<String>,
    /// Until when the metadata is good, in seconds since 1970.
    pub valid_until: Option<i64>,
}

/// Reads metadata of one identity provider, as people upload it or as it is fetched. Signatures in it are not looked at:
/// whoever gave it to us vouches for it.
///
/// # Errors
///
/// [`MetadataError`] for what cannot be used, or is over at `now`, in seconds since 1970.
pub fn read(text: &str, now: i64) -> Result<IdentityProvider, MetadataError> {
    if text.len() > METADATA_BYTES {
        return Err(MetadataError::TooLarge { found: text.len(), limit: METADATA_BYTES });
    }
    // Windows' tools begin it with a mark.
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let doc = bounds::parse(text).map_err(MetadataError::Xml)?;
    let root = Node::root(&doc).ok_or(MetadataError::Missing("the metadata is empty"))?;
    let providers: Vec<_> = root.descendants().filter(is_provider).collect();
    match providers.as_slice() {
        [provider] => entity(root, *provider, now),
        [] => {
            Err(MetadataError::Missing("the metadata describes no identity provider: choose the identity provider's"))
        }
        several => Err(MetadataError::Several(several.len())),
    }
}

/// An entity that has the role of an identity provider in SAML 2.0.
fn is_provider(node: &Node<'_, '_>) -> bool {
    node.is(METADATA, "EntityDescriptor") && role(*node).is_some()
}

fn role<'d, 'a>(entity: Node<'d, 'a>) -> Option<Node<'d, 'a>> {
    let speaks_saml_2 = |role: &Node<'_, '_>| {
        role.attribute("protocolSupportEnumeration").unwrap_or_default().split_whitespace().any(|one| one == PROTOCOL)
    };
    entity.named(METADATA, "IDPSSODescriptor").find(speaks_saml_2)
}

fn entity(root: Node<'_, '_>, entity: Node<'_, '_>, now: i64) -> Result<IdentityProvider, MetadataError> {
    let role = role(entity).ok_or(MetadataError::Missing("the metadata describes no identity provider"))?;
    let entity_id = entity.attribute("entityID").map(str::trim).filter(|id| !id.is_empty() && id.len() <= 1_024);
    let mut valid_until: Option<(i64, &str)> = None;
    for text in [root, entity, role].into_iter().filter_map(|node| node.attribute("validUntil")) {
        let until =
            time::parse(text).ok_or(MetadataError::Missing("`validUntil` of the metadata is no time in UTC"))?;
        valid_until = valid_until.filter(|(earlier, _)| *earlier <= until).or(Some((until, text)));
    }
    if let Some((_, text)) = valid_until.filter(|(until, _)| *until <= now) {
        return Err(MetadataError::Expired(text.to_owned()));
    }
    let provider = IdentityProvider {
        entity_id: entity_id.ok_or(MetadataError::Missing("the metadata has no `entityID`"))?.to_owned(),
        redirect_url: address(role, "SingleSignOnService", REDIRECT)?,
        post_url: address(role, "SingleSignOnService", POST)?,
        logout_redirect_url: address(role, "SingleLogoutService", REDIRECT)?,
        certificates: certificates(role)?,
        wants_signed_requests: matches!(role.attribute("WantAuthnRequestsSigned").map(str::trim), Some("true" | "1")),
        name_id_formats: role.named(METADATA, "NameIDFormat").filter_map(Node::text).map(str::to_owned).collect(),
        valid_until: valid_until.map(|(until, _)| until),
    };
    if provider.redirect_url.is_none() && provider.post_url.is_none() {
        return Err(MetadataError::Missing(
            "the metadata names no `SingleSignOnService` for HTTP-Redirect or HTTP-POST",
        ));
    }
    Ok(provider)
}

/// The first address of a service for a binding.
fn address(role: Node<'_, '_>, service: &'static str, binding: &str) -> Result<Option<String>, MetadataError> {
    let mut services = role.named(METADATA, service);
    let found = services.find(|service| service.attribute("Binding") == Some(binding));
    let Some(location) = found.and_then(|service| service.attribute("Location")).map(str::trim) else {
        return Ok(None);
    };
    // A browser is sent there: `javascript:` must not be.
    let is_web = ["https://", "http://"]
        .iter()
        .any(|scheme| location.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    if is_web
        && location.len() <= 2_048
        && !location.contains(|character: char| character.is_control() || character == ' ')
    {
        return Ok(Some(location.to_owned()));
    }
    Err(MetadataError::Address(location.chars().take(200).collect()))
}

/// The certificates for signing, each once. A key without a use is for everything (saml-metadata-2.0 §2.4.1.1).
fn certificates(role: Node<'_, '_>) -> Result<Vec<Vec<u8>>, MetadataError> {
    let mut found = Vec::new();
    for key in role.named(METADATA, "KeyDescriptor") {
        if key.attribute("use").is_some_and(|used| used != "signing") {
            continue;
        }
        for node in key.descendants().filter(|node| node.is(DSIG, "X509Certificate")) {
            let der = certificate::parse(node.text().unwrap_or_default()).map_err(MetadataError::Certificate)?;
            if !found.contains(&der) {
                found.push(der);
            }
        }
    }
    if found.is_empty() {
        return Err(MetadataError::Missing("the metadata has no signing certificate"));
    }
    Ok(found)
}
