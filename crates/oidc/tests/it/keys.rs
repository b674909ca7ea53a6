//! A provider's keys: which are used, and how they rotate.

use muster_oidc::{ProviderError, SignInError};
use serde_json::{Value, json};

use crate::idp::{Idp, Key, NOW};

fn signed<'k>(key: &'k Key, kid: &str) -> impl FnOnce(Value) -> String + 'k {
    let header = json!({"alg": key.algorithm(), "kid": kid}).to_string();
    move |claims| key.token(&header, &claims.to_string())
}

#[tokio::test]
async fn sso_8_a_new_key_takes_over_without_a_moment_of_refusal() {
    let idp = Idp::new();
    let provider = idp.discover().await.unwrap();
    let next = Key::es256();
    *idp.keys.lock().unwrap() = json!({"keys": [idp.key.public("k1"), next.public("k2")]});
    let login = idp.sign_in_at(&provider, NOW + 60, false, signed(&next, "k2")).await;
    assert!(login.is_ok(), "{login:?}");
    assert!(idp.sign_in_at(&provider, NOW + 61, false, signed(&idp.key, "k1")).await.is_ok());
    assert_eq!(idp.times("/keys"), 2);
}

#[tokio::test]
async fn sso_8_unknown_keys_are_asked_for_at_most_once_a_minute() {
    let idp = Idp::new();
    let provider = idp.discover().await.unwrap();
    let stranger = Key::es256();
    // The first time at once: a provider may rotate its keys right after it was discovered.
    for (now, times) in [(NOW + 1, 2), (NOW + 2, 2), (NOW + 60, 2), (NOW + 61, 3), (NOW + 120, 3), (NOW + 121, 4)] {
        let error = idp.sign_in_at(&provider, now, false, signed(&stranger, "made-up")).await;
        assert_eq!(error, Err(SignInError::UnknownKey(Some("made-up".to_owned()))));
        assert_eq!(idp.times("/keys"), times, "{}", now - NOW);
    }
}

#[tokio::test]
async fn sso_8_a_key_that_was_withdrawn_is_gone_with_the_next_look() {
    let idp = Idp::new();
    let provider = idp.discover().await.unwrap();
    let next = Key::es256();
    *idp.keys.lock().unwrap() = json!({"keys": [next.public("k2")]});
    assert!(idp.sign_in_at(&provider, NOW + 60, false, signed(&next, "k2")).await.is_ok());
    assert!(idp.sign_in_at(&provider, NOW + 61, false, signed(&idp.key, "k1")).await.is_err());
}

#[tokio::test]
async fn sso_1_a_token_without_a_key_s_name_is_checked_with_each_that_fits() {
    let (first, second, rsa) = (Key::es256(), Key::es256(), Key::all().into_iter().next().unwrap());
    let idp = Idp::with_key(first);
    let mut unnamed = second.public("x");
    unnamed.as_object_mut().unwrap().remove("kid");
    *idp.keys.lock().unwrap() = json!({"keys": [rsa.public("r"), idp.key.public("k1"), unnamed]});
    let header = r#"{"alg":"ES256"}"#;
    assert!(idp.sign_in_with(|claims| second.token(header, &claims.to_string())).await.is_ok());
    assert!(idp.sign_in_with(|claims| idp.key.token(header, &claims.to_string())).await.is_ok());
    assert!(idp.sign_in_with(|claims| Key::es256().token(header, &claims.to_string())).await.is_err());
}

#[tokio::test]
async fn sso_1_keys_that_prove_nothing_are_passed_over() {
    let key = Key::es256();
    let public = key.public("k1");
    let with = |name: &str, value: Value| {
        let mut key = public.clone();
        key[name] = value;
        key
    };
    let useless = [
        with("d", json!("AAAA")),
        with("use", json!("enc")),
        with("key_ops", json!(["encrypt"])),
        with("key_ops", json!("verify")),
        with("alg", json!("ECDH-ES")),
        with("alg", json!("HS256")),
        with("alg", json!("none")),
        with("crv", json!("P-384")),
        with("crv", json!("secp256k1")),
        with("x", json!("AAAA")),
        with("x", json!("!")),
        with("y", Value::Null),
        with("kty", json!("RSA")),
        json!({"kty": "oct", "kid": "k1", "k": "c2VjcmV0"}),
        json!({"kty": "RSA", "kid": "k1", "n": "AQAB", "e": "AQAB"}),
        json!({"kty": "OKP", "kid": "k1", "crv": "X25519", "x": public["x"]}),
        json!("key"),
        json!(null),
        json!({}),
    ];
    for useless in useless {
        let idp = Idp::new();
        *idp.keys.lock().unwrap() = json!({"keys": [useless]});
        assert_eq!(idp.discover().await.unwrap_err(), ProviderError::NoKeys, "{useless}");
        // Beside a useful one they do no harm.
        *idp.keys.lock().unwrap() = json!({"keys": [useless, public]});
        let header = r#"{"alg":"ES256","kid":"k1"}"#;
        assert!(idp.sign_in_with(|claims| key.token(header, &claims.to_string())).await.is_ok(), "{useless}");
    }
    for set in [json!({}), json!({"keys": {}}), json!({"keys": []}), json!({"keys": [[]]})] {
        let idp = Idp::new();
        *idp.keys.lock().unwrap() = set;
        assert_eq!(idp.discover().await.unwrap_err(), ProviderError::NoKeys);
    }
}
