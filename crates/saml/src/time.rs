//! `xs:dateTime` as SAML uses it: in UTC (saml-core-2.0 §1.3.3).

use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// Seconds since 1970, of a time that names its offset; a fraction is dropped.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    Some(time.to_offset(UtcOffset::UTC).unix_timestamp())
}

/// A time of ours; the beginning of 1970 for one beyond the year 9999.
pub(crate) fn format(seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        assert_eq!(parse("2026-11-22T10:00:00Z"), Some(1_795_341_600));
        assert_eq!(parse("2026-11-22T10:00:00.999999Z"), parse("2026-11-22T11:00:00+01:00"));
        assert_eq!(format(1_795_341_600), "2026-11-22T10:00:00Z");
        for unreadable in
            ["", "now", "2026-11-22", "2026-11-22T10:00:00", "2026-13-22T10:00:00Z", "99999-01-01T00:00:00Z"]
        {
            assert_eq!(parse(unreadable), None, "{unreadable}");
        }
    }
}
