//! What a provider says of itself.

use std::future::ready;

use bytes::Bytes;
use http::{Request, Response};
use muster_oidc::{Issuer, Provider, ProviderError, SignInError, Unreachable};
use serde_json::json;

use crate::idp::{ISSUER, Idp, NOW};

#[tokio::test]
async fn sso_1_a_provider_calls_itself_as_the_connection_does_to_the_letter() {
    for issuer in ["https://idp.example.com/", "https://evil.example", "https://IDP.example.com", ""] {
        let mut idp = Idp::new();
        idp.metadata["issuer"] = json!(issuer);
        assert!(matches!(idp.discover().await, Err(ProviderError::Issuer { .. })), "{issuer}");
    }
}

#[tokio::test]
async fn sec_3_endpoints_are_https() {
    let names = ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"];
    for name in names {
        for address in ["http://idp.example.com/x", "javascript:alert(1)", "/x", "https://a:b@idp.example.com/x"] {
            let mut idp = Idp::new();
            idp.metadata[name] = json!(address);
            assert!(matches!(idp.discover().await, Err(ProviderError::Endpoint { .. })), "{name} {address}");
        }
    }
    for name in &names[..3] {
        let mut idp = Idp::new();
        idp.metadata.as_object_mut().unwrap().remove(*name);
        assert!(matches!(idp.discover().await, Err(ProviderError::Unreadable { .. })), "{name}");
    }
}

#[tokio::test]
async fn sso_13_what_is_wrong_with_a_provider_is_told() {
    let answering = |status: u16, body: &'static str| {
        move |_: Request<Bytes>| {
            let answer = Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap();
            ready(Ok::<_, Unreachable>(answer))
        }
    };
    let issuer = || Issuer::new(ISSUER, None).unwrap();
    let status = Provider::discover(&answering(404, "{}"), issuer()).await.unwrap_err();
    let expected = "the provider's metadata at `https://idp.example.com/.well-known/openid-configuration` is answered with \
                    status 404";
    assert_eq!(status.to_string(), expected);
    for body in ["", "[]", "<html>", "{\"issuer\": \"a\", \"issuer\": \"b\"}"] {
        let unreadable = Provider::discover(&answering(200, body), issuer()).await.unwrap_err();
        assert!(matches!(unreadable, ProviderError::Unreadable { .. }), "{body}");
    }
    let silent = |_: Request<Bytes>| ready(Err::<Response<Bytes>, _>(Unreachable("no route".to_owned())));
    let error = Provider::discover(&silent, issuer()).await.unwrap_err();
    assert_eq!(error.to_string(), "the provider's metadata cannot be fetched: no route");
}

#[tokio::test]
async fn sso_1_a_shared_issuer_s_people_are_of_the_pinned_tenant() {
    for (claim, tenant, accepted) in [("tid", "t1", true), ("hd", "T1", true), ("tid", "t2", false), ("x", "t1", false)]
    {
        let idp = Idp::new();
        let pinned = Issuer::new(ISSUER, Some("t1")).unwrap();
        let provider = Provider::discover(&idp.transport(), pinned).await.unwrap();
        let sign = |mut claims: serde_json::Value| {
            claims[claim] = json!(tenant);
            idp.key.token(r#"{"alg":"ES256","kid":"k1"}"#, &claims.to_string())
        };
        let answer = idp.sign_in_at(&provider, NOW, false, sign).await;
        assert_eq!(answer.is_ok(), accepted, "{claim} {tenant}");
        assert!(accepted || matches!(answer, Err(SignInError::Tenant { .. })));
    }
}
