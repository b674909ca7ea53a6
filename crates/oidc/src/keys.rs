//! A provider's keys ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)), and the cryptography that `openidconnect` uses:
//! ours, AWS-LC, instead of its own.

use aws_lc_rs::{
    digest,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
        RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
        RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::{
    JsonWebKey, JsonWebKeyAlgorithm, JsonWebKeyId, SignatureVerificationError,
    core::{CoreJsonWebKeyType, CoreJsonWebKeyUse, CoreJwsSigningAlgorithm as Algorithm},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::{self, Object};

/// How many keys of a provider are read.
const KEYS: usize = 100;
/// The sizes of RSA's modulus that are accepted, in bytes.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1_024;

/// The algorithms of signatures that prove who signed. Neither `none` nor those with a shared secret are among them, so a
/// public key can never be taken for a secret.
pub(crate) const ALGORITHMS: [Algorithm; 10] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EcdsaP521Sha512,
    Algorithm::EdDsa,
];

/// A public key that checks signatures. It is only made by [`read`]; what the library asks beyond that is never used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VerificationKey {
    name: Option<JsonWebKeyId>,
    kind: CoreJsonWebKeyType,
    algorithm: Option<Algorithm>,
    material: Material,
}

/// What a signature is checked with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Material {
    /// Modulus and exponent.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// An uncompressed point.
    P256(Vec<u8>),
    /// An uncompressed point.
    P384(Vec<u8>),
    /// An uncompressed point.
    P521(Vec<u8>),
    /// A point of the Edwards curve.
    Ed25519(Vec<u8>),
    /// Nothing that would ever hold.
    Nothing,
}

/// The usable keys of a key set. Others (for encryption, of unknown kinds, too short, symmetric, or with a private part that
/// everybody has now seen) are passed over, as §5 asks.
pub(crate) fn read(set: &Object) -> Vec<VerificationKey> {
    let keys = set.get("keys").and_then(Value::as_array);
    keys.into_iter().flatten().take(KEYS).filter_map(Value::as_object).filter_map(VerificationKey::read).collect()
}

impl VerificationKey {
    fn read(key: &Object) -> Option<Self> {
        let is_private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|part| key.contains_key(*part));
        let is_for_signing = json::text(key, "use").is_none_or(|purpose| purpose == "sig");
        let may_verify = match key.get("key_ops") {
            None => true,
            Some(operations) => operations.as_array().is_some_and(|all| all.iter().any(|one| one == "verify")),
        };
        let algorithm = match key.get("alg") {
            None => None,
            Some(named) => Some(serde_json::from_value::<Algorithm>(named.clone()).ok()?),
        };
        if is_private
            || !is_for_signing
            || !may_verify
            || algorithm.as_ref().is_some_and(|one| !ALGORITHMS.contains(one))
        {
            return None;
        }
        let (kind, material) = Material::read(key)?;
        let name = json::text(key, "kid").map(|name| JsonWebKeyId::new(name.to_owned()));
        Some(Self { name, kind, algorithm, material })
    }

    /// Whether a token that names this key and algorithm may have been signed with it.
    pub(crate) fn fits(&self, name: Option<&str>, algorithm: &Algorithm) -> bool {
        let is_named = match name {
            Some(name) => self.name.as_ref().is_some_and(|known| known.as_str() == name),
            None => true,
        };
        is_named && self.algorithm.as_ref().is_none_or(|own| own == algorithm) && self.material.fits(algorithm)
    }
}

impl Material {
    fn read(key: &Object) -> Option<(CoreJsonWebKeyType, Self)> {
        let bytes = |name| URL_SAFE_NO_PAD.decode(json::text(key, name)?.trim_end_matches('=')).ok();
        let point = |length: usize| {
            let (x, y) = (bytes("x")?, bytes("y")?);
            (x.len() == length && y.len() == length).then(|| [&[4], x.as_slice(), y.as_slice()].concat())
        };
        let (kind, curve) = (json::text(key, "kty")?, json::text(key, "crv"));
        match (kind, curve) {
            ("RSA", _) => {
                let zeros = |bytes: Vec<u8>| bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
                let (n, e) = (zeros(bytes("n")?), zeros(bytes("e")?));
                let is_sound = MODULUS.contains(&n.len()) && (1..=8).contains(&e.len());
                is_sound.then_some((CoreJsonWebKeyType::RSA, Self::Rsa { n, e }))
            }
            ("EC", Some("P-256")) => Some((CoreJsonWebKeyType::EllipticCurve, Self::P256(point(32)?))),
            ("EC", Some("P-384")) => Some((CoreJsonWebKeyType::EllipticCurve, Self::P384(point(48)?))),
            ("EC", Some("P-521")) => Some((CoreJsonWebKeyType::EllipticCurve, Self::P521(point(66)?))),
            ("OKP", Some("Ed25519")) => {
                let point = bytes("x").filter(|point| point.len() == 32)?;
                Some((CoreJsonWebKeyType::OctetKeyPair, Self::Ed25519(point)))
            }
            _ => None,
        }
    }

    fn fits(&self, algorithm: &Algorithm) -> bool {
        match self {
            Self::Rsa { .. } => rsa(algorithm).is_some(),
            Self::P256(_) => *algorithm == Algorithm::EcdsaP256Sha256,
            Self::P384(_) => *algorithm == Algorithm::EcdsaP384Sha384,
            Self::P521(_) => *algorithm == Algorithm::EcdsaP521Sha512,
            Self::Ed25519(_) => *algorithm == Algorithm::EdDsa,
            Self::Nothing => false,
        }
    }

    fn verify(&self, algorithm: &Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let by = |by: &'static dyn VerificationAlgorithm, point: &[u8]| {
            UnparsedPublicKey::new(by, point).verify(message, signature).is_ok()
        };
        match self {
            _ if !self.fits(algorithm) => false,
            Self::Rsa { n, e } => rsa(algorithm).is_some_and(|by| {
                RsaPublicKeyComponents { n: n.as_slice(), e: e.as_slice() }.verify(by, message, signature).is_ok()
            }),
            Self::P256(point) => by(&ECDSA_P256_SHA256_FIXED, point),
            Self::P384(point) => by(&ECDSA_P384_SHA384_FIXED, point),
            Self::P521(point) => by(&ECDSA_P521_SHA512_FIXED, point),
            Self::Ed25519(point) => by(&ED25519, point),
            Self::Nothing => false,
        }
    }
}

/// RSA's way of one algorithm.
fn rsa(algorithm: &Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::RsaSsaPkcs1V15Sha256 => Some(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::RsaSsaPkcs1V15Sha384 => Some(&RSA_PKCS1_2048_8192_SHA384),
        Algorithm::RsaSsaPkcs1V15Sha512 => Some(&RSA_PKCS1_2048_8192_SHA512),
        Algorithm::RsaSsaPssSha256 => Some(&RSA_PSS_2048_8192_SHA256),
        Algorithm::RsaSsaPssSha384 => Some(&RSA_PSS_2048_8192_SHA384),
        Algorithm::RsaSsaPssSha512 => Some(&RSA_PSS_2048_8192_SHA512),
        _ => None,
    }
}

/// The hash of an algorithm, for `at_hash` (OpenID Connect Core §3.1.3.6).
fn hash(algorithm: &Algorithm) -> Option<&'static digest::Algorithm> {
    match algorithm {
        Algorithm::RsaSsaPkcs1V15Sha256 | Algorithm::RsaSsaPssSha256 | Algorithm::EcdsaP256Sha256 => {
            Some(&digest::SHA256)
        }
        Algorithm::RsaSsaPkcs1V15Sha384 | Algorithm::RsaSsaPssSha384 | Algorithm::EcdsaP384Sha384 => {
            Some(&digest::SHA384)
        }
        Algorithm::RsaSsaPkcs1V15Sha512
        | Algorithm::RsaSsaPssSha512
        | Algorithm::EcdsaP521Sha512
        | Algorithm::EdDsa => Some(&digest::SHA512),
        _ => None,
    }
}

impl JsonWebKey for VerificationKey {
    type KeyUse = CoreJsonWebKeyUse;
    type SigningAlgorithm = Algorithm;

    fn key_id(&self) -> Option<&JsonWebKeyId> {
        self.name.as_ref()
    }

    fn key_type(&self) -> &CoreJsonWebKeyType {
        &self.kind
    }

    fn key_use(&self) -> Option<&CoreJsonWebKeyUse> {
        None
    }

    fn signing_alg(&self) -> JsonWebKeyAlgorithm<&Algorithm> {
        match &self.algorithm {
            Some(algorithm) => JsonWebKeyAlgorithm::Algorithm(algorithm),
            None => JsonWebKeyAlgorithm::Unspecified,
        }
    }

    /// A key that nothing holds with: signatures with shared secrets are not accepted.
    fn new_symmetric(_: Vec<u8>) -> Self {
        Self { name: None, kind: CoreJsonWebKeyType::Symmetric, algorithm: None, material: Material::Nothing }
    }

    fn verify_signature(
        &self,
        algorithm: &Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureVerificationError> {
        if self.material.verify(algorithm, message, signature) {
            return Ok(());
        }
        Err(SignatureVerificationError::CryptoError("the signature does not hold".to_owned()))
    }

    fn hash_bytes(&self, bytes: &[u8], algorithm: &Algorithm) -> Result<Vec<u8>, String> {
        let hash = hash(algorithm).ok_or("the algorithm has no hash")?;
        Ok(digest::digest(hash, bytes).as_ref().to_vec())
    }
}
