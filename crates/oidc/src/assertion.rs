//! `private_key_jwt`: a statement of ours that we are the client
//! ([RFC 7523](https://www.rfc-editor.org/rfc/rfc7523) §2.2, OpenID Connect Core §9).

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use thiserror::Error;

/// For how many seconds a statement holds.
const SECONDS: i64 = 120;

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// It cannot be read.
    #[error("the private key is neither RSA of 2048 bits or more nor ECDSA on P-256, in PKCS #8")]
    NotAKey,
    /// It does not sign.
    #[error("the private key does not sign")]
    DoesNotSign,
}

/// A private key of ours, known to the provider by its certificate or its name.
#[derive(Clone)]
pub struct SigningKey {
    pair: Pair,
    name: String,
}

#[derive(Clone)]
enum Pair {
    Rsa(Arc<RsaKeyPair>),
    Ecdsa(Arc<EcdsaKeyPair>),
}

impl SigningKey {
    /// Reads a private key in PKCS #8. `fingerprint` is the SHA-256 of its certificate, by which the provider finds it.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotAKey`].
    pub fn from_pkcs8(der: &[u8], fingerprint: &[u8; 32]) -> Result<Self, KeyError> {
        let rsa = RsaKeyPair::from_pkcs8(der).ok().filter(|pair| pair.public_modulus_len() >= 256);
        let pair = match rsa {
            Some(pair) => Pair::Rsa(Arc::new(pair)),
            None => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der);
                Pair::Ecdsa(Arc::new(pair.map_err(|_| KeyError::NotAKey)?))
            }
        };
        Ok(Self { pair, name: URL_SAFE_NO_PAD.encode(fingerprint) })
    }

    /// Its public half, as providers read it ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517) §4).
    #[must_use]
    pub fn public(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut key = match &self.pair {
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                let n = text(public.modulus().big_endian_without_leading_zero());
                json!({ "kty": "RSA", "alg": "RS256", "n": n, "e": text(public.exponent().big_endian_without_leading_zero()) })
            }
            Pair::Ecdsa(pair) => {
                // Uncompressed: a byte that says so, and two coordinates of one length.
                let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "x": text(x), "y": text(y) })
            }
        };
        for (name, value) in [("use", "sig"), ("kid", &self.name), ("x5t#S256", &self.name)] {
            key[name] = value.into();
        }
        key
    }

    /// A signed statement for one request to the token endpoint. `jti` names it, once; `now` in seconds since 1970.
    pub(crate) fn assertion(&self, client_id: &str, audience: &str, jti: &str, now: i64) -> Result<String, KeyError> {
        let algorithm = match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ecdsa(_) => "ES256",
        };
        let header = json!({"alg": algorithm, "typ": "JWT", "kid": self.name, "x5t#S256": self.name});
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "jti": jti,
            "iat": now,
            "nbf": now,
            "exp": now.saturating_add(SECONDS),
        });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = self.sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(|_| KeyError::DoesNotSign)?;
                Ok(signature)
            }
            Pair::Ecdsa(pair) => {
                let signature = pair.sign(&random, message).map_err(|_| KeyError::DoesNotSign)?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }
}

/// Leaves the key out.
impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").field("name", &self.name).finish_non_exhaustive()
    }
}
