//! Signing in to the demonstration.

use std::process::Command;

use crate::{
    driver::{Browser, Screen},
    staying::Staying,
};

fn demo() -> Staying {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MUSTER_")) {
        command.env_remove(name);
    }
    Staying::start(command.env("MUSTER_OPERATIONS_LISTEN", "off"), &["demo"])
}

/// Types an address in, chooses a connection, and waits for the identity provider.
fn begin(browser: &Browser, demo: &Staying, email: &str, connection: &str) {
    browser.go(demo.says("sign_in_url"));
    browser.type_in("input[name=email]", email);
    browser.picture("sign-in");
    browser.click("form button");
    let id = demo.said["connections"][connection]["id"].as_str().unwrap();
    browser.wait_for_element(&format!("input[value='{id}']"));
    browser.picture("choose");
    browser.click(&format!("input[value='{id}'] ~ button"));
    browser.wait_for(demo.says("idp_url"));
}

#[test]
fn sso_3_a_person_picks_who_to_be_and_sees_where_they_are_and_why() {
    let demo = demo();
    for screen in [Screen::Phone, Screen::Desktop] {
        let browser = Browser::open(screen);
        begin(&browser, &demo, "ines.varga@example.com", "okta");
        assert!(browser.text().contains("not for production"), "{}", browser.text());
        browser.picture("people");
        browser.click("button[value=ines]");
        // The page with the response sends itself, by a script that its policy names.
        browser.wait_for_account();
        for words in ["Ines Varga", "moby", "whale", "designers", "support"] {
            assert!(browser.text().contains(words), "{words} is missing in: {}", browser.text());
        }
        browser.picture("account");
    }
    demo.stop();
}

#[test]
fn sso_1_a_person_signs_in_through_openid_connect() {
    let demo = demo();
    let browser = Browser::open(Screen::Phone);
    begin(&browser, &demo, "farah.novak@example.com", "entra");
    browser.click("button[value=farah]");
    browser.wait_for_account();
    for words in ["Farah Novak", "whale", "sales"] {
        assert!(browser.text().contains(words), "{words} is missing in: {}", browser.text());
    }
    demo.stop();
}

#[test]
fn sso_13_a_fault_is_explained_with_its_trace() {
    let demo = demo();
    let browser = Browser::open(Screen::Phone);
    begin(&browser, &demo, "bruno.okafor@example.com", "okta");
    browser.click("a[href$='person=bruno']");
    browser.wait_for("person=bruno");
    browser.picture("edit");
    browser.click("input[value=wrong-audience]");
    browser.click("form button:not([name])");
    browser.wait_for("/acs");
    assert!(browser.text().contains("TraceID"), "{}", browser.text());
    browser.picture("refused");
    demo.stop();
}
