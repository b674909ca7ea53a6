//! Signing in at a product, from end to end.

use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use muster_model::session::ClientKind;
use serde_json::{Value, json};

use super::{CALLBACK, World, brought, claims, onward, text};
use crate::console::HERE;

#[tokio::test]
async fn a_product_learns_who_signed_in_and_where_they_are() {
    let world = World::new();
    let product = world.product();
    let mut browser = world.browser();
    let page = browser.get(&world.address(&product, &[])).await;
    assert!(page.location().unwrap().starts_with(CALLBACK), "{:?}", page.location());
    let answer = brought(&page);
    assert_eq!((answer["state"].as_str(), answer["iss"].as_str()), ("st/ate", HERE));
    let answer = world.redeem(&product, &answer["code"]).await.due(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let tokens = answer.value();
    assert_eq!((text(&tokens, "token_type"), tokens["expires_in"].as_i64()), ("Bearer", Some(300)));
    let id = claims(&tokens["id_token"]);
    let (client, sub) = (product.client.id.to_string(), world.ada.id.to_string());
    assert_eq!((text(&id, "iss"), text(&id, "aud"), text(&id, "sub")), (HERE, client.as_str(), sub.as_str()));
    assert_eq!(
        (text(&id, "nonce"), text(&id, "email"), text(&id, "acr")),
        ("n-0S6", "ada@example.com", "urn:muster:acr:local")
    );
    assert_eq!(id["email_verified"], true);
    assert_eq!(id["organizations"], json!([{"name": "moby", "role": "editor", "teams": [], "is_guest": false}]));
    assert_eq!(id["exp"].as_i64().unwrap() - id["iat"].as_i64().unwrap(), 300);
    let info = world.userinfo(text(&tokens, "access_token")).await.due(200).value();
    assert_eq!((text(&info, "sub"), &info["organizations"]), (sub.as_str(), &id["organizations"]));
    // The keys are where the metadata says, and they have signed.
    let metadata = world.site.server.to("GET", "/.well-known/openid-configuration").send().await.due(200).value();
    assert_eq!(text(&metadata, "issuer"), HERE);
    let keys = text(&metadata, "jwks_uri").strip_prefix(HERE).unwrap().to_owned();
    let keys: JwkSet = serde_json::from_str(&world.site.server.to("GET", &keys).send().await.due(200).text).unwrap();
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&[&client]);
    validation.validate_exp = false;
    let key = DecodingKey::from_jwk(&keys.keys[0]).unwrap();
    jsonwebtoken::decode::<Value>(text(&tokens, "id_token"), &key, &validation).unwrap();
}

#[tokio::test]
async fn whoever_is_not_signed_in_comes_back_after_signing_in() {
    let world = World::new();
    let product = world.product();
    let mut browser = world.site.browser();
    browser.follow_redirects(false);
    let page = browser.get(&world.address(&product, &[("login_hint", "ada@elsewhere.example")])).await;
    assert_eq!(page.location().unwrap(), format!("{HERE}/signin?hint=ada%40elsewhere.example"));
    let form = browser.get(&page.location().unwrap()).await;
    assert!(form.text.contains("value=\"ada@elsewhere.example\""), "{}", form.words());
    // However they sign in, they end at their account, which leads back.
    browser.set_cookie(HERE, &crate::console::session_of(&world.site.server, &world.ada));
    let back = onward(&browser.get(&format!("{HERE}/account")).await);
    assert!(back.starts_with(&format!("{HERE}/oauth2/authorize?")), "{back}");
    let answer = brought(&browser.get(&back).await);
    assert!(answer.contains_key("code"), "{answer:?}");
    // Once.
    let account = browser.get(&format!("{HERE}/account")).await;
    assert!(account.words().contains("Sessions"), "{}", account.words());
}

#[tokio::test]
async fn refresh_tokens_are_each_exchanged_for_the_next() {
    let world = World::new();
    let product = world.product();
    let first = world.tokens(&mut world.browser(), &product).await;
    let second = world.refresh(&product, text(&first, "refresh_token")).await.due(200).value();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(claims(&second["id_token"])["sid"], claims(&first["id_token"])["sid"]);
    assert_eq!(claims(&second["id_token"]).get("nonce"), None);
    // The answer was lost: asked again within a moment, it is the same.
    let again = world.refresh(&product, text(&first, "refresh_token")).await.due(200).value();
    assert_eq!(again["refresh_token"], second["refresh_token"]);
    let third = world.refresh(&product, text(&second, "refresh_token")).await.due(200).value();
    // Less than before, for once.
    let form =
        [("grant_type", "refresh_token"), ("refresh_token", text(&third, "refresh_token")), ("scope", "openid email")];
    let less = world.ask(&product, "/oauth2/token", &form).await.due(200).value();
    assert_eq!(text(&less, "scope"), "openid email");
    assert_eq!(claims(&less["id_token"]).get("organizations"), None);
    // An old one that comes later was copied: nothing works any more.
    world.site.server.world.advance(Duration::from_secs(31));
    let reused = world.refresh(&product, text(&third, "refresh_token")).await.due(400).value();
    assert_eq!(text(&reused, "error"), "invalid_grant");
    let last = world.refresh(&product, text(&less, "refresh_token")).await.due(400).value();
    assert_eq!(text(&last, "error"), "invalid_grant");
    world.userinfo(text(&less, "access_token")).await.due(401);
}

#[tokio::test]
async fn prompts_and_ages_are_what_the_product_wants() {
    let world = World::new();
    let product = world.product();
    let mut browser = world.browser();
    let silent = brought(&browser.get(&world.address(&product, &[("prompt", "none")])).await);
    assert!(silent.contains_key("code"), "{silent:?}");
    let mut nobody = world.site.browser();
    nobody.follow_redirects(false);
    let silent = brought(&nobody.get(&world.address(&product, &[("prompt", "none")])).await);
    assert_eq!((silent["error"].as_str(), silent["state"].as_str()), ("login_required", "st/ate"));
    // To sign in anew, also for whoever is signed in; once they have, they are let through.
    for changes in [("prompt", "login"), ("prompt", "select_account"), ("max_age", "60")] {
        let world = World::new();
        let product = world.product();
        let mut browser = world.browser();
        world.site.server.world.advance(Duration::from_mins(2));
        let page = browser.get(&world.address(&product, &[changes])).await;
        assert!(page.location().unwrap().starts_with(&format!("{HERE}/signin")), "{changes:?}: {:?}", page.location());
        // Going round without having signed in leads nowhere, nor does what was sealed long ago.
        let back = onward(&browser.get(&format!("{HERE}/account")).await);
        let page = browser.get(&back).await;
        assert!(page.location().unwrap().starts_with(&format!("{HERE}/signin")), "{changes:?}: {:?}", page.location());
        world.site.server.world.advance(Duration::from_secs(10));
        browser.set_cookie(HERE, &crate::console::session_of(&world.site.server, &world.ada));
        let answer = brought(&browser.get(&back).await);
        assert!(answer.contains_key("code"), "{changes:?}: {answer:?}");
        let tokens = world.redeem(&product, &answer["code"]).await.due(200).value();
        let id = claims(&tokens["id_token"]);
        assert!(id["iat"].as_i64().unwrap() - id["auth_time"].as_i64().unwrap() < 60, "{id}");
    }
}

#[tokio::test]
async fn an_organization_leads_straight_to_its_identity_provider() {
    let world = World::new();
    let product = world.product();
    let whale = &world.site.server.organizations[1];
    let connection = world.site.server.world.connection("whale-idp", &[whale]).domains(&["whale.example"]).build();
    world.site.server.world.settings(connection, |settings| {
        settings.sso = Some(muster_model::connection::SingleSignOn::Saml(Box::new(muster_model::connection::Saml {
            entity_id: "https://idp.whale.example".to_owned(),
            sso_url: "https://idp.whale.example/sso".to_owned(),
            ..Default::default()
        })));
    });
    let mut browser = world.site.browser();
    browser.follow_redirects(false);
    let page = browser.get(&world.address(&product, &[("organization", "whale")])).await;
    // `whale` has another connection as well, which has no identity provider.
    assert!(page.location().unwrap().starts_with("https://idp.whale.example/sso?"), "{:?}", page.location());
    let page = browser.get(&world.address(&product, &[("organization", "nobody-s")])).await;
    assert_eq!(page.location().unwrap(), format!("{HERE}/signin"));
    let page = browser.get(&world.address(&product, &[("login_hint", "bo@whale.example")])).await;
    assert!(page.location().unwrap().starts_with("https://idp.whale.example/sso?"), "{:?}", page.location());
}

#[tokio::test]
async fn a_third_party_learns_what_was_agreed_to() {
    let world = World::new();
    let settings = muster_model::client::ClientSettings { third_party: true, ..super::settings() };
    let product = world.product_with("<b>theirs", ClientKind::Web, None, settings);
    let mut browser = world.browser();
    let silent = brought(&browser.get(&world.address(&product, &[("prompt", "none")])).await);
    assert_eq!(silent["error"], "consent_required");
    let page = browser.get(&world.address(&product, &[])).await;
    assert!(page.words().contains("wants to know who you are") && !page.text.contains("<b>theirs"), "{}", page.words());
    let form = page.form("/oauth2/consent");
    let no = brought(&browser.submit(&page, &form.clone().by("answer", "no")).await);
    assert_eq!((no["error"].as_str(), no["state"].as_str()), ("access_denied", "st/ate"));
    let yes = brought(&browser.submit(&page, &form.by("answer", "yes")).await);
    assert!(yes.contains_key("code"), "{yes:?}");
    world.redeem(&product, &yes["code"]).await.due(200);
    let silent = brought(&browser.get(&world.address(&product, &[("prompt", "none")])).await);
    assert!(silent.contains_key("code"), "{silent:?}");
    let more = brought(
        &browser.get(&world.address(&product, &[("prompt", "none"), ("scope", "openid offline_access")])).await,
    );
    assert_eq!(more["error"], "consent_required");
    let again = browser.get(&world.address(&product, &[("prompt", "consent")])).await;
    assert!(again.words().contains("wants to know who you are"), "{}", again.words());
}

#[tokio::test]
async fn a_request_is_pushed_and_used_once() {
    let world = World::new();
    let product = world.product();
    let form = [
        ("response_type", "code"),
        ("scope", "openid"),
        ("redirect_uri", CALLBACK),
        ("state", "pushed"),
        ("code_challenge", super::CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let pushed = world.ask(&product, "/oauth2/par", &form).await.due(201).value();
    let id = product.client.id.to_string();
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("client_id", id.as_str()), ("request_uri", text(&pushed, "request_uri"))])
        .finish();
    let address = format!("{HERE}/oauth2/authorize?{query}");
    let mut browser = world.browser();
    let answer = brought(&browser.get(&address).await);
    assert_eq!(answer["state"], "pushed");
    let tokens = world.redeem(&product, &answer["code"]).await.due(200).value();
    assert_eq!(text(&tokens, "scope"), "openid");
    let again = browser.get(&address).await;
    assert_eq!(again.status, 400, "{}", again.words());
    let wrong = [("response_type", "code"), ("redirect_uri", "https://evil.example/")];
    let refused = world.ask(&product, "/oauth2/par", &wrong).await.due(400).value();
    assert_eq!(text(&refused, "error"), "invalid_request");
    // Who must push, may not come otherwise.
    let settings = muster_model::client::ClientSettings { require_pushed_requests: true, ..super::settings() };
    let strict = world.product_with("strict", ClientKind::Web, None, settings);
    let refused = brought(&browser.get(&world.address(&strict, &[])).await);
    assert_eq!(refused["error"], "invalid_request");
}

#[tokio::test]
async fn an_organization_s_own_token_opens_products_as_the_organization() {
    use muster_crypto::{TokenPrefix, TokenText};
    use muster_engine::{
        authority::Limit,
        tokens::access::{self, Holder, Wanted},
    };
    use muster_model::token::{Scope, Scopes};
    let world = World::new();
    let product = world.product();
    let moby = world.site.moby().id;
    let token = TokenText::generate(TokenPrefix::Organization).unwrap();
    let hash = token.hash();
    let made = world.site.server.world.by_hand(move |tx, env| {
        let wanted =
            Wanted { label: "ci".to_owned(), scopes: [Scope::MembersRead].into_iter().collect(), expires: None };
        let all = Scopes::all();
        access::create(tx, env, Holder::Organization(moby), &hash, &wanted, Limit { scopes: &all, until: None })
    });
    let made = made.unwrap();
    let sending = |secret: &str, scope: &str| {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("grant_type", "client_credentials"),
                ("client_id", "moby"),
                ("client_secret", secret),
                ("scope", scope),
            ])
            .finish();
        world
            .site
            .server
            .to("POST", "/oauth2/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .bytes(body)
            .send()
    };
    let answer = sending(token.expose(), "").await.due(200).value();
    assert_eq!((text(&answer, "scope"), answer.get("refresh_token")), ("members:read", None));
    let seen =
        world.ask(&product, "/oauth2/introspect", &[("token", text(&answer, "access_token"))]).await.due(200).value();
    assert_eq!(
        (&seen["active"], text(&seen, "username"), text(&seen, "sub")),
        (&json!(true), "moby", moby.to_string().as_str())
    );
    world.userinfo(text(&answer, "access_token")).await.due(403);
    assert_eq!(text(&sending(token.expose(), "members:write").await.due(400).value(), "error"), "invalid_scope");
    sending("mst_org_wrong", "").await.due(401);
    // It works no longer than what it was made of (SEC-1).
    world
        .site
        .server
        .world
        .by_hand(move |tx, env| access::delete(tx, env, Holder::Organization(moby), made.id).map(drop))
        .unwrap();
    let seen =
        world.ask(&product, "/oauth2/introspect", &[("token", text(&answer, "access_token"))]).await.due(200).value();
    assert_eq!(seen, json!({"active": false}));
}
