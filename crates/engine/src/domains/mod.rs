//! Email domains: claimed, proven by a TXT record, watched, lapsed, passed on (ORG-4).
//!
//! A claim is *pending*, and blocks nobody, until its record is found; then the domain is *verified* and everything that
//! asks for verified domains knows it: connections, guests, enforcement, auto-provisioning. The record is looked for again
//! every day. Once it has been missing for 14 days the domain has *lapsed*: it counts for nothing of these until the record is
//! back. Members stay.
//!
//! Looking is others' work. What was seen comes in as a [`Seen`], and no answer is never "missing".
//!
//! - `name`: which names can be claimed at all;
//! - `claim`: adding, removing, passing to a company;
//! - `check`: when the record is looked for, by whom, and what was seen makes of a domain;
//! - `contest`: two holders, one domain;
//! - `record` and `follow`: the change itself, and what follows from it elsewhere;
//! - `provision`: existing accounts of a domain join its organization when they sign in (ORG-5);
//! - `audit`: who has an address of a domain and is no member (ORG-6);
//! - `holding`: whose the accounts are after a domain has passed to another holder.

mod audit;
mod check;
mod claim;
mod contest;
mod follow;
mod holder;
mod holding;
mod name;
mod notice;
mod provision;
mod public_mail;
pub(crate) mod record;

use std::time::Duration;

pub use self::{
    audit::{Audited, Page, audit},
    check::{Came, Question, Seen, Why, checked, due, take},
    claim::{Listed, add, count, find, list, remove},
    holder::{name as holder_name, require_owner},
    holding::hold,
    name::{DomainName, checked as checked_name},
    provision::{set_auto_provision, tell_of_joins, was_joined},
};
pub(crate) use self::{
    claim::had_or_claimed,
    holder::{organizations, owns, speaks_for},
    holding::is_former_holders,
    name::folded,
    provision::{auto_provision, is_of},
    record::pass_to_company,
};

/// For how long the record of a new value is looked for in the background.
pub const SEARCHED_FOR: Duration = Duration::from_hours(72);
/// After so long without its record a domain lapses.
pub const GRACE: Duration = Duration::from_hours(14 * 24);
/// How long a holder has to answer another one's proof.
pub const NOTICE: Duration = Duration::from_hours(7 * 24);
/// The most domains that a holder can have, proven or not: each costs look-ups every day.
pub const AT_MOST: i64 = 1_000;

/// Where the TXT record of a domain is to be. It is found at the domain itself as well.
#[must_use]
pub fn record_name(domain: &str) -> String {
    format!("_muster-challenge.{domain}")
}
