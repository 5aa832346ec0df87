//! Times as Falco writes them: the machine's local time, and UTC where a format says so.

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::sink::Sink;

const NANOSECONDS: u64 = 1_000_000_000;
const DAY: i64 = 86_400;

static ZONE: OnceLock<TimeZone> = OnceLock::new();

/// Makes local time UTC for this process, whatever the machine's setting. False when local times have already been written in
/// another zone.
pub fn use_utc() -> bool {
    *ZONE.get_or_init(|| TimeZone::UTC) == TimeZone::UTC
}

/// Seconds to add to UTC at that time; the zone is that of the variable TZ, otherwise the machine's.
fn local_offset(seconds: i64) -> i64 {
    let zone = ZONE.get_or_init(TimeZone::system);
    Timestamp::from_second(seconds).map_or(0, |at| zone.to_offset(at).seconds().into())
}

/// A moment taken apart.
struct Civil {
    year: i64,
    month: u64,
    day: u64,
    second_of_day: u64,
    nanosecond: u64,
}

impl Civil {
    fn new(ts: u64, local: bool) -> Self {
        let seconds = (ts / NANOSECONDS) as i64;
        let seconds = if local { seconds + local_offset(seconds) } else { seconds };
        let (year, month, day) = civil_date(seconds.div_euclid(DAY));
        Self { year, month, day, second_of_day: seconds.rem_euclid(DAY) as u64, nanosecond: ts % NANOSECONDS }
    }

    fn put_date(&self, out: &mut impl Sink) {
        out.put_int(self.year);
        out.put_byte(b'-');
        out.put_digits(self.month, 10, 2, false);
        out.put_byte(b'-');
        out.put_digits(self.day, 10, 2, false);
    }

    fn put_time(&self, out: &mut impl Sink) {
        out.put_digits(self.second_of_day / 3600, 10, 2, false);
        out.put_byte(b':');
        out.put_digits(self.second_of_day / 60 % 60, 10, 2, false);
        out.put_byte(b':');
        out.put_digits(self.second_of_day % 60, 10, 2, false);
    }

    fn put_fraction(&self, out: &mut impl Sink) {
        out.put_byte(b'.');
        out.put_digits(self.nanosecond, 10, 9, false);
    }
}

/// Year, month and day of a day counted from 1970-01-01. The calendar repeats every 400 years, and years are counted from March
/// so that the leap day is the last one.
fn civil_date(days: i64) -> (i64, u64, u64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month as u64, day as u64)
}

/// `13:04:05.000000006`, local.
pub(crate) fn put_time(ts: u64, fraction: bool, out: &mut impl Sink) {
    let civil = Civil::new(ts, true);
    civil.put_time(out);
    if fraction {
        civil.put_fraction(out);
    }
}

/// `2023-11-14 13:04:05.000000006`, local.
pub(crate) fn put_datetime(ts: u64, fraction: bool, out: &mut impl Sink) {
    let civil = Civil::new(ts, true);
    civil.put_date(out);
    out.put_byte(b' ');
    civil.put_time(out);
    if fraction {
        civil.put_fraction(out);
    }
}

/// `2023-11-14T13:04:05.000000006` and the zone's name, which must be one of UTC's.
pub(crate) fn put_iso8601(ts: u64, utc: &[u8], out: &mut impl Sink) {
    let civil = Civil::new(ts, false);
    civil.put_date(out);
    out.put_byte(b'T');
    civil.put_time(out);
    civil.put_fraction(out);
    out.put(utc);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iso(ts: u64) -> String {
        let mut out = Vec::new();
        put_iso8601(ts, b"Z", &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn dates_follow_the_calendar() {
        assert_eq!(iso(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(iso(1_700_000_000_000_000_006), "2023-11-14T22:13:20.000000006Z");
        assert_eq!(iso(951_782_400_000_000_000), "2000-02-29T00:00:00.000000000Z");
        assert_eq!(iso(951_868_799_999_999_999), "2000-02-29T23:59:59.999999999Z");
        assert_eq!(iso(u64::MAX), "2554-07-21T23:34:33.709551615Z");
    }

    #[test]
    fn dates_agree_with_the_library() {
        for days in (0..80_000).step_by(13) {
            let expected = TimeZone::UTC.to_datetime(Timestamp::from_second(days * DAY).unwrap()).date();
            let (year, month, day) = civil_date(days);
            assert_eq!(
                (year, month as i64, day as i64),
                (expected.year().into(), expected.month().into(), expected.day().into())
            );
        }
    }
}
