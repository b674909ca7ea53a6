//! Tokens of ours, signed and known again (RFC 7515, RFC 7519). One algorithm, so that nobody chooses another (RFC 8725 §3.1).

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// What a token is, said in its header, so that none stands for another (RFC 8725 §3.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// Who signed in.
    Id,
    /// What opens what belongs to them (RFC 9068).
    Access,
    /// That a session is over (OpenID Connect Back-Channel Logout §2.4).
    Logout,
}

impl TokenType {
    fn as_str(self) -> &'static str {
        match self {
            Self::Id => "JWT",
            Self::Access => "at+jwt",
            Self::Logout => "logout+jwt",
        }
    }
}

/// A key cannot be used, or does not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a signing key cannot be used: {0}")]
pub struct JoseError(String);

/// A token that is none of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token was not made here, or was changed")]
pub struct NotOurs;

/// A private key on P-256 that signs by `ES256`, under a name. It is not in `Debug`.
#[derive(Clone)]
pub struct Signer {
    kid: String,
    key: EncodingKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl Signer {
    /// A private key in PKCS #8.
    #[must_use]
    pub fn new(kid: String, pkcs8: &[u8]) -> Self {
        Self { kid, key: EncodingKey::from_ec_der(pkcs8) }
    }

    /// Signs claims.
    ///
    /// # Errors
    ///
    /// [`JoseError`], if the key is none.
    pub fn sign(&self, kind: TokenType, claims: &impl Serialize) -> Result<String, JoseError> {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(kind.as_str().to_owned());
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.key).map_err(|error| JoseError(error.to_string()))
    }
}

/// The public keys by which tokens of ours are known again.
#[derive(Clone, Default)]
pub struct Verifier(Vec<Known>);

#[derive(Clone)]
struct Known {
    kid: String,
    key: DecodingKey,
    public: Value,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|known| &known.kid)).finish()
    }
}

impl Verifier {
    /// Adds a key: its name and its uncompressed point (SEC 1 §2.3.3).
    ///
    /// # Errors
    ///
    /// [`JoseError`], if that is no point of P-256.
    pub fn add(&mut self, kid: String, point: &[u8]) -> Result<(), JoseError> {
        let coordinates = point.strip_prefix(&[4]).filter(|rest| rest.len() == 64);
        let (x, y) = coordinates.ok_or_else(|| JoseError("it is no point of P-256".to_owned()))?.split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let key = DecodingKey::from_ec_components(&x, &y).map_err(|error| JoseError(error.to_string()))?;
        let public = json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": x, "y": y });
        self.0.push(Known { kid, key, public });
        Ok(())
    }

    /// The claims of a token of ours. When it ends is left to the caller, who knows the time.
    ///
    /// # Errors
    ///
    /// [`NotOurs`].
    pub fn read<C: DeserializeOwned>(&self, kind: TokenType, token: &str) -> Result<C, NotOurs> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| NotOurs)?;
        if header.typ.as_deref() != Some(kind.as_str()) || header.crit.is_some() {
            return Err(NotOurs);
        }
        // The key is ours by its name; nothing in the header brings another one.
        let known = self.0.iter().find(|known| Some(&known.kid) == header.kid.as_ref()).ok_or(NotOurs)?;
        let mut validation = Validation::new(Algorithm::ES256);
        validation.required_spec_claims.clear();
        (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
        let read = jsonwebtoken::decode::<C>(token, &known.key, &validation);
        read.map(|token| token.claims).map_err(|_| NotOurs)
    }

    /// The keys as clients read them (RFC 7517 §5).
    #[must_use]
    pub fn public(&self) -> Value {
        json!({ "keys": self.0.iter().map(|known| &known.public).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
    };

    use super::*;

    fn key(kid: &str) -> (Signer, Verifier) {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
        let mut verifier = Verifier::default();
        verifier.add(kid.to_owned(), pair.public_key().as_ref()).unwrap();
        (Signer::new(kid.to_owned(), pkcs8.as_ref()), verifier)
    }

    #[test]
    fn a_token_is_known_again_as_what_it_is() {
        let (signer, verifier) = key("a");
        let token = signer.sign(TokenType::Access, &json!({ "sub": "ada", "exp": 1 })).unwrap();
        let read: Value = verifier.read(TokenType::Access, &token).unwrap();
        assert_eq!(read["sub"], "ada");
        assert_eq!(verifier.read::<Value>(TokenType::Id, &token), Err(NotOurs));
        assert_eq!(verifier.public()["keys"][0]["kid"], "a");
        let (_, others) = key("a");
        assert_eq!(others.read::<Value>(TokenType::Access, &token), Err(NotOurs));
        assert_eq!(key("b").1.read::<Value>(TokenType::Access, &token), Err(NotOurs));
        let (head, rest) = token.split_once('.').unwrap();
        let changed = format!("{head}.{}{rest}", 'A');
        assert_eq!(verifier.read::<Value>(TokenType::Access, &changed), Err(NotOurs));
    }

    /// RFC 8725 §3.1: `none`, and the public key as the secret of a MAC.
    #[test]
    fn nobody_chooses_another_algorithm() {
        let (_, verifier) = key("a");
        let public = serde_json::to_vec(&verifier.public()["keys"][0]).unwrap();
        let mut header = Header::new(Algorithm::HS256);
        (header.typ, header.kid) = (Some("at+jwt".to_owned()), Some("a".to_owned()));
        let mac = jsonwebtoken::encode(&header, &json!({ "sub": "eve" }), &EncodingKey::from_secret(&public)).unwrap();
        assert_eq!(verifier.read::<Value>(TokenType::Access, &mac), Err(NotOurs));
        let text = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = text(json!({ "alg": "none", "typ": "at+jwt", "kid": "a" }));
        let none = format!("{head}.{}.", text(json!({ "sub": "eve" })));
        assert_eq!(verifier.read::<Value>(TokenType::Access, &none), Err(NotOurs));
        for text in ["", ".", "..", "a.b.c", "\u{0}"] {
            assert_eq!(verifier.read::<Value>(TokenType::Access, text), Err(NotOurs));
        }
    }
}
