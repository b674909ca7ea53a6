//! What a look into the database tells about the health of an installation.

use std::time::Duration;

use muster_engine::{EngineError, guard};
use muster_model::{Connection, ConnectionState, MembershipState, Organization, Timestamp, token::TokenKind};
use muster_store::{Conn, DatabaseServer, Health, Stats};
use serde::{Deserialize, Serialize};

use super::{AdminError, Installation, connection, domain, stream};

/// Tokens that end so soon are warned of.
const SOON: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// A log of this size means that it cannot be moved into the database: something reads for very long.
const LARGE_LOG: u64 = 512 * 1024 * 1024;
/// PostgreSQL 15, as its server tells it.
const OLDEST_POSTGRES: i64 = 150_000;
/// Clocks of a node and its database that differ by more, in milliseconds, are a problem.
const SKEW_MILLIS: u64 = 5_000;
/// How many of a connection's last requests are looked at.
const LAST_REQUESTS: i64 = 50;
/// So many refusals in a row are more than a mistake in one person's data.
const MANY_REFUSALS: usize = 5;
/// How many waiting memberships are counted.
const COUNTED: i64 = 1_000;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// As it should be.
    Ok,
    /// Not used here, or it cannot be told.
    Skipped,
    /// To be looked after.
    Warning,
    /// Something does not work, or is not safe.
    Problem,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Check {
    /// What was checked.
    pub(crate) name: String,
    /// How it ended.
    pub(crate) status: Status,
    /// What was found.
    pub(crate) found: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) advice: Option<String>,
}

impl Check {
    /// Nothing to do.
    pub(crate) fn ok(name: &str, found: impl Into<String>) -> Self {
        Self { name: name.to_owned(), status: Status::Ok, found: found.into(), advice: None }
    }

    /// Nothing to check.
    pub(crate) fn skipped(name: &str, found: impl Into<String>) -> Self {
        Self { status: Status::Skipped, ..Self::ok(name, found) }
    }

    /// Something to look after.
    pub(crate) fn warning(name: &str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { status: Status::Warning, advice: Some(advice.into()), ..Self::ok(name, found) }
    }

    /// Something to mend.
    pub(crate) fn problem(name: &str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { status: Status::Problem, advice: Some(advice.into()), ..Self::ok(name, found) }
    }
}

/// What was found, and where.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Examination {
    /// What links are made of, by whoever looked.
    pub(crate) base_url: String,
    /// What was found.
    pub(crate) checks: Vec<Check>,
}

/// Looks into the database of an installation.
pub(super) fn examine(installation: &Installation) -> Result<Examination, AdminError> {
    let mut checks = vec![store(&installation.store.healthy(), &installation.store.stats())];
    let surroundings = std::sync::Arc::clone(&installation.surroundings);
    let now = surroundings.now();
    let found = installation.store.scan_blocking(move |conn| {
        let mut checks = Vec::new();
        if let Some(server) = conn.database_server()? {
            checks.extend(database_server(&server, surroundings.now()));
        }
        for id in conn.connection_ids()? {
            if let Some(connection) = conn.connection(id)? {
                checks.extend(connection::checks(conn, &connection, now)?);
                checks.push(tokens(conn, &connection, now)?);
                checks.extend(held(conn, &connection, now)?);
                checks.extend(refusals(conn, &connection, now)?);
            }
        }
        checks.extend(domain::checks(conn)?);
        checks.extend(stream::checks(conn, now)?);
        for organization in conn.organizations()? {
            checks.extend(seats(conn, &organization)?);
        }
        Ok::<_, EngineError>(checks)
    })?;
    checks.extend(found);
    checks.push(domain::dns(installation)?);
    Ok(Examination { base_url: installation.base_url.clone(), checks })
}

/// The version of the database's server, and whether its clock agrees with this node's. Each transaction states its own
/// isolation.
fn database_server(server: &DatabaseServer, now: Timestamp) -> [Check; 2] {
    let version = format!("PostgreSQL {}.{}", server.version / 10_000, server.version % 10_000);
    let version = if server.version >= OLDEST_POSTGRES {
        Check::ok("database server", version)
    } else {
        Check::problem("database server", version, "upgrade it: PostgreSQL 15 is the oldest that is tested")
    };
    let apart = server.now.0.abs_diff(now.0) / 1_000;
    let found = format!("the database's and this node's differ by {apart} ms");
    let clocks = if apart > SKEW_MILLIS {
        Check::problem("database clock", found, "let both follow NTP: ids and terms are times")
    } else {
        Check::ok("database clock", found)
    };
    [version, clocks]
}

/// A connection whose last requests were all refused does not work, whatever else it says.
fn refusals(conn: &mut Conn<'_>, connection: &Connection, now: Timestamp) -> Result<Option<Check>, EngineError> {
    let since = now.before(Duration::from_hours(24));
    let last = conn.requests(connection.id, LAST_REQUESTS)?;
    let last: Vec<_> = last.iter().filter(|row| row.at >= since && row.kind == "scim").collect();
    let refused = last.iter().take_while(|row| row.outcome == "refused").count();
    let Some(newest) = last.first().filter(|_| refused >= MANY_REFUSALS) else { return Ok(None) };
    let why = newest.steps.last().map(|step| step.note.to_string()).unwrap_or_default();
    let found = format!("the last {refused} writes within a day were refused, at last with {}: {why}", newest.status);
    let advice = format!("look at them: muster requests list --connection {} --status 4xx", connection.name);
    Ok(Some(Check::warning(&format!("requests of {}", connection.name), found, advice)))
}

fn store(health: &Health, stats: &Stats) -> Check {
    const NAME: &str = "database at work";
    let found = format!(
        "{} MiB, log {} MiB, {} writes waiting",
        stats.database_bytes / 1_048_576,
        stats.wal_bytes / 1_048_576,
        stats.queued_writes
    );
    match health {
        Health::Unhealthy(why) => Check::problem(NAME, why.clone(), "mend that; the server's log says more"),
        Health::Healthy if stats.wal_bytes > LARGE_LOG => {
            Check::warning(NAME, found, "something has been reading for long: restart the server when it can be spared")
        }
        Health::Healthy => Check::ok(NAME, found),
    }
}

fn tokens(conn: &mut Conn<'_>, connection: &Connection, now: Timestamp) -> Result<Check, EngineError> {
    let name = format!("SCIM tokens of {}", connection.name);
    if !connection.settings.scim.enabled {
        return Ok(Check::skipped(&name, "SCIM is not enabled"));
    }
    if connection.state == ConnectionState::Off {
        return Ok(Check::skipped(&name, "the connection is off"));
    }
    let tokens = conn.tokens(connection.id.0, TokenKind::Scim)?;
    let live: Vec<_> = tokens.iter().map(|(token, _)| token).filter(|token| token.is_live(now)).collect();
    let lasting = live.iter().filter(|token| token.expires.is_none_or(|expires| expires > now.after(SOON))).count();
    let advice =
        format!("make a new one and give it to the identity provider: muster token rotate {}", connection.name);
    let newest_end = live.iter().filter_map(|token| token.expires).max();
    Ok(match (live.len(), lasting, newest_end) {
        (0, ..) => Check::problem(&name, "none is live: every request is refused", advice),
        (_, 0, Some(end)) => Check::warning(&name, format!("the last one ends at {end}"), advice),
        (count, ..) => Check::ok(&name, format!("{count} live")),
    })
}

fn held(conn: &mut Conn<'_>, connection: &Connection, now: Timestamp) -> Result<Option<Check>, EngineError> {
    let (held, _) = guard::pending(conn, connection.id, now)?;
    let advice = format!("decide about them: muster held list --connection {}", connection.name);
    let name = format!("held changes of {}", connection.name);
    let found = format!("{} wait for a decision", held.len());
    Ok((!held.is_empty()).then(|| Check::warning(&name, found, advice)))
}

fn seats(conn: &mut Conn<'_>, organization: &Organization) -> Result<Option<Check>, EngineError> {
    let unsettled = conn.unsettled_memberships(organization.id, COUNTED)?;
    let waiting = unsettled.iter().filter(|membership| membership.state == MembershipState::Waiting).count();
    let name = format!("seats of {}", organization.name);
    let found = format!("{waiting} members wait for one");
    let advice = "give the organization more seats (`seats` in the file that `muster apply` reads)";
    Ok((waiting > 0).then(|| Check::warning(&name, found, advice)))
}
