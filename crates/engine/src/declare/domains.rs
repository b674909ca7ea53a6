//! Email domains: claimed, and verified by the operator's word (ORG-4).

use muster_model::{
    Domain, DomainId, DomainState,
    domain::{Holder, Proof},
    ledger::Event,
};

use super::{Work, refuse};
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
            if stated.verified == Some(true)
                && let Some(other) = held_by_other
            {
                let other = domains::holder_name(self.tx, other.holder)?;
                let why = format!("{other} holds the verified domain, and only one can: remove it there first (ORG-4)");
                return Err(refuse(&place, "verified", true, why));
            }
            let Some(own) = own else {
                concerned.push(holder);
                self.claim_domain(&stated.name, holder, stated.verified == Some(true))?;
                continue;
            };
            let after = match stated.verified {
                Some(true) if own.state != DomainState::Verified => own.clone().proven(Proof::Operator),
                Some(false) => Domain { state: DomainState::Pending, proof: None, ..own.clone() },
                _ => own.clone(),
            };
            if after != own {
                concerned.push(own.holder);
                record::change(self.tx, self.env, Event::DomainUpdated, &own, after)?;
            }
        }
        Ok(())
    }

    /// A domain that the operator vouches for needs no record.
    fn claim_domain(&mut self, name: &str, holder: Holder, vouched: bool) -> Result<(), EngineError> {
        if !vouched {
            return record::claim(self.tx, self.env, name, holder).map(drop);
        }
        let claim = Domain::claim(DomainId(self.env.new_id()), name.to_owned(), holder, record::challenge(self.env));
        record::insert(self.tx, self.env, &claim.proven(Proof::Operator))
    }
}
