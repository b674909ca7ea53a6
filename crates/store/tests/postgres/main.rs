//! The store on PostgreSQL: what both databases must do, and what only a server can.
//!
//! Needs `MUSTER_TEST_POSTGRES`, the address of a server where schemas can be made; `cargo xtask test` provides one.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failed test panics")]

#[path = "../it/conformance/mod.rs"]
mod conformance;
mod schema;
mod server;

use muster_store::{Database, Isolation, Options, PostgresOptions, Store};

/// The server's address.
fn address() -> String {
    std::env::var("MUSTER_TEST_POSTGRES")
        .expect("set MUSTER_TEST_POSTGRES to the address of a PostgreSQL server, or run `cargo xtask test`")
}

/// Options for a schema of its own.
fn fresh() -> PostgresOptions {
    let schema = format!("t_{}", uuid::Uuid::now_v7().simple());
    PostgresOptions { schema: Some(schema), ..PostgresOptions::new(address()) }
}

fn open_with(postgres: PostgresOptions) -> Store {
    // Half the usual connections, since many tests run at once.
    let options = Options { readers: 2, ..conformance::options(Database::Postgres(postgres)) };
    Store::open(&options).unwrap()
}

fn open() -> Store {
    open_with(fresh())
}

fn open_serializable() -> Store {
    open_with(PostgresOptions { isolation: Isolation::Serializable, ..fresh() })
}

fn open_unprepared() -> Store {
    open_with(PostgresOptions { prepare: false, ..fresh() })
}

mod read_committed {
    crate::conformance::suite!(crate::open);
}

mod serializable {
    crate::conformance::suite!(crate::open_serializable);
}

/// As behind a pooler in transaction mode.
mod unprepared {
    crate::conformance::suite!(crate::open_unprepared);
}
