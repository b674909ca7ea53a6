//! Teams: what there is, and who is in them.

pub(super) mod change;
pub(super) mod list;
pub(super) mod one;
