//! Email domains: claimed, and verified by the operator's word (ORG-4).

use muster_model::{
    Domain, DomainId, DomainState, OrganizationId,
    domain::{Holder, Proof},
    ledger::Event,
};

use super::{AutoProvision, Work, quoted, refuse};
use crate::{
    EngineError,
    domains::{self, record},
};

impl Work<'_, '_> {
    /// States the domains; adds to `concerned` the holders whose verified domains changed.
    pub(super) fn domains(&mut self, concerned: &mut Vec<Holder>) -> Result<(), EngineError> {
        for stated in &self.declaration.domains {
            let place = format!("domain `{}`", stated.name);
            let holder = self.holder(&place, &stated.holder)?;
            self.may_hold(&place, holder)?;
            let claims = self.tx.domains_named(&stated.name)?;
            let mut own = None;
            for claim in &claims {
                if domains::speaks_for(self.tx, holder, claim.holder)? {
                    own = Some(claim.clone());
                }
            }
            let held_by_other = claims.iter().find(|claim| {
                claim.state == DomainState::Verified && own.as_ref().is_none_or(|own| own.id != claim.id)
            });
            if stated.verified == Some(true) && own.as_ref().is_none_or(|own| own.state != DomainState::Verified) {
                self.may_vouch(&place)?;
            }
            if stated.verified == Some(true)
                && let Some(other) = held_by_other
            {
                let other = domains::holder_name(self.tx, other.holder)?;
                let why = format!("{other} holds the verified domain, and only one can: remove it there first (ORG-4)");
                return Err(refuse(&place, "verified", true, why));
            }
            let into = self.auto_provision(&place, holder, stated.auto_provision.as_ref())?;
            let Some(own) = own else {
                concerned.push(holder);
                self.claim_domain(&stated.name, holder, stated.verified == Some(true), into.flatten())?;
                continue;
            };
            let after = match stated.verified {
                Some(true) if own.state != DomainState::Verified => own.clone().proven(Proof::Operator),
                Some(false) => Domain { state: DomainState::Pending, proof: None, ..own.clone() },
                _ => own.clone(),
            };
            let after = Domain { auto_provision: into.unwrap_or(own.auto_provision), ..after };
            if after != own && !self.owns(own.holder)? {
                let why = "the domain is the company's: its owners decide about it (TEN-1)";
                return Err(refuse(&place, "name", quoted(&stated.name), why));
            }
            if after != own {
                concerned.extend((after.state != own.state).then_some(own.holder));
                record::change(self.tx, self.env, Event::DomainUpdated, &own, after)?;
            }
        }
        Ok(())
    }

    /// Where existing accounts shall join; `None` if nothing is stated.
    fn auto_provision(
        &mut self,
        place: &str,
        holder: Holder,
        stated: Option<&AutoProvision>,
    ) -> Result<Option<Option<OrganizationId>>, EngineError> {
        Ok(match stated {
            None => None,
            Some(AutoProvision::Off) => Some(None),
            Some(AutoProvision::Into(name)) => {
                let id = self.organization(place, "auto_provision", name)?;
                if !domains::is_of(self.tx, holder, id)? {
                    let why = "this is no organization of the domain's holder (ORG-5)";
                    return Err(refuse(place, "auto_provision", quoted(name), why));
                }
                Some(Some(id))
            }
        })
    }

    /// A domain that the operator vouches for needs no record.
    fn claim_domain(
        &mut self,
        name: &str,
        holder: Holder,
        vouched: bool,
        auto_provision: Option<OrganizationId>,
    ) -> Result<(), EngineError> {
        if !self.is_operator() {
            let claim = domains::add(self.tx, self.env, holder, name)?;
            let into = Domain { auto_provision, ..claim.clone() };
            if into != claim {
                record::change(self.tx, self.env, Event::DomainUpdated, &claim, into)?;
            }
            return Ok(());
        }
        let claim = Domain::claim(DomainId(self.env.new_id()), name.to_owned(), holder, record::challenge(self.env));
        let claim = Domain { auto_provision, ..claim };
        if vouched {
            record::insert(self.tx, self.env, &claim.proven(Proof::Operator))
        } else {
            record::claim(self.tx, self.env, &claim)
        }
    }
}
