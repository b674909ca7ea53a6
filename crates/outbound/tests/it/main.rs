//! The client over real sockets: what it must not reach, and what must not hold it up (SEC-3).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bodies;
mod dns;
mod places;
mod redirects;
mod server;
mod tls;
