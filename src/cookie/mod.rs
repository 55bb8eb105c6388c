//! `Set-Cookie` as user agents read it (RFC 6265bis, section 5.6). Both the jar and the expectations
//! read cookies here, so that what a test sees is what the next request goes by.
//!
//! Reading judges nothing: whether a cookie is kept, and by whom it is seen, is the jar's business.

mod cover;
mod date;

pub use cover::covered;
pub use date::date;

use std::borrow::Cow;

use serde_json::Number;

/// The longest value of an attribute, in bytes; longer ones are ignored.
const LONGEST_ATTRIBUTE: usize = 1024;

/// A cookie as a response sets it. Name, value and path are bytes: they go back as they came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetCookie<'a> {
    /// The name; empty for a cookie that is only a value.
    pub name: &'a [u8],
    /// The value.
    pub value: &'a [u8],
    /// `Path`, where it starts with `/`; any other stands for that of the request.
    pub path: Option<&'a [u8]>,
    /// `Domain` in lower case and without a leading dot.
    pub domain: Option<String>,
    /// `Expires` as it was sent, whether it is a date or not.
    pub expires: Option<&'a [u8]>,
    /// The moment of the last `Expires` that is a date, in seconds since 1970.
    pub expiry: Option<i64>,
    /// `Max-Age` in seconds, where it is a number.
    pub max_age: Option<Number>,
    /// `Secure`.
    pub secure: bool,
    /// `HttpOnly`.
    pub http_only: bool,
    /// `SameSite`.
    pub same_site: Option<SameSite<'a>>,
    /// `Partitioned`.
    pub partitioned: bool,
}

/// What `SameSite` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite<'a> {
    /// Only requests within the site carry the cookie.
    Strict,
    /// So do safe ones that come from elsewhere.
    Lax,
    /// All do.
    None,
    /// A word that user agents do not know: as if it were not there.
    Other(&'a [u8]),
}

/// Why a `Set-Cookie` says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// It holds a control character.
    ControlCharacter,
    /// It has neither a name nor a value.
    Empty,
}

impl<'a> SetCookie<'a> {
    /// Reads the value of a `Set-Cookie` field.
    pub fn parse(field: &'a [u8]) -> Result<Self, Unreadable> {
        if field.iter().any(|&byte| byte != b'\t' && byte.is_ascii_control()) {
            return Err(Unreadable::ControlCharacter);
        }
        let mut parts = field.split(|&byte| byte == b';');
        let pair = parts.next().unwrap_or_default();
        let (name, value) = split(pair).unwrap_or((b"", trim(pair)));
        if name.is_empty() && value.is_empty() {
            return Err(Unreadable::Empty);
        }
        let mut cookie = Self { name, value, ..Self::default() };
        for part in parts {
            let (name, value) = split(part).unwrap_or((trim(part), b""));
            if value.len() <= LONGEST_ATTRIBUTE {
                cookie.attribute(name, value);
            }
        }
        Ok(cookie)
    }

    /// Takes an attribute in; of several with one name the last one counts.
    fn attribute(&mut self, name: &'a [u8], value: &'a [u8]) {
        match name.to_ascii_lowercase().as_slice() {
            b"expires" => {
                self.expires = Some(value);
                self.expiry = date(value).or(self.expiry);
            }
            b"max-age" => self.max_age = seconds(value).or_else(|| self.max_age.take()),
            b"domain" => {
                let domain = value.strip_prefix(b".").unwrap_or(value);
                let domain = String::from_utf8_lossy(domain).to_ascii_lowercase();
                self.domain = (!domain.is_empty()).then_some(domain);
            }
            b"path" => self.path = value.starts_with(b"/").then_some(value),
            b"secure" => self.secure = true,
            b"httponly" => self.http_only = true,
            b"samesite" => self.same_site = Some(SameSite::of(value)),
            b"partitioned" => self.partitioned = true,
            _ => {}
        }
    }

    /// The name as text.
    pub fn name(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.name)
    }

    /// For how many seconds `Max-Age` has it kept: at most as many as can be counted.
    pub fn lifetime(&self) -> Option<i64> {
        let age = self.max_age.as_ref()?;
        let most = if age.to_string().starts_with('-') { i64::MIN } else { i64::MAX };
        Some(age.as_i64().unwrap_or(most))
    }
}

impl<'a> SameSite<'a> {
    fn of(value: &'a [u8]) -> Self {
        let known = [Self::Strict, Self::Lax, Self::None];
        let known = known.into_iter().find(|known| known.as_bytes().eq_ignore_ascii_case(value));
        known.unwrap_or(Self::Other(value))
    }

    /// The word in its usual spelling.
    pub fn as_bytes(self) -> &'a [u8] {
        match self {
            Self::Strict => b"Strict",
            Self::Lax => b"Lax",
            Self::None => b"None",
            Self::Other(word) => word,
        }
    }
}

/// The pairs of a `Cookie` field: names with their values (RFC 6265bis, section 4.2.1).
pub fn pairs(field: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    field
        .split(|&byte| byte == b';')
        .map(|pair| split(pair).unwrap_or((b"", trim(pair))))
        .filter(|(name, value)| !name.is_empty() || !value.is_empty())
}

/// Splits at the first `=`.
fn split(pair: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = pair.iter().position(|&byte| byte == b'=')?;
    Some((trim(&pair[..at]), trim(&pair[at + 1..])))
}

/// Takes spaces and tabs off both ends.
fn trim(text: &[u8]) -> &[u8] {
    let inked = |byte: &u8| !matches!(byte, b' ' | b'\t');
    match (text.iter().position(inked), text.iter().rposition(inked)) {
        (Some(first), Some(last)) => &text[first..=last],
        _ => b"",
    }
}

/// Reads `Max-Age`: digits, with all of them kept, and `-` in front of negative ones.
fn seconds(value: &[u8]) -> Option<Number> {
    let text = std::str::from_utf8(value).ok()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = digits.trim_start_matches('0');
    match (digits, text.starts_with('-')) {
        ("", _) => Some(0.into()),
        (digits, true) => format!("-{digits}").parse().ok(),
        (digits, false) => digits.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<SetCookie<'_>, Unreadable> {
        SetCookie::parse(text.as_bytes())
    }

    #[test]
    fn every_attribute_is_read() {
        let cookie = parse(
            "sid = a=b ; Path=/x;DOMAIN=.Example.com; secure=whatever; HttpOnly;samesite=lax; Max-Age=007; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Partitioned; other",
        );
        assert_eq!(
            cookie,
            Ok(SetCookie {
                name: b"sid",
                value: b"a=b",
                path: Some(b"/x"),
                domain: Some("example.com".into()),
                secure: true,
                http_only: true,
                same_site: Some(SameSite::Lax),
                max_age: Some(7.into()),
                expires: Some(b"Wed, 21 Oct 2026 07:28:00 GMT"),
                expiry: Some(1_792_567_680),
                partitioned: true,
            })
        );
    }

    #[test]
    fn a_cookie_can_be_a_value_without_a_name() {
        for text in ["abc", "=abc", " = abc ;"] {
            let bare = SetCookie { value: b"abc", ..SetCookie::default() };
            assert_eq!(parse(text), Ok(bare), "{text}");
        }
    }

    #[test]
    fn what_says_nothing_is_no_cookie() {
        for text in ["", "=", " ; Path=/", "\t=\t"] {
            assert_eq!(parse(text), Err(Unreadable::Empty), "{text}");
        }
        for text in ["a=\0", "a=b\n", "a=b; Path=/\x7f", "a\r=b"] {
            assert_eq!(parse(text), Err(Unreadable::ControlCharacter), "{text:?}");
        }
        assert_eq!(parse("a=b\tc").map(|cookie| cookie.value), Ok(&b"b\tc"[..]));
    }

    #[test]
    fn an_attribute_that_cannot_be_read_is_left_out() {
        let long = format!("a=; Path=/{}; Domain={}", "x".repeat(1024), "y".repeat(1025));
        for text in
            ["a=", "a=;Max-Age=;Path;Domain=", "a=;Max-Age=1.5", "a=; Max-Age=-; Path=x", &long]
        {
            let bare = SetCookie { name: b"a", ..SetCookie::default() };
            assert_eq!(parse(text), Ok(bare), "{text}");
        }
        assert_eq!(parse("a=; Expires=soon").unwrap().expiry, None);
        assert_eq!(parse("a=; Expires=soon").unwrap().expires, Some(&b"soon"[..]));
        let other = parse("a=; SameSite=Sometimes").unwrap().same_site;
        assert_eq!(other, Some(SameSite::Other(b"Sometimes")));
    }

    #[test]
    fn the_last_attribute_of_a_name_counts() {
        let cookie =
            parse("a=; Path=/x; path=/y; Domain=b; domain=; Max-Age=1; max-age=2").unwrap();
        assert_eq!((cookie.path, &cookie.domain), (Some(&b"/y"[..]), &None));
        assert_eq!(cookie.lifetime(), Some(2));
        assert_eq!(parse("a=; Path=/x; Path=y").unwrap().path, None);
    }

    #[test]
    fn an_age_keeps_its_digits_and_is_counted_as_far_as_can_be() {
        let age = |text: &str| parse(text).unwrap().max_age.map(|age| age.to_string());
        let lifetime = |text: &str| parse(text).unwrap().lifetime();
        assert_eq!(age("a=; Max-Age=-1").as_deref(), Some("-1"));
        assert_eq!(age("a=; Max-Age=-0; max-age=x").as_deref(), Some("0"));
        assert_eq!(
            age("a=; Max-Age=0099999999999999999999").as_deref(),
            Some("99999999999999999999")
        );
        assert_eq!(lifetime("a=; Max-Age=99999999999999999999"), Some(i64::MAX));
        assert_eq!(lifetime("a=; Max-Age=-99999999999999999999"), Some(i64::MIN));
        assert_eq!(lifetime("a=; Max-Age=60"), Some(60));
    }

    #[test]
    fn a_cookie_field_is_its_pairs() {
        let found: Vec<_> = pairs(b"a=1; b = x=y;c;; =d").collect();
        let expected: [(&[u8], &[u8]); 4] =
            [(b"a", b"1"), (b"b", b"x=y"), (b"", b"c"), (b"", b"d")];
        assert_eq!(found, expected);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(field in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(cookie) = SetCookie::parse(&field) {
                prop_assert!(!cookie.name.is_empty() || !cookie.value.is_empty());
                prop_assert!(!cookie.name.contains(&b';') && !cookie.name.contains(&b'='));
                prop_assert!(!cookie.value.contains(&b';'));
                prop_assert_eq!(trim(cookie.value), cookie.value);
            }
            for (name, value) in pairs(&field) {
                prop_assert!(!name.is_empty() || !value.is_empty());
            }
        }

        #[test]
        fn what_is_written_is_what_is_read(
            name in "[!#-+\\--:<>-~]{1,20}",
            value in "[!-:<-~]{0,20}",
            path in prop::option::of("/[!-:<-~]{0,20}"),
            domain in prop::option::of("[a-z0-9-]{1,10}(\\.[a-z0-9-]{1,10}){0,3}"),
            age in prop::option::of(any::<i64>()),
            flags in any::<[bool; 3]>(),
            same_site in prop::option::of(prop::sample::select(&[SameSite::Strict, SameSite::Lax, SameSite::None][..])),
        ) {
            let name = name.replace('=', "-");
            let mut text = format!("{name}={value}");
            for (key, part) in [("Path", &path), ("Domain", &domain), ("Max-Age", &age.map(|age| age.to_string()))] {
                if let Some(part) = part {
                    text.push_str(&format!("; {key}={part}"));
                }
            }
            if let Some(word) = same_site {
                text.push_str(&format!("; SameSite={}", String::from_utf8_lossy(word.as_bytes())));
            }
            for (flag, on) in ["; Secure", "; HttpOnly", "; Partitioned"].iter().zip(flags) {
                text.push_str(if on { flag } else { "" });
            }
            let [secure, http_only, partitioned] = flags;
            let expected = SetCookie {
                name: name.as_bytes(),
                value: value.as_bytes(),
                path: path.as_deref().map(str::as_bytes),
                domain,
                max_age: age.map(Number::from),
                secure,
                http_only,
                same_site,
                partitioned,
                ..SetCookie::default()
            };
            prop_assert_eq!(SetCookie::parse(text.as_bytes()), Ok(expected));
        }
    }
}
