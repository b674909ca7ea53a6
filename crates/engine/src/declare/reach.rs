//! What somebody may declare who is not the operator: only what is theirs, and nothing that owners have to prove or to
//! consent to (TEN-1, TEN-3, ORG-1).
//!
//! Who declares is whoever the transaction is done for. What they may not is refused with its place; whose it is instead is
//! not told.

use std::collections::BTreeSet;

use muster_model::{Company, Connection, Email, Organization, OrganizationId, Role, domain::Holder};

use super::{Work, connections::Known, quoted, refuse};
use crate::{EngineError, authority, domains};

impl Work<'_, '_> {
    /// Whether the operator declares, with direct access to the database.
    pub(super) fn is_operator(&self) -> bool {
        authority::is_operator(self.env)
    }

    /// Whether whoever declares owns this holder; the operator owns them all.
    pub(super) fn owns(&mut self, holder: Holder) -> Result<bool, EngineError> {
        domains::owns(self.tx, self.env, holder)
    }

    /// The organization whose something is, of those that whoever declares owns; everybody's without a name, which takes the operator.
    pub(super) fn whose(
        &mut self,
        place: &str,
        name: Option<&str>,
        everybodys: &str,
    ) -> Result<Option<OrganizationId>, EngineError> {
        let Some(name) = name else {
            let why = format!("only the operator states {everybodys}");
            return if self.is_operator() { Ok(None) } else { Err(refuse(place, "organization", "none", why)) };
        };
        let id = self.organization(place, "organization", name)?;
        if !self.owns(Holder::Organization(id))? {
            let why = "there is no such organization of yours";
            return Err(refuse(place, "organization", quoted(name), why));
        }
        Ok(Some(id))
    }

    /// Those whose clients and webhooks whoever declares states: organizations, and everybody for the operator.
    pub(super) fn held(&mut self) -> Result<Vec<Option<OrganizationId>>, EngineError> {
        let mut held = Vec::new();
        if self.is_operator() {
            held.push(None);
        }
        for organization in self.tx.organizations()? {
            if self.owns(Holder::Organization(organization.id))? {
                held.push(Some(organization.id));
            }
        }
        Ok(held)
    }

    /// The organizations of others that a connection may cover: those that it covers already, and those whose owners consented.
    pub(super) fn nameable(
        &mut self,
        known: &Connection,
        stated: &super::Connection,
    ) -> Result<BTreeSet<OrganizationId>, EngineError> {
        let mut nameable: BTreeSet<_> = known.organizations.iter().map(|covered| covered.id).collect();
        if !self.is_operator() {
            for name in &stated.organizations {
                let named = self.tx.organization_by_name(name)?;
                nameable.extend(named.filter(|named| named.consents.contains(&known.id)).map(|named| named.id));
            }
        }
        Ok(nameable)
    }

    /// Whether whoever declares may name an organization: their own, and what the connection that they state covers already, or may
    /// by consent.
    pub(super) fn may_name(&mut self, organization: OrganizationId) -> Result<bool, EngineError> {
        Ok(self.is_operator()
            || self.covered.contains(&organization)
            || self.owns(Holder::Organization(organization))?)
    }

    /// Companies are made by the operator.
    pub(super) fn may_make_company(&self, name: &str) -> Result<(), EngineError> {
        if self.is_operator() {
            return Ok(());
        }
        Err(refuse("company", "name", quoted(name), "you own no company of this name, and only the operator makes one"))
    }

    /// Organizations are made by the operator, and within a company by its owners.
    pub(super) fn may_make_organization(&self, place: &str, in_company: bool) -> Result<(), EngineError> {
        if self.is_operator() || in_company {
            return Ok(());
        }
        let why = "there is none of yours of this name, and only the operator makes organizations outside of a company: \
                   name a company that you own";
        Err(refuse(place, "company", "none", why))
    }

    /// An organization leaves a company by the word of that company's owners; it joins one that whoever declares may name.
    pub(super) fn may_leave_company(&mut self, place: &str, organization: &Organization) -> Result<(), EngineError> {
        let Some(company) = organization.company else { return Ok(()) };
        if self.owns(Holder::Company(company))? {
            return Ok(());
        }
        let why = "only owners of the company that it is in take it out: state that company (ORG-1)";
        Err(refuse(place, "company", "another", why))
    }

    /// People become owners by what owners do, not by being stated.
    pub(super) fn must_be_owner(
        &mut self,
        place: &str,
        organization: &Organization,
        email: &Email,
    ) -> Result<(), EngineError> {
        let account = self.tx.account_by_email(email)?;
        let membership = match account {
            Some(account) => self.tx.memberships_in(organization.id, &[account.id])?.into_iter().next(),
            None => None,
        };
        if membership.is_some_and(|membership| membership.is_active() && membership.role == Role::Owner) {
            return Ok(());
        }
        let why = "only the operator makes owners by stating them: invite the person as an owner, or change the role of a member";
        Err(refuse(place, "owners", quoted(email.as_str()), why))
    }

    /// As [`Work::must_be_owner`], of a company.
    pub(super) fn must_own_company(
        &mut self,
        place: &str,
        company: &Company,
        email: &Email,
    ) -> Result<(), EngineError> {
        let account = self.tx.account_by_email(email)?;
        if account.is_some_and(|account| company.owners.contains(&account.id)) {
            return Ok(());
        }
        let why = "only the operator makes owners by stating them: name a member of one of its organizations an owner instead";
        Err(refuse(place, "owners", quoted(email.as_str()), why))
    }

    /// A domain is claimed by owners of its holder (ORG-4).
    pub(super) fn may_hold(&mut self, place: &str, holder: Holder) -> Result<(), EngineError> {
        if self.owns(holder)? {
            return Ok(());
        }
        Err(refuse(
            place,
            "organization",
            "another's",
            "only owners claim domains for an organization or company (ORG-4)",
        ))
    }

    /// A domain is verified by its record (ORG-4).
    pub(super) fn may_vouch(&self, place: &str) -> Result<(), EngineError> {
        if self.is_operator() {
            return Ok(());
        }
        let why = "only the operator vouches for a domain: leave it out, and set the TXT record that proves it (ORG-4)";
        Err(refuse(place, "verified", true, why))
    }

    /// A connection is stated by owners of its holder (TEN-1).
    pub(super) fn may_connect(
        &mut self,
        place: &str,
        known: Option<&Connection>,
        holder: Holder,
    ) -> Result<(), EngineError> {
        if let Some(known) = known
            && !self.owns(known.holder)?
        {
            let why = "this is another's connection: choose another name (TEN-1)";
            return Err(refuse(place, "name", quoted(&known.name), why));
        }
        if self.owns(holder)? {
            return Ok(());
        }
        let why = "its holder is not yours: only owners of an organization or company state its connections (TEN-1)";
        Err(refuse(place, "organization", "another's", why))
    }

    /// SCIM is enabled once single sign-on is configured; the operator may enable it alone (SCIM-1).
    pub(super) fn may_enable_scim(
        &self,
        place: &str,
        known: Option<&Connection>,
        stated: &super::Connection,
    ) -> Result<(), EngineError> {
        let was_enabled = known.is_some_and(|known| known.settings.scim.enabled);
        if self.is_operator() || was_enabled || !stated.scim.enabled || stated.sso.is_some() {
            return Ok(());
        }
        Err(refuse(place, "scim.enabled", true, "set up single sign-on first, with `saml` or `oidc` (SCIM-1)"))
    }

    /// The connections of whoever declares.
    pub(super) fn prunable<'k>(&mut self, before: &'k [Known]) -> Result<Vec<&'k Known>, EngineError> {
        let mut prunable = Vec::new();
        for known in before {
            if self.owns(known.connection.holder)? {
                prunable.push(known);
            }
        }
        Ok(prunable)
    }
}
