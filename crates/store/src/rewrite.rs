//! One SQL text for two engines: `?1` becomes `$1` for PostgreSQL.

/// Writes `sql` with PostgreSQL's parameters, leaving quoted text, quoted names and comments as they are.
pub(crate) fn to_postgres(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql.chars().peekable();
    // What ends the present quotation or comment.
    let mut until: Option<char> = None;
    while let Some(char) = rest.next() {
        match until {
            Some(end) => {
                if char == end {
                    until = None;
                }
            }
            None => match char {
                '\'' | '"' => until = Some(char),
                '-' if rest.peek() == Some(&'-') => until = Some('\n'),
                '?' if rest.peek().is_some_and(char::is_ascii_digit) => {
                    out.push('$');
                    continue;
                }
                _ => {}
            },
        }
        out.push(char);
    }
    out
}

/// Wraps a write so that the server itself fails, with a division by zero, unless exactly one row changes.
///
/// `None` if the statement cannot be wrapped: it has its own `WITH` or `RETURNING`.
pub(crate) fn expecting_one(sql: &str) -> Option<String> {
    let upper = sql.to_ascii_uppercase();
    let plain = !upper.contains("RETURNING") && !upper.trim_start().starts_with("WITH");
    plain.then(|| format!("WITH changed AS ({sql} RETURNING 1) SELECT 1 / (count(*) = 1)::int FROM changed"))
}

/// Whether a statement changes exactly one row whenever it does not fail.
pub(crate) fn always_changes_one(sql: &str) -> bool {
    let upper = sql.to_ascii_uppercase();
    upper.trim_start().starts_with("INSERT") && upper.contains("VALUES") && !upper.contains("ON CONFLICT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_rewritten_outside_quotes_only() {
        let cases = [
            ("SELECT ?1, ?12", "SELECT $1, $12"),
            ("SELECT '?1', \"?1\", ?1", "SELECT '?1', \"?1\", $1"),
            ("SELECT 'it''s ?1', ?2", "SELECT 'it''s ?1', $2"),
            ("SELECT ?1 -- why ?2\n, ?3", "SELECT $1 -- why ?2\n, $3"),
            ("SELECT doc ? 'x'", "SELECT doc ? 'x'"),
            ("SELECT '", "SELECT '"),
        ];
        for (sql, expected) in cases {
            assert_eq!(to_postgres(sql), expected);
        }
    }

    #[test]
    fn only_plain_writes_are_wrapped() {
        assert!(expecting_one("UPDATE t SET a = ?1").is_some());
        assert!(expecting_one("WITH x AS (SELECT 1) UPDATE t SET a = ?1").is_none());
        assert!(always_changes_one("INSERT INTO t VALUES (?1)"));
        assert!(!always_changes_one("INSERT INTO t VALUES (?1) ON CONFLICT DO NOTHING"));
    }
}
