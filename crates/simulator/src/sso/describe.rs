//! What the identity provider tells of itself to whoever sets an application up.

use serde::Serialize;

use super::IdentityProvider;

/// Where everything is.
#[derive(Debug, Clone, Serialize)]
pub struct Description {
    /// Its pages.
    pub url: String,
    /// SAML.
    pub saml: SamlDescription,
    /// OpenID Connect.
    pub oidc: OidcDescription,
    /// Who can be picked.
    pub people: Vec<PersonDescription>,
}

/// What a service provider needs to know.
#[derive(Debug, Clone, Serialize)]
pub struct SamlDescription {
    /// The entity ID.
    pub entity_id: String,
    /// Where the metadata is.
    pub metadata_url: String,
    /// Where requests are taken.
    pub sso_url: String,
    /// The applications that are answered, by their entity IDs.
    pub applications: Vec<String>,
}

/// What a client needs to know.
#[derive(Debug, Clone, Serialize)]
pub struct OidcDescription {
    /// The issuer.
    pub issuer: String,
    /// Where the configuration is.
    pub discovery_url: String,
    /// The clients that are answered.
    pub clients: Vec<ClientDescription>,
}

/// A client and its secret, which is a secret of nothing.
#[derive(Debug, Clone, Serialize)]
pub struct ClientDescription {
    /// The client ID.
    pub client_id: String,
    /// The client secret.
    pub client_secret: Option<String>,
    /// Where codes are sent.
    pub redirect_uris: Vec<String>,
}

/// A person who can be picked.
#[derive(Debug, Clone, Serialize)]
pub struct PersonDescription {
    /// The address.
    pub email: String,
    /// The full name.
    pub name: String,
    /// The groups.
    pub groups: Vec<String>,
}

impl IdentityProvider {
    /// Where everything is, and who can be picked.
    #[must_use]
    pub fn describe(&self) -> Description {
        let clients = self.oidc_applications().into_iter().map(|client| ClientDescription {
            client_id: client.client_id,
            client_secret: client.client_secret,
            redirect_uris: client.redirect_uris,
        });
        let people = self.people().iter().map(|person| PersonDescription {
            email: person.email.clone(),
            name: person.full_name(),
            groups: person.groups.clone().unwrap_or_default(),
        });
        Description {
            url: self.base_url().to_owned(),
            saml: SamlDescription {
                entity_id: self.entity_id(),
                metadata_url: self.entity_id(),
                sso_url: self.at(super::saml::SIGN_IN_PATH),
                applications: self.saml_applications().into_iter().map(|known| known.entity_id).collect(),
            },
            oidc: OidcDescription {
                issuer: self.issuer().to_owned(),
                discovery_url: self.discovery_url(),
                clients: clients.collect(),
            },
            people: people.collect(),
        }
    }
}
