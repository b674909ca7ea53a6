//! The way of a customer: an owner's first connection, set up by somebody else through a link, activated, tried by the owner,
//! enforced; and somebody who is refused, with the reason found by the administrator. Each page on the way is looked at.

use crate::{
    console::{demo, sign_in},
    driver::{Browser, Screen},
};

/// A page on the way: a picture, and nothing that keeps anybody from using it.
fn look(browser: &Browser, name: &str) {
    let name = format!("way-{name}");
    browser.picture(&name);
    browser.require_accessible(&name);
}

/// Signs somebody in at the simulated identity provider, by their subject.
fn pick(browser: &Browser, person: &str) {
    browser.wait_for_text("Who are you?");
    browser.click(&format!("button[value='{person}']"));
}

#[test]
fn from_an_owners_first_connection_to_somebody_refused_and_why() {
    let demo = demo();
    let here = demo.says("base_url");
    let idp = demo.says("idp_url");
    let owner = Browser::open(Screen::Desktop);
    sign_in(&owner, &demo);
    // The owner begins, and sends a link.
    owner.go(&format!("{here}/console/orgs/moby/connections"));
    owner.click(".title .button");
    look(&owner, "new");
    owner.type_in("#name", "Fresh");
    owner.click("form.card button");
    owner.wait_for_text("The draft is made");
    look(&owner, "draft");
    let draft = owner.address().split('?').next().unwrap().to_owned();
    owner.type_in("#label", "Whale's IT");
    owner.click("form[action$='/links'] button");
    owner.wait_for_text("It is shown only now");
    look(&owner, "link");
    let link = owner.text_of("main code");
    // Whoever looks after the identity provider, on a phone.
    let it = Browser::open(Screen::Phone);
    it.go(&link);
    look(&it, "start");
    it.click("main form button");
    it.wait_for("/setup/connection/");
    look(&it, "steps");
    let steps = it.address();
    it.go(&format!("{steps}/domains"));
    it.type_in("#domain", "fresh.example");
    it.click("form[action$='/domains'] button");
    it.wait_for_text("_muster-challenge.fresh.example");
    look(&it, "domains-pending");
    it.type_in("#domain", "example.com");
    it.click("form[action$='/domains'] button");
    it.wait_for_text("Verified");
    it.go(&format!("{steps}/provider?guide=okta"));
    look(&it, "provider");
    let ours = format!("{here}/sso/saml/{}/metadata", steps.rsplit('/').next().unwrap());
    it.go(idp);
    it.type_in("#metadata", &ours);
    it.click("form[action='/applications'] button");
    it.wait_for_text(&ours);
    let theirs = it.link("dd a");
    it.go(&format!("{steps}/provider?guide=okta"));
    it.type_in("#metadata-url", &theirs);
    it.click("form.card button[type=submit]");
    it.wait_for_text("It is saved");
    it.wait_for_text("Known as");
    it.go(&format!("{steps}/tests"));
    look(&it, "tests-none");
    it.click("form[action$='/tests'] button");
    pick(&it, "ines");
    it.wait_for_text("would be signed in");
    look(&it, "tested");
    it.click("main a.button");
    it.wait_for_text("would have been let in");
    it.go(&format!("{steps}/tests"));
    look(&it, "tests");
    it.go(&format!("{steps}/directory"));
    it.click("form[action$='/switch'] button");
    it.wait_for_text("SCIM is on");
    it.click("form[action$='/token'] button");
    it.wait_for_text("mst_scim_");
    look(&it, "directory");
    it.go(&format!("{steps}/groups"));
    it.type_in("#groups", "moby:designers\nEveryone");
    it.click("form[action$='/try'] button");
    it.wait_for_text("moby · designers");
    it.type_in("#pattern", "Everyone");
    it.type_in("#team", "all-hands");
    it.click("form[action$='/groups'] button");
    it.wait_for_text("The row is added");
    look(&it, "groups");
    it.go(&steps);
    it.click("form[action$='/ready'] button");
    it.wait_for_text("The owners are told");
    // The owner looks at it, and activates it.
    owner.go(&draft);
    owner.wait_for_text("What activating means is shown first");
    look(&owner, "draft-ready");
    owner.click("form[action$='/state'] button");
    owner.wait_for("/plans/");
    look(&owner, "activate");
    owner.click("form[action$='/apply'] button");
    owner.wait_for_text("Active");
    look(&owner, "active");
    it.go(&steps);
    it.wait_for_text("works no more");
    look(&it, "over");
    // Enforcing it is refused until an owner has come in through it (SSO-11).
    owner.click("form[action$='/state'] button");
    owner.wait_for_text("single sign-on");
    look(&owner, "enforce-refused");
    // So the owner does, in a browser of their own, and is shown whom enforcing affects.
    let id = steps.rsplit('/').next().unwrap();
    let own = Browser::open(Screen::Desktop);
    own.go(&format!("{here}/sso/saml/{id}/login"));
    own.wait_for_text("Who are you?");
    edit(&own, "owner@example.com");
    own.wait_for_account();
    owner.go(&draft);
    owner.click("form[action$='/state'] button");
    owner.wait_for_text("Who can sign in no other way then");
    look(&owner, "enforce");
    owner.click("form[action$='/apply'] button");
    owner.wait_for_text("enforced");
    // Somebody of another domain is refused, with a TraceID; the administrator finds out why, from the overview on.
    let stranger = Browser::open(Screen::Phone);
    stranger.go(&format!("{here}/sso/saml/{id}/login"));
    stranger.wait_for_text("Who are you?");
    edit(&stranger, "eve@elsewhere.example");
    stranger.wait_for_text("is not verified for your SSO connection");
    look(&stranger, "refused");
    own.go(&format!("{here}/console/orgs/moby"));
    own.click("a[href$='/connections']");
    own.wait_for_text("Fresh");
    own.go(&format!("{draft}/log?which=errors"));
    look(&own, "errors");
    own.click("tbody td a");
    own.wait_for_text("elsewhere.example");
    own.wait_for_text("SSO-6");
    look(&own, "why");
    demo.stop();
}

/// Signs in at the simulated identity provider as its first person, with another address.
fn edit(browser: &Browser, email: &str) {
    browser.click("a.edit");
    browser.type_in("input[name=email]", email);
    browser.click("form button");
}
