//! How a code becomes tokens, and how we show who we are.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, KeyPair, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use aws_lc_rs::{encoding::AsDer, encoding::Pkcs8V1Der};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use muster_oidc::{ClientAuthentication, KeyError, SignInError, SigningKey};
use serde_json::{Value, json};

use crate::idp::{CLIENT, ISSUER, Idp, NOW, client, parameter, rsa};

/// What the token endpoint was sent: the `Authorization` header and the form.
async fn sent(authentication: ClientAuthentication) -> (Option<String>, String) {
    let idp = Idp::new();
    let mut client = client();
    client.authentication = authentication;
    assert_eq!(idp.sign_in_without_token(&client).await, Err(SignInError::NoIdToken));
    let asked = idp.asked.lock().unwrap();
    let request = asked.iter().find(|request| request.uri().path() == "/token").unwrap();
    let header = request.headers().get("authorization").map(|value| value.to_str().unwrap().to_owned());
    (header, String::from_utf8(request.body().to_vec()).unwrap())
}

#[tokio::test]
async fn sso_1_a_client_shows_who_it_is_in_the_way_that_was_chosen() {
    let (header, form) = sent(ClientAuthentication::Basic("a:b/c".to_owned())).await;
    assert_eq!(header.as_deref(), Some("Basic bXVzdGVyOmElM0FiJTJGYw=="));
    assert_eq!(parameter(&form, "client_secret"), None);
    for (name, value) in [
        ("grant_type", "authorization_code"),
        ("code", "c1"),
        ("redirect_uri", "https://muster.example.com/sso/oidc/callback"),
    ] {
        assert_eq!(parameter(&form, name).as_deref(), Some(value));
    }
    assert_eq!(parameter(&form, "code_verifier").map(|verifier| verifier.len()), Some(43));

    let (header, form) = sent(ClientAuthentication::Post("s3cret".to_owned())).await;
    assert_eq!((header, parameter(&form, "client_secret").as_deref()), (None, Some("s3cret")));
    let (header, form) = sent(ClientAuthentication::None).await;
    assert_eq!((header, parameter(&form, "client_secret")), (None, None));
    assert_eq!(parameter(&form, "client_id").as_deref(), Some(CLIENT));
}

#[tokio::test]
async fn sso_1_a_client_signs_a_statement_that_the_provider_can_check() {
    let rsa = rsa();
    let ecdsa = p256();
    let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&rsa).unwrap();
    checks(pkcs8.as_ref(), "RS256", &RSA_PKCS1_2048_8192_SHA256, rsa.public_key().as_ref()).await;
    checks(&ecdsa.0, "ES256", &ECDSA_P256_SHA256_FIXED, &ecdsa.1).await;
    assert_eq!(SigningKey::from_pkcs8(b"none", &[0; 32]).unwrap_err(), KeyError::NotAKey);
}

/// The statement that a key signs holds, as a provider checks it.
async fn checks(pkcs8: &[u8], algorithm: &str, by: &'static dyn VerificationAlgorithm, public: &[u8]) {
    let key = SigningKey::from_pkcs8(pkcs8, &[3; 32]).unwrap();
    let (header, form) = sent(ClientAuthentication::PrivateKey(key)).await;
    assert_eq!((header, parameter(&form, "client_secret")), (None, None));
    let kind = parameter(&form, "client_assertion_type").unwrap();
    assert_eq!(kind, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let statement = parameter(&form, "client_assertion").unwrap();
    let (signed, signature) = statement.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(by, public).verify(signed.as_bytes(), &signature).unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    let read = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    let name = URL_SAFE_NO_PAD.encode([3; 32]);
    assert_eq!(read(header), json!({"alg": algorithm, "typ": "JWT", "kid": name, "x5t#S256": name}));
    let expected = json!({
        "iss": CLIENT, "sub": CLIENT, "aud": format!("{ISSUER}/token"), "jti": "j1", "iat": NOW, "nbf": NOW, "exp": NOW + 120,
    });
    assert_eq!(read(claims), expected);
}

/// A P-256 key in PKCS #8, and its public point.
fn p256() -> (Vec<u8>, Vec<u8>) {
    let pair =
        aws_lc_rs::signature::EcdsaKeyPair::generate(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    (pair.to_pkcs8v1().unwrap().as_ref().to_vec(), pair.public_key().as_ref().to_vec())
}

#[tokio::test]
async fn sso_13_why_a_code_is_not_redeemed_is_told_without_secrets() {
    let mut idp = Idp::new();
    idp.answer = json!({"error": "invalid_client", "error_description": "no such secret"});
    let error = idp.sign_in_without_token(&client()).await.unwrap_err().to_string();
    let expected = "the provider does not redeem the code: `invalid_client`: no such secret; check client id, secret and \
                    `https://muster.example.com/sso/oidc/callback` there";
    assert_eq!(error, expected);
    idp.answer = json!({"access_token": "very-secret", "token_type": 1});
    let error = idp.sign_in_without_token(&client()).await.unwrap_err();
    assert!(matches!(error, SignInError::Provider(_)) && !error.to_string().contains("very-secret"), "{error}");
    assert!(!format!("{:?}", client()).contains("s3cret"));
}
