//! XML signatures and encryption.

use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::{
    DsigContext, EncContext, KeyUsage, KeysManager, VerifyResult, dsig::verify::verify_document_with_source,
    keys::loader::load_x509_cert_der,
};

use super::xml::{Node, escaped, parse};
use crate::sso::{SsoError, keys::SigningKey};

/// A signature over the element with this ID, still without its values.
pub(super) fn template(id: &str, key: &SigningKey) -> String {
    format!(
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
         <ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\
         <ds:SignatureMethod Algorithm=\"{}\"/><ds:Reference URI=\"#{}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>\
         <ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue></ds:DigestValue>\
         </ds:Reference></ds:SignedInfo><ds:SignatureValue></ds:SignatureValue><ds:KeyInfo><ds:X509Data>\
         <ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>",
        key.method(),
        escaped(id),
        STANDARD.encode(&key.certificate),
    )
}

/// Whether the outermost element is signed by one of these certificates.
pub(super) fn verify(text: &str, certificates: &[Vec<u8>]) -> Result<(), SsoError> {
    let refused = |reason: String| SsoError::Refused(format!("the signature does not hold: {reason}"));
    let doc = parse(text)?;
    let root = Node::root(&doc)?;
    let mut keys = KeysManager::new();
    for der in certificates {
        keys.add_key(load_x509_cert_der(der).map_err(|error| refused(error.to_string()))?);
    }
    let result = verify_document_with_source(&DsigContext::new(keys), &doc, Some(text));
    match result.map_err(|error| refused(error.to_string()))? {
        VerifyResult::Valid { references, .. }
            if references.iter().any(|one| one.digest_verified && one.resolved_node == Some(root.id())) =>
        {
            Ok(())
        }
        VerifyResult::Valid { .. } => Err(refused("it is not over the message".to_owned())),
        VerifyResult::Invalid { reason } => Err(refused(reason)),
    }
}

/// An assertion encrypted for the key of a certificate: AES-256-GCM, and RSA-OAEP for its key.
pub(super) fn encrypt(assertion: &str, certificate: &[u8]) -> Result<String, SsoError> {
    let failed = |error: bergshamra::Error| SsoError::Encryption(error.to_string());
    let template = "<xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" \
         Type=\"http://www.w3.org/2001/04/xmlenc#Element\"><xenc:EncryptionMethod \
         Algorithm=\"http://www.w3.org/2009/xmlenc11#aes256-gcm\"/><ds:KeyInfo \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><xenc:EncryptedKey><xenc:EncryptionMethod \
         Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p\"><ds:DigestMethod \
         Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha1\"/></xenc:EncryptionMethod><xenc:CipherData>\
         <xenc:CipherValue></xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData>\
         <xenc:CipherValue></xenc:CipherValue></xenc:CipherData></xenc:EncryptedData>";
    let mut key = load_x509_cert_der(certificate).map_err(failed)?;
    key.usage = KeyUsage::Any;
    let mut keys = KeysManager::new();
    keys.add_key(key);
    let encrypted = bergshamra::encrypt(&EncContext::new(keys), template, assertion.as_bytes()).map_err(failed)?;
    let start = encrypted.find("<xenc:EncryptedData").unwrap_or(0);
    Ok(format!("<saml:EncryptedAssertion>{}</saml:EncryptedAssertion>", &encrypted[start..]))
}
