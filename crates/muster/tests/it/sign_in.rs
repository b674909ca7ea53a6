//! Signing in over real sockets: the demonstration, and the simulated identity provider alone.

use muster_testkit::browser::{Browser, Form, Page, Sockets};
use serde_json::Value;

use crate::{
    process::{Folder, errors},
    staying::Staying,
};

fn start(folder: &Folder, arguments: &[&str]) -> Staying {
    Staying::start(folder.muster().env("TMPDIR", folder.path()), arguments)
}

fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Types an address in and chooses the first connection, which is SAML; the identity provider's list of people.
async fn begin(browser: &mut Browser<Sockets>, demo: &Staying, email: &str) -> Page {
    begin_through(browser, demo, email, "okta").await
}

/// Types an address in and chooses a connection; the identity provider's list of people.
async fn begin_through(browser: &mut Browser<Sockets>, demo: &Staying, email: &str, connection: &str) -> Page {
    let page = browser.get(demo.says("sign_in_url")).await;
    let choice = browser.submit(&page, &page.form("email").with("email", email)).await;
    let offered = choice.words();
    let through = |name| offered.find(&format!("Continue with SSO · {name}")).unwrap_or_else(|| panic!("{offered}"));
    assert!(through("okta") < through("entra"), "{offered}");
    let id = demo.said["connections"][connection]["id"].as_str().unwrap();
    let form = choice.forms().into_iter().find(|form| form.value("connection") == Some(id)).unwrap();
    let people = browser.submit(&choice, &form).await;
    assert!(people.url.to_string().starts_with(demo.says("idp_url")), "{}: {}", people.url, people.words());
    people
}

/// Picks somebody and lets the answer travel on.
async fn send(browser: &mut Browser<Sockets>, page: &Page, form: &Form) -> Page {
    let sending = browser.submit(page, form).await;
    browser.submit(&sending, &sending.only_form()).await
}

#[test]
fn sso_3_the_demonstration_signs_people_in_and_shows_them_where_they_are_and_why() {
    let folder = Folder::embedded();
    let demo = start(&folder, &["demo"]);
    wait_for(async {
        let mut browser = Browser::new(Sockets::new());
        // Nobody has provisioned Ines: her first sign-in does (JIT-1, GRP-2).
        let people = begin(&mut browser, &demo, "ines.varga@example.com").await;
        assert!(people.words().contains("Ines Varga expected"), "{}", people.words());
        let account = send(&mut browser, &people, &people.only_form().by("person", "ines")).await;
        assert_eq!((account.status.as_u16(), account.url.path()), (200, "/account"), "{}", account.words());
        for words in ["Ines Varga", "moby", "whale", "designers", "support"] {
            assert!(account.words().contains(words), "{words} is missing in: {}", account.words());
        }
        browser.header("accept", "application/json");
        let said = browser.get(&format!("{}/account", demo.says("base_url"))).await;
        let said: Value = serde_json::from_str(&said.text).unwrap();
        assert_eq!(said["email"], "ines.varga@example.com");
        assert_eq!(said["session"]["kind"], "web");
        // A directory has pushed Ada; her place is that of her groups there.
        let mut browser = Browser::new(Sockets::new());
        let people = begin(&mut browser, &demo, "ada.lindqvist@example.com").await;
        let account = send(&mut browser, &people, &people.only_form().by("person", "ada")).await;
        assert!(account.words().contains("Ada Lindqvist") && account.words().contains("developers"));
    });
    demo.stop();
}

#[test]
fn sso_13_the_faults_of_the_demonstration_let_nobody_in() {
    let folder = Folder::embedded();
    let demo = start(&folder, &["demo"]);
    let account = format!("{}/account", demo.says("base_url"));
    wait_for(async {
        let faults = [
            "wrong-audience",
            "wrong-recipient",
            "wrong-destination",
            "wrong-issuer",
            "wrong-request",
            "skewed-clock",
            "expired",
            "unsigned",
            "tampered",
            "wrapped",
            "expired-certificate",
            "unknown-signer",
            "missing-email",
            "denied",
        ];
        for fault in faults {
            let mut browser = Browser::new(Sockets::new());
            let people = begin(&mut browser, &demo, "bruno.okafor@example.com").await;
            let edit = browser.follow(&people, &people.link("Bruno Okafor")).await;
            let refused = send(&mut browser, &edit, &edit.only_form().with("fault", fault)).await;
            assert!(refused.status.is_client_error(), "{fault}: {} {}", refused.status, refused.words());
            assert!(refused.words().contains("TraceID"), "{fault}: {}", refused.words());
            let nobody = browser.get(&account).await;
            assert_eq!(nobody.url.path(), "/signin", "{fault}");
        }
        // What was sent once is no use a second time, in the browser that it was sent from or in another (SSO-7).
        let mut browser = Browser::new(Sockets::new());
        let people = begin(&mut browser, &demo, "bruno.okafor@example.com").await;
        send(&mut browser, &people, &people.only_form().by("person", "bruno")).await;
        let mut another = Browser::new(Sockets::new());
        let people = begin(&mut another, &demo, "bruno.okafor@example.com").await;
        let edit = another.follow(&people, &people.link("Bruno Okafor")).await;
        let refused = send(&mut another, &edit, &edit.only_form().with("fault", "replay")).await;
        assert!(refused.status.is_client_error(), "{}", refused.words());
        assert_eq!(another.get(&account).await.url.path(), "/signin");
    });
    demo.stop();
}

#[test]
fn sso_1_the_demonstration_signs_people_in_through_openid_connect_too() {
    let folder = Folder::embedded();
    let demo = start(&folder, &["demo"]);
    wait_for(async {
        // Farah is of the business that was bought; its directory has pushed her into the organization whale.
        let farah = "farah.novak@example.com";
        let mut browser = Browser::new(Sockets::new());
        let people = begin_through(&mut browser, &demo, farah, "entra").await;
        assert!(people.words().contains("Farah Novak expected"), "{}", people.words());
        let account = browser.submit(&people, &people.only_form().by("person", "farah")).await;
        assert_eq!((account.status.as_u16(), account.url.path()), (200, "/account"), "{}", account.words());
        for words in ["Farah Novak", "whale", "sales"] {
            assert!(account.words().contains(words), "{words} is missing in: {}", account.words());
        }
        // Signing out there ends the session here: the provider says so, by a request of its own.
        let home = browser.get(demo.says("idp_url")).await;
        browser.submit(&home, &home.form("sign-out")).await;
        let page = browser.get(&format!("{}/account", demo.says("base_url"))).await;
        assert!(page.words().contains("signed out at the identity provider"), "{}", page.words());
        // And signing out here ends it there.
        let people = begin_through(&mut browser, &demo, farah, "entra").await;
        let account = browser.submit(&people, &people.only_form().by("person", "farah")).await;
        let out = browser.submit(&account, &account.form("signout")).await;
        assert!(out.url.to_string().starts_with(&format!("{}/signin", demo.says("base_url"))), "{}", out.url);
        assert!(!browser.get(demo.says("idp_url")).await.words().contains("Signed in as"));
        // What lets nobody in by SAML lets nobody in by OpenID Connect either.
        for fault in ["wrong-audience", "no-algorithm", "wrong-nonce", "denied"] {
            let mut browser = Browser::new(Sockets::new());
            let people = begin_through(&mut browser, &demo, farah, "entra").await;
            let edit = browser.follow(&people, &people.link("Farah Novak")).await;
            let refused = browser.submit(&edit, &edit.only_form().with("fault", fault)).await;
            assert!(refused.status.is_client_error(), "{fault}: {} {}", refused.status, refused.words());
            assert!(refused.words().contains("TraceID"), "{fault}: {}", refused.words());
            let nobody = browser.get(&format!("{}/account", demo.says("base_url"))).await;
            assert_eq!(nobody.url.path(), "/signin", "{fault}");
        }
    });
    demo.stop();
}

#[test]
fn the_identity_provider_alone_says_where_it_is_and_answers_whom_it_was_told() {
    let folder = Folder::embedded();
    let application = "http://127.0.0.1:1/acs=urn:example:sp";
    let oidc = "http://127.0.0.1:1/callback";
    let arguments = ["simulate", "saml", "--port", "0", "--idp", "entra", "--application", application, "--oidc", oidc];
    let idp = start(&folder, &arguments);
    assert_eq!(idp.said["saml"]["applications"][0], "urn:example:sp");
    let client = &idp.said["oidc"]["clients"][0];
    assert_eq!((&client["client_id"], &client["redirect_uris"][0]), (&Value::from("muster"), &Value::from(oidc)));
    assert!(client["client_secret"].as_str().unwrap().len() >= 24);
    assert!(idp.said["people"].as_array().unwrap().len() >= 5);
    wait_for(async {
        let mut browser = Browser::new(Sockets::new());
        let metadata = browser.get(idp.said["saml"]["metadata_url"].as_str().unwrap()).await;
        assert!(metadata.text.contains("IDPSSODescriptor"), "{}", metadata.text);
        let configuration = browser.get(idp.said["oidc"]["discovery_url"].as_str().unwrap()).await;
        let configuration: Value = serde_json::from_str(&configuration.text).unwrap();
        assert_eq!(configuration["issuer"], idp.said["oidc"]["issuer"]);
    });
    idp.stop();
}

#[test]
fn the_identity_provider_refuses_to_be_reached_by_others_or_to_answer_nobody() {
    let folder = Folder::embedded();
    let application = "http://127.0.0.1:1/acs=urn:example:sp";
    for (arguments, advice) in [
        (&["--address", "0.0.0.0", "--application", application][..], "--allow-remote"),
        (&[], "--application"),
        (&["--application", "nothing"], "ACS_URL=ENTITY_ID"),
        (&["--sp-metadata", "missing.xml"], "missing.xml"),
    ] {
        let output = folder.run(&[&["simulate", "saml", "--port", "0"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(errors(&output).contains(advice), "{}", errors(&output));
    }
}
