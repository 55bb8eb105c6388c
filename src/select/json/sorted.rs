//! A text written anew, indented and with sorted names, without a tree.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use super::scanner::{Quoted, Scanner};

/// Writes a JSON text indented, with sorted names and its numbers as they came: what [`write`] makes of
/// its tree. `None`, with something of it in `out`, where only a tree tells what that is.
///
/// [`write`]: crate::select::write_json
pub(in crate::select) fn sorted(text: &str, out: &mut String) -> Option<()> {
    let mut own = Sorting { scanner: Scanner::new(text), members: Vec::new(), out };
    own.value(0)?;
    own.scanner.end()
}

struct Sorting<'t, 'o> {
    scanner: Scanner<'t>,
    /// The members, so far, of the objects that are open, and where they are written.
    members: Vec<(Cow<'t, str>, Range<usize>)>,
    out: &'o mut String,
}

impl Sorting<'_, '_> {
    fn value(&mut self, depth: usize) -> Option<()> {
        match self.scanner.peek()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => {
                let quoted = self.scanner.quoted()?;
                self.string(&quoted)
            }
            b'-' | b'0'..=b'9' => {
                let start = self.scanner.at;
                self.scanner.number()?;
                let number = self.scanner.text.get(start..self.scanner.at)?;
                // A tree gives an exponent its sign.
                self.out.push_str((!number.contains(['e', 'E'])).then_some(number)?);
                Some(())
            }
            first => {
                let word = match first {
                    b't' => "true",
                    b'f' => "false",
                    _ => "null",
                };
                self.scanner.skip()?;
                self.out.push_str(word);
                Some(())
            }
        }
    }

    /// Text without escapes is written as it stands; else with those alone that it needs.
    fn string(&mut self, quoted: &Quoted) -> Option<()> {
        if quoted.escaped {
            quote(&self.scanner.string(quoted)?, self.out);
        } else {
            self.out.push_str(self.scanner.text.get(quoted.place.clone())?);
        }
        Some(())
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        let (outside, start) = (self.members.len(), self.out.len());
        self.out.push('{');
        let first = self.out.len();
        let mut next = self.scanner.first_name()?;
        while let Some(name) = next {
            let at = self.out.len();
            line(depth + 1, self.out);
            self.string(&name)?;
            self.out.push_str(": ");
            self.value(depth + 1)?;
            self.out.push(',');
            let name = match self.scanner.inside(&name) {
                Some(text) if !name.escaped => Cow::Borrowed(text),
                _ => Cow::Owned(self.scanner.string(&name)?),
            };
            self.members.push((name, at..self.out.len()));
            next = self.scanner.next_name()?;
        }
        self.scanner.close();
        self.sort(outside, first)?;
        self.end(start, depth, '}');
        Some(())
    }

    /// Puts the members of an object that is read to its end into their order.
    fn sort(&mut self, outside: usize, first: usize) -> Option<()> {
        let own = &mut self.members[outside..];
        if !own.is_sorted_by(|(one, _), (other, _)| one < other) {
            own.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            // Of two members with one name, the tree holds the last.
            let twice = own.windows(2).any(|pair| pair[0].0 == pair[1].0);
            if twice {
                return None;
            }
            let mut text = String::with_capacity(self.out.len() - first);
            for (_, place) in own {
                text.push_str(self.out.get(place.clone())?);
            }
            self.out.truncate(first);
            self.out.push_str(&text);
        }
        self.members.truncate(outside);
        Some(())
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        let start = self.out.len();
        self.out.push('[');
        let mut more = self.scanner.first_item()?;
        while more {
            line(depth + 1, self.out);
            self.value(depth + 1)?;
            self.out.push(',');
            more = self.scanner.next_item()?;
        }
        self.scanner.close();
        self.end(start, depth, ']');
        Some(())
    }

    /// Ends a container that starts at `start`.
    fn end(&mut self, start: usize, depth: usize, bracket: char) {
        if self.out.len() > start + 1 {
            // The last comma.
            self.out.pop();
            line(depth, self.out);
        }
        self.out.push(bracket);
    }
}

/// Starts a line.
pub(super) fn line(depth: usize, out: &mut String) {
    const SPACES: &str = "                                ";
    out.push('\n');
    let mut spaces = depth * 2;
    while spaces > 0 {
        let some = spaces.min(SPACES.len());
        out.push_str(&SPACES[..some]);
        spaces -= some;
    }
}

/// Writes a string of JSON (RFC 8259, section 7), with nothing escaped that need not be.
pub(super) fn quote(text: &str, out: &mut String) {
    out.push('"');
    let mut written = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[written..at]);
        written = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                let _ = write!(out, "\\u{byte:04x}");
            }
        }
    }
    out.push_str(&text[written..]);
    out.push('"');
}
