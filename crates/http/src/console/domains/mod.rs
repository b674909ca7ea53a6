//! Domains (ORG-4 to ORG-6): claimed, proven by a record, watched; who has an address of one and is no member.

pub(super) mod audit;
pub(super) mod change;
pub(super) mod list;
pub(super) mod one;
