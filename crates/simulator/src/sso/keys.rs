//! The keys that the identity provider signs with: made at its start, known to nobody else, gone with it.

use std::sync::OnceLock;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use bergshamra::{DsigContext, Key, KeyUsage, KeysManager, keys::loader::load_pem_auto};
use jsonwebtoken::{DecodingKey, jwk::Jwk};
use rcgen::{CertificateParams, DnType, KeyPair, RsaKeySize, date_time_ymd};

use super::{Algorithm, SsoError, random};

/// A private key, its certificate, and its name among the published keys.
pub(crate) struct SigningKey {
    pub(crate) id: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) certificate: Vec<u8>,
    xml: DsigContext,
    octets: Signer,
    public: Jwk,
}

enum Signer {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
}

impl SigningKey {
    /// A new key. Its certificate ended long ago if it `is_over`.
    fn new(algorithm: Algorithm, is_over: bool) -> Result<Self, SsoError> {
        let unusable = |error: &dyn std::fmt::Display| SsoError::Key(error.to_string());
        let pair = match algorithm {
            Algorithm::Rsa => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048),
            Algorithm::Ecdsa => KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256),
        };
        let pair = pair.map_err(|error| unusable(&error))?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "simulated identity provider, not for production");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = if is_over { date_time_ymd(2021, 1, 1) } else { date_time_ymd(2100, 1, 1) };
        let certificate = params.self_signed(&pair).map_err(|error| unusable(&error))?.der().to_vec();
        let der = pair.serialize_der();
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines(&STANDARD.encode(&der)));
        let mut key: Key = load_pem_auto(pem.as_bytes(), None).map_err(|error| unusable(&error))?;
        key.usage = KeyUsage::Sign;
        let mut keys = KeysManager::new();
        keys.add_key(key);
        let (octets, public) = match algorithm {
            Algorithm::Rsa => {
                let pair = RsaKeyPair::from_pkcs8(&der).map_err(|error| unusable(&error))?;
                let public = DecodingKey::from_rsa_der(pair.public_key().as_ref());
                (Signer::Rsa(pair), Jwk::from_decoding_key(&public, Some(jsonwebtoken::Algorithm::RS256)))
            }
            Algorithm::Ecdsa => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der);
                let pair = pair.map_err(|error| unusable(&error))?;
                let public = DecodingKey::from_ec_der(pair.public_key().as_ref());
                (Signer::Ecdsa(pair), Jwk::from_decoding_key(&public, Some(jsonwebtoken::Algorithm::ES256)))
            }
        };
        let mut public = public.map_err(|error| unusable(&error))?;
        let id = random::message_id()?;
        public.common.key_id = Some(id.clone());
        public.common.public_key_use = Some(jsonwebtoken::jwk::PublicKeyUse::Signature);
        Ok(Self { id, algorithm, certificate, xml: DsigContext::new(keys), octets, public })
    }

    /// Fills in the first signature of a document.
    pub(crate) fn sign_xml(&self, xml: &str) -> Result<String, SsoError> {
        bergshamra::sign(&self.xml, xml).map_err(|error| SsoError::Signing(error.to_string()))
    }

    /// Signs octets as JOSE (RFC 7518 §3.3, §3.4) and SAML's redirects do, which is the same for both algorithms.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SsoError> {
        let random = SystemRandom::new();
        let failed = |_| SsoError::Signing("the key refuses".to_owned());
        match &self.octets {
            Signer::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
            Signer::Ecdsa(pair) => Ok(pair.sign(&random, message).map_err(failed)?.as_ref().to_vec()),
        }
    }

    /// A JSON Web Token (RFC 7519) of these claims.
    pub(crate) fn token(&self, claims: &serde_json::Value) -> Result<String, SsoError> {
        let algorithm = match self.algorithm {
            Algorithm::Rsa => "RS256",
            Algorithm::Ecdsa => "ES256",
        };
        let header = serde_json::json!({ "alg": algorithm, "typ": "JWT", "kid": self.id });
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = self.sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The URI of the signature method in XML (RFC 9231 §2.3).
    pub(crate) fn method(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Rsa => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Algorithm::Ecdsa => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        }
    }

    /// The public key (RFC 7517).
    pub(crate) fn public(&self) -> &Jwk {
        &self.public
    }
}

/// A part of a token.
pub(crate) fn part(json: &serde_json::Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// Text in lines of 64, as PEM has it.
fn lines(text: &str) -> String {
    let mut lines = String::new();
    for (at, character) in text.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            lines.push('\n');
        }
        lines.push(character);
    }
    lines
}

/// A key for each algorithm.
pub(crate) struct Pair {
    rsa: SigningKey,
    ecdsa: SigningKey,
}

impl Pair {
    fn new() -> Result<Self, SsoError> {
        Ok(Self { rsa: SigningKey::new(Algorithm::Rsa, false)?, ecdsa: SigningKey::new(Algorithm::Ecdsa, false)? })
    }

    pub(crate) fn of(&self, algorithm: Algorithm) -> &SigningKey {
        match algorithm {
            Algorithm::Rsa => &self.rsa,
            Algorithm::Ecdsa => &self.ecdsa,
        }
    }

    fn all(&self) -> [&SigningKey; 2] {
        [&self.rsa, &self.ecdsa]
    }
}

/// All keys: those that sign, the next ones once they are announced, and those of faults, made when they are asked for.
pub(crate) struct Keys {
    present: Pair,
    next: Option<Pair>,
    stranger: OnceLock<SigningKey>,
    over: OnceLock<SigningKey>,
}

impl Keys {
    pub(crate) fn new() -> Result<Self, SsoError> {
        Ok(Self { present: Pair::new()?, next: None, stranger: OnceLock::new(), over: OnceLock::new() })
    }

    /// What signs now.
    pub(crate) fn present(&self) -> &Pair {
        &self.present
    }

    /// What will sign next; announced ever since this was called once.
    pub(crate) fn next(&mut self) -> Result<&Pair, SsoError> {
        let next = match self.next.take() {
            Some(next) => next,
            None => Pair::new()?,
        };
        Ok(self.next.insert(next))
    }

    /// The next keys sign from now on, and the present ones are gone.
    pub(crate) fn rotate(&mut self) -> Result<(), SsoError> {
        self.present = match self.next.take() {
            Some(next) => next,
            None => Pair::new()?,
        };
        Ok(())
    }

    /// A key that nobody vouches for.
    pub(crate) fn stranger(&self) -> Result<&SigningKey, SsoError> {
        made(&self.stranger, false)
    }

    /// A key whose certificate has ended.
    pub(crate) fn over(&self) -> Result<&SigningKey, SsoError> {
        made(&self.over, true)
    }

    /// All that are announced, those that sign now first.
    pub(crate) fn announced(&self) -> impl Iterator<Item = &SigningKey> {
        self.present.all().into_iter().chain(self.next.iter().flat_map(Pair::all))
    }
}

fn made(place: &OnceLock<SigningKey>, is_over: bool) -> Result<&SigningKey, SsoError> {
    if let Some(key) = place.get() {
        return Ok(key);
    }
    let key = SigningKey::new(Algorithm::Rsa, is_over)?;
    Ok(place.get_or_init(|| key))
}
