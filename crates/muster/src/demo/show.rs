//! What the demonstration prints.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use muster_simulator::Report;
use serde::Serialize;

use super::{
    OWNER, scim,
    sign_in::{OIDC, SAML, SignIn},
};
use crate::{
    admin::{Applied, Explanation},
    output::{self, OutputError, table},
};

/// The object of `demo --json`: that of `apply --json`, and where everything is.
#[derive(Serialize)]
struct Demonstration<'a> {
    #[serde(flatten)]
    applied: &'a Applied,
    base_url: &'a str,
    sign_in_url: String,
    console_url: String,
    idp_url: &'a str,
    people: Vec<Person<'a>>,
    owner: Owner<'a>,
}

/// Somebody who can be picked at the IdP.
#[derive(Serialize)]
struct Person<'a> {
    email: &'a str,
    full_name: String,
}

/// Who owns the organizations.
#[derive(Serialize)]
struct Owner<'a> {
    email: &'a str,
    sign_in_link: Option<&'a String>,
}

/// One line for programs.
pub(super) fn json(applied: &Applied, base_url: &str, sign_in: &SignIn) -> Result<(), OutputError> {
    let owner = Owner { email: OWNER, sign_in_link: applied.sign_in_links.get(OWNER) };
    let people = sign_in.people().iter().map(|person| Person { email: &person.email, full_name: person.full_name() });
    output::json(&Demonstration {
        applied,
        base_url,
        sign_in_url: sign_in_url(base_url),
        console_url: console_url(base_url),
        idp_url: sign_in.url(),
        people: people.collect(),
        owner,
    })
}

fn console_url(base_url: &str) -> String {
    format!("{base_url}/console")
}

fn sign_in_url(base_url: &str) -> String {
    format!("{base_url}/signin")
}

/// A page for people.
pub(super) fn text(
    applied: &Applied,
    base_url: &str,
    sign_in: &SignIn,
    folder: &Path,
    reports: &BTreeMap<&str, Report>,
    people: &[Explanation],
) -> Result<(), OutputError> {
    let mut text = String::from(
        "Organizations moby and whale, domain example.com, and two connections with SCIM enabled. Each has just been\n\
         provisioned by a simulated identity provider, with the requests that the real one sends:\n\n",
    );
    for (connection, report) in reports {
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "  {connection}: {} sent {} requests, {} answered as due",
            report.idp.title(),
            report.passed() + report.failed(),
            report.passed()
        );
        if report.failed() > 0 {
            let _ = writeln!(text, "{report}");
        }
    }
    let _ = write!(text, "\n{}\n", who_is_where(people));
    let _ = write!(text, "\n{}\n", people_to_be(base_url, sign_in));
    if let Some(link) = applied.sign_in_links.get(OWNER) {
        let _ = write!(text, "\nThe owner, {OWNER}, signs in by this link, once, and sets a password:\n{link}\n");
        let _ = write!(text, "\nWhat owners see and do is at {}\n", console_url(base_url));
    }
    let _ = write!(text, "\nMuster is at {base_url}\n\n{}\n", access(applied));
    let _ = write!(text, "\n{}\n{}\n", things_to_try(applied, folder, people), products(applied));
    text.push_str("Everything is temporary; Ctrl-C ends it.");
    output::line(&text)
}

/// A row for each membership: teams, role and reasons.
fn who_is_where(people: &[Explanation]) -> String {
    let mut list = table(["who", "organization", "role", "teams", "state", "because"]);
    for person in people {
        let account = &person.account;
        let who = if account.full_name.is_empty() { &account.email } else { &account.full_name };
        if person.memberships.is_empty() {
            list.add_row([who.as_str(), "", "", "", "no membership", ""]);
        }
        for (number, membership) in person.memberships.iter().enumerate() {
            let awake = membership.grants.iter().filter(|grant| !grant.asleep);
            let mut teams: Vec<&str> = awake.clone().filter_map(|grant| grant.team.as_deref()).collect();
            teams.sort_unstable();
            teams.dedup();
            let mut reasons: Vec<String> = awake
                .map(|grant| match &grant.connection {
                    Some(connection) => format!("{connection}: {} ({})", grant.origin, grant.rule),
                    None => format!("{} ({})", grant.source, grant.rule),
                })
                .collect();
            reasons.dedup();
            reasons.extend(membership.ended_by.as_ref().map(|connection| {
                format!("{connection} deactivated the person; role and teams are remembered (SCIM-5)")
            }));
            list.add_row([
                if number == 0 { who.as_str() } else { "" },
                &membership.organization,
                &membership.role,
                &teams.join(", "),
                &membership.state,
                &reasons.join("\n"),
            ]);
        }
    }
    list.to_string()
}

/// Where to sign in, and as whom.
fn people_to_be(base_url: &str, sign_in: &SignIn) -> String {
    let mut list = table(["who", "email", "groups"]);
    for person in sign_in.people() {
        let groups = person.groups.as_deref().unwrap_or_default().join(", ");
        list.add_row([&person.full_name(), &person.email, &groups]);
    }
    format!(
        "Sign in at {}\nType one of these addresses, then choose {SAML} (SAML) or {OIDC} (OpenID Connect). Both lead to a \
         simulated\nidentity provider ({}), where you can be anybody, edit what it says of them, and\n\
         break its answer:\n\n{list}",
        sign_in_url(base_url),
        sign_in.url(),
    )
}

/// Where SCIM is, and with which token.
fn access(applied: &Applied) -> String {
    let mut list = table(["connection", "SCIM base URL", "token"]);
    for name in applied.connections.keys() {
        if let Some((base_url, token)) = scim(applied, name) {
            list.add_row([name.as_str(), base_url, token]);
        }
    }
    list.to_string()
}

/// The products of `examples/` that know this server.
fn products(applied: &Applied) -> String {
    let mut text = String::from("Two products whose people come from here (examples/), in another terminal:\n\n");
    for (name, client) in &applied.clients {
        let (issuer, id) = (&client.issuer, &client.client_id);
        let _ = match &client.client_secret {
            Some(secret) => writeln!(
                text,
                "{name}:\ncargo run -p muster-example-web -- --issuer {issuer} --client-id {id} --client-secret {secret}\n"
            ),
            None => {
                writeln!(text, "{name}:\ncargo run -p muster-example-cli -- --issuer {issuer} --client-id {id} login\n")
            }
        };
    }
    text
}

/// Three things to try, ready to paste.
fn things_to_try(applied: &Applied, folder: &Path, people: &[Explanation]) -> String {
    let Some((base_url, token)) = scim(applied, "okta") else { return String::new() };
    let muster = std::env::args().next().unwrap_or_else(|| "muster".to_owned());
    let folder = folder.display();
    let known = people.iter().find_map(|person| {
        let user = person.directory_users.iter().find(|user| user.connection == "okta" && user.active)?;
        Some((person, user))
    });
    let mut text = String::from("Three things to try:\n");
    let authorization = format!("-H 'Authorization: Bearer {token}'");
    let json = "-H 'Content-Type: application/scim+json'";
    let _ = write!(
        text,
        "\n1. Push a new person into a team, and ask why they are there:\n\n\
         curl -s {base_url}/Users {authorization} {json} \\\n  -d '{{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\",\
         \"urn:ietf:params:scim:schemas:extension:docker:2.0:User\"],\"userName\":\"new@example.com\",\
         \"name\":{{\"givenName\":\"New\",\"familyName\":\"Person\"}},\"urn:ietf:params:scim:schemas:extension:docker:2.0:User\":\
         {{\"dockerOrg\":\"whale\",\"dockerTeam\":\"pilots\",\"dockerRole\":\"editor\"}}}}'\n\
         {muster} explain new@example.com --data-dir {folder}\n"
    );
    if let Some((person, user)) = known {
        let email = &person.account.email;
        let _ = write!(
            text,
            "\n2. Deactivate {email} as the IdP does, and see what is withdrawn and remembered:\n\n\
             curl -s -X PATCH {base_url}/Users/{} {authorization} {json} \\\n  -d '{{\"schemas\":\
             [\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[{{\"op\":\"replace\",\"value\":\
             {{\"active\":false}}}}]}}'\n{muster} explain {email} --data-dir {folder}\n",
            user.id
        );
    }
    let _ = write!(
        text,
        "\n3. Take the configuration out, change it, and see what would follow:\n\n\
         {muster} export --data-dir {folder} > muster.toml\n\
         {muster} apply muster.toml --plan --data-dir {folder}\n"
    );
    text
}
