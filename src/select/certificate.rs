//! What a server's certificate says (RFC 5280), as a map of texts.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;
use x509_parser::prelude::X509Certificate;

use crate::yaml::{Key, Keys};

/// What is known of a certificate.
pub const CERTIFICATE_KEYS: Keys = Keys {
    what: "a certificate",
    key: "key of a certificate",
    table: &[
        Key {
            name: "subject",
            summary: "Whose it is, such as `C=SE, O=Example, CN=api.example.com`.",
        },
        Key { name: "issuer", summary: "Who issued it, in the same form." },
        Key { name: "serial", summary: "Its serial number, in lower-case hexadecimal." },
        Key { name: "sans", summary: "The names and addresses that it is valid for, a list." },
        Key {
            name: "not_before",
            summary: "From when on it is valid: a date, for `$after` and `$before`.",
        },
        Key { name: "not_after", summary: "Until when it is valid: a date." },
        Key {
            name: "expires_in",
            summary: "How long it is still valid, with a unit: `{ $gt: 14d }`. Captured, it is a number of milliseconds.",
        },
        Key {
            name: "fingerprint",
            summary: "The SHA-256 digest of its DER, in lower-case hexadecimal.",
        },
    ],
};

pub(super) const NO_TLS: &str = "the exchange was not over TLS, so there is no certificate";

/// Reads a certificate.
pub(super) fn read(der: &[u8]) -> Result<Json, &'static str> {
    let (_, certificate) =
        parse_x509_certificate(der).map_err(|_| "the certificate cannot be read")?;
    let validity = certificate.validity();
    let serial = hex(certificate.raw_serial());
    Ok(json!({
        "subject": certificate.subject().to_string(),
        "issuer": certificate.issuer().to_string(),
        "serial": serial.strip_prefix("00").filter(|rest| !rest.is_empty()).unwrap_or(&serial),
        "sans": names(&certificate),
        "not_before": date(validity.not_before.timestamp()),
        "not_after": date(validity.not_after.timestamp()),
        "expires_in": milliseconds_until(validity.not_after.timestamp()),
        "fingerprint": hex(&Sha256::digest(der)),
    }))
}

/// The names of the extension `subjectAltName`, of all kinds that have a text.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.map(|extension| extension.value.general_names.as_slice());
    names.unwrap_or_default().iter().filter_map(name).collect()
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(text) | GeneralName::RFC822Name(text) | GeneralName::URI(text) => {
            Some((*text).to_owned())
        }
        GeneralName::IPAddress(bytes) => match **bytes {
            [a, b, c, d] => Some(std::net::Ipv4Addr::new(a, b, c, d).to_string()),
            _ => Some(std::net::Ipv6Addr::from(<[u8; 16]>::try_from(*bytes).ok()?).to_string()),
        },
        _ => None,
    }
}

fn date(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

fn milliseconds_until(seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    seconds.saturating_mul(1_000).saturating_sub(i64::try_from(now).unwrap_or(i64::MAX))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use rcgen::{CertificateParams, DnType, KeyPair, SanType, SerialNumber, date_time_ymd};

    use super::*;

    #[test]
    fn a_certificate_says_whose_it_is_and_until_when() {
        let mut params = CertificateParams::new(vec!["a.example".to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::OrganizationName, "Example, Inc.");
        params.distinguished_name.push(DnType::CommonName, "a.example");
        params.subject_alt_names.push(SanType::IpAddress(Ipv4Addr::LOCALHOST.into()));
        params.subject_alt_names.push(SanType::IpAddress(Ipv6Addr::LOCALHOST.into()));
        params.serial_number = Some(SerialNumber::from_slice(&[0x8a, 0x01]));
        params.not_before = date_time_ymd(2020, 1, 2);
        params.not_after = date_time_ymd(2021, 1, 2);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let read = read(certificate.der()).expect("readable");
        let subject = read["subject"].as_str().expect("text");
        assert!(subject.contains("O=Example, Inc.") && subject.contains("CN=a.example"));
        assert_eq!(read["issuer"], read["subject"]);
        assert_eq!(read["serial"], "8a01");
        assert_eq!(read["sans"], json!(["a.example", "127.0.0.1", "::1"]));
        assert_eq!(read["not_before"], "2020-01-02T00:00:00Z");
        assert_eq!(read["not_after"], "2021-01-02T00:00:00Z");
        assert!(read["expires_in"].as_i64().is_some_and(|time| time < 0));
        assert_eq!(read["fingerprint"].as_str().map(str::len), Some(64));
        for key in CERTIFICATE_KEYS.table {
            assert!(!read[key.name].is_null(), "{}", key.name);
        }
    }
}
