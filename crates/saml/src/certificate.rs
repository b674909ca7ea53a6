//! Certificates and keys. A certificate is a way of writing down a public key: who signed it and until when it is good says
//! nothing here (saml-metadata-2.0 §2.4.1.1); the connection says which are accepted.

use std::fmt;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, PublicEncryptingKey},
    signature::RSA_PKCS1_SHA256,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra::{
    DsigContext, EncContext, Key, KeyUsage, KeysManager,
    keys::loader::{load_rsa_private_pem, load_x509_cert_der},
};
use x509_cert::{Certificate, der::Decode};

use crate::error::KeyError;

/// The smallest RSA key that is accepted, in bits.
const RSA_BITS: usize = 2_048;

/// Reads a certificate as people paste it: PEM, with or without its lines, or DER in Base64.
///
/// # Errors
///
/// [`KeyError::NotACertificate`], or [`KeyError::Unsupported`] for a key that is too weak or of another kind.
pub fn parse(text: &str) -> Result<Vec<u8>, KeyError> {
    let inner = text.trim();
    let inner = inner.strip_prefix("-----BEGIN CERTIFICATE-----").unwrap_or(inner);
    let inner = inner.strip_suffix("-----END CERTIFICATE-----").unwrap_or(inner);
    let base64: String = inner.chars().filter(|character| !character.is_whitespace()).collect();
    let der = STANDARD.decode(base64).map_err(|_| KeyError::NotACertificate)?;
    key(&der)?;
    Ok(der)
}

/// Until when a certificate says that it is good, in seconds since 1970; `None` if it cannot be read.
#[must_use]
pub fn ends(der: &[u8]) -> Option<i64> {
    let certificate = Certificate::from_der(der).ok()?;
    i64::try_from(certificate.tbs_certificate.validity.not_after.to_unix_duration().as_secs()).ok()
}

/// The public key of a certificate.
fn key(der: &[u8]) -> Result<Key, KeyError> {
    let key = load_x509_cert_der(der).map_err(|_| KeyError::NotACertificate)?;
    let spki = key.to_spki_der().ok_or(KeyError::Unsupported)?;
    match key.algorithm_name() {
        "EC-P256" | "EC-P384" | "EC-P521" => Ok(key),
        "RSA" if PublicEncryptingKey::from_der(&spki).is_ok_and(|key| key.key_size_bits() >= RSA_BITS) => Ok(key),
        _ => Err(KeyError::Unsupported),
    }
}

/// The certificates that may have signed what comes from one identity provider: the present ones and the next ones (SSO-8).
pub struct Signers {
    context: DsigContext,
    /// The keys as `SubjectPublicKeyInfo`, for signatures that are not in XML.
    public: Vec<Vec<u8>>,
}

impl Signers {
    /// Signers by their certificates in DER.
    ///
    /// # Errors
    ///
    /// [`KeyError::None`] if there is none: nothing could be checked then. As [`parse`] for one that cannot be used.
    pub fn new<'c>(certificates: impl IntoIterator<Item = &'c [u8]>) -> Result<Signers, KeyError> {
        let (mut keys, mut public) = (KeysManager::new(), Vec::new());
        for der in certificates {
            let key = key(der)?;
            public.extend(key.to_spki_der());
            keys.add_key(key);
        }
        if keys.is_empty() {
            return Err(KeyError::None);
        }
        Ok(Signers { context: DsigContext::new(keys), public })
    }

    pub(crate) fn context(&self) -> &DsigContext {
        &self.context
    }

    pub(crate) fn public_keys(&self) -> &[Vec<u8>] {
        &self.public
    }
}

impl fmt::Debug for Signers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Signers({})", self.context.keys_manager.len())
    }
}

/// The private keys that assertions may be encrypted for: the present one and the next ones (SSO-8).
pub struct DecryptionKeys {
    contexts: Vec<EncContext>,
}

impl DecryptionKeys {
    /// Keys in PKCS #8, as PEM.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotAKey`] for what is no RSA key; [`KeyError::None`] if there is none.
    pub fn new<'k>(keys: impl IntoIterator<Item = &'k str>) -> Result<DecryptionKeys, KeyError> {
        let contexts = keys.into_iter().map(decryption).collect::<Result<Vec<_>, _>>()?;
        if contexts.is_empty() { Err(KeyError::None) } else { Ok(DecryptionKeys { contexts }) }
    }

    /// One for each key.
    pub(crate) fn contexts(&self) -> &[EncContext] {
        &self.contexts
    }
}

fn decryption(pem: &str) -> Result<EncContext, KeyError> {
    let mut key = load_rsa_private_pem(pem.as_bytes()).map_err(|_| KeyError::NotAKey)?;
    key.usage = KeyUsage::Any;
    let mut manager = KeysManager::new();
    manager.add_key(key);
    let mut context = EncContext::new(manager);
    context.disable_cipher_reference = true;
    context.max_pbkdf2_iterations = 0;
    Ok(context)
}

impl fmt::Debug for DecryptionKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DecryptionKeys({})", self.contexts.len())
    }
}

/// The key that our requests are signed with.
pub struct SigningKey {
    context: DsigContext,
    pair: KeyPair,
}

impl SigningKey {
    /// An RSA key in PKCS #8, as PEM.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotAKey`].
    pub fn new(pem: &str) -> Result<SigningKey, KeyError> {
        let mut key = load_rsa_private_pem(pem.as_bytes()).map_err(|_| KeyError::NotAKey)?;
        key.usage = KeyUsage::Sign;
        let lines = pem.lines().filter(|line| !line.starts_with("-----"));
        let der = STANDARD.decode(lines.collect::<String>()).map_err(|_| KeyError::NotAKey)?;
        let pair = KeyPair::from_pkcs8(&der).map_err(|_| KeyError::NotAKey)?;
        let mut manager = KeysManager::new();
        manager.add_key(key);
        Ok(SigningKey { context: DsigContext::new(manager), pair })
    }

    pub(crate) fn context(&self) -> &DsigContext {
        &self.context
    }

    /// Signs with RSA and SHA-256 (RFC 8017 §8.2), as the signature of a redirect's query is made.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
        Some(signature)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey")
    }
}
