//! ID tokens that must be accepted, and those that must not.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use muster_oidc::SignInError;
use serde_json::{Value, json};

use crate::idp::{CLIENT, ISSUER, Idp, Key, NOW, encode, is_send, mac};

const HEADER: &str = r#"{"alg":"ES256","kid":"k1"}"#;

#[tokio::test]
async fn sso_1_an_honest_token_signs_in_by_each_algorithm() {
    for key in Key::all() {
        let idp = Idp::with_key(key);
        let login = is_send(idp.sign_in(|claims| claims["sid"] = json!("session"))).await.unwrap();
        assert_eq!((login.issuer.as_str(), login.subject.as_str()), (ISSUER, "u1"));
        assert_eq!((login.session_id.as_deref(), login.expires_at), (Some("session"), NOW + 300));
        let email = login.claims.iter().find(|(name, _)| name == "email").unwrap();
        assert_eq!(email.1, vec!["ada@example.com"]);
        assert!(!format!("{login:?}").contains("nonce"));
    }
}

async fn refused(change: impl FnOnce(&mut Value)) -> SignInError {
    Idp::new().sign_in(change).await.unwrap_err()
}

#[tokio::test]
async fn sso_1_a_token_of_or_for_somebody_else_is_refused() {
    for issuer in [json!("https://evil.example"), json!("https://idp.example.com/"), json!("HTTPS://idp.example.com")] {
        let error = refused(|claims| claims["iss"] = issuer.clone()).await;
        assert!(matches!(error, SignInError::Issuer { .. }), "{issuer}: {error}");
    }
    let others =
        [json!("other"), json!([]), json!(["other"]), json!([CLIENT, "other"]), json!("Muster"), json!("muster ")];
    for audience in others {
        let error = refused(|claims| claims["aud"] = audience.clone()).await;
        assert!(matches!(error, SignInError::Audience { .. }), "{audience}: {error}");
    }
    for party in [json!("other"), json!(""), json!([CLIENT])] {
        let error = refused(|claims| claims["azp"] = party.clone()).await;
        let is_refused = matches!(error, SignInError::AuthorizedParty { .. } | SignInError::Unreadable(_));
        assert!(is_refused, "{party}: {error}");
    }
    let accepted = |claims: &mut Value| (claims["aud"], claims["azp"]) = (json!([CLIENT]), json!(CLIENT));
    assert!(Idp::new().sign_in(accepted).await.is_ok());
}

#[tokio::test]
async fn sso_7_a_token_of_another_sign_in_is_refused() {
    assert_eq!(refused(|claims| claims["nonce"] = json!("other")).await, SignInError::Nonce);
    assert_eq!(refused(|claims| claims["nonce"] = Value::Null).await, SignInError::Nonce);
    let gone = |claims: &mut Value| drop(claims.as_object_mut().unwrap().remove("nonce"));
    assert_eq!(refused(gone).await, SignInError::Nonce);
}

#[tokio::test]
async fn sso_1_times_may_be_off_by_a_minute_and_no_more() {
    let times = [
        ("exp", NOW - 59, true),
        ("exp", NOW - 61, false),
        ("iat", NOW + 59, true),
        ("iat", NOW + 61, false),
        ("iat", NOW - 59, true),
        ("iat", NOW - 61, false),
        ("nbf", NOW + 59, true),
        ("nbf", NOW + 61, false),
        ("auth_time", NOW - 86_400, true),
        ("auth_time", NOW + 61, false),
    ];
    for (name, time, accepted) in times {
        let answer = Idp::new().sign_in(|claims| claims[name] = json!(time)).await;
        assert_eq!(answer.is_ok(), accepted, "{name} {}: {answer:?}", time - NOW);
        if let Err(error) = answer {
            assert!(matches!(error, SignInError::Time { .. }), "{name}: {error}");
        }
    }
    for (name, value) in [("exp", json!("soon")), ("iat", json!("now")), ("nbf", json!("now")), ("exp", json!(1e300))] {
        assert!(Idp::new().sign_in(|claims| claims[name] = value.clone()).await.is_err(), "{name} {value}");
    }
    for name in ["exp", "iat", "sub"] {
        let gone = |claims: &mut Value| drop(claims.as_object_mut().unwrap().remove(name));
        assert!(Idp::new().sign_in(gone).await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn sso_1_who_had_to_sign_in_again_must_have() {
    for (auth_time, accepted) in [(Some(NOW), true), (Some(NOW - 59), true), (Some(NOW - 61), false), (None, false)] {
        let idp = Idp::new();
        let provider = idp.discover().await.unwrap();
        let sign = |mut claims: Value| {
            if let Some(time) = auth_time {
                claims["auth_time"] = json!(time);
            }
            idp.key.token(HEADER, &claims.to_string())
        };
        let answer = idp.sign_in_at(&provider, NOW, true, sign).await;
        assert_eq!(answer.is_ok(), accepted, "{auth_time:?}");
        assert!(accepted || answer == Err(SignInError::NotAuthenticatedAgain));
    }
}

#[tokio::test]
async fn sso_1_no_algorithm_without_a_key_pair_is_accepted() {
    let idp = Idp::with_key(Key::all().into_iter().next().unwrap());
    let secrets = [b"s3cret".to_vec(), idp.key.der(), idp.key.public("k1").to_string().into_bytes(), Vec::new()];
    for secret in secrets {
        for header in [r#"{"alg":"HS256","kid":"k1"}"#, r#"{"alg":"HS256"}"#, r#"{"alg":"RS256","kid":"k1"}"#] {
            let error = idp.sign_in_with(|claims| mac(header, &claims.to_string(), &secret)).await.unwrap_err();
            assert!(matches!(error, SignInError::Algorithm(_) | SignInError::Signature), "{error}");
        }
    }
    for algorithm in ["none", "None", "NONE", "nOnE", "", "HS512", "RSA-OAEP", "dir", "ES256K"] {
        let unsigned = |signature: &str| {
            let header = json!({"alg": algorithm}).to_string();
            let signature = signature.to_owned();
            move |claims: Value| format!("{}.{}.{signature}", encode(header), encode(claims.to_string()))
        };
        for signature in ["", "AAAA"] {
            let error = idp.sign_in_with(unsigned(signature)).await.unwrap_err();
            assert!(matches!(error, SignInError::Algorithm(_)), "{algorithm}: {error}");
        }
    }
    let error = idp.sign_in_with(|claims| idp.key.token("{}", &claims.to_string())).await.unwrap_err();
    assert!(matches!(error, SignInError::Algorithm(_)), "{error}");
}

#[tokio::test]
async fn sso_1_only_the_provider_s_key_signs_and_only_as_what_it_is() {
    let idp = Idp::new();
    let stranger = Key::es256();
    let foreign = |claims: Value| stranger.token(HEADER, &claims.to_string());
    assert_eq!(idp.sign_in_with(foreign).await, Err(SignInError::Signature));
    // A key that the token brings along, or where it is, is never believed.
    let jwk = stranger.public("k1");
    for header in [
        json!({"alg": "ES256", "kid": "k1", "jwk": jwk}),
        json!({"alg": "ES256", "kid": "k1", "jku": "https://evil.example/keys", "x5u": "https://evil.example/x5u"}),
    ] {
        let error = idp.sign_in_with(|claims| stranger.token(&header.to_string(), &claims.to_string())).await;
        assert_eq!(error, Err(SignInError::Signature));
    }
    assert!(idp.asked.lock().unwrap().iter().all(|request| request.uri().to_string().starts_with(ISSUER)));
    // A signature of the right key, over something else.
    let swapped = |claims: Value| {
        let token = idp.key.token(HEADER, &claims.to_string());
        let (_, signature) = token.rsplit_once('.').unwrap();
        let mut other = claims.clone();
        other["email"] = json!("eve@example.com");
        format!("{}.{}.{signature}", encode(HEADER), encode(other.to_string()))
    };
    assert_eq!(idp.sign_in_with(swapped).await, Err(SignInError::Signature));
    // The right key under the name of another algorithm.
    for algorithm in ["ES384", "RS256", "EdDSA"] {
        let header = json!({"alg": algorithm, "kid": "k1"}).to_string();
        let error = idp.sign_in_with(|claims| idp.key.token(&header, &claims.to_string())).await.unwrap_err();
        assert_eq!(error, SignInError::UnknownKey(Some("k1".to_owned())), "{algorithm}");
    }
    for header in [r#"{"alg":"ES256","kid":"k1","crit":["x"],"x":1}"#, r#"{"alg":"ES256","kid":"k1","cty":"JWT"}"#] {
        assert!(idp.sign_in_with(|claims| idp.key.token(header, &claims.to_string())).await.is_err(), "{header}");
    }
    let error = idp.sign_in_with(|claims| idp.key.token(r#"{"alg":"ES256","kid":"k2"}"#, &claims.to_string())).await;
    assert_eq!(error, Err(SignInError::UnknownKey(Some("k2".to_owned()))));
}

#[tokio::test]
async fn sso_1_a_token_that_two_readers_could_read_differently_is_refused() {
    let idp = Idp::new();
    let twice = |name: &'static str, value: &'static str| {
        let idp = &idp;
        move |claims: Value| {
            let text = claims.to_string();
            let text = format!("{},\"{name}\":{value}}}", &text[..text.len() - 1]);
            idp.key.token(HEADER, &text)
        }
    };
    for (name, value) in
        [("sub", "\"eve\""), ("email", "\"eve@example.com\""), ("aud", "\"muster\""), ("nonce", "null")]
    {
        let error = idp.sign_in_with(twice(name, value)).await.unwrap_err();
        assert!(matches!(&error, SignInError::Unreadable(why) if why.contains("twice")), "{name}: {error}");
    }
    let header = r#"{"alg":"ES256","kid":"k1","alg":"ES256"}"#;
    let error = idp.sign_in_with(|claims| idp.key.token(header, &claims.to_string())).await.unwrap_err();
    assert!(matches!(error, SignInError::Unreadable(_)), "{error}");
}

#[tokio::test]
async fn sso_1_a_token_that_is_no_token_or_too_much_is_refused() {
    let idp = Idp::new();
    let deep = |claims: Value| {
        let text = claims.to_string();
        let nested = format!("{}{}", "[".repeat(100), "]".repeat(100));
        idp.key.token(HEADER, &format!("{},\"x\":{nested}}}", &text[..text.len() - 1]))
    };
    assert!(matches!(idp.sign_in_with(deep).await, Err(SignInError::Unreadable(_))));
    let error = refused(|claims| claims["x"] = json!("x".repeat(70_000))).await;
    assert!(matches!(error, SignInError::TooLarge { .. }), "{error}");
    assert_eq!(refused(|claims| claims["sub"] = json!("")).await.to_string(), "the claim `sub` is missing or empty");
    assert!(matches!(refused(|claims| claims["sub"] = json!("x".repeat(256))).await, SignInError::Claim { .. }));
    for token in ["", "a", "a.b", "a.b.c", "a.b.c.d", "....", "a.b.c.d.e", "e30.e30.", "\u{0}.\u{0}.\u{0}"] {
        assert!(idp.sign_in_with(|_| token.to_owned()).await.is_err(), "{token:?}");
    }
    // Base64 is exact: one token has one writing.
    let padded = |claims: Value| idp.key.token(HEADER, &claims.to_string()).replacen('.', "=.", 1);
    assert!(idp.sign_in_with(padded).await.is_err());
}

#[tokio::test]
async fn sso_1_the_access_token_is_the_one_that_came_along() {
    let hash = |token: &str| {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
        URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
    };
    assert!(Idp::new().sign_in(|claims| claims["at_hash"] = json!(hash("at"))).await.is_ok());
    for other in [json!(hash("other")), json!(""), Value::Null, json!(1)] {
        assert!(Idp::new().sign_in(|claims| claims["at_hash"] = other.clone()).await.is_err(), "{other}");
    }
}

#[tokio::test]
async fn sso_1_an_address_that_the_provider_does_not_vouch_for_is_refused() {
    for word in [json!(false), json!("false")] {
        assert_eq!(refused(|claims| claims["email_verified"] = word.clone()).await, SignInError::EmailNotVerified);
    }
}
