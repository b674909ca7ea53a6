//! What templates do with values: texts of the catalogue, and times.

#![expect(clippy::unnecessary_wraps, unreachable_pub, reason = "what askama makes of filters")]

use std::fmt::Display;

use askama::{Result, Values, filters::Safe};

use super::texts;

/// A text.
#[askama::filter_fn]
pub(crate) fn t(name: &str, _: &dyn Values) -> Result<String> {
    Ok(texts::text(name))
}

/// A text about something by its name: `$name`.
#[askama::filter_fn]
pub(crate) fn ta(name: &str, _: &dyn Values, value: &str) -> Result<String> {
    Ok(texts::say(name, [("name", value.into())]))
}

/// A text about two things by their names: `$name` and `$other`.
#[askama::filter_fn]
pub(crate) fn tab(name: &str, _: &dyn Values, value: &str, other: &str) -> Result<String> {
    Ok(texts::say(name, [("name", value.into()), ("other", other.into())]))
}

/// A time to the minute: in UTC, which our script turns into the viewer's zone.
#[askama::filter_fn]
pub(crate) fn time(at: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    let at = at.to_string();
    // Nothing to escape, then.
    let is_time = at.bytes().all(|byte| byte.is_ascii_digit() || b"-:.TZ".contains(&byte));
    Ok(Safe(if is_time { format!("<time datetime=\"{at}\">{}</time>", super::minute(&at)) } else { String::new() }))
}
