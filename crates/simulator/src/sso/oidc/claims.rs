//! What tokens and userinfo say of a person.

use serde_json::{Map, Value, json};

use crate::sso::{Fault, Flavour, IdentityProvider, Profile};

/// The tenant that Entra's tokens name.
const TENANT: &str = "5f1b7f5e-0000-4000-8000-000000000001";

/// The claims of a person (OpenID Connect Core 1.0 §5.1), with those of SSO-4 by their short names.
pub(crate) fn user_claims(
    provider: &IdentityProvider,
    profile: &Profile,
    flavour: Flavour,
    fault: Option<Fault>,
) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut state = |name: &str, value: &str| {
        if !value.is_empty() {
            claims.insert(name.to_owned(), value.into());
        }
    };
    state("sub", &profile.subject);
    state("name", &profile.full_name());
    state("given_name", &profile.given_name);
    state("family_name", &profile.family_name);
    state("dockerOrg", &profile.organization);
    state("dockerTeam", &profile.team);
    state("dockerRole", &profile.role);
    state("dockerSessionMinutes", &profile.session_minutes);
    if fault != Some(Fault::MissingEmail) {
        state("email", &profile.email);
        state("preferred_username", &profile.email);
        if flavour != Flavour::Entra {
            claims.insert("email_verified".to_owned(), (fault != Some(Fault::UnverifiedEmail)).into());
        }
    }
    match flavour {
        Flavour::Entra => {
            claims.insert("tid".to_owned(), TENANT.into());
            claims.insert("oid".to_owned(), profile.subject.as_str().into());
        }
        Flavour::Google => {
            let domain = profile.email.rsplit_once('@').map_or("", |(_, domain)| domain);
            claims.insert("hd".to_owned(), domain.into());
        }
        Flavour::Okta | Flavour::Keycloak => {}
    }
    match (fault, &profile.groups) {
        // As Entra ID says that there are too many (OpenID Connect Core 1.0 §5.6.2). Whoever follows the link finds nothing.
        (Some(Fault::Overage), _) => {
            let endpoint = provider.at(&format!("/groups/{}", profile.subject));
            claims.insert("_claim_names".to_owned(), json!({ "groups": "src1" }));
            claims.insert("_claim_sources".to_owned(), json!({ "src1": { "endpoint": endpoint } }));
        }
        (Some(Fault::MalformedGroups), _) => {
            claims.insert("groups".to_owned(), json!(["Everyone", "moby developers"]));
        }
        (_, Some(groups)) => {
            claims.insert("groups".to_owned(), json!(groups));
        }
        (_, None) => {}
    }
    claims
}
