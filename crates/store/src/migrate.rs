//! Migrations: numbered templates that become the SQL of either engine, and the plan of which are outstanding.

use crate::error::SchemaError;

/// One step of the tables' history.
///
/// The text is a template: `{uuid}`, `{text}`, `{int}`, `{bool}`, `{bytes}` are types, `{strict}` and `{norowid}` end a
/// table (`CREATE TABLE t (..){strict}`, `{norowid}` for tables without row ids; never both). The rest of a line that
/// starts with `--sqlite ` or `--postgres ` is for that engine only.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// The number, from 1 on without gaps.
    pub version: u32,
    /// The name, as in its file's.
    pub name: &'static str,
    /// The template.
    pub sql: &'static str,
}

/// The engine that a template is written out for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

/// A migration that a database has seen.
pub(crate) struct Applied {
    pub(crate) version: u32,
    pub(crate) sha256: String,
}

impl Migration {
    /// The SQL for `engine`.
    pub(crate) fn sql_for(&self, engine: Engine) -> String {
        let mut sql = String::with_capacity(self.sql.len());
        let (own, other) = match engine {
            Engine::Sqlite => ("--sqlite ", "--postgres "),
            Engine::Postgres => ("--postgres ", "--sqlite "),
        };
        for line in self.sql.lines().filter(|line| !line.trim_start().starts_with(other)) {
            sql.push_str(line.trim_start().strip_prefix(own).unwrap_or(line));
            sql.push('\n');
        }
        let tokens: &[(&str, &str)] = match engine {
            Engine::Sqlite => &[
                ("{uuid}", "BLOB"),
                ("{text}", "TEXT"),
                ("{int}", "INTEGER"),
                ("{bool}", "INTEGER"),
                ("{bytes}", "BLOB"),
                ("{strict}", " STRICT"),
                ("{norowid}", " STRICT, WITHOUT ROWID"),
            ],
            Engine::Postgres => &[
                ("{uuid}", "uuid"),
                ("{text}", "text COLLATE \"C\""),
                ("{int}", "bigint"),
                ("{bool}", "boolean"),
                ("{bytes}", "bytea"),
                ("{strict}", ""),
                ("{norowid}", ""),
            ],
        };
        for (token, text) in tokens {
            sql = sql.replace(token, text);
        }
        sql
    }

    /// The checksum of the template, in hexadecimal.
    pub(crate) fn sha256(&self) -> String {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.sql.as_bytes());
        digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn failed(&self, reason: &impl ToString) -> SchemaError {
        SchemaError::Failed { version: self.version, name: self.name.to_owned(), reason: reason.to_string() }
    }
}

/// The migrations that a database with `applied` still needs.
///
/// # Errors
///
/// Refuses a database that a newer program migrated, or whose history differs from `migrations`.
pub(crate) fn outstanding<'m>(
    migrations: &'m [Migration],
    applied: &[Applied],
) -> Result<&'m [Migration], SchemaError> {
    let program = migrations.last().map_or(0, |last| last.version);
    let database = applied.iter().map(|applied| applied.version).max().unwrap_or(0);
    if database > program {
        return Err(SchemaError::Newer { database, program });
    }
    for step in migrations.iter().filter(|step| step.version <= database) {
        if !applied.iter().any(|applied| applied.version == step.version && applied.sha256 == step.sha256()) {
            return Err(SchemaError::Changed { version: step.version, name: step.name.to_owned() });
        }
    }
    let next = migrations.iter().position(|step| step.version > database).unwrap_or(migrations.len());
    Ok(migrations.get(next..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &[Migration] = &[
        Migration {
            version: 1,
            name: "one",
            sql: "CREATE TABLE t (id {uuid}, at {int}){strict};\n--sqlite A\n--postgres B\n",
        },
        Migration { version: 2, name: "two", sql: "-- nothing" },
    ];

    #[test]
    fn templates_become_each_engines_words() {
        let [one, _] = STEPS else { panic!() };
        assert_eq!(one.sql_for(Engine::Sqlite), "CREATE TABLE t (id BLOB, at INTEGER) STRICT;\nA\n");
        assert_eq!(one.sql_for(Engine::Postgres), "CREATE TABLE t (id uuid, at bigint);\nB\n");
        assert_eq!(one.sha256().len(), 64);
    }

    #[test]
    fn a_history_that_differs_is_refused() {
        let applied = |version: u32, step: &Migration| Applied { version, sha256: step.sha256() };
        assert_eq!(outstanding(STEPS, &[]).unwrap().len(), 2);
        assert_eq!(outstanding(STEPS, &[applied(1, &STEPS[0])]).unwrap().len(), 1);
        assert!(matches!(outstanding(STEPS, &[applied(1, &STEPS[1])]), Err(SchemaError::Changed { version: 1, .. })));
        let newer = [applied(1, &STEPS[0]), applied(2, &STEPS[1]), applied(3, &STEPS[1])];
        assert_eq!(outstanding(STEPS, &newer).unwrap_err(), SchemaError::Newer { database: 3, program: 2 });
    }
}
