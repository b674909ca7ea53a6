//! Members: who is in, from where, with which role, and why.

pub(super) mod blocks;
pub(super) mod change;
pub(super) mod list;
pub(super) mod one;
pub(super) mod remove;
