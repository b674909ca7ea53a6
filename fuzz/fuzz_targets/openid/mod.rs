//! An OpenID provider in memory for the targets, with one key.

use std::{
    future::{Ready, ready},
    sync::LazyLock,
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Response};
use muster_oidc::{Client, ClientAuthentication, Issuer, Provider, ProviderError, Unreachable};
use serde_json::json;

pub const ISSUER: &str = "https://idp.example.com";
pub const NOW: i64 = 1_795_341_600;

static KEY: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"));

/// What the provider answers.
pub struct Answers {
    pub metadata: Bytes,
    pub keys: Bytes,
    pub token: Bytes,
    pub userinfo: Bytes,
}

impl Answers {
    /// Honest ones.
    pub fn honest() -> Self {
        let metadata = json!({
            "issuer": ISSUER,
            "authorization_endpoint": format!("{ISSUER}/authorize"),
            "token_endpoint": format!("{ISSUER}/token"),
            "jwks_uri": format!("{ISSUER}/keys"),
            "userinfo_endpoint": format!("{ISSUER}/userinfo"),
            "end_session_endpoint": format!("{ISSUER}/end"),
        });
        let (x, y) = KEY.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let keys = json!({"keys": [{"kty": "EC", "kid": "k1", "crv": "P-256", "x": x, "y": y}]});
        let text = |value: serde_json::Value| Bytes::from(value.to_string());
        Self { metadata: text(metadata), keys: text(keys), token: text(json!({})), userinfo: text(json!({"sub": "u1"})) }
    }

    /// The token endpoint's answer with this ID token.
    pub fn id_token(&mut self, token: &str) {
        let answer = json!({"access_token": "at", "token_type": "Bearer", "id_token": token});
        self.token = Bytes::from(answer.to_string());
    }

    pub fn transport(&self) -> impl Fn(Request<Bytes>) -> Ready<Result<Response<Bytes>, Unreachable>> + Sync + '_ {
        |request| {
            let body = match request.uri().path() {
                "/token" => &self.token,
                "/userinfo" => &self.userinfo,
                "/keys" => &self.keys,
                _ => &self.metadata,
            };
            ready(Ok(Response::new(body.clone())))
        }
    }

    pub fn discover(&self) -> Result<Provider, ProviderError> {
        let issuer = Issuer::new(ISSUER, None).expect("an issuer");
        futures_executor::block_on(Provider::discover(&self.transport(), issuer))
    }
}

/// A token of these claims that the provider has signed.
pub fn signed(claims: &[u8]) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","kid":"k1"}"#);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let signature = KEY.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub fn client() -> Client {
    let secret = ClientAuthentication::Basic("secret".to_owned());
    Client::new("muster", secret, "https://muster.example.com/sso/oidc/callback").expect("a client")
}
