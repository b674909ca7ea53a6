//! How messages travel through a browser: in the query of a redirect (saml-bindings-2.0 §3.4), or in a form (§3.5).

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::keys::loader::load_x509_cert_der;
use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::signature;
use crate::sso::{SsoError, keys::SigningKey};

/// The largest message that is read, in bytes of XML.
const MESSAGE_BYTES: usize = 64 * 1_024;
/// What RFC 3986 §2.3 leaves as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// How hard a message is compressed: it is small.
const LEVEL: u8 = 6;

/// How a message came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Binding {
    /// The query, as it came.
    Redirect(String),
    /// As a form.
    Post,
}

/// A message with what came beside it.
pub(crate) struct Carried {
    pub(crate) xml: String,
    pub(crate) relay_state: Option<String>,
    /// Whether it is a request rather than a response.
    pub(crate) is_request: bool,
    binding: Binding,
}

impl Carried {
    /// What came by redirect.
    pub(crate) fn by_redirect(query: &str) -> Result<Self, SsoError> {
        let (is_request, message) = parameter(query, "SAMLRequest")
            .map(|message| (true, message))
            .or_else(|| parameter(query, "SAMLResponse").map(|message| (false, message)))
            .ok_or_else(|| SsoError::Refused("the query holds no `SAMLRequest` and no `SAMLResponse`".to_owned()))?;
        let deflated = STANDARD.decode(message.replace(' ', "+")).map_err(|_| encoding())?;
        let bytes = decompress_to_vec_with_limit(&deflated, MESSAGE_BYTES).map_err(|_| encoding())?;
        let xml = String::from_utf8(bytes).map_err(|_| encoding())?;
        let relay_state = parameter(query, "RelayState");
        Ok(Self { xml, relay_state, is_request, binding: Binding::Redirect(query.to_owned()) })
    }

    /// What came as a form.
    pub(crate) fn by_form(fields: &[(String, String)]) -> Result<Self, SsoError> {
        let field = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let (is_request, message) = field("SAMLRequest")
            .map(|message| (true, message))
            .or_else(|| field("SAMLResponse").map(|message| (false, message)))
            .ok_or_else(|| SsoError::Refused("the form holds no `SAMLRequest` and no `SAMLResponse`".to_owned()))?;
        let base64: String = message.chars().filter(|character| !character.is_ascii_whitespace()).collect();
        let bytes = STANDARD.decode(base64).map_err(|_| encoding())?;
        if bytes.len() > MESSAGE_BYTES {
            return Err(encoding());
        }
        let xml = String::from_utf8(bytes).map_err(|_| encoding())?;
        let relay_state = field("RelayState").map(str::to_owned);
        Ok(Self { xml, relay_state, is_request, binding: Binding::Post })
    }

    /// Whether it says that it is signed.
    pub(crate) fn is_signed(&self) -> bool {
        match &self.binding {
            Binding::Redirect(query) => parameter(query, "Signature").is_some(),
            Binding::Post => self.xml.contains(":SignatureValue>") || self.xml.contains("<SignatureValue>"),
        }
    }

    /// Demands a signature of one of these certificates.
    pub(crate) fn verify(&self, certificates: &[Vec<u8>]) -> Result<(), SsoError> {
        match &self.binding {
            Binding::Redirect(query) => verify_query(query, certificates),
            Binding::Post => signature::verify(&self.xml, certificates),
        }
    }
}

fn encoding() -> SsoError {
    SsoError::Refused(format!("the message is not encoded as its binding says, or has more than {MESSAGE_BYTES} bytes"))
}

/// A parameter of a query as it came, with its name.
fn pair<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query.split('&').find(|pair| pair.split_once('=').is_some_and(|(known, _)| known == name))
}

/// A parameter of a query, decoded.
fn parameter(query: &str, name: &str) -> Option<String> {
    let (_, value) = pair(query, name)?.split_once('=')?;
    let value = value.replace('+', " ");
    percent_decode_str(&value).decode_utf8().ok().map(|value| value.into_owned())
}

/// Verifies the signature of a query (saml-bindings-2.0 §3.4.4.1), over the octets that were sent.
fn verify_query(query: &str, certificates: &[Vec<u8>]) -> Result<(), SsoError> {
    let refused = |reason: &str| SsoError::Refused(format!("the signature of the query does not hold: {reason}"));
    let message = pair(query, "SAMLRequest").or_else(|| pair(query, "SAMLResponse"));
    let parts: Vec<_> = [message, pair(query, "RelayState"), pair(query, "SigAlg")].into_iter().flatten().collect();
    let algorithm = parameter(query, "SigAlg").ok_or_else(|| refused("it names no algorithm"))?;
    let signature = parameter(query, "Signature").ok_or_else(|| refused("there is none"))?.replace(' ', "+");
    let signature = STANDARD.decode(signature).map_err(|_| refused("it is no Base64"))?;
    let method: &'static dyn VerificationAlgorithm = match algorithm.rsplit('#').next().unwrap_or_default() {
        "rsa-sha256" => &RSA_PKCS1_2048_8192_SHA256,
        "rsa-sha384" => &RSA_PKCS1_2048_8192_SHA384,
        "rsa-sha512" => &RSA_PKCS1_2048_8192_SHA512,
        "ecdsa-sha256" => &ECDSA_P256_SHA256_FIXED,
        _ => return Err(refused("its algorithm is not accepted")),
    };
    let holds = |der: &Vec<u8>| {
        let key = load_x509_cert_der(der).ok().and_then(|key| key.to_spki_der());
        key.is_some_and(|key| {
            UnparsedPublicKey::new(method, key).verify(parts.join("&").as_bytes(), &signature).is_ok()
        })
    };
    if certificates.iter().any(holds) { Ok(()) } else { Err(refused("no certificate of the application made it")) }
}

/// The address to send a browser to with a message, whose query is signed.
pub(super) fn redirect(
    destination: &str,
    parameter: &str,
    xml: &str,
    relay_state: Option<&str>,
    key: &SigningKey,
) -> Result<String, SsoError> {
    let encoded = |text: &str| utf8_percent_encode(text, QUERY).to_string();
    let mut query = format!("{parameter}={}", encoded(&STANDARD.encode(compress_to_vec(xml.as_bytes(), LEVEL))));
    if let Some(relay_state) = relay_state {
        query.push_str(&format!("&RelayState={}", encoded(relay_state)));
    }
    query.push_str(&format!("&SigAlg={}", encoded(key.method())));
    let signature = STANDARD.encode(key.sign(query.as_bytes())?);
    query.push_str(&format!("&Signature={}", encoded(&signature)));
    let joint = if destination.contains('?') { '&' } else { '?' };
    Ok(format!("{destination}{joint}{query}"))
}
