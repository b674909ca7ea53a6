//! `/docs/components`: every component of the pages in every state, to look at and to test. It shows nobody's data.

use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;

use super::{
    list::Pager,
    shell::{self, Shell},
    state::State as Sign,
};
use crate::{App, HttpError, pages::filters};

#[derive(Template)]
#[template(path = "console/components.html")]
struct Components {
    shell: Shell,
    states: &'static [Sign],
    pager: Pager,
}

/// The page.
pub(super) async fn page(State(app): State<App>) -> Result<Response, HttpError> {
    let shell = Shell::outside(&app, "ada".to_owned());
    let pager = Pager { count: "120 people".to_owned(), next: Some("#pager".to_owned()) };
    shell::page(StatusCode::OK, &Components { shell, states: Sign::ALL, pager })
}
