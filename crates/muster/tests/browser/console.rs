//! The console: every page looked at by a person's eyes, by a machine that knows what others need, and by weight.

use std::process::Command;

use crate::{
    driver::{Browser, Screen},
    staying::Staying,
};

/// The most that a page and all it loads may have, in bytes.
const HEAVIEST: u64 = 100 * 1_024;

pub(crate) fn demo() -> Staying {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MUSTER_")) {
        command.env_remove(name);
    }
    Staying::start(command.env("MUSTER_OPERATIONS_LISTEN", "off"), &["demo"])
}

/// Every page, by the name of its picture; `{ada}` is the username of a member, and `{connection}` the first connection.
const PAGES: &[(&str, &str)] = &[
    ("components", "/docs/components"),
    ("organizations", "/console"),
    ("overview", "/console/orgs/moby"),
    ("invitations", "/console/orgs/moby/invitations"),
    ("domains", "/console/orgs/moby/domains"),
    ("domain", "/console/orgs/moby/domains/example.com"),
    ("domain-audit", "/console/orgs/moby/domains/example.com/audit"),
    ("domain-remove", "/console/orgs/moby/domains/example.com/remove"),
    ("sessions", "/console/orgs/moby/sessions"),
    ("activity", "/console/orgs/moby/activity"),
    ("tokens", "/console/orgs/moby/tokens"),
    ("webhooks", "/console/orgs/moby/webhooks"),
    ("account-tokens", "/account/tokens"),
    ("settings", "/console/orgs/moby/settings"),
    ("members", "/console/orgs/moby/members"),
    ("account", "/account"),
    ("account-leave", "/account/organizations/moby/leave"),
    ("members-none", "/console/orgs/moby/members?search=nobody-of-this-name"),
    ("member", "/console/orgs/moby/members/{ada}"),
    ("member-remove", "/console/orgs/moby/members/{ada}/remove"),
    ("teams", "/console/orgs/moby/teams"),
    ("team", "/console/orgs/moby/teams/company"),
    ("team-delete", "/console/orgs/moby/teams/company/delete"),
    ("connections", "/console/orgs/moby/connections"),
    ("connection", "{connection}?guide=okta"),
    ("connection-scim", "{connection}/scim?guide=entra"),
    ("connection-token-revoke", "{token}"),
    ("connection-settings", "{connection}/settings"),
    ("connection-plan", "{plan}"),
    ("connection-held-none", "{connection}/held"),
    ("connection-conflicts-none", "{connection}/conflicts"),
    ("connection-drift", "{connection}/drift"),
    ("connection-unmanaged-none", "{connection}/unmanaged"),
    ("blocks-none", "/console/orgs/moby/blocks"),
    ("consents", "/console/orgs/moby/consents"),
    ("connection-new", "/console/orgs/moby/connections/new"),
    ("connection-provider", "{connection}/provider?guide=entra"),
    ("connection-provider-oidc", "{connection}/provider?protocol=oidc"),
    ("connection-domains", "{connection}/domains"),
    ("connection-tests", "{connection}/tests"),
    ("connection-groups", "{connection}/groups"),
    ("connection-log", "{connection}/log"),
    ("connection-log-none", "{connection}/log?user=nobody-of-this-name"),
    ("connection-trace", "{trace}"),
    ("sessions-ended", "/console/orgs/moby/sessions?show=ended"),
    ("company", "/console/companies/harbor"),
    ("company-domains", "/console/companies/harbor/domains"),
    ("company-domain", "/console/companies/harbor/domains/harbor.example"),
    ("company-connections", "/console/companies/harbor/connections"),
    ("company-connection-new", "/console/companies/harbor/connections/new"),
];

/// The owner sets a password, and stays signed in.
pub(crate) fn sign_in(browser: &Browser, demo: &Staying) {
    browser.go(demo.said["owner"]["sign_in_link"].as_str().unwrap());
    browser.click("form button");
    browser.type_in("#password", "correct horse battery");
    browser.click("form button");
    browser.wait_for_account();
}

/// The owner of a company claims a domain for it and makes an organization.
fn fill_company(owner: &Browser, here: &str) {
    owner.go(&format!("{here}/console/companies/harbor"));
    owner.type_in("#name", "pilots");
    owner.click("form[action$='/organizations'] button");
    owner.wait_for("done-organization-made");
    owner.go(&format!("{here}/console/companies/harbor/domains"));
    owner.type_in("#domain", "harbor.example");
    owner.click("form[action$='/domains'] button");
    owner.wait_for("done-domain-added");
}

/// The owner makes a token and ends it, and so a session, so that there is something that ended.
fn end_some(owner: &Browser, demo: &Staying) {
    let here = demo.says("base_url");
    owner.go(&format!("{here}/account/tokens"));
    owner.type_in("#label", "nightly report");
    owner.click("fieldset input");
    owner.click("form button[type=submit]:not(.quiet)");
    owner.go(&owner.link("a.button.bad"));
    owner.click("form button.bad");
    owner.wait_for("done-token");
    let elsewhere = Browser::open(Screen::Phone);
    elsewhere.go(&format!("{here}/signin/password"));
    elsewhere.type_in("#name", demo.said["owner"]["email"].as_str().unwrap());
    elsewhere.type_in("#password", "correct horse battery");
    elsewhere.click("form button");
    elsewhere.wait_for_account();
    elsewhere.click("form[action$='/signout'] button");
    elsewhere.wait_for("/signin");
}

/// Where the pages of the first connection are, below the base URL: one for each mark in [`PAGES`].
fn connection_places(owner: &Browser, here: &str) -> [(&'static str, String); 4] {
    let below = |address: String| address.split_once(here).map_or(address.clone(), |(_, path)| path.to_owned());
    owner.go(&format!("{here}/console/orgs/moby/connections"));
    let connection = below(owner.link("tbody td a"));
    owner.go(&format!("{here}{connection}/scim"));
    let token = below(owner.link("tbody td a"));
    owner.go(&format!("{here}{connection}/log"));
    let trace = below(owner.link("tbody td a"));
    owner.go(&format!("{here}{connection}/settings"));
    owner.click("#jit");
    owner.click("form.card button");
    owner.wait_for("/plans/");
    let plan = below(owner.address());
    [("{connection}", connection), ("{token}", token), ("{trace}", trace), ("{plan}", plan)]
}

#[test]
fn every_page_is_light_and_can_be_used_by_everybody() {
    let demo = demo();
    let here = demo.says("base_url");
    let host = here.split("//").nth(1).unwrap();
    let owner = Browser::open(Screen::Desktop);
    sign_in(&owner, &demo);
    end_some(&owner, &demo);
    fill_company(&owner, here);
    let cookies = owner.cookies();
    owner.go(&format!("{here}/console/orgs/moby/members?search=ada"));
    let ada = owner.link("tbody td a").rsplit_once('/').unwrap().1.to_owned();
    let places = connection_places(&owner, here);
    for (screen, is_dark) in
        [(Screen::Desktop, false), (Screen::Desktop, true), (Screen::Tablet, false), (Screen::Phone, true)]
    {
        let browser = Browser::open(screen);
        browser.take_cookies(&format!("{here}/signin"), &cookies);
        if is_dark {
            browser.prefer_dark();
        }
        for (name, path) in PAGES {
            let path = places.iter().fold(path.replace("{ada}", &ada), |path, (mark, place)| path.replace(mark, place));
            browser.go(&format!("{here}{path}"));
            let name = if is_dark { format!("console-{name}-dark") } else { format!("console-{name}") };
            browser.picture(&name);
            browser.require_accessible(&name);
            // Only a page that failed has one; and the log, which is asked for one.
            assert!(path.contains("/log") || !browser.text().contains("TraceID"), "{name}: {}", browser.text());
            let (bytes, hosts) = browser.weight();
            assert!(bytes <= HEAVIEST, "{name} has {bytes} bytes");
            assert!(hosts.iter().all(|one| one == host), "{name} asks {hosts:?}");
        }
    }
    demo.stop();
}
