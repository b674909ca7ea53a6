//! An OpenID provider on loopback that answers as it is told.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A provider that signs with ES256.
pub(crate) struct OpenIdProvider {
    /// How it calls itself.
    pub(crate) issuer: String,
    key: EcdsaKeyPair,
    /// What its token endpoint answers next.
    answer: Arc<Mutex<Value>>,
    /// What it was asked: the first line, and the body.
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl OpenIdProvider {
    pub(crate) fn start() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let (x, y) = key.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let keys = json!({"keys": [{"kty": "EC", "kid": "k1", "crv": "P-256", "x": x, "y": y}]});
        let metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
        });
        let (answer, asked) = (Arc::new(Mutex::new(Value::Null)), Arc::new(Mutex::new(Vec::new())));
        let (told, kept) = (Arc::clone(&answer), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let request = receive(&stream);
                let body = match request.0.split(' ').nth(1).unwrap_or_default() {
                    "/.well-known/openid-configuration" => metadata.clone(),
                    "/keys" => keys.clone(),
                    _ => told.lock().unwrap().clone(),
                };
                kept.lock().unwrap().push(request);
                send(&stream, &body.to_string());
            }
        });
        Self { issuer, key, answer, asked }
    }

    /// Answers the next code with an ID token of these claims.
    pub(crate) fn answer(&self, claims: &Value) {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","kid":"k1"}"#);
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
        *self.answer.lock().unwrap() = json!({"access_token": "at-1", "token_type": "Bearer", "id_token": token});
    }

    /// The forms that its token endpoint was sent.
    pub(crate) fn forms(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(line, _)| line.starts_with("POST /token ")).map(|(_, body)| body.clone()).collect()
    }
}

/// A request's first line and body.
fn receive(stream: &TcpStream) -> (String, String) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).unwrap();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (first, String::from_utf8(body).unwrap())
}

fn send(mut stream: &TcpStream, body: &str) {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
}
