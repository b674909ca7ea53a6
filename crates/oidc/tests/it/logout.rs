//! Logout tokens that must be accepted, and those that must not (Back-Channel Logout 1.0 §2.6); leaving for the provider.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use muster_oidc::{EndSessionRequest, LogoutError, LogoutToken};
use serde_json::{Value, json};

use crate::idp::{CLIENT, ISSUER, Idp, Key, NOW, client, encode, is_send, mac, parameter};

const HEADER: &str = r#"{"alg":"ES256","kid":"k1","typ":"logout+jwt"}"#;
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What an honest provider sends.
fn honest() -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "iat": NOW, "exp": NOW + 120, "jti": "l1", "sub": "u1", "sid": "s1",
        "events": { EVENT: {} },
    })
}

async fn check(idp: &Idp, token: &str) -> Result<LogoutToken, LogoutError> {
    let provider = idp.discover().await.unwrap();
    is_send(client().logout_token(&idp.transport(), &provider, token, NOW)).await.1
}

/// An honest token that was changed, under a header.
async fn checked(header: &str, change: impl FnOnce(&mut Value)) -> Result<LogoutToken, LogoutError> {
    let idp = Idp::new();
    let mut claims = honest();
    change(&mut claims);
    check(&idp, &idp.key.token(header, &claims.to_string())).await
}

fn without(name: &'static str) -> impl FnOnce(&mut Value) {
    move |claims| drop(claims.as_object_mut().unwrap().remove(name))
}

#[tokio::test]
async fn ses_3_an_honest_logout_token_names_a_person_or_a_session_or_both() {
    let token = checked(HEADER, |_| ()).await.unwrap();
    assert_eq!(
        (token.id.as_str(), token.subject.as_deref(), token.session_id.as_deref()),
        ("l1", Some("u1"), Some("s1"))
    );
    assert!(token.usable_until >= NOW + 360, "its name is remembered for as long as it would be taken");
    assert_eq!(checked(HEADER, without("sub")).await.unwrap().subject, None);
    assert_eq!(checked(HEADER, without("sid")).await.unwrap().session_id, None);
    for header in [r#"{"alg":"ES256","kid":"k1"}"#, r#"{"alg":"ES256","kid":"k1","typ":"JWT"}"#] {
        assert!(checked(header, |_| ()).await.is_ok(), "{header}");
    }
    for accepted in [json!([CLIENT]), json!(CLIENT)] {
        assert!(checked(HEADER, |claims| claims["aud"] = accepted.clone()).await.is_ok(), "{accepted}");
    }
}

#[tokio::test]
async fn ses_3_whatever_is_wrong_with_a_logout_token_ends_nothing() {
    let wrong: [(&str, Value); 22] = [
        ("iss", json!("https://evil.example")),
        ("iss", json!([ISSUER])),
        ("aud", json!("other")),
        ("aud", json!([CLIENT, "other"])),
        ("aud", json!([])),
        ("aud", json!({ CLIENT: 1 })),
        ("iat", json!(NOW + 61)),
        ("iat", json!(NOW - 361)),
        ("iat", json!("now")),
        ("exp", json!(NOW - 60)),
        ("exp", json!(null)),
        ("jti", json!("")),
        ("jti", json!(1)),
        ("jti", json!("j".repeat(256))),
        ("events", json!({})),
        ("events", json!([EVENT])),
        ("events", json!({ EVENT: true })),
        ("events", json!({ "http://schemas.openid.net/event/other": {} })),
        ("nonce", json!("n")),
        ("nonce", json!(null)),
        ("sub", json!(["u1"])),
        ("sid", json!("s".repeat(256))),
    ];
    for (name, value) in wrong {
        let refused = checked(HEADER, |claims| claims[name] = value.clone()).await;
        assert!(refused.is_err(), "{name} {value}");
    }
    for name in ["iss", "aud", "iat", "exp", "jti", "events"] {
        assert!(checked(HEADER, without(name)).await.is_err(), "without {name}");
    }
    let neither = |claims: &mut Value| {
        without("sub")(claims);
        without("sid")(claims);
    };
    assert!(checked(HEADER, neither).await.is_err());
    let other_kind = checked(r#"{"alg":"ES256","kid":"k1","typ":"at+jwt"}"#, |_| ()).await.unwrap_err();
    assert_eq!(other_kind, LogoutError::Type("at+jwt".to_owned()));
}

#[tokio::test]
async fn sso_8_a_logout_token_that_nobody_signed_or_somebody_else_did_ends_nothing() {
    let idp = Idp::new();
    let claims = honest().to_string();
    let good = idp.key.token(HEADER, &claims);
    assert!(check(&idp, &good).await.is_ok());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let mut other = honest();
    other["sub"] = json!("u2");
    let changed = format!("{}.{}.{signature}", signed.split('.').next().unwrap(), encode(other.to_string()));
    let none = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(&claims));
    let unsigned = format!("{signed}.");
    let strange = Key::es256().token(HEADER, &claims);
    let unknown = Key::es256().token(r#"{"alg":"ES256","kid":"k9"}"#, &claims);
    let own = format!(r#"{{"alg":"ES256","jwk":{}}}"#, Key::es256().public("k1"));
    let brought = Key::es256().token(&own, &claims);
    for token in
        [changed, none, unsigned, strange, unknown, brought, String::new(), "a.b.c".to_owned(), format!("{good}.x")]
    {
        assert!(check(&idp, &token).await.is_err(), "{token}");
    }
    // A public key is no shared secret.
    for secret in [b"s3cret".to_vec(), idp.key.der(), idp.key.public("k1").to_string().into_bytes()] {
        assert!(check(&idp, &mac(r#"{"alg":"HS256","kid":"k1"}"#, &claims, &secret)).await.is_err());
    }
    let twice = claims.replacen('{', r#"{"sub":"u2","#, 1);
    assert!(check(&idp, &idp.key.token(HEADER, &twice)).await.is_err(), "a claim that is there twice");
}

#[tokio::test]
async fn sso_13_what_came_is_told_without_the_signature() {
    let idp = Idp::new();
    let provider = idp.discover().await.unwrap();
    let mut claims = honest();
    claims["aud"] = json!("other");
    let token = idp.key.token(HEADER, &claims.to_string());
    let (received, refused) = client().logout_token(&idp.transport(), &provider, &token, NOW).await;
    let kept = received.into_json();
    assert_eq!(kept["logout_token"]["claims"]["aud"], "other");
    assert!(!kept.to_string().contains(token.rsplit('.').next().unwrap()), "{kept}");
    assert!(refused.unwrap_err().to_string().contains("must be for `muster` alone"));
}

#[tokio::test]
async fn ses_3_a_browser_is_sent_to_be_signed_out_with_what_the_provider_knows() {
    let mut idp = Idp::new();
    let return_to = "https://muster.example.com/sso/oidc/signed-out";
    let request = EndSessionRequest { id_token: Some("a.b.c"), subject: "u1", return_to };
    assert_eq!(request.url(&client(), &idp.discover().await.unwrap()), None, "it knows of no logout");
    idp.metadata["end_session_endpoint"] = json!(format!("{ISSUER}/end?tenant=1"));
    let provider = idp.discover().await.unwrap();
    let url = request.url(&client(), &provider).unwrap();
    assert!(url.starts_with(&format!("{ISSUER}/end?tenant=1&id_token_hint=a.b.c&client_id=muster&")), "{url}");
    assert_eq!(parameter(&url, "post_logout_redirect_uri").as_deref(), Some(return_to));
    let url = EndSessionRequest { id_token: None, ..request }.url(&client(), &provider).unwrap();
    assert_eq!((parameter(&url, "logout_hint").as_deref(), parameter(&url, "id_token_hint")), (Some("u1"), None));
    idp.metadata["end_session_endpoint"] = json!("http://evil.example/end");
    assert!(idp.discover().await.is_err(), "not over plain http");
}

#[tokio::test]
async fn an_id_token_is_kept_for_a_logout_if_it_fits_into_an_address() {
    let login = Idp::new().sign_in(|_| ()).await.unwrap();
    let token = login.id_token.hint().unwrap();
    assert_eq!(token.split('.').count(), 3);
    assert!(!format!("{login:?}").contains(token));
    let claims = token.split('.').nth(1).unwrap();
    assert!(String::from_utf8(URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap().contains("ada@example.com"));
    let long = Idp::new().sign_in(|claims| claims["groups"] = json!(vec!["a group"; 1_000])).await.unwrap();
    assert_eq!(long.id_token.hint(), None);
}
