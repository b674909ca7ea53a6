//! Times: microseconds since 1970 UTC inside, RFC 3339 on the wire.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The instants that RFC 3339 can write (years 0 to 9999), as microseconds.
const RANGE: std::ops::RangeInclusive<i64> = -62_167_219_200_000_000..=253_402_300_799_999_999;

/// Parses an RFC 3339 time to microseconds since 1970 UTC. A time without an offset, which `xsd:dateTime` allows, is UTC.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    let parsed = OffsetDateTime::parse(text, &Rfc3339)
        .or_else(
            |error| if text.len() <= 40 { OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339) } else { Err(error) },
        )
        .ok()?;
    i64::try_from(parsed.unix_timestamp_nanos().div_euclid(1_000)).ok().filter(|micros| RANGE.contains(micros))
}

/// Appends a time as RFC 3339 with milliseconds and `Z`: `2026-07-01T12:00:00.000Z`. Finer digits are cut off.
pub fn write(out: &mut String, micros: i64) {
    write_digits::<3>(out, micros);
}

/// A time as RFC 3339 with as many digits as it needs, so that parsing it gives the same microseconds.
#[must_use]
pub fn exact(micros: i64) -> String {
    let mut out = String::with_capacity(27);
    if micros.rem_euclid(1_000) == 0 {
        write_digits::<3>(&mut out, micros);
    } else {
        write_digits::<6>(&mut out, micros);
    }
    out
}

/// Appends a time with this many digits behind the seconds. By hand: every answer holds two times, and a page of answers
/// spent an eighth of its time formatting them.
fn write_digits<const BEHIND: usize>(out: &mut String, micros: i64) {
    let micros = micros.clamp(*RANGE.start(), *RANGE.end());
    let time = OffsetDateTime::from_unix_timestamp(micros.div_euclid(1_000_000)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let mut text = *b"0000-00-00T00:00:00.000000";
    set(&mut text[..4], time.year().unsigned_abs());
    set(&mut text[5..7], u8::from(time.month()).into());
    set(&mut text[8..10], time.day().into());
    set(&mut text[11..13], time.hour().into());
    set(&mut text[14..16], time.minute().into());
    set(&mut text[17..19], time.second().into());
    set(&mut text[20..], u32::try_from(micros.rem_euclid(1_000_000)).unwrap_or_default());
    // Digits are UTF-8.
    out.push_str(std::str::from_utf8(&text[..20 + BEHIND]).unwrap_or_default());
    out.push('Z');
}

/// Writes a number in digits, with zeros in front.
fn set(digits: &mut [u8], mut number: u32) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_equal_whatever_their_offset() {
        assert_eq!(parse("2011-05-13T04:42:34Z"), parse("2011-05-13T06:42:34+02:00"));
        assert_eq!(parse("2011-05-13T04:42:34"), parse("2011-05-13T04:42:34.000Z"));
        assert_eq!(parse("2011-05-13"), None);
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn written_with_milliseconds() {
        let mut out = String::new();
        write(&mut out, 1_305_261_754_123_999);
        assert_eq!(out, "2011-05-13T04:42:34.123Z");
        for (micros, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (i64::MIN, "0000-01-01T00:00:00.000Z"),
            (i64::MAX, "9999-12-31T23:59:59.999Z"),
        ] {
            out.clear();
            write(&mut out, micros);
            assert_eq!(out, text);
        }
    }

    #[test]
    fn exact_round_trips() {
        for micros in [0, 1, -1, 999, 1_000, 1_305_261_754_123_456, *RANGE.start(), *RANGE.end()] {
            assert_eq!(parse(&exact(micros)), Some(micros), "{micros}");
        }
        for micros in [i64::MIN, i64::MAX] {
            assert!(!exact(micros).is_empty());
        }
    }
}
