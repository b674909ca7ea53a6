//! What came of a sign-in, for the administrator to read, whether it is accepted or not (SSO-13).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::json::{self, Object};

/// What stands in the place of what would be worth something (SEC-4).
const REDACTED: &str = "redacted";
/// Names of what opens something: tokens, codes, secrets, and what binds a sign-in to its browser. What providers add to a
/// claim's source (OpenID Connect Core §5.6.2) is among it.
const SECRETS: [&str; 15] = [
    "nonce",
    "state",
    "code",
    "at_hash",
    "c_hash",
    "s_hash",
    "access_token",
    "refresh_token",
    "id_token",
    "client_secret",
    "client_assertion",
    "password",
    "assertion",
    "jwt",
    "x5c",
];
/// How many values of a list are kept, how many members of an object, and how many characters of a text.
const VALUES: usize = 200;
const MEMBERS: usize = 200;
const CHARACTERS: usize = 1_000;
/// The largest token of which anything is kept, in bytes.
const TOKEN_BYTES: usize = 64 * 1_024;
/// How much is kept of everything together, in bytes.
const KEPT: usize = 32 * 1_024;

/// What a provider sent, as it came, without codes, tokens, signatures and what is random in a sign-in. Nothing of it is to be
/// believed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Received(Map<String, Value>);

impl Received {
    /// As it is kept.
    #[must_use]
    pub fn into_json(self) -> Value {
        let whole = Value::Object(self.0);
        let text = whole.to_string();
        if text.len() <= KEPT {
            return whole;
        }
        let end = (0..=KEPT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        json!({ "cut": text[..end] })
    }

    /// Keeps an object under a name.
    pub(crate) fn object(&mut self, name: &str, object: &Object) {
        self.0.insert(name.to_owned(), redacted(&Value::Object(object.clone())));
    }

    /// Keeps header and claims of a token that may be of any kind, or none.
    pub(crate) fn token(&mut self, name: &str, token: &str) {
        if token.len() > TOKEN_BYTES {
            self.0.insert(name.to_owned(), json!(format!("{} bytes, more than are read", token.len())));
            return;
        }
        let mut parts = token.split('.').map(|part| json::object(&URL_SAFE_NO_PAD.decode(part).ok()?).ok());
        let (header, claims) = (parts.next().flatten(), parts.next().flatten());
        let shown = |part: Option<Object>| part.map_or(json!("unreadable"), |part| redacted(&Value::Object(part)));
        self.0.insert(name.to_owned(), json!({ "header": shown(header), "claims": shown(claims) }));
    }

    /// Keeps how somebody refused, in the words of OAuth 2.0 (RFC 6749 §4.1.2.1, §5.2).
    pub(crate) fn refusal(&mut self, name: &str, error: &str, description: Option<&str>) {
        self.0.insert(name.to_owned(), redacted(&json!({ "error": error, "error_description": description })));
    }
}

/// A value without what would be worth something, and not without end.
fn redacted(value: &Value) -> Value {
    match value {
        Value::String(text) if is_token(text) => json!(REDACTED),
        Value::String(text) => json!(text.chars().take(CHARACTERS).collect::<String>()),
        Value::Array(values) => {
            let mut kept: Vec<Value> = values.iter().take(VALUES).map(redacted).collect();
            kept.extend(values.len().checked_sub(VALUES + 1).map(|more| json!(format!("and {} more", more + 1))));
            Value::Array(kept)
        }
        Value::Object(members) => {
            let kept = members.iter().take(MEMBERS).map(|(name, value)| {
                let is_secret = SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret));
                let name = name.chars().take(CHARACTERS).collect();
                (name, if is_secret { json!(REDACTED) } else { redacted(value) })
            });
            Value::Object(kept.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// Whether a text is a signed or encrypted JWT, whatever its name: these begin with an object in Base64.
fn is_token(text: &str) -> bool {
    text.starts_with("eyJ") && text.split('.').count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Object {
        json::object(text.as_bytes()).unwrap()
    }

    #[test]
    fn sec_4_what_came_is_kept_without_what_opens_something() {
        let mut received = Received::default();
        received.object(
            "userinfo",
            &object(
                r#"{"sub": "s", "nonce": "n0nce", "Access_Token": "t0ken", "groups": ["a"], "more": {"JWT": "j", "x": 1},
                    "other": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzIn0.", "_claim_sources": {"s1": {"access_token": "t0ken"}}}"#,
            ),
        );
        received.refusal("token_endpoint", "invalid_grant", Some("eyJhbGciOiJub25lIn0.eyJzdWIiOiJzIn0."));
        let kept = received.into_json();
        assert_eq!(kept["userinfo"]["groups"], json!(["a"]));
        assert_eq!(kept["userinfo"]["more"], json!({"JWT": REDACTED, "x": 1}));
        assert_eq!(kept["token_endpoint"], json!({"error": "invalid_grant", "error_description": REDACTED}));
        for secret in ["n0nce", "t0ken", "eyJ"] {
            assert!(!kept.to_string().contains(secret), "{secret}: {kept}");
        }
    }

    #[test]
    fn sso_13_of_a_token_header_and_claims_are_kept_and_no_signature() {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let token = format!("{}.{}.c2lnbmF0dXJl", part(r#"{"alg":"none"}"#), part(r#"{"aud":"other","nonce":"n"}"#));
        let mut received = Received::default();
        received.token("id_token", &token);
        let kept = received.into_json();
        assert_eq!(kept["id_token"]["header"], json!({"alg": "none"}));
        assert_eq!(kept["id_token"]["claims"], json!({"aud": "other", "nonce": REDACTED}));
        assert!(!kept.to_string().contains("c2lnbmF0dXJl"), "{kept}");
        for broken in ["", ".", "a.b.c", "e30", "e30.e30.x.y.z", "\u{e9}.\u{e9}"] {
            let mut received = Received::default();
            received.token("id_token", broken);
            assert!(received.into_json()["id_token"].is_object(), "{broken}");
        }
    }

    #[test]
    fn nothing_is_too_large() {
        let groups: Vec<String> = (0..10_000).map(|number| format!("group {number}")).collect();
        let mut received = Received::default();
        received.object("userinfo", &object(&json!({ "groups": groups }).to_string()));
        received.token("id_token", &"x".repeat(TOKEN_BYTES + 1));
        let kept = received.clone().into_json();
        assert_eq!(kept["userinfo"]["groups"][VALUES], "and 9800 more");
        for number in 0..100 {
            received.object(&number.to_string(), &object(&json!({ "x": "é".repeat(5_000) }).to_string()));
        }
        assert!(received.into_json()["cut"].as_str().unwrap().len() <= KEPT);
    }
}
