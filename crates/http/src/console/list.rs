//! Lists that are shown page by page: what was asked for, and where the next page is.

use std::fmt::Write as _;

/// How many lines a page has.
pub(crate) const LINES: i64 = 50;

/// What is below a list.
pub(crate) struct Pager {
    /// How many there are, in words.
    pub(crate) count: String,
    /// The address of the next page.
    pub(crate) next: Option<String>,
}

/// An address with what is asked for there; what is empty is left out. The path may have names in it as somebody typed them, by
/// which something was found all the same: what a header cannot hold is escaped.
pub(crate) fn address(path: &str, asked: &[(&str, &str)]) -> String {
    let path = escaped(path);
    let mut said = form_urlencoded::Serializer::new(String::new());
    said.extend_pairs(asked.iter().filter(|(_, value)| !value.is_empty()));
    let said = said.finish();
    if said.is_empty() { path } else { format!("{path}?{said}") }
}

fn escaped(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_graphic() {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_whatever_was_typed() {
        assert_eq!(
            address("/members/ada\r\n", &[("done", "done-role"), ("x", "")]),
            "/members/ada%0D%0A?done=done-role"
        );
        assert_eq!(address("/members/\u{212A}im", &[]), "/members/%E2%84%AAim");
    }
}
