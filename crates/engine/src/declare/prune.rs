//! Removing what a declaration does not name.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::{
    AccountId, Connection, ConnectionState, MembershipState, Organization, OrganizationId, Rule,
    domain::Holder,
    ledger::{Event, Kind},
};
use muster_store::Counter;
use uuid::Uuid;

use super::{Work, connections::Known, quoted, reevaluate, refuse};
use crate::{EngineError, Refusal, connections, domains, ledger::Subject, setup, standing::Standing, tokens};

/// What ended sessions give as their reason (SES-3).
const SESSION_ENDED: &str = "the connection was removed";
/// Memberships looked at with one statement.
const SLICE: i64 = 200;

/// Whether a connection was removed (SSO-12): it stays as a row, because what it did is told by its name.
#[must_use]
pub fn is_pruned(connection: &Connection) -> bool {
    connection.state == ConnectionState::Off && connection.organizations.is_empty()
}

impl Work<'_, '_> {
    /// Ends the domains that are not named; adds their holders to `concerned`.
    pub(super) fn prune_domains(&mut self, concerned: &mut Vec<Holder>) -> Result<(), EngineError> {
        let mut kept = BTreeSet::new();
        for stated in &self.declaration.domains {
            let holder = self.holder(&format!("domain `{}`", stated.name), &stated.holder)?;
            for claim in self.tx.domains_named(&stated.name)? {
                if domains::speaks_for(self.tx, holder, claim.holder)? {
                    kept.insert(claim.id);
                }
            }
        }
        for domain in self.tx.domains()? {
            if !kept.contains(&domain.id) && self.owns(domain.holder)? {
                concerned.push(domain.holder);
                domains::record::end(self.tx, self.env, &domain)?;
            }
        }
        Ok(())
    }

    /// Switches off the connections that are not named: they cover nothing any more, their tokens and sessions end,
    /// and their members, teams and roles stay, by hand (SSO-12).
    pub(super) fn prune_connections(&mut self, before: &[Known]) -> Result<(), EngineError> {
        for known in self.prunable(before)? {
            if self.declaration.connections.iter().any(|stated| stated.name == known.connection.name) {
                continue;
            }
            self.remove_connection(known.connection.clone())?;
        }
        Ok(())
    }

    pub(super) fn remove_connection(&mut self, known: Connection) -> Result<(), EngineError> {
        // Another connection may have named it its successor meanwhile, or none any more.
        let connection = self.reload(known)?;
        if is_pruned(&connection) {
            return Ok(());
        }
        self.succeed_no_longer(&connection)?;
        let mut row = Connection { state: ConnectionState::Off, version: connection.version + 1, ..connection.clone() };
        row.settings.predecessor = None;
        self.tx.update_connection(&row)?;
        self.cover(row.id, &BTreeSet::new(), &BTreeSet::new(), &[])?;
        let after = self.reload(row)?;
        self.record_connection(&connection, &after)?;
        self.let_go(&after)
    }

    /// Whom a connection was to succeed has no successor any more; refused where the declaration names it as one.
    fn succeed_no_longer(&mut self, connection: &Connection) -> Result<(), EngineError> {
        let named = |stated: &&super::Connection| stated.successor.as_ref() == Some(&connection.name);
        if let Some(stated) = self.declaration.connections.iter().find(named) {
            let place = format!("connection `{}`", stated.name);
            let why =
                "it is not stated itself, and would be removed: state it as `[[connection]]`, or name no successor";
            return Err(refuse(&place, "successor", quoted(&connection.name), why));
        }
        let predecessor = connection.settings.predecessor.map(|id| self.tx.connection(id)).transpose()?.flatten();
        match predecessor {
            Some(predecessor) => self.relate(predecessor, |settings| settings.successor = None),
            None => Ok(()),
        }
    }

    fn let_go(&mut self, connection: &Connection) -> Result<(), EngineError> {
        for token in tokens::list(self.tx, connection)? {
            tokens::revoke(self.tx, self.env, connection, token.id)?;
        }
        setup::end_links(self.tx, self.env, connection.id, "the connection was deleted")?;
        let env = &mut *self.env;
        reevaluate::each_account(self.tx, connection.id, |tx, account| {
            tx.end_sessions(account, connection.id, SESSION_ENDED, env.now())?;
            for mut standing in Standing::load_all(tx, account)?.into_values() {
                reevaluate::release(tx, env, connection.id, &mut standing)?;
                standing.save(tx, env, Rule::Sso12)?;
            }
            Ok(())
        })?;
        crate::directory::remap_groups(self.tx, self.env, connection)?;
        Ok(())
    }

    /// Ends the organizations that nothing names. Refused while they have members.
    pub(super) fn prune_organizations(&mut self) -> Result<(), EngineError> {
        let named = self.named_organizations()?;
        for organization in self.tx.organizations()? {
            if !named.contains(&organization.id) && self.owns(Holder::Organization(organization.id))? {
                self.end_organization(&organization)?;
            }
        }
        Ok(())
    }

    /// Organizations that the declaration states or refers to.
    fn named_organizations(&mut self) -> Result<BTreeSet<OrganizationId>, EngineError> {
        let by_name: BTreeMap<String, OrganizationId> =
            self.tx.organizations()?.into_iter().map(|organization| (organization.name, organization.id)).collect();
        let declaration = self.declaration;
        let stated = declaration.organizations.iter().map(|organization| &organization.name);
        let covered = declaration.connections.iter().flat_map(|connection| &connection.organizations);
        let holders = declaration.domains.iter().map(|domain| Some(&domain.holder));
        let holders = holders.chain(declaration.connections.iter().map(|connection| connection.holder.as_ref()));
        let holding = holders.filter_map(|holder| match holder {
            Some(super::Holder::Organization(name)) => Some(name),
            Some(super::Holder::Company(_)) | None => None,
        });
        let holding = holding.chain(declaration.clients.iter().filter_map(|client| client.organization.as_ref()));
        let holding = holding.chain(declaration.webhooks.iter().filter_map(|webhook| webhook.organization.as_ref()));
        Ok(stated.chain(covered).chain(holding).filter_map(|name| by_name.get(name).copied()).collect())
    }

    fn end_organization(&mut self, organization: &Organization) -> Result<(), EngineError> {
        let people = self.people(organization.id)?;
        if people > 0 {
            let text = format!(
                "organization `{}` is not named and has {people} members or invitations: remove them first, or name it",
                organization.name
            );
            return Err(Refusal::Invalid(text).into());
        }
        let version = organization.version + 1;
        self.tx.end_organization(organization.id, version, self.env.now())?;
        // A name that it had before, and has again, is on record.
        if self.tx.former_holder("organization", &organization.name)?.is_none() {
            self.tx.insert_former_name("organization", &organization.name, organization.id.0, self.env.now())?;
        }
        let subject = Subject::new(Kind::Organization, organization.id);
        self.env.ended(Event::OrganizationEnded, subject, version, Rule::Acc3, organization)?;
        self.env.about(organization.id);
        connections::changed(self.tx)
    }

    /// How many belong to an organization, or could return to it.
    fn people(&mut self, organization: OrganizationId) -> Result<i64, EngineError> {
        let mut people = self.tx.count(organization.0, Counter::Invitations)?;
        let mut after = AccountId(Uuid::nil());
        loop {
            let page = self.tx.memberships_page(organization, after, SLICE)?;
            let Some(last) = page.last() else { return Ok(people) };
            after = last.account;
            let alive = page.iter().filter(|m| !matches!(m.state, MembershipState::Ended { .. })).count();
            people += i64::try_from(alive).unwrap_or(i64::MAX);
        }
    }
}
