//! What `muster simulate saml` prints.

use muster_simulator::sso::Description;

use crate::output::table;

/// Where everything is, and who can be picked.
pub(super) fn text(description: &Description) -> String {
    let mut places = table(["", ""]);
    places.add_row(["pages", &description.url]);
    if !description.saml.applications.is_empty() {
        places.add_row(["SAML metadata and entity ID", &description.saml.metadata_url]);
        places.add_row(["SAML sign-in URL", &description.saml.sso_url]);
    }
    for application in &description.saml.applications {
        places.add_row(["answers", application]);
    }
    if !description.oidc.clients.is_empty() {
        places.add_row(["OpenID issuer", &description.oidc.issuer]);
    }
    for client in &description.oidc.clients {
        places.add_row(["client ID", &client.client_id]);
        places.add_row(["client secret", client.client_secret.as_deref().unwrap_or_default()]);
        places.add_row(["answers", &client.redirect_uris.join("\n")]);
    }
    let mut people = table(["who", "email", "groups"]);
    for person in &description.people {
        people.add_row([&person.name, &person.email, &person.groups.join(", ")]);
    }
    format!(
        "A simulated identity provider, for trying only: it checks no password.\n\n{places}\n\n{people}\n\nCtrl-C ends it."
    )
}
