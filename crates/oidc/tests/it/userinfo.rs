//! What the provider tells beside the ID token.

use muster_oidc::{ProviderError, SignInError};
use serde_json::json;

use crate::idp::Idp;

#[tokio::test]
async fn sso_4_userinfo_adds_what_the_id_token_leaves_out() {
    let idp = Idp::with_userinfo(json!({"sub": "u1", "email": "other@example.com", "groups": ["moby:backend"]}));
    let login = idp.sign_in(|_| ()).await.unwrap();
    let values = |name: &str| login.claims.iter().find(|(known, _)| known == name).map(|(_, values)| values.clone());
    assert_eq!(values("email"), Some(vec!["ada@example.com".to_owned()]));
    assert_eq!(values("groups"), Some(vec!["moby:backend".to_owned()]));
    let asked = idp.asked.lock().unwrap();
    let request = asked.iter().find(|request| request.uri().path() == "/userinfo").unwrap();
    assert_eq!(request.headers()["authorization"], "Bearer at");
}

#[tokio::test]
async fn sso_1_userinfo_of_somebody_else_is_refused() {
    for other in [json!({"sub": "u2"}), json!({}), json!({"sub": ["u1"]}), json!({"sub": ""})] {
        assert_eq!(Idp::with_userinfo(other).sign_in(|_| ()).await, Err(SignInError::OtherSubject));
    }
    let unverified = Idp::with_userinfo(json!({"sub": "u1", "email_verified": false}));
    assert_eq!(unverified.sign_in(|_| ()).await, Err(SignInError::EmailNotVerified));
}

#[tokio::test]
async fn sso_13_userinfo_that_does_not_answer_is_told() {
    let mut idp = Idp::with_userinfo(json!({}));
    idp.userinfo = None;
    let error = idp.sign_in(|_| ()).await.unwrap_err();
    assert!(matches!(error, SignInError::Provider(ProviderError::Status { status: 404, .. })), "{error}");
}
