//! Dates of cookies, in whatever shape they come (RFC 6265, section 5.1.1).

use jiff::civil::{Date, DateTime};

/// Reads a date as user agents do: a time, a day, a month and a year are looked for in any order,
/// and everything else is passed over. In seconds since 1970.
pub fn date(text: &[u8]) -> Option<i64> {
    let (mut time, mut day, mut month, mut year) = (None, None, None, None);
    for token in text.split(|&byte| is_delimiter(byte)).filter(|token| !token.is_empty()) {
        if time.is_none()
            && let Some(found) = clock(token)
        {
            time = Some(found);
        } else if day.is_none()
            && let Some(found) = number(token, 1..=2)
        {
            day = Some(found);
        } else if month.is_none()
            && let Some(found) = month_of(token)
        {
            month = Some(found);
        } else if year.is_none()
            && let Some(found) = number(token, 2..=4)
        {
            year = Some(found);
        }
    }
    let year = match year? {
        year @ 70..=99 => year + 1900,
        year @ 0..=69 => year + 2000,
        year => year,
    };
    let (hour, minute, second) = time?;
    if year < 1601 {
        return None;
    }
    let date = Date::new(year, month?, i8::try_from(day?).ok()?).ok()?;
    let time = jiff::civil::Time::new(hour, minute, second, 0).ok()?;
    let moment = DateTime::from_parts(date, time);
    let epoch = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    Some(moment.duration_since(epoch).as_secs())
}

/// What stands between the parts of a date; a colon does not.
fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'/' | b';'..=b'@' | b'['..=b'`' | b'{'..=b'~')
}

/// A number of so many digits; what follows it, if anything, is no digit.
fn number(token: &[u8], digits: std::ops::RangeInclusive<usize>) -> Option<i16> {
    let count = token.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !digits.contains(&count) {
        return None;
    }
    std::str::from_utf8(&token[..count]).ok()?.parse().ok()
}

/// `07:28:00`; what follows the seconds is passed over.
fn clock(token: &[u8]) -> Option<(i8, i8, i8)> {
    let mut parts = token.splitn(3, |&byte| byte == b':');
    let mut part = |last: bool| {
        let part = parts.next()?;
        let whole = last || part.iter().all(u8::is_ascii_digit);
        number(part, 1..=2).filter(|_| whole).and_then(|number| i8::try_from(number).ok())
    };
    Some((part(false)?, part(false)?, part(true)?))
}

fn month_of(token: &[u8]) -> Option<i8> {
    const MONTHS: [&[u8]; 12] = [
        b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
        b"dec",
    ];
    let start = token.get(..3)?.to_ascii_lowercase();
    (1..).zip(MONTHS).find(|(_, month)| *month == start).map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_moment_has_many_shapes() {
        for text in [
            "Wed, 21 Oct 2026 07:28:00 GMT",
            "Wednesday, 21-Oct-26 07:28:00 GMT",
            "Wed Oct 21 07:28:00 2026",
            "Wed, 21-Oct-2026 07:28:00 GMT",
            "21 october 2026 7:28:0",
            "07:28:00 21 OCT 26",
            "2026 Oct 21 07:28:00 nonsense, and more",
            "Wed,21/Oct/2026;07:28:00.5 +0200",
            "21st Oct 2026AD 07:28:00Z",
        ] {
            assert_eq!(date(text.as_bytes()), Some(1_792_567_680), "{text}");
        }
    }

    #[test]
    fn years_of_two_digits_are_of_this_century_or_the_last() {
        assert_eq!(date(b"1 Jan 70 00:00:00"), Some(0));
        assert_eq!(date(b"1 Jan 00 00:00:00"), Some(946_684_800));
        assert_eq!(date(b"1 Jan 69 00:00:00"), Some(3_124_224_000));
        assert_eq!(date(b"31 Dec 9999 23:59:59"), Some(253_402_300_799));
        assert_eq!(date(b"1 Jan 1601 00:00:00"), Some(-11_644_473_600));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "soon",
            "0",
            "Wed, 21 Oct 2026",
            "07:28:00 GMT",
            "21 Oct 07:28:00",
            "30 Feb 2026 07:28:00",
            "32 Oct 2026 07:28:00",
            "0 Oct 2026 07:28:00",
            "21 Oct 1600 07:28:00",
            "21 Oct 2026 24:00:00",
            "21 Oct 2026 07:60:00",
            "21 Oct 2026 07:28:60",
            "21 Oct 2026 07:28",
            "21 Oct 2026 007:28:00",
            "21 Okt 2026 07:28:00",
            "21 Oct 20260 07:28:00",
        ] {
            assert_eq!(date(text.as_bytes()), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60)) {
            let _ = date(&text);
        }

        #[test]
        fn every_second_is_read_back(second in -11_644_473_600_i64..253_402_300_800) {
            let moment = DateTime::constant(1970, 1, 1, 0, 0, 0, 0)
                + jiff::SignedDuration::from_secs(second);
            let text = moment.strftime("%d %b %Y %H:%M:%S GMT").to_string();
            proptest::prop_assert_eq!(date(text.as_bytes()), Some(second));
        }
    }
}
