//! Web servers that are sent what happens (interfaces §3).

use std::collections::BTreeSet;

use muster_model::WebhookId;

use super::{Work, refused_at};
use crate::{
    EngineError,
    webhooks::settings::{self, Stated},
};

impl Work<'_, '_> {
    pub(super) fn webhooks(&mut self, prune: bool) -> Result<(), EngineError> {
        let mut named = BTreeSet::new();
        for stated in &self.declaration.webhooks {
            named.insert(self.webhook(stated)?);
        }
        if prune { self.prune_webhooks(&named) } else { Ok(()) }
    }

    fn webhook(&mut self, stated: &Statement) -> Result<WebhookId, EngineError> {
        let place = format!("webhook `{}`", stated.name);
        let name = stated.organization.as_deref();
        let organization = self.whose(&place, name, "where everybody's events are sent: say whose they are")?;
        let wanted = Stated { name: stated.name.clone(), url: stated.url.clone(), events: stated.events.clone() };
        let at = refused_at(&place);
        let known = self.tx.webhooks(organization)?.into_iter().find(|known| known.name == stated.name);
        let id = match known {
            Some(known) => settings::update(self.tx, self.env, &known, wanted).map_err(at)?.id,
            None => {
                let made = settings::create(self.tx, self.env, organization, wanted, None).map_err(at)?;
                self.applied.new_webhooks.insert(made.id);
                made.id
            }
        };
        self.applied.webhooks.insert(stated.key(), id);
        Ok(id)
    }

    fn prune_webhooks(&mut self, named: &BTreeSet<WebhookId>) -> Result<(), EngineError> {
        for holder in self.held()? {
            for webhook in self.tx.webhooks(holder)? {
                if !named.contains(&webhook.id) {
                    settings::remove(self.tx, self.env, &webhook)?;
                }
            }
        }
        Ok(())
    }
}

/// A web server that is sent what happens, as a declaration states it. Its secret is made afterwards.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Statement {
    /// Unique in its organization, or among those of the installation.
    pub name: String,
    /// The organization whose events it is sent; everybody's without, which takes the operator.
    pub organization: Option<String>,
    /// Where it takes messages.
    pub url: String,
    /// Which events it is sent; all of them if there is none.
    pub events: Vec<String>,
}

impl Statement {
    /// What it is called in the whole installation.
    #[must_use]
    pub fn key(&self) -> String {
        self.organization.as_ref().map_or_else(|| self.name.clone(), |of| format!("{of}/{}", self.name))
    }
}
