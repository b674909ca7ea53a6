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

/// A text about something whose name stands out.
#[askama::filter_fn]
pub(crate) fn tb(name: &str, _: &dyn Values, value: &str) -> Result<Safe<String>> {
    Ok(Safe(standing_out(&texts::say(name, [("name", MARKS[0].into())]), &[value])))
}

/// A text about two things whose names stand out.
#[askama::filter_fn]
pub(crate) fn tbb(name: &str, _: &dyn Values, value: &str, other: &str) -> Result<Safe<String>> {
    let text = texts::say(name, [("name", MARKS[0].into()), ("other", MARKS[1].into())]);
    Ok(Safe(standing_out(&text, &[value, other])))
}

/// What stands in a text for a name until all is escaped: characters that mean nothing.
const MARKS: [&str; 2] = ["\u{e000}", "\u{e001}"];

fn standing_out(text: &str, names: &[&str]) -> String {
    MARKS.iter().zip(names).fold(escaped(text), |text, (mark, name)| {
        // A name that has the marks itself is not what is looked for next.
        let name: String = name.chars().filter(|one| !('\u{e000}'..='\u{e001}').contains(one)).collect();
        text.replace(mark, &format!("<strong>{}</strong>", escaped(&name)))
    })
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            one => escaped.push(one),
        }
    }
    escaped
}

/// A time to the minute: in UTC, which our script turns into the viewer's zone.
#[askama::filter_fn]
pub(crate) fn time(at: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    let at = at.to_string();
    // Nothing to escape, then.
    let is_time = at.bytes().all(|byte| byte.is_ascii_digit() || b"-:.TZ".contains(&byte));
    Ok(Safe(if is_time { format!("<time datetime=\"{at}\">{}</time>", super::minute(&at)) } else { String::new() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_out_and_are_escaped() {
        let text = format!("a < {} & {}", MARKS[0], MARKS[1]);
        let names = ["<b>\u{e001}", "o'neil"];
        assert_eq!(standing_out(&text, &names), "a &lt; <strong>&lt;b&gt;</strong> &amp; <strong>o&#39;neil</strong>");
    }
}
