//! Authentication requests (saml-core-2.0 §3.4.1).

use crate::{
    binding::{self, Head, Kind, RedirectBinding},
    certificate::SigningKey,
    xml::escaped,
};

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

impl AuthnRequest<'_> {
    /// The request as XML, unsigned.
    #[must_use]
    pub fn to_xml(&self) -> String {
        self.xml("")
    }

    /// The address to send the browser to; `None` if signing fails.
    #[must_use]
    pub fn redirect(&self, binding: RedirectBinding<'_>) -> Option<String> {
        binding::redirect(self.destination, Kind::Request, &self.to_xml(), binding)
    }

    /// The value of the form's `SAMLRequest`; `None` if signing fails.
    #[must_use]
    pub fn form_value(&self, signing_key: Option<&SigningKey>) -> Option<String> {
        binding::form_value(self.id, signing_key, |signature| self.xml(signature))
    }

    fn xml(&self, signature: &str) -> String {
        let mut attributes = format!(
            " AssertionConsumerServiceURL=\"{}\" ProtocolBinding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\"",
            escaped(self.acs_url),
        );
        if self.force_authn {
            attributes.push_str(" ForceAuthn=\"true\"");
        }
        let mut xml = signature.to_owned();
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
        let head = Head { id: self.id, issued: self.issued, issuer: self.issuer, destination: self.destination };
        head.message("AuthnRequest", &attributes, &xml)
    }
}
