//! What a service provider says of itself (saml-metadata-2.0 §2.4.4).

use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::keys::loader::load_x509_cert_der;

use super::xml::{DSIG, METADATA, Node, parse};
use crate::sso::{SamlApplication, SsoError};

const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";

impl SamlApplication {
    /// An application by its metadata.
    ///
    /// # Errors
    ///
    /// [`SsoError::Metadata`] for what is not the metadata of a service provider.
    pub fn from_metadata(xml: &str) -> Result<SamlApplication, SsoError> {
        let wrong = |what: &str| SsoError::Metadata(what.to_owned());
        let doc = parse(xml).map_err(|error| SsoError::Metadata(error.to_string()))?;
        let entity = Node::root(&doc).map_err(|error| SsoError::Metadata(error.to_string()))?;
        let role = entity.first(METADATA, "SPSSODescriptor").ok_or_else(|| wrong("it has no `SPSSODescriptor`"))?;
        let entity_id = entity.attribute("entityID").ok_or_else(|| wrong("it has no `entityID`"))?;
        let at = |service: &'static str, binding: &str| -> Vec<String> {
            let services = role.named(METADATA, service).filter(|one| one.attribute("Binding") == Some(binding));
            services.filter_map(|one| one.attribute("Location")).map(str::to_owned).collect()
        };
        let acs_urls = at("AssertionConsumerService", POST);
        let first = acs_urls.first().ok_or_else(|| wrong("it has no `AssertionConsumerService` for HTTP-POST"))?;
        let mut application = SamlApplication::new(first, entity_id);
        application.acs_urls = acs_urls;
        application.logout_url = at("SingleLogoutService", REDIRECT).into_iter().next();
        application.signing_certificates = certificates(role, "signing")?;
        application.encryption_certificates = certificates(role, "encryption")?;
        application.signs_requests = role.is_true("AuthnRequestsSigned");
        Ok(application)
    }
}

/// The certificates for a use; a key without a use is for everything.
fn certificates(role: Node<'_, '_>, used_for: &str) -> Result<Vec<Vec<u8>>, SsoError> {
    let mut found = Vec::new();
    for key in role.named(METADATA, "KeyDescriptor") {
        if key.attribute("use").is_some_and(|used| used != used_for) {
            continue;
        }
        for node in key.descendants().filter(|node| node.is(DSIG, "X509Certificate")) {
            let base64: String = node.text().unwrap_or_default().split_whitespace().collect();
            let unusable = || SsoError::Metadata("a certificate in it cannot be read".to_owned());
            let der = STANDARD.decode(base64).map_err(|_| unusable())?;
            load_x509_cert_der(&der).map_err(|_| unusable())?;
            found.push(der);
        }
    }
    Ok(found)
}
