//! A declaration applied, with the secrets that it turns out to need.

use std::{collections::BTreeMap, sync::Arc};

use muster_crypto::{NoRandomness, TokenPrefix, TokenText};
use muster_engine::{
    declare::{self, Secrets},
    describe::Described,
};
use muster_model::{ConnectionId, WebhookId, connection::ClientAuthentication, ledger::Kind};
use muster_store::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    AdministrationError, Administrator,
    administrator::Behalf,
    change::Change,
    declaration::{Connection, Declaration, to_engine},
};

/// What applying a file came to; the object of `apply --json`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Applied {
    /// Whether this only says what would change.
    pub plan: bool,
    /// The organizations that the file states.
    pub organizations: BTreeMap<String, OrganizationAnswer>,
    /// The connections that the file states.
    pub connections: BTreeMap<String, ConnectionAnswer>,
    /// The products that the file states.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub clients: BTreeMap<String, ClientAnswer>,
    /// The webhooks that the file states: `ORGANIZATION/NAME`, or the name of one of the installation.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub webhooks: BTreeMap<String, WebhookAnswer>,
    /// A single-use sign-in link for each account that was made, by email.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sign_in_links: BTreeMap<String, String>,
    /// What changed, in order; of people's places no more than a thousand.
    pub changes: Vec<Change>,
    /// How many changes of people's places are left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: usize,
}

/// How many changes of people's places the operator is told: a changed team of everybody's is some for each. Others are told
/// of people by plans, each as far as they may know (TEN-3).
const SHOWN: usize = 1_000;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(more: &usize) -> bool {
    *more == 0
}

/// One organization.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OrganizationAnswer {
    /// Stable.
    #[schema(format = Uuid)]
    pub id: String,
}

/// One connection: what its IdP must be told.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ConnectionAnswer {
    /// Stable.
    #[schema(format = Uuid)]
    pub id: String,
    /// For a SAML application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saml: Option<SamlAnswer>,
    /// For an OIDC client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc: Option<OidcAnswer>,
    /// For SCIM, where that is enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scim: Option<ScimAnswer>,
}

/// One product: what it must be told.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ClientAnswer {
    /// Its `client_id`.
    #[schema(format = Uuid)]
    pub client_id: String,
    /// Its secret, only when it was made by this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// Us: where its library finds everything else.
    pub issuer: String,
}

/// One webhook: what its web server must be told.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookAnswer {
    /// Stable.
    #[schema(format = Uuid)]
    pub id: String,
    /// What signs its messages, only when it was made by this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// For a SAML application.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SamlAnswer {
    /// Our entity id; also called audience.
    pub entity_id: String,
    /// Where answers are posted.
    pub acs_url: String,
    /// Our metadata.
    pub metadata_url: String,
    /// Where signing in can be begun.
    pub login_url: String,
}

/// For an OIDC client.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OidcAnswer {
    /// Where people come back to.
    pub redirect_url: String,
    /// Where people come back that were signed out at the provider.
    #[serde(default)]
    pub post_logout_redirect_url: String,
    /// Where the provider says that sessions are over.
    #[serde(default)]
    pub backchannel_logout_url: String,
    /// Our public keys, where we sign to prove who we are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
}

/// For SCIM.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ScimAnswer {
    /// Where the IdP sends its requests.
    pub base_url: String,
    /// Only when it was made by this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Secrets made beforehand, so that a transaction that runs again uses the same.
pub(crate) struct Made {
    scim: BTreeMap<String, TokenText>,
    links: BTreeMap<String, TokenText>,
    clients: BTreeMap<String, TokenText>,
}

impl Made {
    pub(crate) fn new(stated: &declare::Declaration) -> Result<Self, NoRandomness> {
        let mut made = Self { scim: BTreeMap::new(), links: BTreeMap::new(), clients: BTreeMap::new() };
        for connection in stated.connections.iter().filter(|connection| connection.scim.enabled) {
            made.scim.insert(connection.name.trim().to_owned(), TokenText::generate(TokenPrefix::Scim)?);
        }
        let owners = stated.organizations.iter().flat_map(|organization| &organization.owners);
        for email in owners.chain(stated.companies.iter().flat_map(|company| &company.owners)) {
            made.links.insert(email.key(), TokenText::generate(TokenPrefix::Link)?);
        }
        for client in stated.clients.iter().filter(|client| client.settings.confidential) {
            made.clients.insert(client.name.clone(), TokenText::generate(TokenPrefix::Client)?);
        }
        Ok(made)
    }

    pub(crate) fn hashes(&self) -> Secrets {
        let hashes = |texts: &BTreeMap<String, TokenText>| {
            texts.iter().map(|(name, text)| (name.clone(), text.hash())).collect()
        };
        Secrets { scim: hashes(&self.scim), links: hashes(&self.links), clients: hashes(&self.clients) }
    }
}

impl Administrator {
    /// Makes the database say what a declaration says, or finds out what that would change. [`Unsealed`] is left for the caller.
    ///
    /// # Errors
    ///
    /// Refused with the key and the value to change; the store's.
    pub fn apply(
        &self,
        base_url: &str,
        declaration: &Declaration,
        prune: bool,
        plan: bool,
    ) -> Result<(Applied, Unsealed), AdministrationError> {
        let stated = to_engine(declaration, self.seconds())?;
        let made = Made::new(&stated)?;
        let (secrets, fresh, behalf, documents) =
            (made.hashes(), self.fresh(None), self.behalf, Arc::clone(&self.documents));
        let work = move |tx: &mut Tx<'_>| {
            let mut env = fresh();
            behalf.may_declare(tx, env.now(), &stated)?;
            if prune {
                behalf.may_prune(tx, env.now())?;
            }
            Ok::<_, AdministrationError>(declare::apply(tx, &mut env, &stated, prune, &secrets, documents.as_ref())?)
        };
        let applied = if plan { self.store.rehearse_blocking(work)? } else { self.store.write_blocking(work)? };
        let unsealed = Unsealed {
            secrets: client_secrets(declaration, &applied.connections),
            webhooks: applied.webhooks.iter().filter(|(_, id)| applied.new_webhooks.contains(id)).map(owned).collect(),
        };
        Ok((answer(base_url, declaration, applied, &made, plan, self.behalf), unsealed))
    }
}

/// Secrets that are for the caller to seal, for what is there only afterwards.
#[derive(Debug, Clone, Default)]
pub struct Unsealed {
    /// The client secrets that the declaration states, with the connections that they are for.
    pub secrets: Vec<(ConnectionId, muster_crypto::Secret)>,
    /// The webhooks that were made, and have no secret yet.
    pub webhooks: BTreeMap<String, WebhookId>,
}

fn owned((key, id): (&String, &WebhookId)) -> (String, WebhookId) {
    (key.clone(), *id)
}

/// The client secrets that a declaration states, with the connections that they are for.
fn client_secrets(
    declaration: &Declaration,
    connections: &BTreeMap<String, ConnectionId>,
) -> Vec<(ConnectionId, muster_crypto::Secret)> {
    let stated = |connection: &Connection| {
        let secret = connection.oidc.as_ref()?.client_secret.as_ref()?.secret();
        Some((*connections.get(connection.name.trim())?, secret))
    };
    declaration.connections.iter().filter_map(stated).collect()
}

/// What applying came to, with the secrets that it turned out to need.
pub(crate) fn answer(
    base_url: &str,
    declaration: &Declaration,
    applied: declare::Applied,
    made: &Made,
    plan: bool,
    behalf: Behalf,
) -> Applied {
    // A plan's secrets open nothing.
    let shown = |text: &TokenText| (!plan).then(|| text.expose().to_owned());
    let connection = |stated: &Connection| {
        let name = stated.name.trim();
        let token = applied.tokens.get(name).and_then(|_| made.scim.get(name)).and_then(shown);
        let id = *applied.connections.get(name)?;
        Some((name.to_owned(), connection_answer(base_url, id, stated, token)))
    };
    let link = |email: &String| {
        let text = made.links.get(email).and_then(shown)?;
        Some((email.clone(), format!("{base_url}/signin/link?token={text}")))
    };
    let client = |(name, id): (&String, &muster_model::ClientId)| {
        let secret = applied.client_secrets.get(name).and_then(|_| made.clients.get(name)).and_then(shown);
        let answer = ClientAnswer { client_id: id.to_string(), client_secret: secret, issuer: base_url.to_owned() };
        (name.clone(), answer)
    };
    let clients = applied.clients.iter().map(client).collect();
    let webhooks = applied.webhooks.iter();
    let webhooks =
        webhooks.map(|(key, id)| (key.clone(), WebhookAnswer { id: id.to_string(), secret: None })).collect();
    let (changes, more) = told(applied.changes, if behalf.sees_all() { SHOWN } else { 0 });
    Applied {
        plan,
        organizations: applied
            .organizations
            .iter()
            .map(|(name, id)| (name.clone(), OrganizationAnswer { id: id.to_string() }))
            .collect(),
        connections: declaration.connections.iter().filter_map(connection).collect(),
        clients,
        webhooks,
        sign_in_links: applied.links.keys().filter_map(link).collect(),
        changes,
        more,
    }
}

/// Changes of settings, and how many of people's places there are besides.
#[must_use]
pub fn settings_told(changes: Vec<Described>) -> (Vec<Change>, usize) {
    told(changes, 0)
}

/// Changes as they are told, with so many of people's places at most, and how many are left out.
fn told(changes: Vec<Described>, shown: usize) -> (Vec<Change>, usize) {
    let (mut told, mut people, mut more) = (Vec::new(), 0, 0);
    for change in changes {
        if matches!(change.kind, Kind::Account | Kind::Membership | Kind::Grant | Kind::DirectoryUser) {
            people += 1;
            if people > shown {
                more += 1;
                continue;
            }
        }
        told.push(change.into());
    }
    (told, more)
}

/// What the IdP of a connection must be told.
#[must_use]
pub fn connection_answer(
    base_url: &str,
    id: ConnectionId,
    stated: &Connection,
    token: Option<String>,
) -> ConnectionAnswer {
    let saml = format!("{base_url}/sso/saml/{id}");
    ConnectionAnswer {
        id: id.to_string(),
        saml: stated.saml.as_ref().map(|_| SamlAnswer {
            entity_id: format!("{saml}/metadata"),
            acs_url: format!("{saml}/acs"),
            metadata_url: format!("{saml}/metadata"),
            login_url: format!("{saml}/login"),
        }),
        oidc: stated.oidc.as_ref().map(|oidc| OidcAnswer {
            redirect_url: format!("{base_url}/sso/oidc/callback"),
            post_logout_redirect_url: format!("{base_url}/sso/oidc/signed-out"),
            backchannel_logout_url: format!("{base_url}/sso/oidc/{id}/backchannel-logout"),
            jwks_url: (oidc.authentication == ClientAuthentication::PrivateKeyJwt)
                .then(|| format!("{base_url}/sso/oidc/{id}/jwks")),
        }),
        scim: stated.scim.enabled.then(|| ScimAnswer { base_url: format!("{base_url}/scim/v2"), token }),
    }
}

#[cfg(test)]
mod tests {
    use muster_model::ledger::Event;

    use super::*;

    #[test]
    fn mig_2_of_people_a_thousand_changes_are_told_and_of_settings_all() {
        let change = |kind| Described { event: Event::GrantGiven, kind, name: "x".into(), fields: Vec::new() };
        let mut changes: Vec<_> = std::iter::repeat_n(Kind::Grant, 1_500).map(change).collect();
        changes.push(change(Kind::Team));
        let (told, more) = told(changes.clone(), SHOWN);
        assert_eq!((told.len(), more), (1_001, 500));
        assert_eq!(told.last().map(|last| last.kind.as_str()), Some("team"), "settings come however late");
        assert_eq!(super::told(changes, 0).0.len(), 1);
    }
}
