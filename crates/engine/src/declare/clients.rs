//! Products that sign people in here (interfaces §3).

use std::collections::BTreeSet;

use muster_model::{Client, ClientId, client::ClientSettings, session::ClientKind};

use super::{Work, quoted, refuse, refused_at};
use crate::{
    EngineError,
    openid::clients::{self, Stated},
};

impl Work<'_, '_> {
    pub(super) fn clients(&mut self, prune: bool) -> Result<(), EngineError> {
        let mut named = BTreeSet::new();
        for stated in &self.declaration.clients {
            let client = self.client(stated)?;
            named.insert(client.id);
            self.applied.clients.insert(stated.name.clone(), client.id);
        }
        if prune { self.prune_clients(&named) } else { Ok(()) }
    }

    fn client(&mut self, stated: &super::Client) -> Result<Client, EngineError> {
        let place = format!("client `{}`", stated.name);
        let name = stated.organization.as_deref();
        let organization =
            self.whose(&place, name, "applications that serve everybody: say whose members it is for")?;
        let wanted = Stated { name: stated.name.clone(), kind: stated.kind, settings: stated.settings.clone() };
        let at = refused_at(&place);
        match self.tx.client_by_name(&stated.name)? {
            // Names are the installation's: whose another one is, is not told (TEN-3).
            Some(known) if known.organization != organization => {
                Err(refuse(&place, "name", quoted(&stated.name), "it is another holder's: choose another name"))
            }
            Some(known) => clients::update(self.tx, self.env, &known, wanted).map_err(at),
            None => {
                let secret = self.secrets.clients.get(&stated.name);
                let made = clients::create(self.tx, self.env, organization, wanted, secret).map_err(at)?;
                if made.settings.confidential {
                    self.applied.client_secrets.insert(stated.name.clone(), made.id);
                }
                Ok(made)
            }
        }
    }

    fn prune_clients(&mut self, named: &BTreeSet<ClientId>) -> Result<(), EngineError> {
        for holder in self.held()? {
            for client in self.tx.clients(holder)? {
                if !named.contains(&client.id) {
                    clients::remove(self.tx, self.env, &client)?;
                }
            }
        }
        Ok(())
    }
}

/// A product, as a declaration states it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Statement {
    /// Unique.
    pub name: String,
    /// The organization whose members alone it serves; everybody without, which takes the operator.
    pub organization: Option<String>,
    /// What kind of sessions people have there.
    pub kind: ClientKind,
    /// What it may do.
    pub settings: ClientSettings,
}
