//! `muster user factors`, through a running server and without one.

use std::{net::TcpListener, time::SystemTime};

use muster_testkit::{
    authenticator::typed_secret,
    browser::{Browser, Page, Sockets},
};
use serde_json::Value;

use crate::process::{DECLARATION, Folder, Server, errors};

const OWNER: &str = "owner@example.com";
const PASSWORD: &str = "correct horse battery";

/// A server under an address of its own, whose links lead to it.
fn serve(folder: &Folder) -> (Server, String, String) {
    let link = folder.apply(DECLARATION)["sign_in_links"][OWNER].as_str().unwrap().to_owned();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let here = format!("http://localhost:{port}");
    let listen = format!("127.0.0.1:{port}");
    let server = Server::spawn(folder.muster().args(["serve", "--listen", &listen, "--base-url", &here]));
    let path = link.find("/signin").map(|start| link[start..].to_owned()).unwrap();
    (server, here, path)
}

/// Sets up an authenticator app in a browser that is signed in.
async fn set_up(browser: &mut Browser<Sockets>, here: &str) {
    let page = browser.get(&format!("{here}/account/security")).await;
    let page = browser.submit(&page, &page.form("authenticator")).await;
    let secret = typed_secret(&page.elements("code").remove(0).text);
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let page = browser.submit(&page, &page.form("code").with("code", &secret.code(now))).await;
    assert_eq!(page.elements("code").len(), 10, "{}", page.words());
}

async fn sign_in(browser: &mut Browser<Sockets>, here: &str) -> Page {
    let page = browser.get(&format!("{here}/signin/password")).await;
    browser.submit(&page, &page.only_form().with("name", OWNER).with("password", PASSWORD)).await
}

fn kinds(answer: &Value) -> Vec<&str> {
    answer["factors"].as_array().unwrap().iter().map(|factor| factor["kind"].as_str().unwrap()).collect()
}

#[test]
fn the_operator_sees_factors_and_resets_them_with_a_server_and_without_one() {
    let folder = Folder::new();
    let (server, here, link) = serve(&folder);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut browser = Browser::new(Sockets::new());
    runtime.block_on(async {
        let page = browser.get(&format!("{here}{link}")).await;
        let page = browser.submit(&page, &page.only_form()).await;
        browser.submit(&page, &page.only_form().with("password", PASSWORD)).await;
        set_up(&mut browser, &here).await;
        assert!(sign_in(&mut browser, &here).await.words().contains("One more step"));
    });
    assert_eq!(kinds(&folder.json(&["user", "factors", OWNER])), ["totp", "recovery"]);
    let shown = folder.succeed(&["user", "factors", OWNER]);
    assert!(shown.contains("authenticator app") && shown.contains("10"), "{shown}");
    let reset = folder.json(&["user", "factors", OWNER, "--reset"]);
    assert_eq!((kinds(&reset), &reset["reset"]), (vec!["totp", "recovery"], &Value::from(true)));
    runtime.block_on(async {
        assert_eq!(sign_in(&mut browser, &here).await.url.path(), "/account");
        set_up(&mut browser, &here).await;
    });

    server.terminate();
    assert!(server.wait().0.success());
    assert_eq!(kinds(&folder.json(&["user", "factors", OWNER])), ["totp", "recovery"]);
    folder.json(&["user", "factors", OWNER, "--reset"]);
    assert_eq!(folder.succeed(&["user", "factors", OWNER]).trim(), "nothing besides a password");
    let missing = folder.run(&["user", "factors", "nobody@example.com"]);
    assert!(errors(&missing).contains("there is no account `nobody@example.com`"), "{}", errors(&missing));
}
