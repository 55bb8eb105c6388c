//! Block scalars: `|` and `>` (1.2.2, section 8.1), without digits in the header.

use memchr::memchr;

use super::{Fast, Node, Value};

#[derive(PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl Fast<'_> {
    /// Reads a block scalar in a block of the column `parent`, and moves to the next content.
    pub(super) fn block_scalar(&mut self, parent: i32) -> Option<Node> {
        let folded = self.peek()? == b'>';
        let chomping = self.block_scalar_header()?;
        let (indent, mut line, mut breaks) = self.first_line(parent)?;
        let start = self.at;
        let mut text = String::new();
        let (mut line_break, mut was_blank) = (false, false);
        while self.at - line == indent && self.at < self.bytes.len() {
            let blank = self.peek()? == b' ';
            if line_break && folded && !was_blank && !blank {
                if breaks == 0 {
                    text.push(' ');
                }
            } else if line_break {
                text.push('\n');
            }
            text.extend(std::iter::repeat_n('\n', breaks));
            was_blank = blank;
            let length = memchr(b'\n', self.rest()).unwrap_or(self.bytes.len() - self.at);
            text.push_str(self.slice(self.at, self.at + length)?);
            self.at += length;
            line_break = true;
            breaks = 0;
            if self.at == self.bytes.len() {
                break;
            }
            self.at += 1;
            line = self.at;
            while let Some(byte) = self.peek() {
                if byte == b'\n' {
                    breaks += 1;
                    line = self.at + 1;
                } else if byte != b' ' || self.at - line == indent {
                    break;
                }
                self.at += 1;
            }
        }
        if line_break && chomping != Chomping::Strip {
            text.push('\n');
        }
        if chomping == Chomping::Keep {
            text.extend(std::iter::repeat_n('\n', breaks));
        }
        let node = self.made(Value::String(text.into()), start, self.at);
        if self.at < self.bytes.len() {
            self.at = line;
        }
        self.skip_lines();
        self.content()?;
        Some(node)
    }

    /// Moves to the first line that is not empty. Gives the indentation of the text, where the line
    /// starts, and how many empty ones stand before it.
    fn first_line(&mut self, parent: i32) -> Option<(usize, usize, usize)> {
        let (mut line, mut breaks, mut widest) = (self.at, 0, 0);
        loop {
            let column = self.skip_spaces();
            widest = widest.max(column);
            if self.peek()? != b'\n' {
                break;
            }
            self.at += 1;
            line = self.at;
            breaks += 1;
        }
        let indent = widest.max(usize::try_from(parent + 1).ok()?);
        let column = self.at - line;
        // At the left edge the markers of documents count; a first line less indented than an empty
        // one before it is an error.
        let odd = indent == 0 || column < indent && i32::try_from(column).ok()? > parent;
        (!odd).then_some((indent, line, breaks))
    }

    /// Reads from `|` or `>` to the start of the next line.
    fn block_scalar_header(&mut self) -> Option<Chomping> {
        self.at += 1;
        let chomping = match self.peek()? {
            b'-' => Chomping::Strip,
            b'+' => Chomping::Keep,
            _ => Chomping::Clip,
        };
        self.at += usize::from(chomping != Chomping::Clip);
        let spaces = self.skip_spaces();
        if spaces > 0 && self.peek()? == b'#' {
            self.skip_comment();
        }
        (self.peek()? == b'\n').then_some(())?;
        self.at += 1;
        Some(chomping)
    }
}
