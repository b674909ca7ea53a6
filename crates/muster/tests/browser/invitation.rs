//! An invitation, from its link to being in.

use crate::{
    driver::{Browser, Screen},
    factors::Server,
};

const PASSWORD: &str = "correct horse battery";

fn invite(server: &Server, who: &str, team: &str) -> String {
    let said = server.shell(&["org", "invite", "moby", who, "--role", "editor", "--team", team]);
    said["people"][0]["link"].as_str().unwrap().to_owned()
}

#[test]
fn org_3_somebody_new_follows_the_link_makes_an_account_and_is_in() {
    for (screen, name) in [(Screen::Phone, "invited-phone"), (Screen::Desktop, "invited-desktop")] {
        let server = Server::start(name);
        let browser = Browser::open(screen);
        if screen == Screen::Desktop {
            browser.prefer_dark();
        }
        browser.go(&invite(&server, "eve@elsewhere.org", "writers"));
        browser.wait_for_text("Join moby");
        browser.picture("invitation-newcomer");
        browser.type_in("#full_name", "Eve Moneypenny");
        browser.type_in("#password", PASSWORD);
        browser.click("form[action$='/account'] button");
        browser.wait_for_account();
        browser.wait_for_text("Eve Moneypenny");
        for words in ["moby", "editor", "writers"] {
            assert!(browser.text().contains(words), "{words} is missing in: {}", browser.text());
        }

        // Signed in as Eve, an invitation for somebody else; then, as nobody, the way to sign in and back.
        browser.go(&invite(&server, "bob@elsewhere.org", "crew"));
        browser.wait_for_text("is for another account");
        browser.picture("invitation-somebody-else");
        browser.click("form[action$='/switch'] button");
        browser.wait_for_text("Make your account");
        browser.click("form[action$='/decline'] button");
        browser.wait_for_text("was declined");
        browser.picture("invitation-over");

        server.shell(&["org", "create", "whale"]);
        let said = server.shell(&["org", "invite", "whale", "eve@elsewhere.org"]);
        browser.go(said["people"][0]["link"].as_str().unwrap());
        browser.click("form[action$='/continue'] button");
        browser.wait_for("/signin");
        browser.type_in("input[name=email]", "eve@elsewhere.org");
        browser.click("form[action$='/signin'] button");
        browser.wait_for_text("Sign in with a password");
        browser.type_in("#password", PASSWORD);
        browser.click("form[action$='/signin/password'] button");
        browser.wait_for("/invitations/");
        browser.picture("invitation-answer");
        browser.click("form[action$='/accept'] button");
        browser.wait_for_account();
        browser.wait_for_text("whale");
    }
}
