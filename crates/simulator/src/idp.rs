//! The identity providers that can be played.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use crate::directory::{Directory, Person};
use crate::intent::Intent;
use crate::sequences::{entra, google, jumpcloud, okta, onelogin, ping};
use crate::step::Step;

/// An identity provider, or one of the ways in which it talks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Idp {
    /// Okta, an application of its catalog.
    Okta,
    /// Okta, an application made with its App Integration Wizard.
    OktaWizard,
    /// Microsoft Entra ID, as it talks by default.
    Entra,
    /// Microsoft Entra ID with `aadOptscim062020` in the tenant URL.
    EntraCompliant,
    /// OneLogin.
    OneLogin,
    /// JumpCloud.
    JumpCloud,
    /// Google Workspace.
    Google,
    /// PingFederate and PingOne.
    Ping,
}

/// How much of an IdP is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Length {
    /// Connecting, provisioning people and groups, one change and one deactivation: the directory stays.
    Short,
    /// Everything the IdP is known to send, deletions included.
    Full,
}

impl Idp {
    /// All of them.
    pub const ALL: [Idp; 8] = [
        Idp::Okta,
        Idp::OktaWizard,
        Idp::Entra,
        Idp::EntraCompliant,
        Idp::OneLogin,
        Idp::JumpCloud,
        Idp::Google,
        Idp::Ping,
    ];

    /// The name for command lines and file names.
    pub fn slug(self) -> &'static str {
        match self {
            Idp::Okta => "okta",
            Idp::OktaWizard => "okta-wizard",
            Idp::Entra => "entra",
            Idp::EntraCompliant => "entra-compliant",
            Idp::OneLogin => "onelogin",
            Idp::JumpCloud => "jumpcloud",
            Idp::Google => "google",
            Idp::Ping => "ping",
        }
    }

    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Idp::Okta => "Okta",
            Idp::OktaWizard => "Okta (App Integration Wizard)",
            Idp::Entra => "Microsoft Entra ID",
            Idp::EntraCompliant => "Microsoft Entra ID (aadOptscim062020)",
            Idp::OneLogin => "OneLogin",
            Idp::JumpCloud => "JumpCloud",
            Idp::Google => "Google Workspace",
            Idp::Ping => "Ping Identity",
        }
    }

    /// What it sends to provision a directory.
    pub fn requests(self, directory: &Directory, length: Length) -> Vec<Step> {
        match self {
            Idp::Okta => okta::requests(directory, okta::Application::Catalog, length),
            Idp::OktaWizard => okta::requests(directory, okta::Application::Wizard, length),
            Idp::Entra => entra::requests(directory, entra::Dialect::Default, length),
            Idp::EntraCompliant => entra::requests(directory, entra::Dialect::Compliant, length),
            Idp::OneLogin => onelogin::requests(directory, length),
            Idp::JumpCloud => jumpcloud::requests(directory, length),
            Idp::Google => google::requests(directory, length),
            Idp::Ping => ping::requests(directory, length),
        }
    }

    /// What it sends to say that one thing has changed; nothing if it never says such a thing.
    pub fn steps(self, intent: Intent<'_>) -> Vec<Step> {
        match self {
            Idp::Okta => okta::steps(intent, okta::Application::Catalog),
            Idp::OktaWizard => okta::steps(intent, okta::Application::Wizard),
            Idp::Entra => entra::steps(intent, entra::Dialect::Default),
            Idp::EntraCompliant => entra::steps(intent, entra::Dialect::Compliant),
            Idp::OneLogin => onelogin::steps(intent),
            Idp::JumpCloud => jumpcloud::steps(intent),
            Idp::Google => google::steps(intent),
            Idp::Ping => ping::steps(intent),
        }
    }

    /// The profile that it sends for a new person: what a service provider must then hold.
    pub fn profile(self, person: &Person) -> Value {
        match self {
            Idp::Okta | Idp::OktaWizard => okta::new_user(person),
            Idp::Entra | Idp::EntraCompliant => entra::new_user(person),
            Idp::OneLogin => onelogin::user(person, true),
            Idp::JumpCloud => jumpcloud::user(person, true),
            Idp::Google => google::user(person),
            Idp::Ping => ping::user(person, true),
        }
    }

    /// Whether it pushes groups at all.
    pub fn pushes_groups(self) -> bool {
        self != Idp::Google
    }

    /// Whether it writes a group with all its members whenever one changes.
    pub fn writes_whole_groups(self) -> bool {
        self == Idp::OktaWizard
    }

    /// How many members one request adds at most.
    pub fn members_at_once(self) -> usize {
        match self {
            Idp::OneLogin => 1,
            Idp::Entra | Idp::EntraCompliant => 100,
            Idp::Okta | Idp::OktaWizard | Idp::JumpCloud | Idp::Google | Idp::Ping => 1_000,
        }
    }

    /// Whether it ever deletes a user, rather than deactivating alone.
    pub fn deletes_users(self) -> bool {
        !matches!(self, Idp::Okta | Idp::OktaWizard)
    }

    /// The headers it sends, besides the token; `with_body` if there is one. Names in lower case.
    pub fn headers(self, with_body: bool) -> Vec<(&'static str, String)> {
        let (agent, accept, content_type) = match self {
            Idp::Okta | Idp::OktaWizard => {
                ("Okta SCIM Client 1.0.0", "application/scim+json", "application/scim+json; charset=utf-8")
            }
            // Neither Entra nor OneLogin names itself.
            Idp::Entra | Idp::EntraCompliant => ("", "application/scim+json", "application/scim+json; charset=utf-8"),
            Idp::OneLogin => ("", "application/json", "application/json"),
            Idp::JumpCloud | Idp::Google | Idp::Ping => ("", "application/scim+json", "application/scim+json"),
        };
        let mut headers = Vec::with_capacity(3);
        if !agent.is_empty() {
            headers.push(("user-agent", agent.to_owned()));
        }
        headers.push(("accept", accept.to_owned()));
        if with_body {
            headers.push(("content-type", content_type.to_owned()));
        }
        headers
    }
}

impl fmt::Display for Idp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.slug())
    }
}

/// There is no such IdP to play.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is none of okta, okta-wizard, entra, entra-compliant, onelogin, jumpcloud, google, ping")]
pub struct UnknownIdp(pub String);

impl FromStr for Idp {
    type Err = UnknownIdp;

    fn from_str(slug: &str) -> Result<Idp, UnknownIdp> {
        // The name that older guides use for the default dialect.
        if slug == "entra-legacy" {
            return Ok(Idp::Entra);
        }
        Idp::ALL.into_iter().find(|idp| idp.slug() == slug).ok_or_else(|| UnknownIdp(slug.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_idp_is_found_by_its_name() {
        for idp in Idp::ALL {
            assert_eq!(idp.slug().parse(), Ok(idp));
        }
        let error = "adfs".parse::<Idp>().unwrap_err().to_string();
        assert!(Idp::ALL.iter().all(|idp| error.contains(idp.slug())), "{error}");
    }
}
