//! Authenticators without a device: an app that shows codes, and one for passkeys: what a browser and a phone together say to a server (Web Authentication
//! level 2), and whatever an attacker could make of it.
//!
//! Keys are P-256, attestation is `none`, as passkeys in the wild mostly have it.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use muster_crypto::TotpSecret;
use serde_json::{Value, json};

/// Present and verified user.
const USER: u8 = 0b0000_0001;
const VERIFIED: u8 = 0b0000_0100;
/// May be, and is, on several devices.
const BACKUP_ELIGIBLE: u8 = 0b0000_1000;
const BACKED_UP: u8 = 0b0001_0000;
/// A credential is in the data.
const ATTESTED: u8 = 0b0100_0000;

/// What differs from what an honest browser and authenticator do.
#[derive(Debug, Clone)]
pub struct Manner {
    /// The origin that the browser says that it is at.
    pub origin: String,
    /// The name that the passkey is for.
    pub rp_id: String,
    /// Whether the user was verified.
    pub verified: bool,
    /// Whether the page is within one of another site.
    pub cross_origin: bool,
    /// The challenge that is answered, instead of the one in the options.
    pub challenge: Option<String>,
    /// The account that is named, instead of the passkey's.
    pub user_handle: Option<Vec<u8>>,
    /// Whether the signature is another one.
    pub tampered: bool,
    /// Whether the passkey is on several devices.
    pub backed_up: bool,
}

/// A passkey.
pub struct SoftPasskey {
    key: EcdsaKeyPair,
    id: Vec<u8>,
    user_handle: Vec<u8>,
    /// How often it was used, as it says.
    pub counter: u32,
    /// Whether it counts; those that are synced between devices do not.
    pub counts: bool,
}

impl Manner {
    /// An honest one, on a page under this address.
    #[must_use]
    pub fn at(base_url: &str) -> Self {
        let host = base_url.split("://").nth(1).unwrap_or_default();
        let name = host.split([':', '/']).next().unwrap_or_default();
        Self {
            origin: base_url.to_owned(),
            rp_id: name.to_owned(),
            verified: true,
            cross_origin: false,
            challenge: None,
            user_handle: None,
            tampered: false,
            backed_up: false,
        }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let asked = options["challenge"].as_str().expect("the options have a challenge");
        let challenge = self.challenge.as_deref().unwrap_or(asked);
        let said = json!({
            "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin,
        });
        said.to_string().into_bytes()
    }

    fn data(&self, flags: u8, counter: u32) -> Vec<u8> {
        let verified = if self.verified { VERIFIED } else { 0 };
        let backed_up = if self.backed_up { BACKED_UP } else { 0 };
        let mut data = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        data.push(USER | BACKUP_ELIGIBLE | verified | backed_up | flags);
        data.extend(counter.to_be_bytes());
        data
    }
}

impl SoftPasskey {
    /// Makes a passkey as the options of a creation ask, and says so: the passkey, and the credential that a script sends.
    ///
    /// # Panics
    ///
    /// When the options are none, or ask for what it cannot do.
    #[must_use]
    pub fn create(options: &Value, manner: &Manner) -> (Self, Value) {
        let selection = &options["authenticatorSelection"];
        assert_eq!(selection["residentKey"], "required", "{options}");
        assert_eq!(selection["userVerification"], "required", "{options}");
        assert_eq!(options["rp"]["id"], manner.rp_id.as_str(), "{options}");
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key is made");
        let point = key.public_key().as_ref();
        let id = digest(&SHA256, point).as_ref().to_vec();
        let user = options["user"]["id"].as_str().expect("the options name a user");
        let user_handle = URL_SAFE_NO_PAD.decode(user).expect("the user's id is base64url");
        let mut data = manner.data(ATTESTED, 0);
        data.extend([0; 16]);
        data.extend(u16::try_from(id.len()).expect("ids are short").to_be_bytes());
        data.extend(&id);
        data.extend(cose(point));
        let mut attestation = cbor_map(3);
        attestation.extend([cbor_text("fmt"), cbor_text("none"), cbor_text("attStmt"), cbor_map(0)].concat());
        attestation.extend([cbor_text("authData"), cbor_bytes(&data)].concat());
        let client_data = manner.client_data("webauthn.create", options);
        let credential = json!({
            "id": text(&id), "rawId": text(&id), "type": "public-key",
            "response": { "clientDataJSON": text(&client_data), "attestationObject": text(&attestation) },
        });
        (Self { key, id, user_handle, counter: 0, counts: true }, credential)
    }

    /// Answers the options of a request: the credential that a script sends.
    ///
    /// # Panics
    ///
    /// When the options are none.
    #[must_use]
    pub fn answer(&mut self, options: &Value, manner: &Manner) -> Value {
        assert_eq!(options["userVerification"], "required", "{options}");
        self.counter += u32::from(self.counts);
        let data = manner.data(0, self.counter);
        let client_data = manner.client_data("webauthn.get", options);
        let mut signed = data.clone();
        signed.extend(digest(&SHA256, &client_data).as_ref());
        if manner.tampered {
            signed.push(0);
        }
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("it signs");
        let user_handle = manner.user_handle.as_ref().unwrap_or(&self.user_handle);
        json!({
            "id": text(&self.id), "rawId": text(&self.id), "type": "public-key",
            "response": {
                "clientDataJSON": text(&client_data), "authenticatorData": text(&data),
                "signature": text(signature.as_ref()), "userHandle": text(user_handle),
            },
        })
    }
}

/// The secret that somebody types into an authenticator app: base32 (RFC 4648 §6), with spaces.
///
/// # Panics
///
/// When it is none.
#[must_use]
pub fn typed_secret(text: &str) -> TotpSecret {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u16, 0);
    for letter in text.bytes().filter(|letter| *letter != b' ') {
        let digit = if letter.is_ascii_digit() { letter - b'2' + 26 } else { letter - b'A' };
        bits = bits << 5 | u16::from(digit);
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.extend(u8::try_from(bits >> held));
            bits &= (1 << held) - 1;
        }
    }
    TotpSecret::from_bytes(&bytes).expect("a secret of 20 bytes")
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A P-256 key as COSE has it (RFC 9053 §7.1.1): the keys 1 (EC2), 3 (ES256), -1 (P-256), -2 and -3 (the point).
fn cose(point: &[u8]) -> Vec<u8> {
    let (x, y) = point[1..].split_at(32);
    let mut key = cbor_map(5);
    key.extend([0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]);
    key.extend(cbor_bytes(x));
    key.push(0x22);
    key.extend(cbor_bytes(y));
    key
}

/// The head of a CBOR item (RFC 8949 §3).
fn cbor_head(kind: u8, length: usize) -> Vec<u8> {
    let kind = kind << 5;
    match u8::try_from(length) {
        Ok(length @ 0..24) => vec![kind | length],
        Ok(length) => vec![kind | 24, length],
        Err(_) => {
            let length = u16::try_from(length).expect("items are short").to_be_bytes();
            vec![kind | 25, length[0], length[1]]
        }
    }
}

fn cbor_bytes(bytes: &[u8]) -> Vec<u8> {
    [cbor_head(2, bytes.len()), bytes.to_vec()].concat()
}

fn cbor_text(text: &str) -> Vec<u8> {
    [cbor_head(3, text.len()), text.as_bytes().to_vec()].concat()
}

fn cbor_map(entries: usize) -> Vec<u8> {
    cbor_head(5, entries)
}
