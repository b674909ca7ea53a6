//! The parameters of a list, from a URL's query or from the body of a POST search.

use serde_json::Value;

use crate::dialect::Notes;
use crate::error::{Quoted, RequestError, ScimType};
use crate::filter::Filter;
use crate::json;
use crate::projection::Projection;
use crate::schema::{Capabilities, ResourceType};
use crate::sort::Sort;

/// The longest cursor that is looked at, in bytes.
const CURSOR_BYTES: usize = 2_048;

/// What a client wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// Which resources; all when absent.
    pub filter: Option<Filter>,
    /// In which order; by id when absent.
    pub sort: Option<Sort>,
    /// Which part of them.
    pub page: Page,
    /// Which attributes of each.
    pub projection: Projection,
}

/// Which part of a list. `count` is at most the server's maximum; 0 asks for the total only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// By position.
    Index {
        /// The position of the first one, from 1.
        start_index: u64,
        /// How many.
        count: u32,
    },
    /// By cursor (RFC 9865).
    Cursor {
        /// The cursor of the last answer; `None` for the first page.
        cursor: Option<String>,
        /// How many.
        count: u32,
    },
}

impl Page {
    /// How many resources at most.
    #[must_use]
    pub const fn count(&self) -> u32 {
        match self {
            Self::Index { count, .. } | Self::Cursor { count, .. } => *count,
        }
    }
}

impl ListQuery {
    /// Reads the parameters of a URL, decoded already. Names are read in any case; unknown ones and the empty ones that
    /// a dangling `&` makes are ignored; of one that comes twice the last counts, but `attributes` add up.
    ///
    /// # Errors
    ///
    /// 400 for a bad filter, sort, count, cursor or projection; a `startIndex` or `count` out of range is not bad but
    /// read as the nearest that is in range.
    pub fn from_pairs<K: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (K, V)>,
        types: &[ResourceType],
        capabilities: &Capabilities,
        notes: &mut Notes,
    ) -> Result<Self, RequestError> {
        let mut parameters = Parameters::default();
        for (name, value) in pairs {
            parameters.take(name.as_ref(), Given::Text(value.as_ref()))?;
        }
        parameters.finish(types, capabilities, notes)
    }

    /// Reads the body of a POST search (RFC 7644 §3.4.3).
    ///
    /// # Errors
    ///
    /// 400 `invalidSyntax` when it is not a JSON object, and as [`ListQuery::from_pairs`].
    pub fn from_search_request(
        body: &[u8],
        types: &[ResourceType],
        capabilities: &Capabilities,
        notes: &mut Notes,
    ) -> Result<Self, RequestError> {
        let Value::Object(body) = json::parse(body)? else {
            return Err(RequestError::bad(ScimType::InvalidSyntax, "a search request is a JSON object"));
        };
        let mut parameters = Parameters::default();
        for (name, value) in &body {
            if !value.is_null() {
                parameters.take(name, Given::Json(value))?;
            }
        }
        parameters.finish(types, capabilities, notes)
    }
}

/// A parameter's value as it came.
#[derive(Clone, Copy)]
enum Given<'v> {
    Text(&'v str),
    Json(&'v Value),
}

#[derive(Default)]
struct Parameters {
    filter: Option<String>,
    sort_by: Option<String>,
    descending: bool,
    start_index: Option<i64>,
    count: Option<Result<i64, RequestError>>,
    cursor: Option<String>,
    attributes: Vec<String>,
    excluded_attributes: Vec<String>,
}

impl Parameters {
    fn take(&mut self, name: &str, given: Given<'_>) -> Result<(), RequestError> {
        match name.to_ascii_lowercase().as_str() {
            "filter" => self.filter = Some(text(name, &given)?),
            "sortby" => self.sort_by = Some(text(name, &given)?).filter(|name| !name.is_empty()),
            "sortorder" => self.descending = is_descending(&text(name, &given)?)?,
            "startindex" => self.start_index = integer(name, &given)?,
            "count" => self.count = integer(name, &given).transpose(),
            "cursor" => self.cursor = Some(text(name, &given)?),
            "attributes" => self.attributes.extend(names(name, &given)?),
            "excludedattributes" => self.excluded_attributes.extend(names(name, &given)?),
            _ => {}
        }
        Ok(())
    }

    fn finish(
        self,
        types: &[ResourceType],
        capabilities: &Capabilities,
        notes: &mut Notes,
    ) -> Result<ListQuery, RequestError> {
        let filter = self.filter.map(|filter| Filter::parse(&filter, types, notes)).transpose()?;
        let sort = self.sort_by.map(|name| Sort::parse(&name, self.descending, types)).transpose()?;
        let projection = Projection::new(&self.attributes, &self.excluded_attributes, types)?;
        let by_cursor = capabilities.cursor_timeout.is_some() && self.cursor.is_some();
        let most = capabilities.max_page_size.min(capabilities.filter_max_results);
        let count = match self.count {
            None => capabilities.default_page_size.min(most),
            Some(Ok(count)) if count < 0 && by_cursor => return Err(invalid_count()),
            Some(Ok(count)) => u32::try_from(count.clamp(0, i64::from(most))).unwrap_or(most),
            Some(Err(_)) if by_cursor => return Err(invalid_count()),
            Some(Err(error)) => return Err(error),
        };
        let page = match self.cursor {
            Some(cursor) if by_cursor => Page::Cursor { cursor: check_cursor(cursor)?, count },
            _ => Page::Index { start_index: u64::try_from(self.start_index.unwrap_or(1).max(1)).unwrap_or(1), count },
        };
        Ok(ListQuery { filter, sort, page, projection })
    }
}

fn text(name: &str, given: &Given<'_>) -> Result<String, RequestError> {
    match given {
        Given::Text(text) => Ok((*text).to_owned()),
        Given::Json(Value::String(text)) => Ok(text.clone()),
        Given::Json(other) => Err(invalid(format!("{} must be a string, not {}", Quoted(name), json::kind(other)))),
    }
}

/// A whole number; one that is too large is read as the largest. An empty text is no number.
fn integer(name: &str, given: &Given<'_>) -> Result<Option<i64>, RequestError> {
    let parsed = match given {
        Given::Text("") => return Ok(None),
        Given::Text(text) => saturating(text),
        Given::Json(Value::Number(number)) => saturating(&number.to_string()),
        Given::Json(Value::String(text)) => saturating(text),
        Given::Json(_) => None,
    };
    parsed.map(Some).ok_or_else(|| invalid(format!("{} must be a whole number", Quoted(name))))
}

fn saturating(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(if negative { i64::MIN } else { i64::MAX }))
}

fn is_descending(order: &str) -> Result<bool, RequestError> {
    if order.eq_ignore_ascii_case("descending") {
        Ok(true)
    } else if order.is_empty() || order.eq_ignore_ascii_case("ascending") {
        Ok(false)
    } else {
        Err(invalid(format!("`sortOrder` must be ascending or descending, not {}", Quoted(order))))
    }
}

/// Names of attributes: separated by commas in a URL, an array in a body.
fn names(name: &str, given: &Given<'_>) -> Result<Vec<String>, RequestError> {
    let split =
        |text: &str| text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    match given {
        Given::Text(text) => Ok(split(text)),
        Given::Json(Value::String(text)) => Ok(split(text)),
        Given::Json(Value::Array(values)) => values.iter().map(|value| text(name, &Given::Json(value))).collect(),
        Given::Json(other) => {
            Err(invalid(format!("{} must be an array of names, not {}", Quoted(name), json::kind(other))))
        }
    }
}

/// An empty cursor asks for the first page. Others are of RFC 3986's unreserved characters only (RFC 9865 §2.1).
fn check_cursor(cursor: String) -> Result<Option<String>, RequestError> {
    let unreserved = cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    if !unreserved || cursor.len() > CURSOR_BYTES {
        let detail = "the cursor is not one of this server: send `nextCursor` as received, or start again without it";
        return Err(RequestError::bad(ScimType::InvalidCursor, detail));
    }
    Ok(Some(cursor).filter(|cursor| !cursor.is_empty()))
}

fn invalid(detail: String) -> RequestError {
    RequestError::bad(ScimType::InvalidValue, detail)
}

fn invalid_count() -> RequestError {
    RequestError::bad(ScimType::InvalidCount, "`count` must be a whole number that is not negative")
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &[ResourceType] = &[ResourceType::User];

    fn cursors() -> Capabilities {
        Capabilities { cursor_timeout: Some(3_600), ..Capabilities::default() }
    }

    fn query(pairs: &[(&str, &str)], capabilities: &Capabilities) -> Result<ListQuery, RequestError> {
        ListQuery::from_pairs(pairs.iter().copied(), USER, capabilities, &mut Notes::default())
    }

    #[test]
    fn pages_are_read_leniently() {
        let cases = [
            (vec![], (1, 100)),
            (vec![("", ""), ("startIndex", ""), ("count", "")], (1, 100)),
            (vec![("STARTINDEX", "0"), ("Count", "10")], (1, 10)),
            (vec![("startIndex", "-5"), ("count", "-1")], (1, 0)),
            (vec![("startIndex", "7"), ("count", "0")], (7, 0)),
            (vec![("count", "100000")], (1, 200)),
            (vec![("startIndex", "99999999999999999999"), ("count", "99999999999999999999")], (i64::MAX as u64, 200)),
            (vec![("cursor", "")], (1, 100)),
        ];
        for (pairs, (start_index, count)) in cases {
            let page = query(&pairs, &Capabilities::default()).unwrap().page;
            assert_eq!(page, Page::Index { start_index, count }, "{pairs:?}");
        }
        for pairs in
            [[("startIndex", "one")], [("count", "1.5")], [("count", "-")], [("sortOrder", "up")], [("filter", "")]]
        {
            assert_eq!(query(&pairs, &Capabilities::default()).unwrap_err().status(), 400, "{pairs:?}");
        }
    }

    #[test]
    fn cursors_are_read_when_they_are_switched_on() {
        let page = |pairs: &[(&str, &str)]| query(pairs, &cursors()).map(|query| query.page);
        assert_eq!(page(&[("cursor", ""), ("count", "10")]).unwrap(), Page::Cursor { cursor: None, count: 10 });
        assert_eq!(
            page(&[("cursor", "a-Z_0.~")]).unwrap(),
            Page::Cursor { cursor: Some("a-Z_0.~".into()), count: 100 }
        );
        assert_eq!(page(&[("startIndex", "2")]).unwrap(), Page::Index { start_index: 2, count: 100 });
        assert_eq!(page(&[("cursor", "a b")]).unwrap_err().scim_type(), Some(ScimType::InvalidCursor));
        assert_eq!(page(&[("cursor", ""), ("count", "x")]).unwrap_err().scim_type(), Some(ScimType::InvalidCount));
        assert_eq!(page(&[("count", "-1"), ("cursor", "")]).unwrap_err().scim_type(), Some(ScimType::InvalidCount));
    }

    #[test]
    fn a_search_request_reads_as_the_same_query() {
        let url = query(
            &[
                ("filter", "title pr"),
                ("sortBy", "userName"),
                ("sortOrder", "Descending"),
                ("startIndex", "3"),
                ("count", "5"),
                ("attributes", "userName, emails"),
            ],
            &Capabilities::default(),
        );
        let body = br#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"title pr",
            "sortBy":"userName","sortOrder":"descending","startIndex":3,"count":5,"attributes":["userName","emails"],
            "excludedAttributes":null}"#;
        let search = ListQuery::from_search_request(body, USER, &Capabilities::default(), &mut Notes::default());
        assert_eq!(url.unwrap(), search.unwrap());
        for body in [
            &b"[]"[..],
            b"",
            br#"{"filter":1}"#,
            br#"{"attributes":1}"#,
            br#"{"count":true}"#,
            br#"{"attributes":[1]}"#,
        ] {
            let search = ListQuery::from_search_request(body, USER, &Capabilities::default(), &mut Notes::default());
            assert_eq!(search.unwrap_err().status(), 400);
        }
    }
}
