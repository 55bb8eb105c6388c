//! What parts are told apart by (RFC 2046, section 5.1.1).

use http::HeaderValue;

use super::part::{Data, Piece};

/// A boundary.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Boundary(String);

impl Boundary {
    /// The boundary for some parts, and the `Content-Type` that names it. A header that the spec
    /// writes can be of another kind (`multipart/mixed`) and give a boundary of its own; or why it
    /// cannot stand.
    pub(super) fn choose(
        written: Option<&HeaderValue>,
        pieces: &[Piece],
    ) -> Result<(Self, Option<HeaderValue>), String> {
        let Some(written) = written else {
            let own = Self::random(pieces);
            let media = own.named("multipart/form-data")?;
            return Ok((own, Some(media)));
        };
        let text = written.to_str().unwrap_or_default();
        let essence = text.split(';').next().unwrap_or_default().trim();
        if !essence.to_ascii_lowercase().starts_with("multipart/") {
            return Err(format!("`multipart` is not what the header `Content-Type: {text}` says"));
        }
        match parameter(text, "boundary") {
            None => {
                let own = Self::random(pieces);
                let media = own.named(text.trim_end_matches([';', ' ']))?;
                Ok((own, Some(media)))
            }
            Some(boundary) if is_boundary(&boundary) => Ok((Self(boundary), None)),
            Some(boundary) => Err(format!(
                "`{boundary}` is no boundary: it is made of 1 to 70 letters, digits and `'()+_,-./:=?`"
            )),
        }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// One that no text holds. In files it is not looked for: 128 random bits are in none.
    fn random(pieces: &[Piece]) -> Self {
        loop {
            let boundary = format!("crosscheck-{:032x}", rand::random::<u128>());
            let taken = |piece: &Piece| {
                let within = matches!(&piece.data, Data::Text(text) if text.contains(&boundary));
                within || piece.head.contains(&boundary)
            };
            if !pieces.iter().any(taken) {
                return Self(boundary);
            }
        }
    }

    fn named(&self, media: &str) -> Result<HeaderValue, String> {
        HeaderValue::from_str(&format!("{media}; boundary={}", self.0))
            .map_err(|_| format!("`{media}` cannot be sent"))
    }
}

/// The characters of a boundary; a space may stand anywhere but at the end.
fn is_boundary(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "'()+_,-./:=? ".contains(c);
    (1..=70).contains(&text.len()) && text.chars().all(allowed) && !text.ends_with(' ')
}

/// A parameter of a media type (RFC 9110, section 5.6.6).
fn parameter(media: &str, wanted: &str) -> Option<String> {
    let (_, mut rest) = media.split_once(';')?;
    loop {
        let (name, value) = rest.split_once('=')?;
        let name = name.trim_start_matches([';', ' ', '\t']).trim_end();
        let (value, after) = if let Some(quoted) = value.strip_prefix('"') {
            unquote(quoted)
        } else {
            let end = value.find(';').unwrap_or(value.len());
            (value[..end].trim().to_owned(), &value[end..])
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after;
    }
}

/// A quoted string without its quotes, and what follows it.
fn unquote(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(written: &'static str) -> Result<(String, Option<String>), String> {
        let written = HeaderValue::from_static(written);
        let (boundary, media) = Boundary::choose(Some(&written), &[])?;
        Ok((boundary.0, media.map(|media| media.to_str().expect("text").to_owned())))
    }

    #[test]
    fn a_boundary_is_random_and_named_by_the_media_type() {
        let (one, media) = Boundary::choose(None, &[]).expect("a boundary");
        let media = media.expect("a media type");
        let expected = format!("multipart/form-data; boundary={}", one.0);
        assert_eq!(media.to_str().expect("text"), expected);
        assert!(is_boundary(&one.0));
        assert_ne!(Boundary::random(&[]), one);
    }

    #[test]
    fn a_written_media_type_keeps_its_boundary_or_gets_one() {
        for written in [
            "multipart/mixed; boundary=cut",
            "Multipart/Mixed;charset=\"a;b=\\\"c\"; Boundary=\"cut\"",
        ] {
            assert_eq!(choose(written), Ok(("cut".to_owned(), None)), "{written}");
        }
        let (boundary, media) = choose("multipart/mixed;").expect("a boundary");
        assert_eq!(media, Some(format!("multipart/mixed; boundary={boundary}")));
        for (written, error) in [
            ("application/json", "is not what the header"),
            ("multipart/mixed; boundary=\"\"", "is no boundary"),
            ("multipart/mixed; boundary=\"a\\\\b\"", "`a\\b` is no boundary"),
            ("multipart/mixed; boundary=\"a \"", "is no boundary"),
        ] {
            assert!(choose(written).is_err_and(|message| message.contains(error)), "{written}");
        }
    }
}
