//! How browsers are sent to a provider, and what they bring back.

use muster_oidc::{AuthorizationRequest, Callback, Issuer, Pending, Provider, SignInError};
use serde_json::json;

use crate::idp::{ISSUER, Idp, NOW, client, parameter, pending};

#[tokio::test]
async fn sso_1_a_request_asks_for_a_code_with_pkce_nonce_and_state() {
    let mut idp = Idp::new();
    idp.metadata["authorization_endpoint"] = json!(format!("{ISSUER}/authorize?realm=a"));
    let provider = idp.discover().await.unwrap();
    let scopes = ["profile".to_owned(), "openid".to_owned(), "email".to_owned()];
    let request = AuthorizationRequest {
        state: "s1",
        pending: pending(NOW, false),
        scopes: &scopes,
        login_hint: Some("ada+1@example.com"),
    };
    let url = request.url(&client(), &provider);
    assert!(url.starts_with("https://idp.example.com/authorize?realm=a&"), "{url}");
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "muster"),
        ("redirect_uri", "https://muster.example.com/sso/oidc/callback"),
        ("scope", "openid profile email"),
        ("state", "s1"),
        ("login_hint", "ada+1@example.com"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(parameter(&url, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(parameter(&url, "code_challenge").map(|challenge| challenge.len()), Some(43));
    assert_eq!((parameter(&url, "prompt"), parameter(&url, "max_age"), parameter(&url, "hd")), (None, None, None));
    // Another sign-in has another nonce and another challenge.
    let other = Pending { secret: [8; 32], ..pending(NOW, true) };
    let forced = AuthorizationRequest { pending: other, ..request }.url(&client(), &provider);
    for name in ["nonce", "code_challenge"] {
        assert_ne!(parameter(&url, name), parameter(&forced, name), "{name}");
    }
    assert_eq!(parameter(&forced, "prompt").as_deref(), Some("login"));
    assert_eq!(parameter(&forced, "max_age").as_deref(), Some("0"));
    assert!(!format!("{other:?}").contains('8'), "{other:?}");
}

#[tokio::test]
async fn sso_1_an_answer_that_another_provider_gives_is_refused_before_the_code_goes_anywhere() {
    let mut idp = Idp::new();
    idp.metadata["authorization_response_iss_parameter_supported"] = json!(true);
    let provider = Provider::discover(&idp.transport(), Issuer::new(ISSUER, None).unwrap()).await.unwrap();
    for query in ["state=s1&code=c1", "state=s1&code=c1&iss=https://evil.example"] {
        let callback = Callback::parse(query).unwrap();
        let transport = idp.transport();
        let answer = client().sign_in(&transport, &provider, &callback, &pending(NOW, false), "j1", NOW).await.1;
        assert!(matches!(answer, Err(SignInError::MixUp { .. })), "{query}");
    }
    assert_eq!(idp.times("/token"), 0);
}
