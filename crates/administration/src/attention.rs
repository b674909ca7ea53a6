//! What an organization's owners should look at: what keeps people out, soon will, or waits for a decision.

use std::time::Duration;

use muster_engine::{EngineError, certificates, conflicts, domains, setup, tokens};
use muster_model::{
    AccountId, Connection, ConnectionId, ConnectionState, HeldChangeId, Organization, Timestamp,
    domain::{DomainState, Holder},
};
use muster_store::{Conn, Counter};
use uuid::Uuid;

use crate::connections::{relied_certificates, warnings};

/// A directory's token that ends so soon is told of.
const TOKEN_ENDS_SOON: Duration = Duration::from_hours(30 * 24);
/// No more of a kind is counted: there is enough to do.
const COUNTED: usize = 100;
/// So many domains are looked at.
const DOMAINS: i64 = 200;
/// With fewer free seats than a tenth they are told of.
const FEW: i64 = 10;

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention {
    /// Whether people are kept out by it now.
    pub is_urgent: bool,
    /// What.
    pub matter: Matter,
    /// Of which connection, if of one.
    pub connection: Option<ConnectionId>,
}

/// What is to be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matter {
    /// All seats are taken: so many there are.
    NoSeats(i64),
    /// So many seats are free.
    FewSeats(i64),
    /// A domain's record has not been found yet.
    DomainPending(String),
    /// A verified domain's record is missing: it will lapse.
    DomainMissing(String),
    /// A domain counts no more, as its record was missing for too long.
    DomainLapsed(String),
    /// Somebody else has proven a domain, too.
    DomainContested(String),
    /// Something of a connection's identity provider or keys, in words, with what to do.
    Connection {
        /// Its name.
        connection: String,
        /// What was found.
        found: String,
        /// What to do.
        advice: String,
    },
    /// A connection was tried while it is set up, and waits to be activated.
    Ready(String),
    /// No token opens the directory of a connection that has SCIM enabled.
    NoToken(String),
    /// The last token that opens a connection's directory ends.
    TokenEnds {
        /// The connection's name.
        connection: String,
        /// When.
        at: Timestamp,
    },
    /// Accounts about which single sign-on and the directory disagree (PRE-3); at most so many are counted.
    Conflicts {
        /// The connection's name.
        connection: String,
        /// How many.
        accounts: usize,
    },
    /// Requests of the directory that the mass-change guard holds (MIG-3); at most so many are counted.
    Held {
        /// The connection's name.
        connection: String,
        /// How many.
        requests: usize,
    },
}

/// What is to be looked at in an organization, the most urgent first. Of connections, those that the organization holds: what
/// others hold is looked after by their holders (TEN-3).
///
/// # Errors
///
/// The store's.
pub fn of(conn: &mut Conn<'_>, organization: &Organization, now: Timestamp) -> Result<Vec<Attention>, EngineError> {
    let mut found = Vec::new();
    seats(conn, organization, &mut found)?;
    let holder = Holder::Organization(organization.id);
    for listed in domains::list(conn, holder, "", DOMAINS)? {
        let domain = listed.domain;
        let contested = domain.contested_since.is_some();
        let matter = match domain.state {
            _ if contested => Some((false, Matter::DomainContested(domain.name))),
            DomainState::Pending => Some((false, Matter::DomainPending(domain.name))),
            DomainState::Lapsed => Some((true, Matter::DomainLapsed(domain.name))),
            DomainState::Verified if domain.missing_since.is_some() => {
                Some((false, Matter::DomainMissing(domain.name)))
            }
            DomainState::Verified => None,
        };
        found.extend(matter.map(|(is_urgent, matter)| Attention { is_urgent, matter, connection: None }));
    }
    for id in conn.connections_held_by(holder)? {
        if let Some(connection) = conn.connection(id)? {
            of_connection(conn, &connection, now, &mut found)?;
        }
    }
    found.sort_by_key(|attention| !attention.is_urgent);
    Ok(found)
}

fn seats(conn: &mut Conn<'_>, organization: &Organization, found: &mut Vec<Attention>) -> Result<(), EngineError> {
    let Some(seats) = organization.seats else { return Ok(()) };
    let taken =
        conn.count(organization.id.0, Counter::Members)? + conn.count(organization.id.0, Counter::Invitations)?;
    let free = seats.saturating_sub(taken);
    if free <= 0 {
        found.push(Attention { is_urgent: true, matter: Matter::NoSeats(seats), connection: None });
    } else if free <= FEW.min(seats / 10) {
        found.push(Attention { is_urgent: false, matter: Matter::FewSeats(free), connection: None });
    }
    Ok(())
}

fn of_connection(
    conn: &mut Conn<'_>,
    connection: &Connection,
    now: Timestamp,
    found: &mut Vec<Attention>,
) -> Result<(), EngineError> {
    let name = || connection.name.clone();
    let id = Some(connection.id);
    match connection.state {
        ConnectionState::Off => return Ok(()),
        // Nobody relies on it yet.
        ConnectionState::Draft => {
            if setup::is_tested(conn, connection)? {
                found.push(Attention { is_urgent: false, matter: Matter::Ready(name()), connection: id });
            }
            return Ok(());
        }
        ConnectionState::Pilot | ConnectionState::Active => {}
    }
    let own = certificates::of(conn, connection.id)?;
    let metadata = conn.idp_metadata(connection.id)?;
    let relied = relied_certificates(connection, &own);
    for warning in warnings(connection, &relied, metadata.as_ref(), now) {
        let matter = Matter::Connection { connection: name(), found: warning.found, advice: warning.advice };
        found.push(Attention { is_urgent: warning.is_problem, matter, connection: id });
    }
    if connection.settings.scim.enabled {
        let live: Vec<_> = tokens::list(conn, connection)?.into_iter().filter(|token| token.is_live(now)).collect();
        // One that never ends is later than any other.
        let last = live.iter().max_by_key(|token| (token.expires.is_none(), token.expires));
        match last.map(|token| token.expires) {
            None => found.push(Attention { is_urgent: true, matter: Matter::NoToken(name()), connection: id }),
            Some(Some(at)) if at <= now.after(TOKEN_ENDS_SOON) => {
                let matter = Matter::TokenEnds { connection: name(), at };
                found.push(Attention { is_urgent: false, matter, connection: id });
            }
            Some(_) => {}
        }
    }
    let held = conn.pending_held_changes(
        connection.id,
        now,
        HeldChangeId(Uuid::nil()),
        i64::try_from(COUNTED).unwrap_or(i64::MAX),
    )?;
    if !held.is_empty() {
        let matter = Matter::Held { connection: name(), requests: held.len() };
        found.push(Attention { is_urgent: true, matter, connection: id });
    }
    let mut accounts: Vec<AccountId> = conflicts::page(conn, connection, AccountId(Uuid::nil()), COUNTED)?
        .conflicts
        .iter()
        .map(|one| one.account)
        .collect();
    accounts.dedup();
    if !accounts.is_empty() {
        let matter = Matter::Conflicts { connection: name(), accounts: accounts.len() };
        found.push(Attention { is_urgent: false, matter, connection: id });
    }
    Ok(())
}
