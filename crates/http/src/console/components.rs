//! `/docs/components`: every component of the pages in every state, to look at and to test. It shows nobody's data.

use std::time::Duration;

use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;
use muster_engine::traffic::{Day, Outcomes};
use muster_model::Timestamp;

use super::{
    chart::Chart,
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
    charts: [Chart; 2],
}

/// Days of which each looks different.
fn days() -> Vec<Day> {
    let sign_ins = [0, 3, 40, 52, 47, 61, 58, 12, 9, 55, 63, 60, 0, 31];
    let refused = [0, 0, 2, 0, 1, 30, 0, 0, 9, 0, 0, 1, 4, 0];
    let day = |(number, (succeeded, refused))| Day {
        begins: Timestamp(1_795_000_000_000_000).after(Duration::from_hours(24 * number)),
        sign_ins: Outcomes { succeeded, refused },
        requests: Outcomes::default(),
    };
    (0_u64..).zip(sign_ins.into_iter().zip(refused)).map(day).collect()
}

/// The page.
pub(super) async fn page(State(app): State<App>) -> Result<Response, HttpError> {
    let shell = Shell::outside(&app, "ada".to_owned());
    let pager = Pager { count: "120 people".to_owned(), next: Some("#pager".to_owned()) };
    shell::page(StatusCode::OK, &Components { shell, states: Sign::ALL, pager, charts: Chart::both(&days()) })
}
