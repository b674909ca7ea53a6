//! OpenID Connect, with a client of few lines.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use http::Request;
use jsonwebtoken::{DecodingKey, Validation, jwk::JwkSet};
use muster_simulator::sso::{Algorithm, Due, Fault, Flavour, IdentityProvider, OidcApplication, Protocol};
use muster_testkit::browser::{Page, Transport};
use serde_json::{Value, json};

use super::{IDP, Memory, NOW, browser, provider};

const CALLBACK: &str = "http://127.0.0.1:8080/sso/oidc/callback";
const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0123456789";

fn client() -> OidcApplication {
    OidcApplication::new("muster", "not so s:cret", CALLBACK)
}

fn authorize(extra: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", "muster"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid email profile"),
        ("state", "s1"),
        ("nonce", "n1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    fields.retain(|(name, _)| extra.iter().all(|(other, _)| other != name));
    fields.extend(extra.iter().filter(|(_, value)| !value.is_empty()));
    format!("{IDP}/oidc/authorize?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish())
}

/// A parameter of the address that a page has.
fn parameter(page: &Page, name: &str) -> Option<String> {
    super::sent(page.url.query().unwrap_or_default(), name)
}

/// Signs Ada in; the page at the callback.
async fn sign_in(provider: &IdentityProvider, fault: Option<Fault>) -> Page {
    let mut browser = browser(provider);
    let people = browser.get(&authorize(&[])).await;
    let edit = browser.follow(&people, &people.link("Edit")).await;
    let form = edit.only_form().with("fault", fault.map_or("", Fault::key));
    browser.submit(&edit, &form).await
}

/// Sends a request to an endpoint; the status and the answer.
async fn send(provider: &IdentityProvider, request: Request<Vec<u8>>) -> (u16, Value) {
    let answer = Memory(provider.clone()).send(request).await;
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or_default())
}

async fn redeem(provider: &IdentityProvider, fields: &[(&str, &str)], basic: Option<(&str, &str)>) -> (u16, Value) {
    let usual = [("grant_type", "authorization_code"), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
    let usual = usual.into_iter().filter(|(name, _)| fields.iter().all(|(other, _)| other != name));
    let fields: Vec<_> = usual.chain(fields.iter().copied()).collect();
    let mut request = Request::post(format!("{IDP}/oidc/token"));
    if let Some((client, secret)) = basic {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = STANDARD.encode(format!("{}:{}", encoded(client), encoded(secret)));
        request = request.header("authorization", format!("Basic {pair}"));
    }
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    send(provider, request.body(body.into_bytes()).unwrap()).await
}

/// The claims of an ID token, by the published keys, or what is wrong with it.
async fn verify(provider: &IdentityProvider, token: &str) -> Result<Value, String> {
    let (_, keys) = send(provider, Request::get(format!("{IDP}/oidc/keys")).body(Vec::new()).unwrap()).await;
    let keys: JwkSet = serde_json::from_value(keys).unwrap();
    let header = jsonwebtoken::decode_header(token).map_err(|error| error.to_string())?;
    let key = keys.find(header.kid.as_deref().unwrap_or_default()).ok_or("the key is unknown")?;
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.set_issuer(&[IDP]);
    validation.set_audience(&["muster"]);
    let key = DecodingKey::from_jwk(key).unwrap();
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation).map_err(|error| error.to_string())?.claims;
    match (claims["exp"].as_i64().unwrap(), claims["nbf"].as_i64().unwrap(), claims["nonce"].as_str()) {
        (end, ..) if end <= NOW => Err("it is over".to_owned()),
        (_, begin, _) if begin > NOW + 60 => Err("it is not valid yet".to_owned()),
        (_, _, Some("n1")) => Ok(claims),
        _ => Err("the nonce is another".to_owned()),
    }
}

#[tokio::test]
async fn sso_1_a_code_is_redeemed_for_tokens_that_hold() {
    for (algorithm, flavour) in [
        (Algorithm::Rsa, Flavour::Okta),
        (Algorithm::Ecdsa, Flavour::Okta),
        (Algorithm::Rsa, Flavour::Entra),
        (Algorithm::Rsa, Flavour::Google),
    ] {
        let provider = provider();
        provider.register_oidc(OidcApplication { algorithm, flavour, ..client() });
        let page = sign_in(&provider, None).await;
        assert_eq!((parameter(&page, "state").as_deref(), parameter(&page, "iss").as_deref()), (Some("s1"), Some(IDP)));
        let code = parameter(&page, "code").unwrap();
        let (status, tokens) = redeem(&provider, &[("code", &code)], Some(("muster", "not so s:cret"))).await;
        assert_eq!(status, 200, "{tokens}");
        let claims = verify(&provider, tokens["id_token"].as_str().unwrap()).await.unwrap();
        assert_eq!(claims["email"], "ada.lindqvist@example.com");
        assert_eq!((&claims["sub"], &claims["name"]), (&json!("ada"), &json!("Ada Lindqvist")));
        assert_eq!(claims["groups"], json!(["moby:developers", "Everyone"]));
        assert_eq!(
            (claims.get("tid").is_some(), claims.get("hd").is_some()),
            (flavour == Flavour::Entra, flavour == Flavour::Google)
        );
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let userinfo = Request::get(format!("{IDP}/oidc/userinfo")).header("authorization", &bearer);
        let (status, said) = send(&provider, userinfo.body(Vec::new()).unwrap()).await;
        assert_eq!((status, &said["sub"], &said["email"]), (200, &claims["sub"], &claims["email"]));
        // A code is good once, and who tries it again takes away what it gave.
        assert_eq!(
            redeem(&provider, &[("code", &code)], Some(("muster", "not so s:cret"))).await.1["error"],
            "invalid_grant"
        );
        let userinfo = Request::get(format!("{IDP}/oidc/userinfo")).header("authorization", &bearer);
        assert_eq!(send(&provider, userinfo.body(Vec::new()).unwrap()).await.0, 401);
    }
}

#[tokio::test]
async fn a_code_is_refused_to_who_is_not_its_client_or_did_not_begin_it() {
    let provider = provider();
    provider.register_oidc(client());
    provider.register_oidc(OidcApplication::new("another", "secret", CALLBACK));
    let own = Some(("muster", "not so s:cret"));
    for (fields, basic, due) in [
        (&[][..], None, "invalid_client"),
        (&[], Some(("muster", "wrong")), "invalid_client"),
        (&[], Some(("nobody", "not so s:cret")), "invalid_client"),
        (&[], Some(("another", "secret")), "invalid_grant"),
        (&[("code_verifier", "another")], own, "invalid_grant"),
        (&[("code_verifier", "")], own, "invalid_grant"),
        (&[("redirect_uri", "http://127.0.0.1:8080/")], own, "invalid_grant"),
        (&[("grant_type", "password")], own, "unsupported_grant_type"),
        (&[("client_secret", "not so s:cret"), ("client_id", "muster")], own, "invalid_request"),
    ] {
        let code = parameter(&sign_in(&provider, None).await, "code").unwrap();
        let fields: Vec<_> = fields.iter().copied().chain([("code", code.as_str())]).collect();
        let (status, answer) = redeem(&provider, &fields, basic).await;
        assert_eq!(answer["error"], due, "{fields:?} {basic:?}");
        assert_eq!(status, if due == "invalid_client" { 401 } else { 400 });
    }
    let code = parameter(&sign_in(&provider, None).await, "code").unwrap();
    let posted = [("code", code.as_str()), ("client_id", "muster"), ("client_secret", "not so s:cret")];
    assert_eq!(redeem(&provider, &posted, None).await.0, 200, "client_secret_post");
}

#[tokio::test]
async fn sso_1_a_client_may_prove_itself_by_a_key() {
    let provider = provider();
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let key = jsonwebtoken::EncodingKey::from_ec_der(&pair.serialize_der());
    let public = jsonwebtoken::jwk::Jwk::from_encoding_key(&key, jsonwebtoken::Algorithm::ES256).unwrap();
    provider.register_oidc(OidcApplication { client_secret: None, keys: vec![public], ..client() });
    let assertion = |change: &dyn Fn(&mut Value)| {
        let mut claims = json!({ "iss": "muster", "sub": "muster", "aud": IDP, "jti": "1", "exp": NOW + 60 });
        change(&mut claims);
        jsonwebtoken::encode(&jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES256), &claims, &key).unwrap()
    };
    let wrong: [&dyn Fn(&mut Value); 4] = [
        &|claims| claims["aud"] = "https://elsewhere.example.com".into(),
        &|claims| claims["exp"] = NOW.into(),
        &|claims| claims["sub"] = "another".into(),
        &|claims| claims["jti"] = Value::Null,
    ];
    let kind = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    for change in wrong {
        let code = parameter(&sign_in(&provider, None).await, "code").unwrap();
        let fields = [("code", code.as_str()), kind, ("client_assertion", &assertion(change))];
        assert_eq!(redeem(&provider, &fields, None).await.1["error"], "invalid_client");
    }
    let good = assertion(&|_| {});
    for due in [200, 401] {
        let code = parameter(&sign_in(&provider, None).await, "code").unwrap();
        let fields = [("code", code.as_str()), kind, ("client_assertion", good.as_str())];
        assert_eq!(redeem(&provider, &fields, None).await.0, due);
    }
}

#[tokio::test]
async fn requests_that_are_wrong_are_told_to_the_client_only_where_it_is_known() {
    let provider = provider();
    provider.register_oidc(client());
    let mut browser = browser(&provider);
    for extra in
        [("client_id", "nobody"), ("redirect_uri", "http://127.0.0.1:8080/sso/oidc/callback/"), ("client_id", "")]
    {
        let page = browser.get(&authorize(&[extra])).await;
        assert_eq!((page.status.as_u16(), page.url.port_u16()), (400, Some(9200)), "{extra:?}");
    }
    for (extra, due) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "email"), "invalid_scope"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("prompt", "none"), "login_required"),
    ] {
        let page = browser.get(&authorize(&[extra])).await;
        assert_eq!(parameter(&page, "error").as_deref(), Some(due));
        assert_eq!(parameter(&page, "state").as_deref(), Some("s1"));
    }
    // Once somebody is signed in, no page is shown where none may be.
    let people = browser.get(&authorize(&[])).await;
    browser.submit(&people, &people.only_form().by("person", "ada")).await;
    assert!(parameter(&browser.get(&authorize(&[("prompt", "none")])).await, "code").is_some());
    let out = browser.get(&format!("{IDP}/oidc/end-session")).await;
    assert!(out.words().contains("You are signed out here"));
    assert!(parameter(&browser.get(&authorize(&[("prompt", "none")])).await, "error").is_some());
}

#[tokio::test]
async fn sso_13_each_fault_is_one_that_a_client_can_see() {
    for fault in Fault::of(Protocol::Oidc) {
        let provider = provider();
        provider.register_oidc(client());
        let page = sign_in(&provider, Some(fault)).await;
        if fault == Fault::Denied {
            assert_eq!(parameter(&page, "error").as_deref(), Some("access_denied"));
            continue;
        }
        assert_eq!(parameter(&page, "state").as_deref() == Some("s1"), fault != Fault::WrongState);
        let code = parameter(&page, "code").unwrap();
        let (_, tokens) = redeem(&provider, &[("code", &code)], Some(("muster", "not so s:cret"))).await;
        let verified = verify(&provider, tokens["id_token"].as_str().unwrap()).await;
        match fault {
            Fault::WrongState => assert!(verified.is_ok()),
            Fault::MissingEmail => assert!(verified.unwrap().get("email").is_none()),
            Fault::UnverifiedEmail => assert_eq!(verified.unwrap()["email_verified"], false),
            Fault::MalformedGroups => assert_eq!(verified.unwrap()["groups"], json!(["Everyone", "moby developers"])),
            Fault::Overage => {
                let claims = verified.unwrap();
                assert!(claims.get("groups").is_none() && claims["_claim_names"]["groups"] == "src1", "{claims}");
                assert!(claims["_claim_sources"]["src1"]["endpoint"].is_string());
            }
            fault if fault.due() == Due::SignedIn => assert!(verified.is_ok(), "{fault:?}: {verified:?}"),
            fault => assert!(verified.is_err(), "{fault:?}: {verified:?}"),
        }
    }
}
