//! Every byte that the database holds, for tests that look for what should not be there.

use std::{collections::BTreeMap, ops::ControlFlow};

use muster_engine::EngineError;
use muster_store::Conn;

use crate::World;

/// One column of one row.
#[derive(Debug, Clone)]
pub struct Stored {
    /// `table.column`.
    pub place: String,
    /// The value as text, or the bytes that it is.
    pub bytes: Vec<u8>,
}

impl World {
    /// Every value of every column that holds texts or bytes, of every table that there is.
    ///
    /// # Panics
    ///
    /// When the store fails.
    #[must_use]
    pub fn everything_stored(&self) -> Vec<Stored> {
        self.read(|conn| {
            let mut all = Vec::new();
            for (table, columns) in columns(conn)? {
                for (column, as_bytes) in columns {
                    let sql = format!("SELECT {as_bytes} FROM {table} WHERE {column} IS NOT NULL");
                    conn.each(&sql, muster_store::vals![], |row| {
                        all.push(Stored { place: format!("{table}.{column}"), bytes: row.get(0)? });
                        Ok(ControlFlow::Continue(()))
                    })?;
                }
            }
            Ok(all)
        })
    }
}

/// The columns of texts and bytes of every table, each with the expression that makes bytes of it.
fn columns(conn: &mut Conn<'_>) -> Result<BTreeMap<String, Vec<(String, String)>>, EngineError> {
    let is_postgres = std::env::var_os("MUSTER_TEST_POSTGRES").is_some();
    let sql = if is_postgres {
        "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns \
         WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"
    } else {
        "SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid"
    };
    let found = conn.query(sql, muster_store::vals![], |row| {
        Ok((row.get::<String>(0)?, row.get::<String>(1)?, row.get::<String>(2)?))
    })?;
    let mut columns: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (table, column, kind) in found {
        let as_bytes = match kind.to_lowercase().as_str() {
            "text" if is_postgres => format!("convert_to({column}, 'UTF8')"),
            "text" => format!("CAST({column} AS BLOB)"),
            "blob" | "bytea" => column.clone(),
            _ => continue,
        };
        columns.entry(table).or_default().push((column, as_bytes));
    }
    Ok(columns)
}
