//! What of domains and DNS needs looking after (ORG-4), for `doctor`.

use muster_engine::{EngineError, domains};

use muster_model::{Domain, DomainState, domain::Proof};
use muster_outbound::dns::Txt;
use muster_store::Conn;

use crate::admin::{AdminError, Check, Installation};

/// Domains whose record is missing, or has been for too long.
pub(in crate::admin) fn checks(conn: &mut Conn<'_>) -> Result<Vec<Check>, EngineError> {
    Ok(conn.domains()?.iter().filter_map(check).collect())
}

fn check(domain: &Domain) -> Option<Check> {
    let label = format!("domain {}", domain.name);
    let record = format!("{} TXT \"{}\"", domains::record_name(&domain.name), domain.challenge);
    match (domain.state, domain.missing_since) {
        (DomainState::Verified, Some(since)) => {
            let found = format!("its record is missing since {since}; it lapses on {}", since.after(domains::GRACE));
            Some(Check::warning(&label, found, format!("set it again: {record}")))
        }
        (DomainState::Lapsed, _) => {
            let advice =
                format!("set its record: {record}; or remove the domain: muster domain remove {}", domain.name);
            Some(Check::warning(&label, "it has lapsed: nobody signs in through it", advice))
        }
        _ => None,
    }
}

/// Whether DNS answers at all, where somebody needs it: not for domains that the operator vouches for.
pub(in crate::admin) fn dns(installation: &Installation) -> Result<Check, AdminError> {
    const NAME: &str = "TXT records";
    let domains = installation.store.scan_blocking::<_, EngineError, _>(|conn| Ok(conn.domains()?))?;
    let needs = |domain: &&Domain| domain.proof != Some(Proof::Operator);
    let Some(domain) = domains.iter().find(needs) else { return Ok(Check::skipped(NAME, "no domain needs it")) };
    let name = domain.name.clone();
    Ok(match installation.with_app(async |app| app.txt_records(&name).await) {
        Ok(Txt::NoAnswer(why)) => {
            let advice = "name resolvers that this machine reaches, in `[dns] resolvers`";
            Check::warning(NAME, format!("TXT records of {name}: {why}"), advice)
        }
        Ok(Txt::Values(_) | Txt::NoRecord) => {
            Check::ok(NAME, format!("asked for the TXT records of {name}, and answered"))
        }
        Err(error) => Check::skipped(NAME, format!("it cannot be tried: {error}")),
    })
}
