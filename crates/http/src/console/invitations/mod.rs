//! Invitations (ORG-3): who is invited, and inviting: a list is pasted or uploaded, shown with what would become of each, and
//! then sent.

pub(super) mod list;
pub(super) mod review;
mod upload;
