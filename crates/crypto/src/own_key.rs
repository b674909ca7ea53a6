//! Key pairs of our own with a certificate around the public key, for those that know keys by certificates (SAML).

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use time::OffsetDateTime;

use crate::Secret;

/// A new RSA key, and a certificate that it signed itself.
pub struct OwnKey {
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// The private key in PKCS #8, as PEM.
    pub private_key: Secret,
}

/// A key pair could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key pair cannot be made")]
pub struct NoKey;

impl OwnKey {
    /// Makes an RSA key of 2,048 bits, which every IdP takes, named `common_name`. It takes a tenth of a second or more. Times
    /// in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`NoKey`].
    pub fn generate(common_name: &str, not_before: i64, not_after: i64) -> Result<Self, NoKey> {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(|_| NoKey)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.not_before = OffsetDateTime::from_unix_timestamp(not_before).map_err(|_| NoKey)?;
        params.not_after = OffsetDateTime::from_unix_timestamp(not_after).map_err(|_| NoKey)?;
        let certificate = params.self_signed(&key).map_err(|_| NoKey)?;
        Ok(Self {
            certificate: certificate.der().to_vec(),
            private_key: Secret::new(pem("PRIVATE KEY", &key.serialize_der())),
        })
    }
}

/// RFC 7468.
fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, next) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = next;
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;

    use super::*;

    #[test]
    fn a_key_signs_and_is_not_printed() {
        let made = OwnKey::generate("muster", 0, 1_000).unwrap();
        let der = made.private_key.expose().lines().filter(|line| !line.starts_with('-')).collect::<String>();
        let pair = aws_lc_rs::rsa::KeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        let padding = &aws_lc_rs::signature::RSA_PKCS1_SHA256;
        assert!(pair.sign(padding, &SystemRandom::new(), b"text", &mut signature).is_ok());
        assert!(!made.certificate.is_empty());
    }
}
