//! A list of people as a browser sends it: typed into a form, or as a file (multipart, RFC 7578).

use axum::extract::{FromRequest, Multipart, Request};
use muster_engine::invitations::Person;
use muster_model::Role;

use super::list::Typed;
use crate::{
    App, HttpError,
    browser::require_same_origin,
    invitations::invitees::{self, BYTES, ListError, Row},
};

/// A list of people to invite.
pub(in crate::console) struct Uploaded {
    /// As it was typed; what is in a file is not shown again.
    pub(super) typed: Typed,
    /// What was in the file.
    file: Vec<u8>,
}

impl FromRequest<App> for Uploaded {
    type Rejection = HttpError;

    async fn from_request(request: Request, app: &App) -> Result<Self, HttpError> {
        require_same_origin(request.headers(), app.base_url())?;
        let _room = app.room_for(BYTES).ok_or(HttpError::TooBusy)?;
        let mut parts = Multipart::from_request(request, app).await.map_err(|_| HttpError::FormType)?;
        let mut uploaded = Self { typed: Typed::default(), file: Vec::new() };
        while let Some(part) = parts.next_field().await.map_err(|_| HttpError::BodyBroken)? {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(|_| HttpError::BodyBroken)?;
            if bytes.len() > BYTES {
                return Err(HttpError::field("file", ListError::TooLarge.to_string()));
            }
            if name == "file" {
                uploaded.file = bytes.to_vec();
                continue;
            }
            let text = String::from_utf8(bytes.to_vec()).map_err(|_| HttpError::field(&name, "is not UTF-8 text"))?;
            match name.as_str() {
                "people" => uploaded.typed.people = text,
                "role" => uploaded.typed.role = text,
                "team" => uploaded.typed.team = text.trim().to_owned(),
                _ => {}
            }
        }
        Ok(uploaded)
    }
}

impl Uploaded {
    /// Whom the list means: the file's people, then those who were typed.
    pub(super) fn rows(&self) -> Result<Vec<Row>, ListError> {
        let everybody = Person {
            to: String::new(),
            role: self.typed.role.parse().unwrap_or(Role::Member),
            team: Some(self.typed.team.clone()).filter(|team| !team.is_empty()),
        };
        let mut rows = Vec::new();
        if !self.file.is_empty() {
            rows.extend(invitees::csv(&self.file, &everybody)?);
        }
        rows.extend(invitees::typed(&self.typed.people, &everybody)?);
        if rows.len() > muster_engine::invitations::AT_ONCE {
            return Err(ListError::TooLong);
        }
        Ok(rows)
    }
}
