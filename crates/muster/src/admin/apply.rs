//! `apply`: a declaration, with the secrets that it turns out to need.

use std::{collections::BTreeMap, sync::Arc};

use muster_crypto::{NoRandomness, TokenPrefix, TokenText};
use muster_engine::{
    Env, Origin,
    declare::{self, Secrets},
    describe::Described,
};
use muster_http::{HttpError, ScimDocuments};
use muster_model::{ConnectionId, connection::ClientAuthentication, ledger::Kind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AdminError, Installation};
use crate::declaration::{Connection, Declaration, to_engine};

/// What applying a file came to; the object of `apply --json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Applied {
    /// Whether this only says what would change.
    pub(crate) plan: bool,
    /// The organizations that the file states.
    pub(crate) organizations: BTreeMap<String, OrganizationAnswer>,
    /// The connections that the file states.
    pub(crate) connections: BTreeMap<String, ConnectionAnswer>,
    /// A single-use sign-in link for each account that was made, by email.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) sign_in_links: BTreeMap<String, String>,
    /// What changed, in order; of people's places no more than [`SHOWN`].
    pub(crate) changes: Vec<Change>,
    /// How many changes of people's places are left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) more: usize,
}

/// How many changes of people's places are told: a changed team of everybody's is some for each.
const SHOWN: usize = 1_000;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(more: &usize) -> bool {
    *more == 0
}

/// One organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OrganizationAnswer {
    pub(crate) id: String,
}

/// One connection: what its IdP must be told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ConnectionAnswer {
    pub(crate) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) saml: Option<SamlAnswer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) oidc: Option<OidcAnswer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scim: Option<ScimAnswer>,
}

/// For a SAML application.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SamlAnswer {
    pub(crate) entity_id: String,
    pub(crate) acs_url: String,
    pub(crate) metadata_url: String,
    pub(crate) login_url: String,
}

/// For an OIDC client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OidcAnswer {
    pub(crate) redirect_url: String,
    /// Where people come back that were signed out at the provider.
    #[serde(default)]
    pub(crate) post_logout_redirect_url: String,
    /// Where the provider says that sessions are over.
    #[serde(default)]
    pub(crate) backchannel_logout_url: String,
    /// Our public keys, where we sign to prove who we are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) jwks_url: Option<String>,
}

/// For SCIM.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ScimAnswer {
    pub(crate) base_url: String,
    /// Only when it was made by this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
}

/// One change, readable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    /// As the activity log names it.
    pub(crate) event: String,
    /// The kind of thing.
    pub(crate) kind: String,
    /// Which one.
    pub(crate) name: String,
    /// Its fields that differ.
    pub(crate) fields: Vec<FieldChange>,
}

/// One field's change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FieldChange {
    pub(crate) name: String,
    pub(crate) old: Value,
    pub(crate) new: Value,
}

impl From<Described> for Change {
    fn from(described: Described) -> Self {
        let kind = serde_json::to_value(described.kind).ok();
        Self {
            event: described.event.as_str().to_owned(),
            kind: kind.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(),
            name: described.name,
            fields: described
                .fields
                .into_iter()
                .map(|field| FieldChange { name: field.name, old: field.old, new: field.new })
                .collect(),
        }
    }
}

/// Secrets made beforehand, so that a transaction that runs again uses the same.
pub(super) struct Made {
    scim: BTreeMap<String, TokenText>,
    links: BTreeMap<String, TokenText>,
}

impl Made {
    pub(super) fn new(stated: &declare::Declaration) -> Result<Self, NoRandomness> {
        let mut made = Self { scim: BTreeMap::new(), links: BTreeMap::new() };
        for connection in stated.connections.iter().filter(|connection| connection.scim.enabled) {
            made.scim.insert(connection.name.trim().to_owned(), TokenText::generate(TokenPrefix::Scim)?);
        }
        for email in stated.organizations.iter().flat_map(|organization| &organization.owners) {
            made.links.insert(email.key(), TokenText::generate(TokenPrefix::Link)?);
        }
        Ok(made)
    }

    pub(super) fn hashes(&self) -> Secrets {
        let hashes = |texts: &BTreeMap<String, TokenText>| {
            texts.iter().map(|(name, text)| (name.clone(), text.hash())).collect()
        };
        Secrets { scim: hashes(&self.scim), links: hashes(&self.links) }
    }
}

pub(super) fn apply(
    installation: &Installation,
    declaration: &Declaration,
    prune: bool,
    plan: bool,
) -> Result<Applied, AdminError> {
    let stated = to_engine(declaration)?;
    let made = Made::new(&stated)?;
    let (secrets, surroundings) = (made.hashes(), Arc::clone(&installation.surroundings));
    let work = move |tx: &mut muster_store::Tx<'_>| {
        let mut env = Env::new(Arc::clone(&surroundings), Origin::OPERATOR);
        declare::apply(tx, &mut env, &stated, prune, &secrets, &ScimDocuments)
    };
    let store = &installation.store;
    let applied = if plan { store.rehearse_blocking(work)? } else { store.write_blocking(work)? };
    if !plan {
        keep_client_secrets(installation, declaration, &applied)?;
    }
    Ok(answer(installation, declaration, applied, &made, plan))
}

/// Seals the client secrets that a declaration states. They are sealed for their connections, which are there only now.
fn keep_client_secrets(
    installation: &Installation,
    declaration: &Declaration,
    applied: &declare::Applied,
) -> Result<(), AdminError> {
    let stated = |connection: &Connection| {
        let secret = connection.oidc.as_ref()?.client_secret.as_ref()?.secret();
        Some((*applied.connections.get(connection.name.trim())?, secret))
    };
    let stated: Vec<_> = declaration.connections.iter().filter_map(stated).collect();
    if stated.is_empty() {
        return Ok(());
    }
    installation.with_app(async |app| {
        for (id, secret) in &stated {
            app.keep_client_secret(*id, secret).await?;
        }
        Ok::<_, HttpError>(())
    })??;
    Ok(())
}

/// What applying came to, with the secrets that it turned out to need.
pub(super) fn answer(
    installation: &Installation,
    declaration: &Declaration,
    applied: declare::Applied,
    made: &Made,
    plan: bool,
) -> Applied {
    // A plan's secrets open nothing.
    let shown = |text: &TokenText| (!plan).then(|| text.expose().to_owned());
    let base_url = &installation.base_url;
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
    let (changes, more) = told(applied.changes);
    Applied {
        plan,
        organizations: applied
            .organizations
            .iter()
            .map(|(name, id)| (name.clone(), OrganizationAnswer { id: id.to_string() }))
            .collect(),
        connections: declaration.connections.iter().filter_map(connection).collect(),
        sign_in_links: applied.links.keys().filter_map(link).collect(),
        changes,
        more,
    }
}

/// Changes as they are told, and how many are left out.
fn told(changes: Vec<Described>) -> (Vec<Change>, usize) {
    let (mut told, mut people, mut more) = (Vec::new(), 0, 0);
    for change in changes {
        if matches!(change.kind, Kind::Account | Kind::Membership | Kind::Grant | Kind::DirectoryUser) {
            people += 1;
            if people > SHOWN {
                more += 1;
                continue;
            }
        }
        told.push(change.into());
    }
    (told, more)
}

fn connection_answer(base_url: &str, id: ConnectionId, stated: &Connection, token: Option<String>) -> ConnectionAnswer {
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
        let (told, more) = told(changes);
        assert_eq!((told.len(), more), (1_001, 500));
        assert_eq!(told.last().map(|last| last.kind.as_str()), Some("team"), "settings come however late");
    }
}
