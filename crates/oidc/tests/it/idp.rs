//! An OpenID provider in memory that does as it is told.

use std::{
    future::{Ready, ready},
    sync::Mutex,
};

use aws_lc_rs::{
    encoding::AsDer,
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING,
        EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Response};
use muster_oidc::{
    AuthorizationRequest, Callback, Client, ClientAuthentication, Issuer, Login, Pending, Provider, ProviderError,
    SignInError, Unreachable,
};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://idp.example.com";
pub(crate) const NOW: i64 = 1_795_341_600;
pub(crate) const CLIENT: &str = "muster";

/// A key pair of the provider.
pub(crate) enum Key {
    Rs256(RsaKeyPair),
    Ps256(RsaKeyPair),
    Es256(EcdsaKeyPair),
    Es384(EcdsaKeyPair),
    Es512(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

pub(crate) fn rsa() -> RsaKeyPair {
    RsaKeyPair::generate(KeySize::Rsa2048).unwrap()
}

impl Key {
    pub(crate) fn es256() -> Self {
        Self::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(crate) fn all() -> [Self; 6] {
        [
            Self::Rs256(rsa()),
            Self::Ps256(rsa()),
            Self::es256(),
            Self::Es384(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap()),
            Self::Es512(EcdsaKeyPair::generate(&ECDSA_P521_SHA512_FIXED_SIGNING).unwrap()),
            Self::EdDsa(Ed25519KeyPair::generate().unwrap()),
        ]
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Rs256(_) => "RS256",
            Self::Ps256(_) => "PS256",
            Self::Es256(_) => "ES256",
            Self::Es384(_) => "ES384",
            Self::Es512(_) => "ES512",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    /// The public key as a JWK.
    pub(crate) fn public(&self, kid: &str) -> Value {
        let point = |pair: &EcdsaKeyPair, curve: &str| {
            let point = pair.public_key().as_ref();
            let (x, y) = point[1..].split_at(point.len() / 2);
            json!({"kty": "EC", "kid": kid, "crv": curve, "x": encode(x), "y": encode(y)})
        };
        match self {
            Self::Rs256(pair) | Self::Ps256(pair) => {
                // RFC 8017 A.1.1: a sequence of two integers; of 2048 bits with a zero in front, and 65537.
                let der = pair.public_key().as_ref();
                json!({"kty": "RSA", "kid": kid, "use": "sig", "n": encode(&der[9..265]), "e": "AQAB"})
            }
            Self::Es256(pair) => point(pair, "P-256"),
            Self::Es384(pair) => point(pair, "P-384"),
            Self::Es512(pair) => point(pair, "P-521"),
            Self::EdDsa(pair) => {
                json!({"kty": "OKP", "kid": kid, "crv": "Ed25519", "x": encode(pair.public_key().as_ref())})
            }
        }
    }

    /// The public key in DER, as somebody who confuses algorithms would use it for a secret.
    pub(crate) fn der(&self) -> Vec<u8> {
        match self {
            Self::Rs256(pair) | Self::Ps256(pair) => pair.public_key().as_der().unwrap().as_ref().to_vec(),
            Self::Es256(pair) | Self::Es384(pair) | Self::Es512(pair) => pair.public_key().as_ref().to_vec(),
            Self::EdDsa(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        let rsa = |pair: &RsaKeyPair, by| {
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(by, &random, message, &mut signature).unwrap();
            signature
        };
        match self {
            Self::Rs256(pair) => rsa(pair, &RSA_PKCS1_SHA256),
            Self::Ps256(pair) => rsa(pair, &RSA_PSS_SHA256),
            Self::Es256(pair) | Self::Es384(pair) | Self::Es512(pair) => {
                pair.sign(&random, message).unwrap().as_ref().to_vec()
            }
            Self::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// A token with this header and these claims, as they are.
    pub(crate) fn token(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        format!("{signed}.{}", encode(self.signature(signed.as_bytes())))
    }
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token whose signature is a MAC with a secret that is none.
pub(crate) fn mac(header: &str, claims: &str, secret: &[u8]) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
    format!("{signed}.{}", encode(tag))
}

/// What the provider answers, and what it was asked.
pub(crate) struct Idp {
    pub(crate) key: Key,
    pub(crate) metadata: Value,
    pub(crate) keys: Mutex<Value>,
    /// The token endpoint's answer beside the ID token.
    pub(crate) answer: Value,
    /// The ID token.
    id_token: Mutex<Option<String>>,
    pub(crate) userinfo: Option<Value>,
    /// Answers at other addresses.
    pub(crate) elsewhere: Vec<(String, Value)>,
    pub(crate) asked: Mutex<Vec<Request<Bytes>>>,
}

impl Idp {
    pub(crate) fn new() -> Self {
        let key = Key::es256();
        Self {
            metadata: json!({
                "issuer": ISSUER,
                "authorization_endpoint": format!("{ISSUER}/authorize"),
                "token_endpoint": format!("{ISSUER}/token"),
                "jwks_uri": format!("{ISSUER}/keys"),
            }),
            keys: Mutex::new(json!({"keys": [key.public("k1")]})),
            answer: json!({"access_token": "at", "token_type": "Bearer", "expires_in": 3600}),
            id_token: Mutex::new(None),
            userinfo: None,
            elsewhere: Vec::new(),
            asked: Mutex::default(),
            key,
        }
    }

    pub(crate) fn with_key(key: Key) -> Self {
        let keys = Mutex::new(json!({"keys": [key.public("k1")]}));
        Self { key, keys, ..Self::new() }
    }

    pub(crate) fn with_userinfo(userinfo: Value) -> Self {
        let mut idp = Self { userinfo: Some(userinfo), ..Self::new() };
        idp.metadata["userinfo_endpoint"] = json!(format!("{ISSUER}/userinfo"));
        idp
    }

    /// The transport to it.
    pub(crate) fn transport(&self) -> impl Fn(Request<Bytes>) -> Ready<Result<Response<Bytes>, Unreachable>> + Sync {
        |request| ready(Ok(self.respond(request)))
    }

    fn respond(&self, request: Request<Bytes>) -> Response<Bytes> {
        let address = request.uri().to_string();
        self.asked.lock().unwrap().push(request);
        let path = address.strip_prefix(ISSUER).unwrap_or_default();
        let body = match path {
            "/.well-known/openid-configuration" => Some(self.metadata.clone()),
            "/keys" => Some(self.keys.lock().unwrap().clone()),
            "/token" => {
                let mut answer = self.answer.clone();
                if let Some(token) = &*self.id_token.lock().unwrap() {
                    answer["id_token"] = json!(token);
                }
                Some(answer)
            }
            "/userinfo" => self.userinfo.clone(),
            _ => self.elsewhere.iter().find(|(known, _)| address.starts_with(known)).map(|(_, body)| body.clone()),
        };
        let status = match &body {
            None => 404,
            Some(body) if body.get("error").is_some() => 400,
            Some(_) => 200,
        };
        let body = body.unwrap_or_default().to_string();
        let answer = Response::builder().status(status).header("content-type", "application/json");
        answer.body(Bytes::from(body)).unwrap()
    }

    /// How often an address was asked.
    pub(crate) fn times(&self, path: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|request| request.uri().path() == path).count()
    }

    pub(crate) async fn discover(&self) -> Result<Provider, ProviderError> {
        Provider::discover(&self.transport(), Issuer::new(ISSUER, None).unwrap()).await
    }

    /// Signs in with claims that were changed.
    pub(crate) async fn sign_in(&self, change: impl FnOnce(&mut Value)) -> Result<Login, SignInError> {
        let sign = |mut claims: Value| {
            change(&mut claims);
            let header = json!({"alg": self.key.algorithm(), "kid": "k1", "typ": "JWT"});
            self.key.token(&header.to_string(), &claims.to_string())
        };
        self.sign_in_with(sign).await
    }

    /// Signs in with a token that `sign` makes of honest claims.
    pub(crate) async fn sign_in_with(&self, sign: impl FnOnce(Value) -> String) -> Result<Login, SignInError> {
        let provider = self.discover().await.unwrap();
        self.sign_in_at(&provider, NOW, false, sign).await
    }

    pub(crate) async fn sign_in_at(
        &self,
        provider: &Provider,
        now: i64,
        forced: bool,
        sign: impl FnOnce(Value) -> String,
    ) -> Result<Login, SignInError> {
        let pending = pending(now, forced);
        let url = AuthorizationRequest { state: "s1", pending, scopes: &[], login_hint: None }.url(&client(), provider);
        *self.id_token.lock().unwrap() = Some(sign(honest(&url, now)));
        let callback = Callback::parse("state=s1&code=c1").unwrap();
        client().sign_in(&self.transport(), provider, &callback, &pending, "j1", now).await.1
    }

    /// Takes the ID token out of the answer.
    pub(crate) async fn sign_in_without_token(&self, client: &Client) -> Result<Login, SignInError> {
        let provider = self.discover().await.unwrap();
        let callback = Callback::parse("state=s1&code=c1").unwrap();
        client.sign_in(&self.transport(), &provider, &callback, &pending(NOW, false), "j1", NOW).await.1
    }
}

pub(crate) fn client() -> Client {
    let authentication = ClientAuthentication::Basic("s3cret".to_owned());
    Client::new(CLIENT, authentication, "https://muster.example.com/sso/oidc/callback").unwrap()
}

pub(crate) fn pending(now: i64, forced: bool) -> Pending {
    Pending { secret: [7; 32], requested_at: now, forced }
}

/// The claims that an honest provider answers this request with.
pub(crate) fn honest(url: &str, now: i64) -> Value {
    json!({
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "u1",
        "exp": now + 300,
        "iat": now,
        "nonce": parameter(url, "nonce").unwrap(),
        "email": "ada@example.com",
        "name": "Ada Lovelace",
    })
}

/// A parameter of an address.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let query = url.split_once('?').map_or(url, |(_, query)| query);
    let mut found = form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known == name);
    let value = found.next().map(|(_, value)| value.into_owned());
    assert!(found.next().is_none(), "`{name}` is there twice");
    value
}

/// Keeps the compiler honest: what handlers await must be able to move between threads.
pub(crate) fn is_send<T: Send>(value: T) -> T {
    value
}
