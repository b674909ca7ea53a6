//! The parameters of a list, from a URL's query or from the body of a POST search.

use serde_json::Value;

use crate::dialect::Notes;
use crate::error::{Quoted, RequestError, ScimType};
use crate::filter::Filter;
use crate::projection::Projection;
use crate::schema::{Capabilities, ResourceType};
use crate::sort::Sort;
use crate::{json, limits};

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
        body: Value,
        types: &[ResourceType],
        capabilities: &Capabilities,
        notes: &mut Notes,
    ) -> Result<Self, RequestError> {
        let Value::Object(body) = body else {
            let detail = format!("a search request is a JSON object, not {}", json::kind(&body));
            return Err(RequestError::bad(ScimType::InvalidSyntax, detail));
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

impl ListQuery {
    /// What decides which resources come in which order, as one text: a cursor is good for this query only. What is shown of
    /// each is left out.
    #[must_use]
    pub fn canonical(&self, types: &[ResourceType]) -> String {
        let names: Vec<&str> = types.iter().map(|each| each.endpoint()).collect();
        let mut text = format!("{}\n", names.join(","));
        if let Some(sort) = self.sort {
            text.push_str(if sort.descending { "descending " } else { "ascending " });
            text.push_str(&sort.path.to_string());
        }
        text.push('\n');
        if let Some(filter) = &self.filter {
            text.push_str(&filter.to_string());
        }
        text
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
        let cursor = self.cursor.filter(|_| capabilities.cursor_timeout.is_some());
        let most = capabilities.max_page_size.min(capabilities.filter_max_results);
        let count = match self.count {
            None => capabilities.default_page_size.min(most),
            Some(Ok(count)) => u32::try_from(count.clamp(0, i64::from(most))).unwrap_or(most),
            Some(Err(_)) if cursor.is_some() => return Err(invalid_count()),
            Some(Err(error)) => return Err(error),
        };
        let page = match cursor {
            Some(_) if self.start_index.is_some() => {
                return Err(invalid("`cursor` and `startIndex` exclude each other, send one of them".to_owned()));
            }
            Some(cursor) => Page::Cursor { cursor: check_cursor(cursor)?, count },
            None => {
                Page::Index { start_index: u64::try_from(self.start_index.unwrap_or(1).max(1)).unwrap_or(1), count }
            }
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

/// An empty cursor asks for the first page. Others are of RFC 3986's unreserved characters only (RFC 9865 §2).
fn check_cursor(cursor: String) -> Result<Option<String>, RequestError> {
    let unreserved = cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    if !unreserved || cursor.len() > limits::CURSOR_BYTES {
        return Err(invalid_cursor());
    }
    Ok(Some(cursor).filter(|cursor| !cursor.is_empty()))
}

/// The error of a cursor that this server did not make for this query.
#[must_use]
pub fn invalid_cursor() -> RequestError {
    let detail = "the cursor is not one of this query: send `nextCursor` as received and all other parameters as before, \
                  or start again with an empty `cursor`";
    RequestError::bad(ScimType::InvalidCursor, detail)
}

/// The error of a cursor that is too old.
#[must_use]
pub fn expired_cursor() -> RequestError {
    RequestError::bad(ScimType::ExpiredCursor, "the cursor has expired: start again with an empty `cursor`")
}

fn invalid(detail: String) -> RequestError {
    RequestError::bad(ScimType::InvalidValue, detail)
}

/// The error of a `count` that a walk by cursor cannot have.
#[must_use]
pub fn invalid_count() -> RequestError {
    RequestError::bad(ScimType::InvalidCount, "`count` must be a whole number, the same in all requests of a walk")
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
        assert_eq!(page(&[("count", "-1"), ("cursor", "")]).unwrap(), Page::Cursor { cursor: None, count: 0 });
        assert_eq!(page(&[("count", "999"), ("cursor", "")]).unwrap(), Page::Cursor { cursor: None, count: 200 });
        let both = page(&[("startIndex", "1"), ("cursor", "")]).unwrap_err();
        assert_eq!(both.scim_type(), Some(ScimType::InvalidValue));
        let long = "a".repeat(limits::CURSOR_BYTES + 1);
        assert_eq!(page(&[("cursor", &long)]).unwrap_err().scim_type(), Some(ScimType::InvalidCursor));
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
        let search = |body: &[u8]| {
            let body = json::parse(body)?;
            ListQuery::from_search_request(body, USER, &Capabilities::default(), &mut Notes::default())
        };
        assert_eq!(url.unwrap(), search(body).unwrap());
        for body in [
            &b"[]"[..],
            b"",
            br#"{"filter":1}"#,
            br#"{"attributes":1}"#,
            br#"{"count":true}"#,
            br#"{"attributes":[1]}"#,
        ] {
            assert_eq!(search(body).unwrap_err().status(), 400);
        }
    }

    #[test]
    fn scim_2_a_query_has_one_canonical_text_whatever_its_spelling() {
        let canonical = |pairs: &[(&str, &str)]| query(pairs, &cursors()).unwrap().canonical(USER);
        let text = canonical(&[("filter", "USERNAME Sw \"a\""), ("sortBy", "name.givenname"), ("count", "1")]);
        assert_eq!(text, "/Users\nascending name.givenName\nuserName sw \"a\"");
        assert_eq!(canonical(&[("sortBy", "title"), ("sortOrder", "descending")]), "/Users\ndescending title\n");
        assert_eq!(canonical(&[]), "/Users\n\n");
    }
}
