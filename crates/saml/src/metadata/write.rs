//! What we say of ourselves.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{POST, REDIRECT};
use crate::xml::escaped;

/// A service provider, as one connection's identity provider is to know it.
#[derive(Debug, Clone, Copy)]
pub struct ServiceProvider<'s> {
    /// Our entity ID.
    pub entity_id: &'s str,
    /// Where responses are to be sent.
    pub acs_url: &'s str,
    /// Where logout messages are to be sent.
    pub logout_url: Option<&'s str>,
    /// The certificates that we sign with, in DER, the present and the next.
    pub signing_certificates: &'s [Vec<u8>],
    /// The certificates that assertions may be encrypted for, in DER; the present first. With none in it, nothing comes
    /// encrypted.
    pub encryption_certificates: &'s [Vec<u8>],
    /// Whether we sign our requests.
    pub signs_requests: bool,
}

impl ServiceProvider<'_> {
    /// The metadata as XML.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut xml = format!(
            "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
             xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" entityID=\"{}\">\n  <md:SPSSODescriptor \
             AuthnRequestsSigned=\"{}\" WantAssertionsSigned=\"true\" \
             protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\n",
            escaped(self.entity_id),
            self.signs_requests,
        );
        for certificate in self.signing_certificates {
            xml.push_str(&key("signing", certificate));
        }
        for certificate in self.encryption_certificates {
            xml.push_str(&key("encryption", certificate));
        }
        if let Some(url) = self.logout_url {
            for binding in [REDIRECT, POST] {
                let url = escaped(url);
                xml.push_str(&format!("    <md:SingleLogoutService Binding=\"{binding}\" Location=\"{url}\"/>\n"));
            }
        }
        xml.push_str("    <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>\n");
        xml.push_str("    <md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>\n");
        xml.push_str(&format!(
            "    <md:AssertionConsumerService Binding=\"{POST}\" Location=\"{}\" index=\"0\" isDefault=\"true\"/>\n  \
             </md:SPSSODescriptor>\n</md:EntityDescriptor>\n",
            escaped(self.acs_url),
        ));
        xml
    }
}

/// A certificate and what it is for. For encryption with what we decrypt best: unnamed, some would choose a mode in which the
/// text can be altered.
fn key(used_for: &str, certificate: &[u8]) -> String {
    let methods = if used_for == "encryption" {
        "\n      <md:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#aes256-gcm\"/>\
         \n      <md:EncryptionMethod Algorithm=\"http://www.w3.org/2009/xmlenc11#aes128-gcm\"/>\
         \n      <md:EncryptionMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p\"/>"
    } else {
        ""
    };
    format!(
        "    <md:KeyDescriptor use=\"{used_for}\">\n      <ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}\
         </ds:X509Certificate></ds:X509Data></ds:KeyInfo>{methods}\n    </md:KeyDescriptor>\n",
        STANDARD.encode(certificate),
    )
}
