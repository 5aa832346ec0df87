//! Numbers with units, as options take them.

use std::time::Duration;

/// A time with its unit.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| "a number with `ms`, `s`, `m` or `h`, such as `10s`".to_owned())?;
    let ms = match unit {
        "ms" => 1,
        "s" | "" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("no unit `{unit}`; there are ms, s, m, h")),
    };
    number.checked_mul(ms).map(Duration::from_millis).ok_or_else(|| "too long".to_owned())
}

/// Bytes with their unit. As in Falco's settings, a megabyte is 1024 times 1024 bytes.
pub fn size(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| "a number with `KB`, `MB` or `GB`, such as `100MB`".to_owned())?;
    let bytes: u64 = match unit.to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" | "KIB" => 1 << 10,
        "M" | "MB" | "MIB" => 1 << 20,
        "G" | "GB" | "GIB" => 1 << 30,
        _ => return Err(format!("no unit `{unit}`; there are KB, MB, GB")),
    };
    number.checked_mul(bytes).ok_or_else(|| "too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!((duration("5s"), duration("5")), (Ok(Duration::from_secs(5)), Ok(Duration::from_secs(5))));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        for wrong in ["", "s", "5 s", "5d", "-1s", "99999999999999999999s", "18446744073709551615h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!((size("100MB"), size("1k"), size("7")), (Ok(100 << 20), Ok(1024), Ok(7)));
        assert_eq!(size("2GiB"), Ok(2 << 30));
        for wrong in ["", "MB", "5 MB", "5T", "-1", "99999999999GB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
