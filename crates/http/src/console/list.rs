//! Lists that are shown page by page: what was asked for, and where the next page is.

/// How many lines a page has.
pub(super) const LINES: i64 = 50;

/// What is below a list.
pub(super) struct Pager {
    /// How many there are, in words.
    pub(super) count: String,
    /// The address of the next page.
    pub(super) next: Option<String>,
}

/// An address with what is asked for there; what is empty is left out.
pub(super) fn address(path: &str, asked: &[(&str, &str)]) -> String {
    let mut said = form_urlencoded::Serializer::new(String::new());
    said.extend_pairs(asked.iter().filter(|(_, value)| !value.is_empty()));
    let said = said.finish();
    if said.is_empty() { path.to_owned() } else { format!("{path}?{said}") }
}
