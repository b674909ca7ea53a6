//! Time, which a trial only borrows: tests let it pass at will.

use std::future::Future;
use std::time::Duration;

/// A clock that only goes forward.
pub trait Clock {
    /// How long it has been running.
    fn now(&self) -> Duration;

    /// Waits.
    fn sleep(&self, length: Duration) -> impl Future<Output = ()>;
}
