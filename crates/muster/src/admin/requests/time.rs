//! Times as people type them.

use std::time::Duration;

use muster_model::Timestamp;

use crate::admin::AdminError;

/// A time: RFC 3339, or how long ago, such as `90m`, `12h` or `7d`.
pub(crate) fn parse(text: &str, now: Timestamp) -> Result<Timestamp, AdminError> {
    let wrong = || {
        AdminError::Wrong(format!(
            "`{text}` is not a time: use a date such as 2026-01-31T12:00:00Z, or how long ago, such as 90m, 12h or 7d"
        ))
    };
    if let Ok(at) = Timestamp::parse(text) {
        return Ok(at);
    }
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    Ok(now.before(Duration::from_secs(number.checked_mul(seconds).ok_or_else(wrong)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_dates_or_how_long_ago() {
        let now = Timestamp(1_795_000_000_000_000);
        assert_eq!(parse("2h", now).unwrap(), now.before(Duration::from_secs(7_200)));
        assert_eq!(parse("1970-01-01T00:00:01Z", now).unwrap(), Timestamp(1_000_000));
        for wrong in ["", "h", "2", "2w", "-1h", "yesterday", "2ü", "99999999999999999999d", "999999999999999999d"] {
            assert!(matches!(parse(wrong, now), Err(AdminError::Wrong(_))), "{wrong}");
        }
    }
}
