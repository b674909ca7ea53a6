//! Forms as browsers post them. A field that comes twice is refused: two readers would not agree on which one counts.

use axum::body::Body;
use http::{HeaderMap, header};

use super::require_same_origin;
use crate::{App, HttpError, body};

/// The fields of a posted form.
#[derive(Debug, Default)]
pub(crate) struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    /// Receives and reads a form of a page of ours, from nowhere else (CSRF).
    pub(crate) async fn own(app: &App, headers: &HeaderMap, body: Body) -> Result<Self, HttpError> {
        require_same_origin(headers, app.base_url())?;
        Self::receive(app, headers, body, OWN_BYTES).await
    }

    /// Receives and reads a form of at most `limit` bytes, from anywhere.
    pub(crate) async fn receive(app: &App, headers: &HeaderMap, body: Body, limit: usize) -> Result<Self, HttpError> {
        let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = given.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(HttpError::FormType);
        }
        let size = body::announced(headers).unwrap_or(limit).min(limit);
        let _room = app.room_for(size).ok_or(HttpError::TooBusy)?;
        let bytes = body::receive(headers, body, limit, app.limits().body_time).await?;
        Self::read(&bytes)
    }

    /// What was read already, each field once.
    pub(crate) fn of(fields: Vec<(String, String)>) -> Self {
        Self { fields }
    }

    /// Reads a form.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, HttpError> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(bytes).take(FIELDS + 1) {
            let is_twice = fields.iter().any(|(known, _)| *known == name);
            if is_twice || fields.len() == FIELDS {
                return Err(HttpError::FormFields);
            }
            fields.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self { fields })
    }

    /// Every field, as it came.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The values of the fields whose names begin so.
    pub(crate) fn values(&self, beginning: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(name, _)| name.starts_with(beginning)).map(|(_, value)| value.as_str())
    }

    /// The value of a field, as it came.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a field that is there and says something, without white space around it.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(str::trim).filter(|value| !value.is_empty())
    }
}

/// The largest form of ours.
const OWN_BYTES: usize = 16 * 1_024;
/// The most fields that a form may have.
const FIELDS: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_comes_twice_is_refused() {
        assert!(matches!(Form::read(b"a=1&b=2&a=1"), Err(HttpError::FormFields)));
        let form = Form::read(b"a=+1%20&b=&a%5B%5D=x").unwrap();
        assert_eq!(
            (form.get("a"), form.text("a"), form.text("b"), form.get("c")),
            (Some(" 1 "), Some("1"), None, None)
        );
        let many = (0..=FIELDS).map(|field| format!("f{field}=1")).collect::<Vec<_>>().join("&");
        assert!(matches!(Form::read(many.as_bytes()), Err(HttpError::FormFields)));
    }
}
