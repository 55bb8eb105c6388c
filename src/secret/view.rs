//! Text as others may read it: with its percent-encoding, its escapes or its entities taken away,
//! and where each byte of that stands in what was written.

/// Text with some encoding removed. Every byte of the text belongs to one of the view's.
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    /// Where each byte begins in the text; those of one escape begin together.
    at: Vec<u32>,
    /// Where the text ends.
    end: u32,
}

impl View {
    /// The text as it stands. It is no longer than 4 GiB.
    pub(super) fn of(text: &[u8]) -> Self {
        let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self { bytes: text.to_vec(), at: (0..end).collect(), end }
    }

    /// Where a range of the view stands in the text.
    pub(super) fn range(&self, start: usize, end: usize) -> (usize, usize) {
        let first = self.at.get(start).map_or(self.end, |at| *at);
        let last = self.at.get(end.wrapping_sub(1)).copied();
        // An escape stands for several bytes: it ends where the next one begins.
        let mut after = end;
        while self.at.get(after).copied() == last && last.is_some() {
            after += 1;
        }
        (first as usize, self.at.get(after).map_or(self.end, |at| *at) as usize)
    }

    /// The view with an encoding removed; `None` where there is nothing of it.
    pub(super) fn decoded(&self, encoding: Encoding) -> Option<Self> {
        let (signs, decode) = encoding.parts();
        self.bytes.iter().position(|byte| signs.contains(byte))?;
        let mut view =
            Self { bytes: Vec::with_capacity(self.bytes.len()), at: Vec::new(), end: self.end };
        view.at.reserve(self.bytes.len());
        let mut position = 0;
        while let Some(&byte) = self.bytes.get(position) {
            let begin = self.at[position];
            let read = if signs.contains(&byte) { decode(&self.bytes[position..]) } else { None };
            let length = if let Some((letter, length)) = read {
                let mut buffer = [0; 4];
                let decoded: &[u8] = match letter {
                    Letter::Byte(byte) => {
                        buffer[0] = byte;
                        &buffer[..1]
                    }
                    Letter::Char(letter) => letter.encode_utf8(&mut buffer).as_bytes(),
                };
                view.bytes.extend_from_slice(decoded);
                view.at.extend(decoded.iter().map(|_| begin));
                length
            } else {
                view.bytes.push(byte);
                view.at.push(begin);
                1
            };
            position += length;
        }
        Some(view)
    }
}

/// What an escape stands for.
enum Letter {
    Byte(u8),
    Char(char),
}

/// Reads one escape at the start of some bytes: what it stands for, and its length.
type Decode = fn(&[u8]) -> Option<(Letter, usize)>;

/// A way to write text so that it can stand within other text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Encoding {
    /// `%2B`, and `+` for a space: forms.
    Percent,
    /// `%2B`, and `+` for itself: URLs (RFC 3986, section 2.1).
    Url,
    /// `\"` and `\u00e4` (RFC 8259, section 7), and `\u{1b}`, as reports show what does not print.
    Backslash,
    /// `&amp;` and `&#x26;`, of XML and HTML.
    Entity,
}

impl Encoding {
    /// The bytes that an escape begins with, and what reads one.
    fn parts(self) -> (&'static [u8], Decode) {
        match self {
            Self::Percent => (b"%+", percent),
            Self::Url => (b"%", percent),
            Self::Backslash => (b"\\", backslash),
            Self::Entity => (b"&", entity),
        }
    }
}

fn percent(bytes: &[u8]) -> Option<(Letter, usize)> {
    if bytes[0] == b'+' {
        return Some((Letter::Byte(b' '), 1));
    }
    let value = number(bytes.get(1..3)?, 16)?;
    Some((Letter::Byte(u8::try_from(value).ok()?), 3))
}

fn backslash(bytes: &[u8]) -> Option<(Letter, usize)> {
    let letter = match bytes.get(1)? {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'u' => return unicode(bytes),
        byte @ (b'"' | b'\\' | b'/' | b'\'') => char::from(*byte),
        _ => return None,
    };
    Some((Letter::Char(letter), 2))
}

fn unicode(bytes: &[u8]) -> Option<(Letter, usize)> {
    if bytes.get(2) == Some(&b'{') {
        let digits = bytes[3..].iter().take(7).position(|byte| *byte == b'}')?;
        let letter = char::from_u32(number(&bytes[3..3 + digits], 16)?)?;
        return Some((Letter::Char(letter), digits + 4));
    }
    let high = number(bytes.get(2..6)?, 16)?;
    if let Some(letter) = char::from_u32(high) {
        return Some((Letter::Char(letter), 6));
    }
    // A pair of surrogates.
    let low = bytes.get(6..12)?.strip_prefix(b"\\u").and_then(|digits| number(digits, 16))?;
    let units = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    let letter = char::decode_utf16(units).next()?.ok()?;
    Some((Letter::Char(letter), 12))
}

fn entity(bytes: &[u8]) -> Option<(Letter, usize)> {
    const LONGEST: usize = 12;
    let end = bytes.iter().take(LONGEST).position(|byte| *byte == b';')?;
    let letter = match &bytes[1..end] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        _ => return None,
    };
    Some((Letter::Char(letter), end + 1))
}

/// A number of digits and nothing else.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok()?;
    (!text.starts_with(['+', '-'])).then(|| u32::from_str_radix(text, radix).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_and_what_is_none_stays() {
        for (encoding, text, read) in [
            (Encoding::Percent, "a%2Bb%2f+%zz%4", "a+b/ %zz%4"),
            (Encoding::Percent, "%C3%A4", "ä"),
            (Encoding::Backslash, r#"\"\\\/\n\u00e4\ud83d\ude00\u{1b}\x"#, "\"\\/\nä😀\u{1b}\\x"),
            (Encoding::Backslash, r"\ud83d \u12", r"\ud83d \u12"),
            (Encoding::Entity, "&lt;&#38;&#x26;&apos;&nbsp;&", "<&&'&nbsp;&"),
        ] {
            let view = View::of(text.as_bytes()).decoded(encoding).expect("something to read");
            assert_eq!(String::from_utf8_lossy(&view.bytes), read, "{text}");
        }
        assert!(View::of(b"plain").decoded(Encoding::Percent).is_none());
    }

    #[test]
    fn a_range_covers_its_escapes_whole() {
        let text = "x%C3%A4y";
        let view = View::of(text.as_bytes()).decoded(Encoding::Percent).expect("escapes");
        assert_eq!(view.range(1, 3), (1, 7));
        let text = r"x\u00e4y";
        let view = View::of(text.as_bytes()).decoded(Encoding::Backslash).expect("escapes");
        assert_eq!(view.range(1, 3), (1, 7));
        assert_eq!(view.range(0, 2), (0, 7));
        assert_eq!(view.range(3, 4), (7, 8));
    }
}
