//! The text of a list, spliced from the texts of its resources.

use super::LIST_RESPONSE_URN;
use crate::json;

/// One page. Its resources are written one after the other, so that none is kept twice.
#[derive(Debug, Clone, Copy)]
pub struct ListResponse<'a> {
    /// How many resources match in all, not how many are in this page.
    pub total: u64,
    /// Which of them the first of this page is, counted from 1; `None` in a page that was reached by cursor.
    pub start_index: Option<u64>,
    /// The cursor of the page after this one; `None` on the last.
    pub next_cursor: Option<&'a str>,
}

impl ListResponse<'_> {
    /// The page as JSON text. `write` appends a resource as JSON text; `room` is about how many bytes all of them take.
    /// `Resources` is there even when empty: Entra's probe for nothing is documented with it.
    pub fn render<R>(&self, resources: &[R], room: usize, mut write: impl FnMut(&R, &mut String)) -> String {
        let mut out = String::with_capacity(room.saturating_add(512));
        out.push_str("{\"schemas\":[\"");
        out.push_str(LIST_RESPONSE_URN);
        out.push_str("\"],\"totalResults\":");
        out.push_str(&self.total.to_string());
        if let Some(start_index) = self.start_index {
            out.push_str(",\"startIndex\":");
            out.push_str(&start_index.to_string());
        }
        out.push_str(",\"itemsPerPage\":");
        out.push_str(&resources.len().to_string());
        if let Some(cursor) = self.next_cursor {
            out.push_str(",\"nextCursor\":");
            json::write_text(&mut out, cursor);
        }
        out.push_str(",\"Resources\":[");
        for (index, resource) in resources.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            write(resource, &mut out);
        }
        out.push_str("]}");
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_integers_and_the_page_size_is_what_is_returned() {
        let write = |resource: &&str, out: &mut String| out.push_str(resource);
        let page = ListResponse { total: 7, start_index: Some(3), next_cursor: None };
        assert_eq!(
            page.render(&["{\"id\":\"a\"}", "{}"], 0, write),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":7,"startIndex":3,"itemsPerPage":2,"Resources":[{"id":"a"},{}]}"#
        );
        let empty = ListResponse { total: 0, start_index: None, next_cursor: Some("abc") };
        assert_eq!(
            empty.render(&[], 0, write),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"itemsPerPage":0,"nextCursor":"abc","Resources":[]}"#
        );
    }
}
