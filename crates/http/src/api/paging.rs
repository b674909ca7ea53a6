//! Pages of lists, as Hub has them: by number, with the addresses of the next and the previous.
//!
//! The address of the next page also names where it begins (`after`), so that following it costs the same on every page;
//! whoever counts pages up alone is served as well.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::HttpError;

/// The most results of a page.
const LARGEST: u32 = 100;
/// The results of a page if nothing is said.
const USUAL: u32 = 25;
/// Pages further down than this are reached by following `next`.
const DEEPEST: u32 = 10_000;

/// Which page of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// The number of the page, from 1.
    #[param(minimum = 1, maximum = 10_000)]
    pub(super) page: Option<u32>,
    /// How many results a page has: 1 to 100, 25 if nothing is said.
    #[param(minimum = 1, maximum = 100)]
    pub(super) page_size: Option<u32>,
    /// Where the page begins, as `next` says it.
    pub(super) after: Option<String>,
}

/// Which page was asked for, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PageOf {
    pub(super) number: u32,
    pub(super) size: u32,
    pub(super) after: Option<String>,
}

impl PageQuery {
    /// The page that is asked for.
    pub(super) fn checked(&self) -> Result<PageOf, HttpError> {
        let number = self.page.unwrap_or(1);
        if number == 0 || number > DEEPEST {
            return Err(HttpError::field("page", format!("use 1 to {DEEPEST}, and follow `next` beyond that")));
        }
        let size = self.page_size.unwrap_or(USUAL);
        if size == 0 || size > LARGEST {
            return Err(HttpError::field("page_size", format!("use 1 to {LARGEST}")));
        }
        Ok(PageOf { number, size, after: self.after.clone() })
    }
}

impl PageOf {
    /// How many results are passed over, unless it is said where the page begins.
    pub(super) fn skipped(&self) -> i64 {
        if self.after.is_some() { 0 } else { i64::from(self.number - 1) * i64::from(self.size) }
    }

    /// One more than fits, to know whether there is a next page.
    pub(super) fn limit(&self) -> i64 {
        i64::from(self.size) + 1
    }
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// How many results there are on all pages.
    #[schema(minimum = 0)]
    pub(super) count: i64,
    /// The address of the next page.
    pub(super) next: Option<String>,
    /// The address of the previous page.
    pub(super) previous: Option<String>,
    /// The results of this page.
    pub(super) results: Vec<T>,
}

impl<T> Page<T> {
    /// The same page of something made of each result.
    pub(super) fn map<U>(self, make: impl FnMut(T) -> U) -> Page<U> {
        let Self { count, next, previous, results } = self;
        Page { count, next, previous, results: results.into_iter().map(make).collect() }
    }

    /// As [`Page::map`], where making can fail.
    pub(super) fn try_map<U, E>(self, make: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        let Self { count, next, previous, results } = self;
        Ok(Page { count, next, previous, results: results.into_iter().map(make).collect::<Result<_, E>>()? })
    }
}

/// Where a list is, for the addresses of its pages.
pub(super) struct List<'l> {
    /// The base URL of the server.
    pub(super) base_url: &'l str,
    /// The path.
    pub(super) path: String,
    /// What else was asked for, and is asked for on every page.
    pub(super) asked: Vec<(&'static str, String)>,
}

impl List<'_> {
    /// A page of what was found, one result more than fits at most; `place` tells where the page after a result begins.
    pub(super) fn page<T>(
        &self,
        of: &PageOf,
        count: i64,
        mut results: Vec<T>,
        place: impl FnOnce(&T) -> Option<String>,
    ) -> Page<T> {
        let size = usize::try_from(of.size).unwrap_or(usize::MAX);
        let has_next = results.len() > size;
        results.truncate(size);
        let next = results.last().filter(|_| has_next).map(|last| {
            let after = place(last);
            self.address(of.number.saturating_add(1), of.size, after.as_deref())
        });
        let previous = (of.number > 1).then(|| self.address(of.number - 1, of.size, None));
        Page { count, next, previous, results }
    }

    fn address(&self, page: u32, size: u32, after: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.asked {
            query.append_pair(name, value);
        }
        query.append_pair("page", &page.to_string()).append_pair("page_size", &size.to_string());
        if let Some(after) = after {
            query.append_pair("after", after);
        }
        format!("{}{}?{}", self.base_url, self.path, query.finish())
    }
}
