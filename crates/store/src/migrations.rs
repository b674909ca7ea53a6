//! The migrations of this version, oldest first.

use crate::migrate::Migration;

/// Every step from an empty database to the tables of this version. A released step is never edited.
pub(crate) const MIGRATIONS: &[Migration] = &[];
