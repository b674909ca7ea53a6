//! What is between us and a browser: cookies and the sessions they open, forms and where they come from, and the headers
//! that keep pages from being misused.

mod cookies;
mod form;
mod headers;
mod origin;
mod session;

pub(crate) use cookies::Cookies;
pub(crate) use form::Form;
pub(crate) use headers::{Leave, secured};
pub(crate) use origin::{own_forms, require_same_origin};
pub(crate) use session::{Secret, Visitor, device, visitor};
