//! Set-up links: somebody without an account sets up one connection that is a draft, and an owner activates it (SEC-2).
//!
//! - `link`: owners make, see and revoke links; each opening is audited and told to the owners;
//! - `work`: what can be stated through a link: the IdP, domains, the directory, the mapping table, and nothing else;
//! - `reading`: what a test sign-in says, read by the draft's settings and nobody's data;
//! - `progress`: how far a draft is, for whoever sets it up and for its owners alike.

mod link;
mod progress;
mod reading;
mod work;

pub(crate) use link::end_links;
pub use link::{Draft, LIVES, Looked, SettingUp, begin, list, look, make, resume, revoke, tokens_by};
pub use progress::{Progress, is_tested, progress};
pub use reading::{Reading, keep_test, read, tests};
pub use work::{
    DOMAINS, MAPPINGS, MappingRow, add_domain, create_token, domains_beside, leave_domain, ready, require_domain,
    set_mappings, set_scim, set_single_sign_on,
};
