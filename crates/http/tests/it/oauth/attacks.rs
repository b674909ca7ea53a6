//! What attackers try (RFC 9700, OAuth 2.0 Security Best Current Practice).

use std::time::Duration;

use muster_model::{Role, client::ClientSettings, session::ClientKind};
use serde_json::json;

use super::{CALLBACK, VERIFIER, World, brought, claims, settings, text};
use crate::console::HERE;

#[tokio::test]
async fn nobody_is_sent_to_an_address_that_is_not_registered_letter_by_letter() {
    let world = World::new();
    let product = world.product();
    let mut browser = world.browser();
    for address in [
        "https://app.example/callback/",
        "https://app.example/callback?x=1",
        "https://app.example/callback#x",
        "https://app.example/callback/../evil",
        "https://app.example.evil.example/callback",
        "https://app.example@evil.example/callback",
        "https://user@app.example/callback",
        "http://app.example/callback",
        "https://APP.example/callback",
        "https://app.example:443/callback",
        "https://app.example/Callback",
        "https://app.example/%63allback",
        "//app.example/callback",
        "/callback",
        "javascript:alert(1)",
        "http://127.0.0.1/callback",
    ] {
        let page = browser.get(&world.address(&product, &[("redirect_uri", address)])).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None), "{address}: {}", page.words());
        assert!(!page.text.contains("mst_code_"), "{address}");
    }
    for changes in [[("client_id", "00000000-0000-7000-8000-000000000000")], [("client_id", "x")], [("client_id", "")]]
    {
        let page = browser.get(&world.address(&product, &changes)).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None), "{changes:?}: {}", page.words());
    }
    // What else is wrong is told to the product.
    for (changes, code) in [
        ([("response_type", "token")], "unsupported_response_type"),
        ([("response_type", "code id_token")], "unsupported_response_type"),
        ([("scope", "profile")], "invalid_scope"),
        ([("code_challenge_method", "plain")], "invalid_request"),
        ([("code_challenge", "short")], "invalid_request"),
        ([("request", "eyJ")], "request_not_supported"),
        ([("prompt", "none login")], "invalid_request"),
    ] {
        let page = browser.get(&world.address(&product, &changes)).await;
        assert!(page.location().unwrap().starts_with(CALLBACK), "{changes:?}");
        let answer = brought(&page);
        assert_eq!(
            (answer["error"].as_str(), answer["state"].as_str(), answer["iss"].as_str()),
            (code, "st/ate", HERE)
        );
    }
    // A parameter twice: two readers would not agree.
    let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example%2F", world.address(&product, &[]));
    assert_eq!(browser.get(&twice).await.status, 400);
}

#[tokio::test]
async fn a_program_on_the_person_s_machine_may_listen_at_any_port_there() {
    let world = World::new();
    let tool = world.public(ClientKind::Web);
    let mut browser = world.browser();
    for address in ["http://127.0.0.1:49152/callback", "http://127.0.0.1/callback"] {
        let page = browser.get(&world.address(&tool, &[("redirect_uri", address)])).await;
        assert!(page.location().unwrap().starts_with(address), "{:?}", page.location());
    }
    for address in [
        "http://127.0.0.1:49152/other",
        "http://localhost:49152/callback",
        "http://127.0.0.2/callback",
        "https://127.0.0.1/callback",
    ] {
        let page = browser.get(&world.address(&tool, &[("redirect_uri", address)])).await;
        assert_eq!((page.status.as_u16(), page.location()), (400, None), "{address}");
    }
}

#[tokio::test]
async fn a_code_works_once_for_whom_it_was_made() {
    let world = World::new();
    let (product, other) = (world.product(), world.product_with("other", ClientKind::Web, None, settings()));
    let mut browser = world.browser();
    let form = |code: &str, changes: &[(&str, &str)]| {
        let mut fields = vec![
            ("grant_type".to_owned(), "authorization_code".to_owned()),
            ("code".to_owned(), code.to_owned()),
            ("redirect_uri".to_owned(), CALLBACK.to_owned()),
            ("code_verifier".to_owned(), VERIFIER.to_owned()),
        ];
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            if !value.is_empty() {
                fields.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        fields
    };
    // Another client brings it (injection, mix-up): it does not work there, and still does where it belongs.
    let code = world.code(&mut browser, &product).await;
    assert_eq!(text(&world.redeem(&other, &code).await.due(400).value(), "error"), "invalid_grant");
    world.redeem(&product, &code).await.due(200);
    // Whoever brings a code without its proof burns it.
    for changes in [
        [("code_verifier", "")],
        [("code_verifier", "aBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")],
        [("redirect_uri", "")],
        [("redirect_uri", "https://app.example/other")],
    ] {
        let code = world.code(&mut browser, &product).await;
        let fields = form(&code, &changes);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let refused = world.ask(&product, "/oauth2/token", &fields).await.due(400).value();
        assert_eq!(text(&refused, "error"), "invalid_grant", "{changes:?}");
        world.redeem(&product, &code).await.due(400);
    }
    // A verifier where no challenge was sent: somebody took it out on the way (PKCE downgrade).
    let page = browser.get(&world.address(&product, &[("code_challenge", ""), ("code_challenge_method", "")])).await;
    let code = brought(&page)["code"].clone();
    world.redeem(&product, &code).await.due(400);
    // Twice: what came of it ends.
    let code = world.code(&mut browser, &product).await;
    let tokens = world.redeem(&product, &code).await.due(200).value();
    world.redeem(&product, &code).await.due(400);
    world.refresh(&product, text(&tokens, "refresh_token")).await.due(400);
    world.userinfo(text(&tokens, "access_token")).await.due(401);
    // Too late.
    let code = world.code(&mut browser, &product).await;
    world.site.server.world.advance(Duration::from_secs(61));
    world.redeem(&product, &code).await.due(400);
    for nonsense in
        ["", "x", "mst_code_x", &product.secret.as_ref().unwrap().expose().replace("mst_client_", "mst_code_")]
    {
        let answer = world.redeem(&product, nonsense).await.due(400);
        assert!(["invalid_grant", "invalid_request"].contains(&text(&answer.value(), "error")), "{nonsense}");
    }
}

#[tokio::test]
async fn a_client_that_keeps_no_secret_needs_a_challenge_and_is_not_taken_for_one_that_does() {
    let world = World::new();
    let (tool, product) = (world.public(ClientKind::Web), world.product());
    let mut browser = world.browser();
    let page = browser.get(&world.address(&tool, &[("code_challenge", ""), ("code_challenge_method", "")])).await;
    assert_eq!(brought(&page)["error"], "invalid_request");
    // One that keeps a secret, without it, or with a wrong one.
    let id = product.client.id.to_string();
    for secret in [
        "",
        "&client_secret=x",
        &format!("&client_secret={}", super::TokenText::generate(super::TokenPrefix::Client).unwrap().expose()),
    ] {
        let body = format!("grant_type=refresh_token&refresh_token=x&client_id={id}{secret}");
        let sending = world.site.server.to("POST", "/oauth2/token");
        let answer =
            sending.header("content-type", "application/x-www-form-urlencoded").bytes(body).send().await.due(401);
        assert_eq!(text(&answer.value(), "error"), "invalid_client");
        assert!(answer.header("www-authenticate").starts_with("Basic"), "{:?}", answer.headers);
    }
    // A secret where there is none.
    let body = format!(
        "grant_type=refresh_token&refresh_token=x&client_id={}&client_secret={}",
        tool.client.id,
        product.secret.as_ref().unwrap().expose()
    );
    let sending = world.site.server.to("POST", "/oauth2/token");
    sending.header("content-type", "application/x-www-form-urlencoded").bytes(body).send().await.due(401);
    let answer = world.ask(&tool, "/oauth2/introspect", &[("token", "x")]).await.due(400).value();
    assert_eq!(text(&answer, "error"), "unauthorized_client");
}

#[tokio::test]
async fn tokens_work_as_what_they_are_and_where_they_belong() {
    let world = World::new();
    let product = world.product();
    let mut browser = world.browser();
    let tokens = world.tokens(&mut browser, &product).await;
    let (access, refresh, id) =
        (text(&tokens, "access_token"), text(&tokens, "refresh_token"), text(&tokens, "id_token"));
    // SEC-1: none opens another surface.
    for token in [refresh, id] {
        world.userinfo(token).await.due(401);
    }
    for token in [access, refresh, id] {
        let bearer = format!("Bearer {token}");
        world.site.server.to("GET", "/scim/v2/Users").header("authorization", &bearer).send().await.due(401);
        world.site.server.to("GET", "/v2/orgs/moby/members").header("authorization", &bearer).send().await.due(401);
    }
    let scim = format!("Bearer {}", world.site.server.token.expose());
    world.site.server.to("GET", "/oauth2/userinfo").header("authorization", &scim).send().await.due(401);
    for token in [access, id] {
        world.refresh(&product, token).await.due(400);
    }
    // A refresh token of another client, and one that was made up for the same sign-in: nothing ends by that.
    let other = world.product_with("other", ClientKind::Web, None, settings());
    world.refresh(&other, refresh).await.due(400);
    world.ask(&other, "/oauth2/revoke", &[("token", refresh)]).await.due(200);
    world.ask(&other, "/oauth2/revoke", &[("token", access)]).await.due(200);
    let forged = format!("{}{}", &refresh[..refresh.len() - 64], "0".repeat(64));
    world.refresh(&product, &forged).await.due(400);
    let old = refresh.replacen("00000001", "00000000", 1);
    world.refresh(&product, &old).await.due(400);
    world.userinfo(access).await.due(200);
    world.refresh(&product, refresh).await.due(200);
    // Five minutes later it is over.
    world.site.server.world.advance(Duration::from_mins(5));
    world.userinfo(access).await.due(401);
}

#[tokio::test]
async fn an_organization_s_product_is_for_its_members_and_learns_of_no_other() {
    let world = World::new();
    let whale = world.site.server.organizations[1].clone();
    let product = world.product_with("whale-app", ClientKind::Web, Some(whale.id), settings());
    let mut browser = world.browser();
    let page = browser.get(&world.address(&product, &[])).await;
    assert_eq!(brought(&page)["error"], "access_denied");
    world.site.server.world.set_member(&whale, &world.ada, Role::Member).unwrap();
    let tokens = world.tokens(&mut browser, &product).await;
    let id = claims(&tokens["id_token"]);
    assert_eq!(id["organizations"], json!([{"name": "whale", "role": "member", "teams": [], "is_guest": false}]));
    // Products of others may not ask what its tokens are worth (TEN-3).
    let others = world.product();
    let seen =
        world.ask(&others, "/oauth2/introspect", &[("token", text(&tokens, "access_token"))]).await.due(200).value();
    assert_eq!(seen, json!({"active": false}));
    let seen =
        world.ask(&product, "/oauth2/introspect", &[("token", text(&tokens, "access_token"))]).await.due(200).value();
    assert_eq!(seen["active"], true);
    // SES-4: with the membership, everything there ends.
    world.site.server.world.remove_member(&whale, &world.ada, false).unwrap();
    world.userinfo(text(&tokens, "access_token")).await.due(401);
    world.refresh(&product, text(&tokens, "refresh_token")).await.due(400);
}

#[tokio::test]
async fn consent_is_given_by_the_person_who_was_asked() {
    let world = World::new();
    let product =
        world.product_with("theirs", ClientKind::Web, None, ClientSettings { third_party: true, ..settings() });
    let mut browser = world.browser();
    let page = browser.get(&world.address(&product, &[])).await;
    let question = page.form("/oauth2/consent").value("question").unwrap().to_owned();
    let fields = [("question", question.as_str()), ("answer", "yes")];
    // From a page of another site (CSRF).
    let forged = browser.post_from("https://evil.example/", &format!("{HERE}/oauth2/consent"), &fields).await;
    assert_eq!(forged.status, 403, "{}", forged.words());
    // By somebody else, with the question that Ada was asked.
    let mut eve = world.site.with_role("eve@example.com", Role::Member);
    eve.follow_redirects(false);
    let stolen = eve.post_from(&format!("{HERE}/oauth2/consent"), &format!("{HERE}/oauth2/consent"), &fields).await;
    assert_eq!((stolen.status.as_u16(), stolen.location()), (400, None), "{}", stolen.words());
    // Too late.
    world.site.server.world.advance(Duration::from_mins(15));
    let late = browser.submit(&page, &page.form("/oauth2/consent").by("answer", "yes")).await;
    assert_eq!(late.status, 400, "{}", late.words());
}
