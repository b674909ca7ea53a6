//! What was done, in words: the same wherever it was done.

/// A member was removed.
pub(crate) fn removed(username: &str, block: bool) -> String {
    let kept_out = if block { ", and is kept out until an owner lets them in again: muster org unblock" } else { "" };
    format!("`{username}` was removed{kept_out}")
}

/// An organization got another name.
pub(crate) fn renamed(former: &str) -> String {
    format!("it was renamed; `{former}` leads to it from now on, too")
}

/// An organization got other seats.
pub(crate) fn seats_set() -> String {
    "the seats were set".to_owned()
}

/// A domain was claimed.
pub(crate) fn domain_added() -> String {
    "set this record; it is looked for during the next 72 hours, and a value given out before counts no more".to_owned()
}

/// A domain was removed.
pub(crate) fn domain_removed(name: &str) -> String {
    format!("{name} is removed")
}

/// What brings back somebody who was removed without a block (ORG-2).
pub(crate) fn returns(warning: &str) -> String {
    format!("\n{warning}; `--block` prevents it")
}

/// A block was lifted.
pub(crate) fn unblocked(username: &str) -> String {
    format!("`{username}` is kept out no longer")
}

/// An invitation was sent again.
pub(crate) fn resent() -> String {
    "the invitation was sent again: the former link works no longer".to_owned()
}

/// An invitation was taken back.
pub(crate) fn canceled() -> String {
    "the invitation was taken back: its link works no longer, and its seat is free".to_owned()
}

/// A team was made.
pub(crate) fn team_made() -> String {
    "the team was made".to_owned()
}

/// A team has another name.
pub(crate) fn team_renamed(former: &str) -> String {
    format!("it was renamed; groups keep mapping to it as `{former}`")
}

/// A team was deleted.
pub(crate) fn team_deleted(name: &str) -> String {
    format!("the team `{name}` was deleted; its members stay in the organization")
}

/// A member was put into a team.
pub(crate) fn added(username: &str) -> String {
    format!("`{username}` was added")
}

/// A member was taken out of a team.
pub(crate) fn taken_out(username: &str) -> String {
    format!("`{username}` was taken out")
}

/// It was decided who an address is (JIT-1).
pub(crate) fn relinked(username: &str, is_new_person: bool) -> String {
    if is_new_person {
        format!("`{username}` has no address now: whoever signs in next with it gets an account of their own")
    } else {
        format!("whoever signs in next with the address of `{username}` is the same person")
    }
}
