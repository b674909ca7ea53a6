//! Pages for people: plain HTML that works without scripts. Templates are in `templates/`, checked when the program is
//! compiled, and escape whatever they are given.

mod assets;
pub(crate) mod endings;
pub(crate) mod filters;
mod problem;
pub(crate) mod texts;

use std::{fmt::Display, panic::AssertUnwindSafe, sync::Arc};

use askama::Template;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

pub(crate) use assets::{Asset, route as assets};

use crate::{
    App, ErrorFormat, HttpError,
    arrival::Arrival,
    error::format::{Rendered, rendered},
};

/// What every page has around it.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// The path of the base URL, without a slash at its end.
    pub(crate) base: String,
    /// Whether browsers have passkeys under our base URL.
    pub(crate) has_passkeys: bool,
}

impl Frame {
    /// The frame of an application's pages.
    pub(crate) fn of(app: &App) -> Self {
        Self { base: path_of(app.base_url()).to_owned(), has_passkeys: app.relying_party().is_some() }
    }
}

impl Frame {
    /// The path of something that pages load.
    pub(crate) fn asset(&self, asset: Asset) -> String {
        format!("{}/assets/{}", self.base, asset.name())
    }

    pub(crate) fn style(&self) -> String {
        self.asset(Asset::Style)
    }

    pub(crate) fn icons(&self) -> String {
        self.asset(Asset::Icons)
    }

    pub(crate) fn console_script(&self) -> String {
        self.asset(Asset::Console)
    }

    pub(crate) fn passkeys_script(&self) -> String {
        self.asset(Asset::Passkeys)
    }
}

/// The path of a URL, without a slash at its end.
pub(crate) fn path_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    url[start..].find('/').map_or("", |at| url[start + at..].trim_end_matches('/'))
}

/// A page as a response.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Result<Response, HttpError> {
    let text = template.render().map_err(|error| HttpError::Internal("a page cannot be written", Arc::new(error)))?;
    let mut response = (status, [(header::CONTENT_TYPE, HeaderValue::from_static(HTML))], text).into_response();
    response.extensions_mut().insert(Rendered);
    Ok(response)
}

/// The content type of every page.
const HTML: &str = "text/html; charset=utf-8";

/// Writes the page of every failure that passes; for programs, as JSON.
pub(crate) async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_head = request.method() == Method::HEAD;
    let is_json = wants_json(request.headers());
    let trace = request.extensions().get::<Arrival>().map(|arrival| arrival.id);
    let response = next.run(request).await;
    rendered(response, is_head, trace, |error, trace_id| {
        if is_json {
            return ErrorFormat::Api.body(error, trace_id);
        }
        (HTML, problem::page(&Frame::of(&app), error, trace_id))
    })
}

/// What every request of a page goes through: a place among those in progress, a time in which it must be done, and a page
/// instead of a panic.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(_place) = app.admit() else { return HttpError::TooBusy.into_response() };
    let serving = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(app.limits().request_time, serving).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => HttpError::Panicked.into_response(),
        Err(_) => HttpError::TimedOut.into_response(),
    }
}

/// Whether a program asks, and not a browser.
pub(crate) fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let json = accept.find("application/json");
    json.is_some_and(|json| accept.find("text/html").is_none_or(|html| json < html))
}

/// Sends the browser to another page, with GET.
pub(crate) fn see_other(location: &str) -> Result<Response, HttpError> {
    let location = HeaderValue::from_str(location)
        .map_err(|error| HttpError::Internal("an address cannot be sent", Arc::new(error)))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// A time to the minute, as people read it: in UTC, which is all that we know of where they are.
pub(crate) fn minute(at: impl Display) -> String {
    let text = at.to_string();
    match text.get(..16) {
        Some(minute) => format!("{} UTC", minute.replace('T', " ")),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_base_url_is_what_links_begin_with() {
        assert_eq!(path_of("https://muster.example.com"), "");
        assert_eq!(path_of("https://muster.example.com/"), "");
        assert_eq!(path_of("https://example.com/muster/"), "/muster");
    }
}
