//! Both databases hold the same tables.

use muster_store::{Database, Options, Store, StoreError, vals};

use crate::fresh;

const SQLITE_COLUMNS: &str = r#"
    SELECT t.name || '.' || c.name || CASE WHEN c."notnull" OR c.pk > 0 THEN '' ELSE '?' END
    FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'"#;
const POSTGRES_COLUMNS: &str = "
    SELECT table_name || '.' || column_name || CASE WHEN is_nullable = 'NO' THEN '' ELSE '?' END
    FROM information_schema.columns WHERE table_schema = current_schema() AND table_name <> 'migration_lock'";

const SQLITE_UNIQUE: &str = r#"
    SELECT t.name || ': ' || (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno))
        || CASE WHEN i.partial THEN ' (partial)' ELSE '' END
    FROM sqlite_schema t, pragma_index_list(t.name) i
    WHERE t.type = 'table' AND i."unique" AND t.name <> 'schema_migrations'"#;
const POSTGRES_UNIQUE: &str = "
    SELECT t.relname || ': ' || string_agg(c.attname, ', ' ORDER BY k.position)
        || CASE WHEN i.indpred IS NULL THEN '' ELSE ' (partial)' END
    FROM pg_index i
    JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k (number, position)
    JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum = k.number
    WHERE n.nspname = current_schema() AND i.indisunique AND t.relname NOT IN ('migration_lock', 'schema_migrations')
    GROUP BY i.indexrelid, t.relname, i.indpred";

/// The row ids of a wide table, by which SQLite keeps its indexes narrow.
const COLUMNS_THAT_DIFFER: &[&str] = &["sqlite: directory_users.n"];
/// In SQLite a whole number as the key is the row's own id, which needs no index.
const UNIQUE_THAT_DIFFER: &[&str] = &["postgres: data_keys: id", "postgres: events: seq", "postgres: installation: id"];

fn lines(store: &Store, sql: &'static str) -> Vec<String> {
    let lines = store.read_blocking(move |conn| conn.query(sql, vals![], |row| row.get::<String>(0)));
    let mut lines = lines.map_err(|error: StoreError| error).unwrap();
    lines.sort();
    lines
}

/// What is in the one and not in the other.
fn differences(left: &[String], right: &[String]) -> Vec<String> {
    let only = |these: &[String], those: &[String], mark: &str| -> Vec<String> {
        these.iter().filter(|line| !those.contains(line)).map(|line| format!("{mark} {line}")).collect()
    };
    [only(left, right, "sqlite:"), only(right, left, "postgres:")].concat()
}

#[test]
fn both_databases_have_the_same_tables() {
    let sqlite = Store::open(&Options::new(Database::SqliteMemory)).unwrap();
    let postgres = Store::open(&Options::new(Database::Postgres(fresh()))).unwrap();
    let columns = differences(&lines(&sqlite, SQLITE_COLUMNS), &lines(&postgres, POSTGRES_COLUMNS));
    assert_eq!(columns, COLUMNS_THAT_DIFFER);
    let unique = differences(&lines(&sqlite, SQLITE_UNIQUE), &lines(&postgres, POSTGRES_UNIQUE));
    assert_eq!(unique, UNIQUE_THAT_DIFFER);
}
