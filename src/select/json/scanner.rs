//! The tokens of a JSON text.

#![expect(
    clippy::inline_always,
    reason = "tokens are short: left to itself a scan takes 15 % longer"
)]

use std::ops::Range;

/// How deep `serde_json` reads: a container inside of this many others is an error.
const DEEPEST: u32 = 127;
/// What the names start with under which `serde_json` passes values of its own through an object.
const PRIVATE: &str = "$serde_json::private::";

/// Reads a text from its start to its end, and checks everything. A method that gives `None` has
/// met something that is no JSON, or that only `serde_json` knows how to read.
pub(super) struct Scanner<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    /// How many containers are open.
    depth: u32,
}

/// A text in quotes: its place with them, and whether there are escapes in it.
pub(super) struct Quoted {
    pub(super) place: Range<usize>,
    pub(super) escaped: bool,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is not white space.
    #[inline(always)]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = self.byte()?;
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Checks that nothing but white space goes on.
    pub(super) fn end(&mut self) -> Option<()> {
        self.peek().is_none().then_some(())
    }

    fn open(&mut self) -> Option<()> {
        self.at += 1;
        self.depth += 1;
        (self.depth <= DEEPEST).then_some(())
    }

    /// Leaves the container whose closing bracket was peeked at.
    #[inline]
    pub(super) fn close(&mut self) {
        self.at += 1;
        self.depth -= 1;
    }

    /// Enters an array, up to its first item or its bracket; whether there is an item.
    #[inline]
    pub(super) fn first_item(&mut self) -> Option<bool> {
        self.open()?;
        Some(self.peek()? != b']')
    }

    /// Goes on behind an item, up to the next one or the bracket; whether there is another.
    #[inline]
    pub(super) fn next_item(&mut self) -> Option<bool> {
        match self.peek()? {
            b',' => {
                self.at += 1;
                self.peek()?;
                Some(true)
            }
            b']' => Some(false),
            _ => None,
        }
    }

    /// Enters an object, up to the value of its first member or its bracket; the member's name, if
    /// there is one.
    #[inline]
    #[expect(clippy::option_option, reason = "broken, none, or there")]
    pub(super) fn first_name(&mut self) -> Option<Option<Quoted>> {
        self.open()?;
        if self.peek()? == b'}' {
            return Some(None);
        }
        let name = self.name()?;
        let second = self.text.as_bytes().get(name.place.start + 1);
        if (name.escaped || second == Some(&b'$')) && self.string(&name)?.starts_with(PRIVATE) {
            return None;
        }
        Some(Some(name))
    }

    /// Goes on behind a member, up to the value of the next one or the bracket; its name, if there
    /// is another.
    #[inline]
    #[expect(clippy::option_option, reason = "broken, none, or there")]
    pub(super) fn next_name(&mut self) -> Option<Option<Quoted>> {
        match self.peek()? {
            b',' => {
                self.at += 1;
                self.name().map(Some)
            }
            b'}' => Some(None),
            _ => None,
        }
    }

    /// Reads a member's name and the colon.
    #[inline(always)]
    fn name(&mut self) -> Option<Quoted> {
        if self.peek()? != b'"' {
            return None;
        }
        let name = self.quoted()?;
        if self.peek()? != b':' {
            return None;
        }
        self.at += 1;
        Some(name)
    }

    /// Whether a text in quotes is this one.
    #[inline]
    pub(super) fn is(&self, quoted: &Quoted, text: &str) -> bool {
        if quoted.escaped {
            return self.string(quoted).is_some_and(|own| own == text);
        }
        self.inside(quoted) == Some(text)
    }

    /// A text in quotes, without its escapes.
    pub(super) fn string(&self, quoted: &Quoted) -> Option<String> {
        if quoted.escaped {
            return serde_json::from_str(self.text.get(quoted.place.clone())?).ok();
        }
        self.inside(quoted).map(str::to_owned)
    }

    /// A text in quotes as it stands between them.
    pub(super) fn inside(&self, quoted: &Quoted) -> Option<&'t str> {
        self.text.get(quoted.place.start + 1..quoted.place.end - 1)
    }

    /// Steps over a value.
    pub(super) fn skip(&mut self) -> Option<()> {
        let outside = self.depth;
        // One bit for each container that is open here: whether it is an object.
        let mut objects = 0_u128;
        'value: loop {
            match self.peek()? {
                b'"' => {
                    self.quoted()?;
                }
                b'{' => {
                    if self.first_name()?.is_some() {
                        objects = objects << 1 | 1;
                        continue;
                    }
                    self.close();
                }
                b'[' => {
                    if self.first_item()? {
                        objects <<= 1;
                        continue;
                    }
                    self.close();
                }
                b'-' | b'0'..=b'9' => self.number()?,
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                b'n' => self.word("null")?,
                _ => return None,
            }
            while self.depth > outside {
                match (self.peek()?, objects & 1 == 1) {
                    (b',', in_object) => {
                        self.at += 1;
                        if in_object {
                            self.name()?;
                        }
                        continue 'value;
                    }
                    (b'}', true) | (b']', false) => {
                        objects >>= 1;
                        self.close();
                    }
                    _ => return None,
                }
            }
            return Some(());
        }
    }

    /// Steps over a text in quotes, of which the first was peeked at.
    #[inline(always)]
    pub(super) fn quoted(&mut self) -> Option<Quoted> {
        let start = self.at;
        self.at += 1;
        let mut escaped = false;
        loop {
            self.plain();
            match self.byte()? {
                b'"' => {
                    self.at += 1;
                    return Some(Quoted { place: start..self.at, escaped });
                }
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return None,
            }
        }
    }

    /// Steps over the characters of a string that stand for themselves.
    #[inline(always)]
    fn plain(&mut self) {
        const ONES: u64 = u64::MAX / 255;
        let bytes = self.text.as_bytes();
        while let Some(chunk) = bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            // Sets the high bit of the first byte that is a quote, a backslash or a control
            // character, and of no byte before it.
            let word = u64::from_le_bytes(*chunk);
            let quote = word ^ (ONES * u64::from(b'"'));
            let backslash = word ^ (ONES * u64::from(b'\\'));
            let special = (word.wrapping_sub(ONES * 0x20) & !word)
                | (quote.wrapping_sub(ONES) & !quote)
                | (backslash.wrapping_sub(ONES) & !backslash);
            let special = special & (ONES << 7);
            if special != 0 {
                self.at += special.trailing_zeros() as usize / 8;
                return;
            }
            self.at += 8;
        }
        while self.byte().is_some_and(|byte| !matches!(byte, b'"' | b'\\' | ..0x20)) {
            self.at += 1;
        }
    }

    /// Steps over an escape.
    #[cold]
    fn escape(&mut self) -> Option<()> {
        match self.text.as_bytes().get(self.at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                self.at += 2;
                Some(())
            }
            b'u' => match self.code_unit()? {
                0xDC00..=0xDFFF => None,
                // One half of a pair.
                0xD800..=0xDBFF => {
                    let pair = self.text.as_bytes().get(self.at..)?.starts_with(b"\\u");
                    (pair && matches!(self.code_unit()?, 0xDC00..=0xDFFF)).then_some(())
                }
                _ => Some(()),
            },
            _ => None,
        }
    }

    /// Steps over `\u` and its four digits.
    fn code_unit(&mut self) -> Option<u32> {
        let digits = self.text.as_bytes().get(self.at + 2..self.at + 6)?;
        self.at += 6;
        digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
    }

    #[inline]
    fn word(&mut self, word: &str) -> Option<()> {
        let there = self.text.as_bytes().get(self.at..)?.starts_with(word.as_bytes());
        self.at += word.len();
        there.then_some(())
    }

    /// Steps over a number.
    #[inline]
    pub(super) fn number(&mut self) -> Option<()> {
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        // A digit behind a zero is left over, and nothing goes on with a digit.
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    /// Steps over digits, of which there is at least one.
    #[inline]
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}
