//! Finding templates in text, and the place of each in the file.

use crate::diagnostic::Span;
use crate::yaml::{Node, Reader};

/// Where an expression's text stands in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Offset of the `${{`.
    pub(super) open: usize,
    /// Whether the bytes after it are those of the expression, so that offsets inside it hold.
    pub(super) exact: bool,
    /// The whole value, where not even the `${{` was found.
    pub(super) value: Span,
}

impl Place {
    /// The `${{` itself.
    pub(super) fn token(self) -> Span {
        if self.open == usize::MAX { self.value } else { Span::new(self.open, self.open + 3) }
    }

    /// A range of the expression's text.
    pub(super) fn range(self, start: usize, end: usize) -> Span {
        if self.exact {
            Span::new(self.open + 3 + start, self.open + 3 + end)
        } else {
            self.token()
        }
    }
}

/// The place of the `nth` template of a value: the same `${{` in the file's text. Escapes and
/// folding can move it, but never make one more or less.
pub(super) fn place(node: &Node, text: &str, nth: usize, reader: &Reader) -> Place {
    let raw = reader.source.slice(node.span);
    let in_file = raw.match_indices("${{").nth(nth).map(|(at, _)| at);
    let in_text = text.match_indices("${{").nth(nth).map(|(at, _)| at);
    let (Some(in_file), Some(in_text)) = (in_file, in_text) else {
        return Place { open: usize::MAX, exact: false, value: node.span };
    };
    let length = expression(&text[in_text..]).unwrap_or(0);
    let body = &text[in_text + 3..in_text + 3 + length];
    Place {
        open: node.span.start as usize + in_file,
        exact: raw[in_file + 3..].starts_with(body),
        value: node.span,
    }
}

/// The length of the expression in `${{ expression }}` at the start of `text`; `None` where it is
/// not closed. Quotes and brackets inside the expression are respected.
pub(super) fn expression(text: &str) -> Option<usize> {
    let body = text.get(3..)?;
    let (mut quote, mut depth, mut escaped) = (None, 0_usize, false);
    for (at, byte) in body.bytes().enumerate() {
        match (quote, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'}') if depth == 0 && body[at..].starts_with("}}") => return Some(at),
            (None, b'{' | b'[' | b'(') => depth += 1,
            (None, b'}' | b']' | b')') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The length of the quoted string at the start of `text`, or of all of it where no quote closes it.
pub(super) fn closing(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut escaped = false;
    for (at, byte) in bytes.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            byte if *byte == bytes[0] => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Records `{{ name }}` and `${name}` where a known name stands in it: a template in the notation
/// of another tool.
pub(super) fn other_notation(node: &Node, text: &str, reader: &mut Reader) {
    // Most text has no brace at all.
    if memchr::memchr(b'{', text.as_bytes()).is_none() {
        return;
    }
    for (open, close) in [("{{", "}}"), ("${", "}")] {
        let Some(at) = text.find(open) else { continue };
        let Some(length) = text[at..].find(close) else { continue };
        let inner = text[at + open.len()..at + length].trim();
        let root: &str =
            inner.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
        if !reader.names.contains(root) && !matches!(root, "env" | "secrets") {
            continue;
        }
        let raw = reader.source.slice(node.span);
        let written = &text[at..at + length + close.len()];
        let span = raw.find(written).map_or(node.span, |at| {
            let start = node.span.start as usize + at;
            Span::new(start, start + written.len())
        });
        let why = if open == "{{" {
            "a template starts with a dollar sign"
        } else {
            "a template has two braces"
        };
        let error = reader
            .error(span, format!("`{written}` is sent as it stands: {why}"))
            .help(format!("write `${{{{ {inner} }}}}`"))
            .help(format!("if the braces are meant as text, write `${{{{ '{open}' }}}}` for them"));
        reader.report(error);
        return;
    }
}
