//! Authentication requests (saml-core-2.0 §3.4.1), as a redirect (saml-bindings-2.0 §3.4) and as a form (§3.5).

use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::sign;
use miniz_oxide::deflate::compress_to_vec;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{certificate::SigningKey, time, xml::escaped};

const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// What RFC 3986 §2.3 leaves as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// How hard the request is compressed: it is small.
const LEVEL: u8 = 6;

/// A request that somebody be authenticated.
#[derive(Debug, Clone, Copy)]
pub struct AuthnRequest<'r> {
    /// Its ID, which the response must name. An XML name: it begins with a letter or `_`. At least 128 random bits.
    pub id: &'r str,
    /// Now, in seconds since 1970.
    pub issued: i64,
    /// Our entity ID.
    pub issuer: &'r str,
    /// Where the identity provider takes requests.
    pub destination: &'r str,
    /// Where it is to send the response.
    pub acs_url: &'r str,
    /// Whether the person must be authenticated anew, although signed in there.
    pub force_authn: bool,
    /// Which kind of name is asked for; `None` leaves the choice to the identity provider.
    pub name_id_format: Option<&'r str>,
    /// How the person is to be authenticated, exactly; empty if any way will do.
    pub authn_contexts: &'r [String],
    /// Whom we expect, as a hint for the identity provider's form (saml-core-2.0 §3.4.1, `Subject`).
    pub subject: Option<&'r str>,
}

/// How a redirect is made.
#[derive(Debug, Clone, Copy)]
pub struct RedirectBinding<'b> {
    /// Our key for what comes back with the response. At most 80 bytes.
    pub relay_state: &'b str,
    /// Signs the query, if the identity provider wants that.
    pub signing_key: Option<&'b SigningKey>,
}

impl AuthnRequest<'_> {
    /// The request as XML, unsigned.
    #[must_use]
    pub fn to_xml(&self) -> String {
        self.xml("")
    }

    /// The address to send the browser to; `None` if signing fails.
    #[must_use]
    pub fn redirect(&self, binding: RedirectBinding<'_>) -> Option<String> {
        let deflated = STANDARD.encode(compress_to_vec(self.to_xml().as_bytes(), LEVEL));
        let mut query = format!("SAMLRequest={}&RelayState={}", encoded(&deflated), encoded(binding.relay_state));
        if let Some(key) = binding.signing_key {
            // The octets that are sent are what is signed, in this order.
            query.push_str(&format!("&SigAlg={}", encoded(RSA_SHA256)));
            let signature = STANDARD.encode(key.sign(query.as_bytes())?);
            query.push_str(&format!("&Signature={}", encoded(&signature)));
        }
        let joint = if self.destination.contains('?') { '&' } else { '?' };
        Some(format!("{}{joint}{query}", self.destination))
    }

    /// The value of the form's `SAMLRequest`; `None` if signing fails.
    #[must_use]
    pub fn form_value(&self, signing_key: Option<&SigningKey>) -> Option<String> {
        let xml = match signing_key {
            None => self.to_xml(),
            Some(key) => sign(key.context(), &self.xml(&signature_template(self.id))).ok()?,
        };
        Some(STANDARD.encode(xml))
    }

    fn xml(&self, signature: &str) -> String {
        let mut xml = format!(
            "<samlp:AuthnRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{}\" Version=\"2.0\" IssueInstant=\"{}\" \
             Destination=\"{}\" AssertionConsumerServiceURL=\"{}\" \
             ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\"",
            escaped(self.id),
            time::format(self.issued),
            escaped(self.destination),
            escaped(self.acs_url),
        );
        if self.force_authn {
            xml.push_str(" ForceAuthn=\"true\"");
        }
        xml.push_str(&format!("><saml:Issuer>{}</saml:Issuer>{signature}", escaped(self.issuer)));
        if let Some(subject) = self.subject {
            xml.push_str(&format!("<saml:Subject><saml:NameID>{}</saml:NameID></saml:Subject>", escaped(subject)));
        }
        let format = self.name_id_format.map(|format| format!(" Format=\"{}\"", escaped(format))).unwrap_or_default();
        xml.push_str(&format!("<samlp:NameIDPolicy{format} AllowCreate=\"true\"/>"));
        if !self.authn_contexts.is_empty() {
            xml.push_str("<samlp:RequestedAuthnContext Comparison=\"exact\">");
            for context in self.authn_contexts {
                xml.push_str(&format!("<saml:AuthnContextClassRef>{}</saml:AuthnContextClassRef>", escaped(context)));
            }
            xml.push_str("</samlp:RequestedAuthnContext>");
        }
        xml.push_str("</samlp:AuthnRequest>");
        xml
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, QUERY).to_string()
}

/// A signature over the element with this identifier, still without its values.
fn signature_template(id: &str) -> String {
    format!(
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
         <ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\
         <ds:SignatureMethod Algorithm=\"{RSA_SHA256}\"/><ds:Reference URI=\"#{}\"><ds:Transforms>\
         <ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>\
         <ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></ds:Transforms>\
         <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue></ds:DigestValue>\
         </ds:Reference></ds:SignedInfo><ds:SignatureValue></ds:SignatureValue></ds:Signature>",
        escaped(id)
    )
}
