//! How messages travel through a browser: in the query of a redirect (saml-bindings-2.0 §3.4), or in a form (§3.5).

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::sign;
use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::{
    certificate::{Signers, SigningKey},
    error::MessageError,
    time,
    xml::escaped,
};

/// The largest message that is read, in bytes of XML.
pub(crate) const MESSAGE_BYTES: usize = 256 * 1_024;
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
/// What RFC 3986 §2.3 leaves as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// How hard a message is compressed: it is small.
const LEVEL: u8 = 6;

/// What goes with a message into a redirect.
#[derive(Debug, Clone, Copy)]
pub struct RedirectBinding<'b> {
    /// Our key for what comes back with the answer, or theirs, which goes back as it came. At most 80 bytes.
    pub relay_state: Option<&'b str>,
    /// Signs the query.
    pub signing_key: Option<&'b SigningKey>,
}

/// What every message of ours begins with.
pub(crate) struct Head<'h> {
    pub(crate) id: &'h str,
    /// In seconds since 1970.
    pub(crate) issued: i64,
    pub(crate) issuer: &'h str,
    pub(crate) destination: &'h str,
}

impl Head<'_> {
    /// The message of this name, with more attributes and what follows the issuer, as XML.
    pub(crate) fn message(&self, name: &str, attributes: &str, rest: &str) -> String {
        format!(
            "<samlp:{name} xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
             xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{}\" Version=\"2.0\" IssueInstant=\"{}\" \
             Destination=\"{}\"{attributes}><saml:Issuer>{}</saml:Issuer>{rest}</samlp:{name}>",
            escaped(self.id),
            time::format(self.issued),
            escaped(self.destination),
            escaped(self.issuer),
        )
    }
}

/// Which of the two a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Request,
    Response,
}

impl Kind {
    /// The name of the parameter.
    pub(crate) fn parameter(self) -> &'static str {
        match self {
            Kind::Request => "SAMLRequest",
            Kind::Response => "SAMLResponse",
        }
    }
}

/// The address to send a browser to with a message; `None` if signing fails.
pub(crate) fn redirect(destination: &str, kind: Kind, xml: &str, binding: RedirectBinding<'_>) -> Option<String> {
    let deflated = STANDARD.encode(compress_to_vec(xml.as_bytes(), LEVEL));
    let mut query = format!("{}={}", kind.parameter(), encoded(&deflated));
    if let Some(relay_state) = binding.relay_state {
        query.push_str(&format!("&RelayState={}", encoded(relay_state)));
    }
    if let Some(key) = binding.signing_key {
        // The octets that are sent are what is signed, in this order.
        query.push_str(&format!("&SigAlg={}", encoded(RSA_SHA256)));
        let signature = STANDARD.encode(key.sign(query.as_bytes())?);
        query.push_str(&format!("&Signature={}", encoded(&signature)));
    }
    let joint = if destination.contains('?') { '&' } else { '?' };
    Some(format!("{destination}{joint}{query}"))
}

/// The value of a form's field for the message that `xml` makes around a signature; `None` if signing fails.
pub(crate) fn form_value(id: &str, key: Option<&SigningKey>, xml: impl FnOnce(&str) -> String) -> Option<String> {
    let xml = match key {
        None => xml(""),
        Some(key) => sign(key.context(), &xml(&signature_template(id))).ok()?,
    };
    Some(STANDARD.encode(xml))
}

/// The text in a form's field.
pub(crate) fn read_form(value: &str) -> Result<String, MessageError> {
    let limit = MESSAGE_BYTES;
    // Three bytes are four characters, and some identity providers break lines.
    if value.len() > limit / 3 * 4 + limit / 16 {
        return Err(MessageError::TooLarge { found: value.len() / 4 * 3, limit });
    }
    let base64: String = value.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    let bytes = STANDARD.decode(base64).map_err(|_| MessageError::Encoding)?;
    if bytes.len() > limit {
        return Err(MessageError::TooLarge { found: bytes.len(), limit });
    }
    String::from_utf8(bytes).map_err(|_| MessageError::Encoding)
}

/// A message that came by redirect.
pub(crate) struct Redirected {
    pub(crate) kind: Kind,
    pub(crate) text: String,
    pub(crate) relay_state: Option<String>,
    /// Whether the query was signed, with a signature that holds.
    pub(crate) is_signed: bool,
}

/// Reads the query of a redirect as it came, still encoded.
pub(crate) fn read_redirect(query: &str, signers: &Signers) -> Result<Redirected, MessageError> {
    let mut found = Parameters::default();
    for pair in query.split('&') {
        let (name, _) = pair.split_once('=').unwrap_or((pair, ""));
        let Some(place) = found.place(name) else { continue };
        if place.replace(pair).is_some() {
            return Err(MessageError::Structure("a parameter of the query is there twice"));
        }
    }
    let (kind, message) = match (found.request, found.response) {
        (Some(message), None) => (Kind::Request, message),
        (None, Some(message)) => (Kind::Response, message),
        _ => return Err(MessageError::Structure("the query holds no message, or two")),
    };
    let is_signed = match (found.algorithm, found.signature) {
        (Some(algorithm), Some(signature)) => {
            // What is signed is what was sent, whatever else the encoding could have been.
            let parts: Vec<_> = [Some(message), found.relay_state, Some(algorithm)].into_iter().flatten().collect();
            verify(&parts.join("&"), &value(algorithm)?, &value(signature)?, signers)?;
            true
        }
        (None, None) => false,
        _ => return Err(MessageError::Structure("the query has a signature without its algorithm, or the reverse")),
    };
    let deflated = STANDARD.decode(value(message)?).map_err(|_| MessageError::Encoding)?;
    let bytes = decompress_to_vec_with_limit(&deflated, MESSAGE_BYTES).map_err(|_| MessageError::Encoding)?;
    let text = String::from_utf8(bytes).map_err(|_| MessageError::Encoding)?;
    Ok(Redirected { kind, text, relay_state: found.relay_state.map(value).transpose()?, is_signed })
}

/// The parameters of a redirect, each as the pair that came.
#[derive(Default)]
struct Parameters<'q> {
    request: Option<&'q str>,
    response: Option<&'q str>,
    relay_state: Option<&'q str>,
    algorithm: Option<&'q str>,
    signature: Option<&'q str>,
}

impl<'q> Parameters<'q> {
    fn place(&mut self, name: &str) -> Option<&mut Option<&'q str>> {
        match name {
            "SAMLRequest" => Some(&mut self.request),
            "SAMLResponse" => Some(&mut self.response),
            "RelayState" => Some(&mut self.relay_state),
            "SigAlg" => Some(&mut self.algorithm),
            "Signature" => Some(&mut self.signature),
            _ => None,
        }
    }
}

/// The value of a pair, decoded.
fn value(pair: &str) -> Result<String, MessageError> {
    let value = pair.split_once('=').map_or("", |(_, value)| value).replace('+', " ");
    // A plus sign in Base64 that was left as it is.
    let decoded = percent_decode_str(&value).decode_utf8().map_err(|_| MessageError::Encoding)?;
    let is_base64 = !pair.starts_with("RelayState=") && !pair.starts_with("SigAlg=");
    Ok(if is_base64 { decoded.replace(' ', "+").replace(['\r', '\n'], "") } else { decoded.into_owned() })
}

/// Verifies the signature of a query with any of the certificates.
fn verify(signed: &str, algorithm: &str, signature: &str, signers: &Signers) -> Result<(), MessageError> {
    let method: &'static dyn VerificationAlgorithm = match algorithm.rsplit_once('#') {
        Some(("http://www.w3.org/2001/04/xmldsig-more", name)) => match name {
            "rsa-sha256" => &RSA_PKCS1_2048_8192_SHA256,
            "rsa-sha384" => &RSA_PKCS1_2048_8192_SHA384,
            "rsa-sha512" => &RSA_PKCS1_2048_8192_SHA512,
            "ecdsa-sha256" => &ECDSA_P256_SHA256_FIXED,
            "ecdsa-sha384" => &ECDSA_P384_SHA384_FIXED,
            _ => return Err(MessageError::Algorithm(algorithm.chars().take(200).collect())),
        },
        _ => return Err(MessageError::Algorithm(algorithm.chars().take(200).collect())),
    };
    let signature = STANDARD.decode(signature).map_err(|_| MessageError::Encoding)?;
    let holds = |key: &Vec<u8>| UnparsedPublicKey::new(method, key).verify(signed.as_bytes(), &signature).is_ok();
    if signers.public_keys().iter().any(holds) {
        return Ok(());
    }
    Err(MessageError::Signature("of the query".to_owned()))
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
