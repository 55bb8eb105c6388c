//! Text in a format: `$format`. Each format is that of its RFC, with nothing left out or let through.

use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value as Json;

use super::moment;
use super::{Actual, Check, Judge, Matcher, Unit};
use crate::diagnostic::Span;
use crate::mismatch::Path;
use crate::template::Rendered;
use crate::yaml::{Node, Reader};

pub(super) const MATCHERS: &[Matcher] = &[Matcher {
    name: "$format",
    summary: "Text in a format: uuid, date, date-time, time, email, uri, ipv4, ipv6, hostname, base64, jwt.",
    example: "{ $format: date-time }",
    compile: format,
}];

/// A format that text may have.
#[derive(Debug)]
struct Format {
    name: &'static str,
    /// What it looks like, and who says so.
    hint: &'static str,
    holds: fn(&str) -> bool,
}

const FORMATS: &[Format] = &[
    Format {
        name: "uuid",
        hint: "a uuid is written `0190a6b4-7a3e-7c1d-9f00-3b5a6c7d8e9f` (RFC 9562)",
        holds: |text| text.len() == 36 && uuid::Uuid::try_parse(text).is_ok(),
    },
    Format {
        name: "date",
        hint: "a date is written `2026-01-05` (RFC 3339, `full-date`)",
        holds: |text| moment::date(text).is_some(),
    },
    Format {
        name: "date-time",
        hint: "a date-time is written `2026-01-05T09:30:00Z` or with an offset such as `+01:00` (RFC 3339)",
        holds: |text| moment::date_time(text).is_some(),
    },
    Format {
        name: "time",
        hint: "a time is written `09:30:00Z` or with an offset such as `+01:00` (RFC 3339, `full-time`)",
        holds: |text| moment::date_time(&format!("2000-01-01T{text}")).is_some(),
    },
    Format {
        name: "email",
        hint: "an address is written `ada@example.com` (RFC 5321, `Mailbox`)",
        holds: email,
    },
    Format {
        name: "uri",
        hint: "a uri starts with a scheme and has no spaces: `https://example.com/a?b=c` (RFC 3986)",
        holds: uri,
    },
    Format {
        name: "ipv4",
        hint: "an IPv4 address is written `192.0.2.1`",
        holds: |text| text.parse::<Ipv4Addr>().is_ok(),
    },
    Format {
        name: "ipv6",
        hint: "an IPv6 address is written `2001:db8::1` (RFC 4291)",
        holds: |text| text.parse::<Ipv6Addr>().is_ok(),
    },
    Format {
        name: "hostname",
        hint: "a hostname is written `www.example.com`, in ASCII (RFC 1123)",
        holds: hostname,
    },
    Format {
        name: "base64",
        hint: "Base64 has letters, digits, `+` and `/`, and is padded with `=` (RFC 4648, section 4)",
        holds: |text| STANDARD.decode(text).is_ok(),
    },
    Format {
        name: "jwt",
        hint: "a token is three parts in base64url with dots between them (RFC 7519); only its form is checked",
        holds: jwt,
    },
];

/// Formats that little other text has by chance.
const TELLING: &[&str] =
    &["uuid", "date-time", "date", "time", "jwt", "ipv4", "ipv6", "email", "uri"];

/// The format that a text has by its looks, if that can hardly be chance.
pub fn format_of(text: &str) -> Option<&'static str> {
    let has = |name: &str| FORMATS.iter().any(|format| format.name == name && (format.holds)(text));
    // Any two words with a colon between them are a uri.
    let by_chance = |name: &str| name == "uri" && !text.contains("://");
    TELLING.iter().copied().find(|name| has(name) && !by_chance(name))
}

/// What formats are called elsewhere.
const SYNONYMS: &[(&str, &str)] = &[
    ("guid", "uuid"),
    ("datetime", "date-time"),
    ("date_time", "date-time"),
    ("timestamp", "date-time"),
    ("iso8601", "date-time"),
    ("rfc3339", "date-time"),
    ("url", "uri"),
    ("mail", "email"),
    ("e-mail", "email"),
    ("ip", "ipv4"),
    ("host", "hostname"),
    ("domain", "hostname"),
    ("token", "jwt"),
];

#[derive(Debug)]
struct OfFormat(&'static Format);

fn format(node: &Node, _: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    let name = reader.string(node, "`$format`")?;
    if let Some(format) = FORMATS.iter().find(|format| format.name == name) {
        return Some(Box::new(OfFormat(format)));
    }
    let error = reader.error(node.span, format!("unknown format `{name}`"));
    let error = match SYNONYMS.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)) {
        Some((_, own)) => error.label(format!("did you mean `{own}`?")),
        None => error.suggest(name, FORMATS.iter().map(|format| format.name)),
    };
    let names: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
    reader.report(error.help(format!("formats: {}", names.join(", "))));
    None
}

impl Check for OfFormat {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let holds = matches!(actual, Actual::One(Json::String(text)) if (self.0.holds)(text));
        if !holds {
            let words = self.describe(judge);
            judge.mismatch(at, Span::default(), words, actual).note = Some(self.0.hint.to_owned());
        }
        Ok(())
    }

    fn describe(&self, _: &Judge<'_>) -> String {
        format!("text in the format {}", self.0.name)
    }
}

/// `Local-part "@" ( Domain / address-literal )`, with the lengths of section 4.5.3.1.
fn email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let atom = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    let quoted = || {
        let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
            return false;
        };
        let mut escaped = false;
        for byte in inner.bytes() {
            if !(b' '..=b'~').contains(&byte) || byte == b'"' && !escaped {
                return false;
            }
            escaped = byte == b'\\' && !escaped;
        }
        !escaped
    };
    let address = |literal: &str| match literal.strip_prefix("IPv6:") {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => literal.parse::<Ipv4Addr>().is_ok(),
    };
    let literal = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    (1..=64).contains(&local.len())
        && text.len() <= 254
        && (local.split('.').all(atom) || quoted())
        && literal.map_or_else(|| hostname(domain), address)
}

/// Labels of letters, digits and inner hyphens (RFC 1123, section 2.1).
fn hostname(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// `scheme ":" hier-part [ "?" query ] [ "#" fragment ]`.
fn uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let schemed = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b);
    let encoded = rest
        .split('%')
        .skip(1)
        .all(|part| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()));
    // A path has no brackets, and there is one fragment; hosts and ports are left to the parser.
    let path = rest
        .strip_prefix("//")
        .map_or(rest, |rest| rest.find(['/', '?', '#']).map_or("", |at| &rest[at..]));
    schemed
        && rest.bytes().all(allowed)
        && encoded
        && !path.contains(['[', ']'])
        && rest.matches('#').count() <= 1
        && url::Url::parse(text).is_ok()
}

/// A signed token in its compact form: header and claims are JSON objects.
fn jwt(text: &str) -> bool {
    let parts: Vec<_> = text.split('.').collect();
    let [header, claims, signature] = parts[..] else { return false };
    let object = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<serde_json::Map<String, Json>>(&bytes).ok()
    };
    object(header).is_some_and(|header| header.contains_key("alg"))
        && object(claims).is_some()
        && URL_SAFE_NO_PAD.decode(signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn formats_hold_for_what_their_rfcs_say_and_for_nothing_else() {
        for (name, good, bad) in [
            (
                "uuid",
                &["0190a6b4-7a3e-7c1d-9f00-3b5a6c7d8e9f", "0190A6B4-7A3E-7C1D-9F00-3B5A6C7D8E9F"][..],
                &[
                    "",
                    "0190a6b47a3e7c1d9f003b5a6c7d8e9f",
                    "{0190a6b4-7a3e-7c1d-9f00-3b5a6c7d8e9f}",
                    "g190a6b4-7a3e-7c1d-9f00-3b5a6c7d8e9f",
                ][..],
            ),
            (
                "date",
                &["2026-01-05", "2024-02-29"],
                &[
                    "2026-02-29",
                    "2026-1-5",
                    "20260105",
                    "2026-01-05T",
                    "2026-13-01",
                    "+002026-01-05",
                ],
            ),
            (
                "date-time",
                &[
                    "2026-01-05T09:30:00Z",
                    "2026-01-05t09:30:00.123456789012z",
                    "2026-01-05T09:30:00+01:00",
                    "1998-12-31T23:59:60Z",
                    "1998-12-31T15:59:60.5-08:00",
                    "2026-01-05T00:00:00-00:00",
                ],
                &[
                    "2026-01-05T09:30:00",
                    "2026-01-05T09:30Z",
                    "2026-01-05T24:00:00Z",
                    "2026-01-05T09:60:00Z",
                    "2026-01-05T09:30:60Z",
                    "2026-01-05T09:30:00+1:00",
                    "2026-01-05T09:30:00+24:00",
                    "2026-01-05T09:30:00.Z",
                    "2026-01-05 09:30:00Z",
                    "2026-01-05",
                    "2026-01-05T09:30:00Z ",
                    "2026-01-05T09:30:00Zé",
                ],
            ),
            ("time", &["09:30:00Z", "23:59:59.9+05:30"], &["09:30:00", "09:30", "25:00:00Z"]),
            (
                "email",
                &[
                    "ada@example.com",
                    "a.b+c@x.org",
                    "\"a b\"@example.com",
                    "ada@[192.0.2.1]",
                    "ada@[IPv6:2001:db8::1]",
                    "a@b",
                ],
                &[
                    "ada",
                    "@example.com",
                    "ada@",
                    "a..b@example.com",
                    "ada@exa mple.com",
                    "ada@-x.com",
                    "a b@example.com",
                    "a\"b@x.com",
                    "a@b@c.com",
                ],
            ),
            (
                "uri",
                &[
                    "https://example.com/a?b=c#d",
                    "mailto:ada@example.com",
                    "urn:isbn:0451450523",
                    "http://[::1]:80/",
                ],
                &[
                    "",
                    "/a",
                    "example.com",
                    "https://exa mple.com",
                    "https://example.com/ä",
                    "https://example.com/%zz",
                    "http://a/[b]",
                    "1a:b",
                    "http://a/#b#c",
                ],
            ),
            ("ipv4", &["192.0.2.1"], &["192.0.2", "192.0.2.256", "192.0.2.01", "::1"]),
            (
                "ipv6",
                &["2001:db8::1", "::", "::ffff:192.0.2.1"],
                &["2001:db8", "fe80::1%eth0", "[::1]", "1.2.3.4"],
            ),
            (
                "hostname",
                &["example.com", "localhost", "xn--mnchen-3ya.de", "3com.com"],
                &["", "a..b", "-a.com", "a_b.com", "exa mple", "a.com."],
            ),
            ("base64", &["Y3Jvc3NjaGVjaw==", ""], &["Y3Jvc3NjaGVjaw", "Y3Jv c3Nj", "a-b_", "A"]),
            (
                "jwt",
                &[TOKEN, "eyJhbGciOiJub25lIn0.e30."],
                &["a.b.c", "eyJhbGciOiJIUzI1NiJ9.e30", "e30.e30.c2ln"],
            ),
        ] {
            let format = FORMATS.iter().find(|format| format.name == name).expect("known");
            for text in good {
                assert!((format.holds)(text), "{name}: {text}");
            }
            for text in bad {
                assert!(!(format.holds)(text), "not {name}: {text}");
            }
        }
        let long = format!("{}.com", "a".repeat(64));
        assert!(!hostname(&long) && !email(&format!("{}@x.com", "a".repeat(65))));
    }

    #[test]
    fn every_format_has_its_test_and_stands_in_the_summary() {
        for format in FORMATS {
            assert!(MATCHERS[0].summary.contains(format.name), "{}", format.name);
        }
        for (_, own) in SYNONYMS {
            assert!(FORMATS.iter().any(|format| format.name == *own), "{own}");
        }
    }
}
