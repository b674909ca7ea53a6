//! What the identity provider says of itself (saml-metadata-2.0 §2.4.3).

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{LOGOUT_PATH, METADATA_PATH, SIGN_IN_PATH, xml::escaped};
use crate::sso::{NameIdKind, keys::Keys};

/// The metadata, with every key that is announced.
pub(crate) fn metadata(base_url: &str, keys: &Keys) -> String {
    let at = |path: &str| escaped(&format!("{base_url}{path}"));
    let mut xml = format!(
        "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
         xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" entityID=\"{}\">\n  <md:IDPSSODescriptor \
         WantAuthnRequestsSigned=\"false\" protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\n",
        at(METADATA_PATH),
    );
    for key in keys.announced() {
        xml.push_str(&format!(
            "    <md:KeyDescriptor use=\"signing\"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}\
             </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>\n",
            STANDARD.encode(&key.certificate),
        ));
    }
    let mut service = |name: &str, path: &str| {
        for binding in ["HTTP-Redirect", "HTTP-POST"] {
            xml.push_str(&format!(
                "    <md:{name} Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:{binding}\" Location=\"{}\"/>\n",
                at(path),
            ));
        }
    };
    service("SingleLogoutService", LOGOUT_PATH);
    // The schema wants the formats between the two services.
    let formats: String = [NameIdKind::Email, NameIdKind::Persistent]
        .map(|kind| format!("    <md:NameIDFormat>{}</md:NameIDFormat>\n", kind.uri()))
        .concat();
    let mut sign_in = String::new();
    for binding in ["HTTP-Redirect", "HTTP-POST"] {
        sign_in.push_str(&format!(
            "    <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:{binding}\" Location=\"{}\"/>\n",
            at(SIGN_IN_PATH),
        ));
    }
    format!("{xml}{formats}{sign_in}  </md:IDPSSODescriptor>\n</md:EntityDescriptor>\n")
}
