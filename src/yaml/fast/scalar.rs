//! Scalars: plain and in single quotes on one line, in double quotes also on several.

use std::borrow::Cow;

use memchr::{memchr, memchr3};

use super::{Fast, LONGEST_KEY};
use crate::diagnostic::Span;
use crate::yaml::{Node, Scalar, Value, resolve};

/// Where a scalar stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Block,
    Flow,
}

/// A scalar that was read.
pub(super) struct Read<'a> {
    text: Cow<'a, str>,
    plain: bool,
    pub(super) start: usize,
    pub(super) end: usize,
}

const ENDS_BLOCK: u8 = 1;
const ENDS_FLOW: u8 = 2;
const STARTS: u8 = 4;

/// What each byte means to a plain scalar (1.2.2, section 7.3.3): whether it may end one in a block
/// or flow, and whether it surely starts one.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let one = byte as u8;
        class[byte] = match one {
            b'\n' | b':' | b'#' => ENDS_BLOCK | ENDS_FLOW,
            b',' | b'[' | b']' | b'{' | b'}' => ENDS_FLOW,
            b'-' | b'?' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@' | b'`' => 0,
            0..=b' ' | 0x7F => 0,
            _ => STARTS,
        };
        byte += 1;
    }
    class
};

impl<'a> Fast<'a> {
    /// Reads a scalar, and moves behind it.
    #[inline]
    pub(super) fn scalar(&mut self, place: Place) -> Option<Read<'a>> {
        match self.peek()? {
            b'\'' => self.single_quoted(),
            b'"' => self.double_quoted(),
            b'-' => {
                // A dash starts a scalar where more of it follows.
                let next = *self.bytes.get(self.at + 1)?;
                (CLASS[usize::from(next)] & STARTS != 0 || next == b'-').then_some(())?;
                self.plain(place)
            }
            byte if CLASS[usize::from(byte)] & STARTS != 0 => self.plain(place),
            _ => None,
        }
    }

    fn plain(&mut self, place: Place) -> Option<Read<'a>> {
        let (start, bytes) = (self.at, self.bytes);
        let ends = if place == Place::Flow { ENDS_FLOW } else { ENDS_BLOCK };
        let mut at = start + 1;
        loop {
            let rest = &bytes[at..];
            let mut candidates = rest.iter().map(|byte| CLASS[usize::from(*byte)] & ends != 0);
            at += candidates.position(|ends| ends).unwrap_or(rest.len());
            match bytes.get(at) {
                Some(b':') => match bytes.get(at + 1) {
                    None | Some(b' ' | b'\n') => break,
                    Some(b',' | b'[' | b']' | b'{' | b'}') if place == Place::Flow => return None,
                    _ => {}
                },
                Some(b'#') if bytes[at - 1] != b' ' => {}
                _ => break,
            }
            at += 1;
        }
        while bytes[at - 1] == b' ' {
            at -= 1;
        }
        self.at = at;
        let text = Cow::Borrowed(self.text.get(start..at)?);
        Some(Read { text, plain: true, start, end: at })
    }

    fn single_quoted(&mut self) -> Option<Read<'a>> {
        let start = self.at;
        let mut at = start + 1;
        let mut doubled = false;
        loop {
            at += memchr(b'\'', &self.bytes[at..])?;
            if self.bytes.get(at + 1) != Some(&b'\'') {
                break;
            }
            doubled = true;
            at += 2;
        }
        let text = self.text.get(start + 1..at)?;
        if memchr(b'\n', text.as_bytes()).is_some() {
            return None;
        }
        self.at = at + 1;
        let text = if doubled { Cow::Owned(text.replace("''", "'")) } else { Cow::Borrowed(text) };
        Some(Read { text, plain: false, start, end: at + 1 })
    }

    fn double_quoted(&mut self) -> Option<Read<'a>> {
        let start = self.at;
        let mut text = Cow::Borrowed("");
        self.at += 1;
        loop {
            let length = memchr3(b'"', b'\\', b'\n', self.rest())?;
            let run = self.text.get(self.at..self.at + length)?;
            self.at += length;
            let end = self.bytes[self.at];
            let run = if end == b'\n' { run.trim_end_matches(' ') } else { run };
            if text.is_empty() {
                text = Cow::Borrowed(run);
            } else {
                text.to_mut().push_str(run);
            }
            match (end, self.bytes.get(self.at + 1)) {
                (b'"', _) => break,
                (b'\\', Some(b'\n')) => {
                    self.at += 1;
                    let breaks = self.line_breaks()? - 1;
                    text.to_mut().extend(std::iter::repeat_n('\n', breaks));
                }
                (b'\\', _) => self.escape(text.to_mut())?,
                _ => match self.line_breaks()? - 1 {
                    0 => text.to_mut().push(' '),
                    breaks => text.to_mut().extend(std::iter::repeat_n('\n', breaks)),
                },
            }
        }
        self.at += 1;
        Some(Read { text, plain: false, start, end: self.at })
    }

    /// Skips and counts the line breaks in a scalar, with the spaces around them.
    fn line_breaks(&mut self) -> Option<usize> {
        let mut breaks = 0;
        while self.peek()? == b'\n' {
            self.at += 1;
            let rest = self.rest();
            if rest.starts_with(b"---") || rest.starts_with(b"...") {
                return None;
            }
            breaks += 1;
            self.skip_spaces();
        }
        Some(breaks)
    }

    /// Adds what an escape stands for (1.2.2, section 5.7), and moves behind it.
    fn escape(&mut self, text: &mut String) -> Option<()> {
        let at = self.at + 1;
        text.push(match self.bytes.get(at)? {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{C}',
            b' ' => ' ',
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'u' => {
                let digits = self.text.get(at + 1..at + 5)?;
                digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
                self.at += 4;
                char::from_u32(u32::from_str_radix(digits, 16).ok()?)?
            }
            _ => return None,
        });
        self.at += 2;
        Some(())
    }

    /// The node that a scalar makes.
    pub(super) fn scalar_node(&mut self, scalar: Read<'_>) -> Option<Node> {
        let value = match resolved(&scalar) {
            Scalar::Text => Value::String(scalar.text.into()),
            Scalar::Number(number) => Value::Number(number.into()),
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Null => Value::Null,
            Scalar::NotFinite => return None,
        };
        Some(self.made(value, scalar.start, scalar.end))
    }

    /// The key that a scalar makes, where its colon stands at `self.at`.
    pub(super) fn key(&mut self, scalar: &Read<'_>) -> Option<(Box<str>, Span)> {
        let text = &*scalar.text;
        let line = scalar.start..self.at;
        if text == "<<"
            || line.len() > LONGEST_KEY
            || !scalar.plain && memchr(b'\n', &self.bytes[line]).is_some()
        {
            return None;
        }
        let key = match resolved(scalar) {
            Scalar::Text => text.into(),
            Scalar::Number(number) => number.into(),
            Scalar::Bool(true) => "true".into(),
            Scalar::Bool(false) => "false".into(),
            Scalar::Null | Scalar::NotFinite => return None,
        };
        self.nodes += 1;
        Some((key, Self::span(scalar.start, scalar.end)))
    }
}

fn resolved<'s>(scalar: &'s Read<'_>) -> Scalar<'s> {
    if scalar.plain { resolve(&scalar.text) } else { Scalar::Text }
}
