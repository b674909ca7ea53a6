//! A form with a file, as a browser sends it (multipart, RFC 7578).

use axum::extract::{FromRequest, Multipart, Request};

use crate::{
    App, HttpError,
    browser::{Form, require_same_origin},
};

/// The largest form: metadata of an identity provider with many keys has some 100 KB.
const BYTES: usize = 512 * 1_024;
/// The most fields.
const FIELDS: usize = 64;

/// The fields of a form of ours that may hold a file; that is a field as well.
pub(crate) struct Uploaded(pub(crate) Form);

impl FromRequest<App> for Uploaded {
    type Rejection = HttpError;

    async fn from_request(request: Request, app: &App) -> Result<Self, HttpError> {
        require_same_origin(request.headers(), app.base_url())?;
        let _room = app.room_for(BYTES).ok_or(HttpError::TooBusy)?;
        let mut parts = Multipart::from_request(request, app).await.map_err(|_| HttpError::FormType)?;
        let (mut fields, mut left): (Vec<(String, String)>, _) = (Vec::new(), BYTES);
        while let Some(mut part) = parts.next_field().await.map_err(|_| HttpError::BodyBroken)? {
            let name = part.name().unwrap_or_default().to_owned();
            if fields.len() == FIELDS || fields.iter().any(|(known, _)| *known == name) {
                return Err(HttpError::FormFields);
            }
            let mut bytes = Vec::new();
            while let Some(chunk) = part.chunk().await.map_err(|_| HttpError::BodyBroken)? {
                left = left.checked_sub(chunk.len()).ok_or(HttpError::BodyTooLarge(BYTES))?;
                bytes.extend_from_slice(&chunk);
            }
            let text = String::from_utf8(bytes).map_err(|_| HttpError::field(&name, "is not UTF-8 text"))?;
            fields.push((name, text));
        }
        Ok(Self(Form::of(fields)))
    }
}
