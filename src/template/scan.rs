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

/// Records `{{ name }}` where a known name stands in it: a template whose dollar was forgotten.
pub(super) fn forgotten_dollar(node: &Node, text: &str, reader: &mut Reader) {
    let Some(open) = text.find("{{") else { return };
    let Some(close) = text[open..].find("}}") else { return };
    let inner = text[open + 2..open + close].trim();
    let root: &str =
        inner.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    if !reader.names.contains(root) && !matches!(root, "env" | "secrets") {
        return;
    }
    let raw = reader.source.slice(node.span);
    let length = close + 2;
    let span = match raw.find(&text[open..open + length]) {
        Some(at) => {
            let start = node.span.start as usize + at;
            Span::new(start, start + length)
        }
        None => node.span,
    };
    let error = reader
        .error(
            span,
            format!(
                "`{{{{ {inner} }}}}` is sent as it stands: a template starts with a dollar sign"
            ),
        )
        .help(format!("write `${{{{ {inner} }}}}`"))
        .help("if the braces are meant as text, write `${{ '{{' }}` for them");
    reader.report(error);
}
