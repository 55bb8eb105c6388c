use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

use super::*;

fn masks(secrets: &[&str]) -> Masks {
    Masks::new(&secrets.iter().map(|text| Secret::new(*text)).collect::<Vec<_>>())
}

/// A text as it stands between the quotes of JSON.
fn quoted(text: &str) -> String {
    let json = Json::String(text.to_owned()).to_string();
    json[1..json.len() - 1].to_owned()
}

/// What a URL that is written with a secret in it has to encode.
const AS_IT_IS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// The forms that a promise is made of, by name.
fn encodings(secret: &str) -> Vec<(&'static str, String)> {
    let pair = format!("ada:{secret}");
    let json = quoted(secret);
    let units: String = secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let html = html.replace('"', "&quot;").replace('\'', "&#39;");
    let points: String = secret.chars().map(|c| format!("&#x{:X};", u32::from(c))).collect();
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![
        ("raw", secret.to_owned()),
        ("Base64", STANDARD.encode(secret)),
        ("Base64 without padding", STANDARD_NO_PAD.encode(secret)),
        ("Base64 for URLs", URL_SAFE.encode(secret)),
        ("Base64 for URLs without padding", URL_SAFE_NO_PAD.encode(secret)),
        ("pair", STANDARD.encode(&pair)),
        ("pair and more", STANDARD.encode(format!("{pair}, and more"))),
        (
            "pair in a URL",
            utf8_percent_encode(&STANDARD.encode(&pair), NON_ALPHANUMERIC).to_string(),
        ),
        ("percent in lower case", secret.bytes().map(|byte| format!("%{byte:02x}")).collect()),
        ("percent", percent.clone()),
        ("in a URL as it is", utf8_percent_encode(secret, AS_IT_IS).to_string()),
        ("form", form),
        ("JSON", json.clone()),
        ("JSON with units", units),
        ("JSON in JSON", quoted(&json)),
        ("HTML", html),
        ("HTML with code points", points),
        ("JSON in HTML", json.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")),
        ("hex", hex.clone()),
        ("HEX", hex.to_uppercase()),
    ]
}

#[test]
fn a_secret_is_found_in_every_encoding() {
    for secret in ["s3cret-Token+/=&?", "pä\"ß\\<w>örd", "1234", "a b%41&amp;c", "line 1\nline 2\n"]
    {
        let masks = masks(&[secret]);
        for (name, text) in encodings(secret) {
            let line = format!("before <{text}> after");
            assert!(masks.finds(line.as_bytes()), "{name} of {secret}: {line}");
            assert_eq!(masks.mask(&line), "before <***> after", "{name} of {secret}: {line}");
        }
    }
}

#[test]
fn what_holds_no_secret_stays_as_it_is() {
    let masks = masks(&["s3cret"]);
    for text in ["", "s3cre", "S3CRET", "s3 cret", "%73%3", "&amp; \\u0073"] {
        assert!(matches!(masks.mask(text), Cow::Borrowed(_)), "{text}");
        assert!(!masks.finds(text.as_bytes()));
    }
    assert!(matches!(Masks::default().mask("s3cret"), Cow::Borrowed("s3cret")));
    assert_eq!(super::Masks::new(&[Secret::new("abc")]).mask("abc"), "abc");
}

#[test]
fn only_the_secret_is_covered() {
    let masks = masks(&["s3cret", "cret-two"]);
    assert_eq!(masks.mask("a=s3cret&b=1 ä s3crets3cret"), "a=***&b=1 ä ***");
    // Two that lie over each other are one.
    assert_eq!(masks.mask("<s3cret-two>"), "<***>");
    assert_eq!(masks.mask("http://h/p?q=%73%33cret#x"), "http://h/p?q=***#x");
    let pair = STANDARD.encode("ada:s3cret");
    assert_eq!(masks.mask(&format!("Basic {pair}, x")), "Basic ***, x");
}

#[test]
fn a_secret_of_several_lines_is_found_line_by_line() {
    let masks = masks(&["-----BEGIN KEY-----\nMIIEvQ\r\nabcdef\n-----END KEY-----\n"]);
    assert_eq!(masks.mask("  MIIEvQ\n  abcdef\n"), "  ***\n  ***\n");
}

#[test]
fn values_are_covered_with_their_keys_and_numbers() {
    let mut value = serde_json::json!({ "a s3cret": ["x", "s3cret"], "n": 123_456, "m": 12_345 });
    masks(&["s3cret", "123456"]).cover_json(&mut value);
    assert_eq!(value, serde_json::json!({ "a ***": ["x", "***"], "n": "***", "m": 12_345 }));
}

#[test]
fn a_secret_on_the_border_of_two_blocks_is_found() {
    let masks = masks(&["s3cret"]);
    for before in BLOCK - 9..BLOCK + 2 {
        let text = format!("{}s%33cret{}", "x".repeat(before), "y".repeat(BLOCK));
        let expected = format!("{}***{}", "x".repeat(before), "y".repeat(BLOCK));
        assert!(masks.mask(&text) == expected, "{before}");
    }
}

proptest! {
    #[test]
    fn no_encoding_of_any_secret_is_left(secret in r"[\PC]{4,24}", before in "[a-z \"&%\\\\+]{0,8}") {
        let masks = masks(&[&secret]);
        for (name, text) in encodings(&secret) {
            let line = format!("{before}<{text}>");
            let masked = masks.mask(&line);
            prop_assert!(!masked.contains(&text), "{}: {} became {}", name, line, masked);
        }
    }

    #[test]
    fn any_text_can_be_masked(text in r"([\PC]{0,4}|%[0-9a-f]{0,3}|\\u[0-9a-f{}]{0,6}|&#?[a-z0-9]{0,4};?|s3cret){0,12}") {
        let masks = masks(&["s3cret", "ä%\\&é"]);
        let masked = masks.mask(&text);
        prop_assert!(!masked.contains("s3cret"));
    }
}
