//! Webhooks: web servers of products that are sent what happens (interfaces §3).
//!
//! An organization's are sent what its owners see (TEN-3), the operator's everything. What each is to be sent is decided when it is
//! published ([`crate::events`]); it is sent afterwards, in the order in which it happened to each account, until it is taken or was
//! tried for days.
//!
//! - [`settings`]: what is stated of one, its secrets;
//! - [`sending`]: what is sent next, and what came of it;
//! - [`deliveries`]: looking at that, and sending again.

pub mod deliveries;
pub mod sending;
pub mod settings;
