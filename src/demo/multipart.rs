//! The parts of a multipart body (RFC 7578), as the echo tells them.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

/// The most parts that are told.
const MAX_PARTS: usize = 1_000;

/// The parts of `body`; `None` where it is not multipart or never closes.
pub(super) fn parts(headers: &HeaderMap, body: &[u8]) -> Option<Value> {
    let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    if !content_type.trim_start().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    let delimiter = format!("\r\n--{}", parameter(content_type, "boundary")?).into_bytes();
    // The first delimiter may stand at the very start, with no line end before it.
    let mut rest = match body.strip_prefix(&delimiter[2..]) {
        Some(rest) => rest,
        None => split(body, &delimiter)?.1,
    };
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let (part, after) = split(rest, &delimiter)?;
        if parts.len() < MAX_PARTS {
            parts.push(tell(part)?);
        }
        rest = after;
    }
    Some(parts.into())
}

/// One part: its fields, an empty line, its content.
fn tell(part: &[u8]) -> Option<Value> {
    let (fields, content) = split(part, b"\r\n\r\n")?;
    let fields = String::from_utf8_lossy(fields);
    let field = |wanted: &str| {
        fields.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let disposition = field("content-disposition").unwrap_or("");
    Some(json!({
        "name": parameter(disposition, "name"),
        "filename": parameter(disposition, "filename"),
        "content_type": field("content-type"),
        "text": std::str::from_utf8(content).ok(),
        "size": content.len(),
    }))
}

/// A parameter of a field value: `form-data; name="file"`.
fn parameter<'a>(value: &'a str, wanted: &str) -> Option<&'a str> {
    value.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim();
        let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        name.trim().eq_ignore_ascii_case(wanted).then(|| unquoted.unwrap_or(value))
    })
}

/// What stands before and after the first `mark`.
fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    Some((&bytes[..at], &bytes[at + mark.len()..]))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn parts_of(content_type: &'static str, body: &[u8]) -> Option<Value> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        parts(&headers, body)
    }

    #[test]
    fn fields_and_files_are_told_in_order() {
        let body = b"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n\
            --b\r\ncontent-disposition: form-data; name=f; filename=\"x.bin\"\r\n\
            Content-Type: image/png\r\n\r\n\xff\r\n\r\n--b--\r\n";
        assert_eq!(
            parts_of("multipart/form-data; boundary=b", body).unwrap(),
            json!([
                { "name": "a", "filename": null, "content_type": null, "text": "one", "size": 3 },
                {
                    "name": "f", "filename": "x.bin", "content_type": "image/png",
                    "text": null, "size": 3,
                },
            ])
        );
    }

    #[test]
    fn what_is_broken_or_not_multipart_is_not_told() {
        assert_eq!(parts_of("text/plain; boundary=b", b"--b--"), None);
        assert_eq!(parts_of("multipart/form-data", b"--b--"), None);
        assert_eq!(parts_of("multipart/form-data; boundary=b", b""), None);
        assert_eq!(parts_of("multipart/form-data; boundary=b", b"--b\r\n\r\nendless"), None);
        assert_eq!(parts_of("multipart/mixed; boundary=\"b\"", b"--b--"), Some(json!([])));
    }
}
