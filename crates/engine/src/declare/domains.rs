//! Email domains: claimed, and verified by the operator's word (ORG-4).

use muster_model::{
    Domain, DomainId, DomainState, Rule,
    domain::Holder,
    ledger::{Event, Kind},
};

use super::{Work, refuse};
use crate::{EngineError, connections, domains, ledger::Subject};

impl Work<'_, '_> {
    /// States the domains; adds to `concerned` the holders whose verified domains changed.
    pub(super) fn domains(&mut self, concerned: &mut Vec<Holder>) -> Result<(), EngineError> {
        for stated in &self.declaration.domains {
            let place = format!("domain `{}`", stated.name);
            let holder = self.holder(&place, &stated.holder)?;
            let claims = self.tx.domains_named(&stated.name)?;
            let mut own = None;
            for claim in &claims {
                if self.speaks_for(holder, claim.holder)? {
                    own = Some(claim.clone());
                }
            }
            let held_by_other = claims.iter().find(|claim| {
                claim.state == DomainState::Verified && own.as_ref().is_none_or(|own| own.id != claim.id)
            });
            if stated.verified == Some(true)
                && let Some(other) = held_by_other
            {
                let other = self.holder_name(other.holder)?;
                let why = format!("{other} holds the verified domain, and only one can: remove it there first (ORG-4)");
                return Err(refuse(&place, "verified", true, why));
            }
            let state = |now| match stated.verified {
                Some(true) => DomainState::Verified,
                Some(false) => DomainState::Pending,
                None => now,
            };
            match own {
                Some(own) => {
                    let after = Domain { state: state(own.state), ..own.clone() };
                    if after.state != own.state {
                        concerned.push(own.holder);
                        self.change_domain(&own, after)?;
                    }
                }
                None => {
                    self.claim_domain(&stated.name, holder, state(DomainState::Pending))?;
                    concerned.push(holder);
                }
            }
        }
        Ok(())
    }

    fn claim_domain(&mut self, name: &str, holder: Holder, state: DomainState) -> Result<(), EngineError> {
        let domain = Domain {
            id: DomainId(self.env.new_id()),
            name: name.to_owned(),
            holder,
            state,
            challenge: format!("muster-verification={}", self.env.digits(40)),
            checked: None,
            version: 1,
        };
        self.tx.insert_domain(&domain, self.env.now())?;
        if domain.state == DomainState::Verified {
            domains::hold(self.tx, self.env, &domain)?;
        }
        self.env.created(Event::DomainCreated, Subject::new(Kind::Domain, domain.id), 1, Rule::Org4, &domain)?;
        self.about_domain(&domain)
    }

    /// Stores a domain's change.
    pub(super) fn change_domain(&mut self, before: &Domain, mut after: Domain) -> Result<(), EngineError> {
        after.version = before.version + 1;
        self.tx.update_domain(&after)?;
        if after.state == DomainState::Verified {
            domains::hold(self.tx, self.env, &after)?;
        }
        let subject = Subject::new(Kind::Domain, after.id);
        self.env.changed(Event::DomainUpdated, subject, after.version, Rule::Org4, before, &after)?;
        self.about_domain(&after)
    }

    /// Removes a domain.
    pub(super) fn end_domain(&mut self, domain: &Domain) -> Result<(), EngineError> {
        self.tx.delete_domain(domain.id)?;
        let subject = Subject::new(Kind::Domain, domain.id);
        self.env.ended(Event::DomainEnded, subject, domain.version + 1, Rule::Org4, domain)?;
        self.about_domain(domain)
    }

    fn about_domain(&mut self, domain: &Domain) -> Result<(), EngineError> {
        match domain.holder {
            Holder::Organization(id) => self.env.about(id),
            Holder::Company(id) => self.env.about(id),
        }
        connections::changed(self.tx)
    }

    fn holder_name(&mut self, holder: Holder) -> Result<String, EngineError> {
        Ok(match holder {
            Holder::Organization(id) => {
                let name = self.tx.organization(id)?.map(|organization| organization.name);
                format!("organization `{}`", name.unwrap_or_default())
            }
            Holder::Company(id) => {
                let name = self.tx.company(id)?.map(|company| company.name);
                format!("company `{}`", name.unwrap_or_default())
            }
        })
    }
}
