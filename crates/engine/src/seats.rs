//! Seats: each membership and each pending invitation takes one (SCIM-9).

use muster_model::OrganizationId;
use muster_store::{Counter, Tx};

use crate::EngineError;

/// Whether one more fits. While seats are limited, this holds the organization's row until the end of the
/// transaction, so that two requests cannot both take the last seat.
///
/// # Errors
///
/// The store's.
pub fn is_free(tx: &mut Tx<'_>, organization: OrganizationId) -> Result<bool, EngineError> {
    are_free(tx, organization, 1)
}

/// As [`is_free`], for so many more.
///
/// # Errors
///
/// The store's.
pub fn are_free(tx: &mut Tx<'_>, organization: OrganizationId, count: usize) -> Result<bool, EngineError> {
    let limited = tx.organization(organization)?.is_some_and(|organization| organization.seats.is_some());
    if !limited {
        return Ok(true);
    }
    let Some(seats) = tx.organization_for_update(organization)?.and_then(|organization| organization.seats) else {
        return Ok(true);
    };
    let taken = tx.count(organization.0, Counter::Members)? + tx.count(organization.0, Counter::Invitations)?;
    let more = i64::try_from(count).unwrap_or(i64::MAX);
    Ok(taken.saturating_add(more) <= seats)
}
