//! Local accounts: signing in with a password, and what goes with it (SSO-9 to SSO-11, SEC-4, SEC-5).
//!
//! Hashing a password takes tens of milliseconds of a core, so it is never done within a transaction. A sign-in is three
//! steps: [`challenge`] reads what there is to check against, the caller checks it, at the same cost whether or not there is
//! anything, and [`sign_in`] decides on the state of that moment.
//!
//! - `attempts`: how often a password may be wrong (SSO-10);
//! - `password`: signing in with one, setting one;
//! - `links`: single-use links to a new password, and for owners whom the operator names;
//! - [`factors`]: what somebody has besides a password: [`totp`], [`recovery`], [`passkeys`];
//! - [`second_step`]: where there is a second factor, what was shown first opens nothing alone;
//! - [`ceremonies`]: what a browser has begun and not ended;
//! - [`recent`]: showing again who one is, before such settings are changed;
//! - [`exchange`]: what opens the management API (SEC-1);
//! - [`enforcement`]: whose password counts no more (SSO-9, SSO-11);
//! - [`break_glass`]: an owner's way in when the identity provider is down (SSO-11).

mod attempts;
pub mod break_glass;
pub mod ceremonies;
pub mod enforcement;
pub mod exchange;
pub mod factors;
mod links;
pub mod passkeys;
mod password;
pub mod recent;
pub mod recovery;
pub mod second_step;
pub mod totp;

pub use self::{
    attempts::forget_old,
    links::{Followed, RESET_LIVES, follow_link, reset, send_reset, whose_reset},
    password::{
        Answer, Browser, Challenge, PASSWORD_BYTES, PASSWORD_CHARACTERS, challenge, check, check_new, confirm, set,
        sign_in,
    },
};
