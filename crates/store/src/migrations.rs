//! The migrations of this version, oldest first.

use crate::migrate::Migration;

/// Every step from an empty database to the tables of this version. A released step is never edited.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "installation", sql: include_str!("../migrations/0001_installation.sql") },
    Migration { version: 2, name: "accounts", sql: include_str!("../migrations/0002_accounts.sql") },
    Migration { version: 3, name: "connections", sql: include_str!("../migrations/0003_connections.sql") },
    Migration { version: 4, name: "directory", sql: include_str!("../migrations/0004_directory.sql") },
    Migration { version: 5, name: "access", sql: include_str!("../migrations/0005_access.sql") },
    Migration { version: 6, name: "records", sql: include_str!("../migrations/0006_records.sql") },
    Migration { version: 7, name: "products", sql: include_str!("../migrations/0007_products.sql") },
    Migration { version: 8, name: "erasures", sql: include_str!("../migrations/0008_erasures.sql") },
];
