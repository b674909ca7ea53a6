//! Sessions and what products have of them: the kill path (SES-3, SES-4).

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::mpsc,
    thread,
};

use http::header;
use muster_model::{Role, client::ClientSettings, session::ClientKind};
use serde_json::{Value, json};

use super::{World, claims, settings, text};
use crate::console::{HERE, session_of};

/// A product's address for logout tokens; each that comes is sent on, and answered with these statuses in turn.
fn listener(statuses: &'static [&'static str]) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/logout", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for (at, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line).unwrap() > 2 {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let status = statuses[at.min(statuses.len() - 1)];
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            let fields: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
            assert_eq!(fields[0].0, "logout_token");
            if sender.send(fields[0].1.clone()).is_err() {
                return;
            }
        }
    });
    (address, receiver)
}

fn told(receiver: &mpsc::Receiver<String>) -> Value {
    claims(&json!(receiver.recv_timeout(std::time::Duration::from_secs(10)).unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ses_4_deactivation_ends_everything_and_products_are_told() {
    let world = World::new();
    let server = &world.site.server;
    let (address, receiver) = listener(&["500 Internal Server Error", "200 OK"]);
    let product = world.product_with(
        "app",
        ClientKind::Web,
        None,
        ClientSettings { backchannel_logout_uri: Some(address), ..settings() },
    );
    // Signed in through the connection whose directory has the person.
    let id = server.user("bo@example.com").await;
    let bo = server.world.account_of("bo@example.com").unwrap();
    let connection = server.connection;
    let account = bo.id;
    let cookie = {
        use base64::Engine;
        let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode([7_u8; 32]);
        let hash = muster_crypto::sha256(text.as_bytes());
        let begun = server.world.by_hand(move |tx, env| {
            let through = tx.connection(connection)?;
            let begin = muster_engine::sessions::Begin {
                hash,
                kind: ClientKind::Web,
                device: "Firefox".to_owned(),
                idp: None,
                not_after: None,
                replaces: None,
            };
            muster_engine::sessions::begin(tx, env, account, through.as_ref(), begin).map(drop)
        });
        begun.unwrap();
        format!("muster={text}; Path=/; HttpOnly; SameSite=Lax")
    };
    let mut browser = world.site.browser();
    browser.follow_redirects(false);
    browser.set_cookie(HERE, &cookie);
    let tokens = world.tokens(&mut browser, &product).await;
    let id_token = claims(&tokens["id_token"]);
    assert_eq!(text(&id_token, "acr"), "urn:muster:acr:sso");
    server.patch(&format!("/Users/{id}"), json!([{"op": "replace", "path": "active", "value": false}])).await.due(200);
    // At once, for whoever asks.
    world.refresh(&product, text(&tokens, "refresh_token")).await.due(400);
    world.userinfo(text(&tokens, "access_token")).await.due(401);
    let seen =
        world.ask(&product, "/oauth2/introspect", &[("token", text(&tokens, "access_token"))]).await.due(200).value();
    assert_eq!(seen, json!({"active": false}));
    assert_eq!(browser.get(&format!("{HERE}/account")).await.location().unwrap(), format!("{HERE}/signin"));
    // And whoever does not is told, until it takes it.
    let receipts = || server.world.read(move |conn| muster_engine::openid::telling::receipts(conn, account));
    for attempt in 1..=2 {
        let told = told(&receiver);
        assert_eq!(
            (&told["sid"], &told["sub"], &told["aud"], &told["events"]),
            (
                &id_token["sid"],
                &id_token["sub"],
                &id_token["aud"],
                &json!({"http://schemas.openid.net/event/backchannel-logout": {}})
            )
        );
        assert_eq!(told.get("nonce"), None);
        // Once it is noted what came of it, time goes on.
        server.eventually(async || receipts()[0].attempts == attempt).await;
        server.world.advance(std::time::Duration::from_secs(2));
    }
    let receipts = receipts();
    assert!(receipts.len() == 1 && receipts[0].told.is_some() && receipts[0].tell_at.is_none(), "{receipts:?}");
}

#[tokio::test]
async fn signing_out_here_ends_what_products_have() {
    let world = World::new();
    let product = world.product();
    let mut browser = world.browser();
    let tokens = world.tokens(&mut browser, &product).await;
    browser.post_from(&format!("{HERE}/account"), &format!("{HERE}/signout"), &[]).await;
    world.refresh(&product, text(&tokens, "refresh_token")).await.due(400);
}

#[tokio::test]
async fn a_product_signs_its_person_out_and_nobody_else_s_page_does() {
    let world = World::new();
    let product = world.product();
    let mut browser = world.browser();
    let tokens = world.tokens(&mut browser, &product).await;
    let address = |parameters: &[(&str, &str)]| {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        format!("{HERE}/oauth2/logout?{query}")
    };
    let client = product.client.id.to_string();
    // Without its ID token the person is asked.
    let asked =
        browser.get(&address(&[("client_id", &client), ("post_logout_redirect_uri", "https://app.example/bye")])).await;
    assert!(asked.words().contains("Sign out?"), "{}", asked.words());
    let bad =
        browser.get(&address(&[("client_id", &client), ("post_logout_redirect_uri", "https://evil.example/")])).await;
    assert_eq!((bad.status.as_u16(), bad.location()), (400, None));
    // With another person's.
    let mut eve = world.site.with_role("eve@example.com", Role::Member);
    eve.follow_redirects(false);
    let page = eve.get(&address(&[("id_token_hint", text(&tokens, "id_token"))])).await;
    assert!(page.words().contains("Sign out?"), "{}", page.words());
    world.refresh(&product, text(&tokens, "refresh_token")).await.due(200);
    let out = browser
        .get(&address(&[
            ("id_token_hint", text(&tokens, "id_token")),
            ("post_logout_redirect_uri", "https://app.example/bye"),
            ("state", "s 1"),
        ]))
        .await;
    assert_eq!(out.location().unwrap(), "https://app.example/bye?state=s+1");
    assert!(out.headers.contains_key(header::SET_COOKIE));
    world.userinfo(text(&tokens, "access_token")).await.due(401);
    // Said by the person.
    let tokens = {
        browser.set_cookie(HERE, &session_of(&world.site.server, &world.ada));
        world.tokens(&mut browser, &product).await
    };
    let asked = browser.get(&address(&[])).await;
    let done = browser.submit(&asked, &asked.form("/oauth2/logout/confirm")).await;
    assert!(done.words().contains("You are signed out"), "{}", done.words());
    world.refresh(&product, text(&tokens, "refresh_token")).await.due(400);
}

#[tokio::test]
async fn whoever_signs_in_again_in_the_same_browser_stays_signed_in_at_products() {
    let world = World::new();
    let product = world.product();
    let mut browser = world.browser();
    let tokens = world.tokens(&mut browser, &product).await;
    let account = world.ada.id;
    let before = world.site.server.world.read(move |conn| Ok(conn.sessions_of(account)?));
    let replaced = before[0].id;
    let again = world.site.server.world.by_hand(move |tx, env| {
        let begin = muster_engine::sessions::Begin {
            hash: [9; 32],
            kind: ClientKind::Web,
            device: String::new(),
            idp: None,
            not_after: None,
            replaces: Some(replaced),
        };
        muster_engine::sessions::begin(tx, env, account, None, begin)
    });
    let again = again.unwrap();
    let next = world.refresh(&product, text(&tokens, "refresh_token")).await.due(200).value();
    assert_eq!(
        claims(&next["id_token"])["sid"],
        claims(&tokens["id_token"])["sid"],
        "the product knows it by one name"
    );
    // Somebody else in that browser ends it.
    let eve = world.site.server.member(world.site.moby(), "eve@example.com", Role::Member).id;
    let taken = world.site.server.world.by_hand(move |tx, env| {
        let begin = muster_engine::sessions::Begin {
            hash: [8; 32],
            kind: ClientKind::Web,
            device: String::new(),
            idp: None,
            not_after: None,
            replaces: Some(again.id),
        };
        muster_engine::sessions::begin(tx, env, eve, None, begin).map(drop)
    });
    taken.unwrap();
    world.refresh(&product, text(&next, "refresh_token")).await.due(400);
}

#[tokio::test]
async fn ses_3_people_see_where_they_are_signed_in_and_take_it_back() {
    let world = World::new();
    let product =
        world.product_with("<i>theirs", ClientKind::Web, None, ClientSettings { third_party: true, ..settings() });
    let mut browser = world.browser();
    let page = browser.get(&world.address(&product, &[])).await;
    let answer = super::brought(&browser.submit(&page, &page.form("/oauth2/consent").by("answer", "yes")).await);
    let tokens = world.redeem(&product, &answer["code"]).await.due(200).value();
    let page = browser.get(&format!("{HERE}/account/applications")).await;
    assert!(page.words().contains("<i>theirs") && !page.text.contains("<i>theirs"), "{}", page.words());
    assert!(page.words().contains("knows your name, address, organizations"), "{}", page.words());
    // Nobody else's page does it, and nobody takes back what is another's.
    let end = page.form("/end");
    let forged = browser.post_from("https://evil.example/", &format!("{HERE}{}", end.action), &[]).await;
    assert_eq!(forged.status, 403);
    let mut eve = world.site.with_role("eve@example.com", Role::Member);
    eve.post_from(&format!("{HERE}/account"), &format!("{HERE}{}", end.action), &[]).await;
    world.refresh(&product, text(&tokens, "refresh_token")).await.due(200);
    browser.submit(&page, &end).await;
    world.refresh(&product, text(&tokens, "refresh_token")).await.due(400);
    world.userinfo(text(&tokens, "access_token")).await.due(401);
    let page = browser.get(&format!("{HERE}/account/applications")).await;
    assert!(page.words().contains("taken back by the person"), "{}", page.words());
    let again = browser.get(&world.address(&product, &[])).await;
    assert!(again.words().contains("wants to know who you are"), "{}", again.words());
}

#[tokio::test]
async fn ten_3_owners_see_which_products_their_members_used_as_far_as_it_is_theirs() {
    let world = World::new();
    let server = &world.site.server;
    let (ours, whale) = (world.site.moby().clone(), server.organizations[1].clone());
    server.world.set_member(&whale, &world.ada, Role::Member).unwrap();
    let everybody = world.product_with("everybody's", ClientKind::Web, None, settings());
    let moby = world.product_with("moby's", ClientKind::Web, Some(ours.id), settings());
    let whales = world.product_with("whale's", ClientKind::Web, Some(whale.id), settings());
    let mut browser = world.browser();
    for product in [&everybody, &moby, &whales] {
        world.tokens(&mut browser, product).await;
    }
    // Whoever holds the address's domain sees where the person is signed in; the other organization's product is not told of.
    let mut owner = world.site.owner();
    let address = format!("{HERE}/console/orgs/moby/members/{}", world.ada.username);
    let page = owner.get(&address).await;
    let sees_sessions = page.words().contains("Applications");
    assert!(!page.words().contains("whale's"), "{}", page.words());
    assert_eq!(sees_sessions, page.words().contains("everybody's") && page.words().contains("moby's"));
    let mut member = world.site.with_role("mo@example.com", Role::Member);
    assert!(!member.get(&address).await.words().contains("moby's"));
}
