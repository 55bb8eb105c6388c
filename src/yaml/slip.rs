//! What a YAML error means in a spec: the slips that people make, each with its cure.

use std::sync::Arc;

use granit_parser::{ErrorKind, ScanError};

use super::{DEEPEST, Node, Value};
use crate::diagnostic::{Diagnostic, Source, Span};

pub(super) fn too_deep(source: &Arc<Source>, span: Span) -> Diagnostic {
    Diagnostic::at(source, span, format!("lists and maps are nested more than {DEEPEST} deep"))
        .help("a brace or bracket too many? A body this deep can stand in a file, or as `raw` text")
}

/// A map or list as a key: nearly always braces that were meant as a template.
pub(super) fn bad_key(source: &Arc<Source>, node: &Node) -> Diagnostic {
    let text = source.slice(Span { start: node.span.start.saturating_sub(1), ..node.span });
    let error = Diagnostic::at(
        source,
        node.span,
        format!("a key must be text, but this is {}", node.kind()),
    );
    if text.starts_with("{{") {
        error
            .label("braces start a YAML map")
            .help("for a template write `\"${{ … }}\"`: with a dollar sign, and in quotes")
    } else if matches!(node.value, Value::Null) {
        error.help("write the key before the `:`")
    } else {
        error.help(
            "braces and brackets start a map or a list in YAML: put text that holds them in quotes",
        )
    }
}

/// The parser's message, with a cure for the slips that people make in specs.
pub(super) fn syntax_error(source: &Arc<Source>, error: &ScanError) -> Diagnostic {
    let offset = error.marker().byte_offset().unwrap_or(source.text.len());
    let span = Span::new(offset, offset + 1);
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return too_deep(source, span);
    }
    let (number, _) = source.position(span.start);
    let lines: Vec<&str> = source.text.lines().collect();
    let near = |back: usize| {
        number.checked_sub(back).and_then(|at| lines.get(at)).copied().unwrap_or_default()
    };
    let message = error.info();
    let diagnostic = Diagnostic::at(
        source,
        span,
        format!("this is not valid YAML: {}", message.trim_end_matches('.')),
    );
    for line in [number, number.saturating_sub(1)] {
        let Some(text) = lines.get(line.wrapping_sub(1)) else { continue };
        let Some(at) = unquoted_template(text) else { continue };
        let length = text[at..].find("}}").map_or(3, |length| length + 2);
        let start = offset_of(source, line) + at;
        let template = &text[at..at + length];
        return Diagnostic::at(
            source,
            Span::new(start, start + length),
            "a template inside `{ … }` or `[ … ]` must be in quotes",
        )
        .help(format!("for YAML, braces start a map: write `\"{template}\"`"));
    }
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    match error.kind() {
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation => {
            let line = near(1);
            let tab = line[..line.len() - line.trim_start().len()].find('\t');
            let start = tab.map_or(offset, |tab| offset_of(source, number) + tab);
            Diagnostic::at(source, Span::new(start, start + 1), "this is not valid YAML: a tab in the indentation")
                .help("YAML is indented with spaces: replace the tab")
        }
        _ if near(1).trim().contains(':')
            && !near(2).trim().is_empty()
            && !near(2).trim_end().ends_with(':')
            && indent(near(1)) > indent(near(2))
            && message.contains("mapping values") =>
        {
            let start = offset_of(source, number);
            let line = near(1).trim_end();
            Diagnostic::at(
                source,
                Span::new(start + indent(line), start + line.len()),
                "this is not valid YAML: this line is indented more than the one above, which has its value already",
            )
            .help("keys of one map stand in one column: indent both lines alike")
        }
        _ if !near(2).trim().is_empty()
            && !near(2).contains([':', '#'])
            && indent(near(1)) == indent(near(2))
            && message.contains("mapping values") =>
        {
            let start = offset_of(source, number - 1);
            let line = near(2).trim_end();
            Diagnostic::at(
                source,
                Span::new(start + indent(line), start + line.len()),
                "this is not valid YAML: this line has no colon",
            )
            .help("a map is made of `key: value` lines, with a colon and a space after the key")
        }
        ErrorKind::UnknownAnchor => unknown_anchor(source, span.start as usize).help("an anchor (`&name`) must stand before its alias (`*name`); text that starts with `*` needs quotes"),
        ErrorKind::UnclosedQuotedScalar => diagnostic.help("close the quote"),
        ErrorKind::UnclosedFlowCollection { open } => diagnostic.help(format!("`{open}` is opened and never closed")),
        ErrorKind::UnknownQuotedScalarEscape => escape(source, span.start as usize).unwrap_or(diagnostic).help("in \"double quotes\" a backslash starts an escape: write `\\\\`, or use 'single quotes'"),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            diagnostic.help("the text goes on after its closing quote: quote all of it, or none")
        }
        _ if message.starts_with("mismatched bracket") => {
            diagnostic.help("brackets are closed in the order they were opened: is one missing?")
        }
        _ if message.contains("mapping values") && near(1).matches(": ").count() > 1 => {
            diagnostic.help("text that holds `: ` must be in quotes")
        }
        _ => diagnostic.help("check the indentation here and on the line above: keys of one map stand in one column"),
    }
}

fn unknown_anchor(source: &Arc<Source>, start: usize) -> Diagnostic {
    let alias = source.text.get(start..).unwrap_or_default();
    let length =
        alias.find(|c: char| c.is_whitespace() || ",]}".contains(c)).unwrap_or(alias.len());
    let name = alias[..length].trim_start_matches('*');
    let span = Span::new(start, start + length);
    Diagnostic::at(source, span, format!("there is no anchor `&{name}` before this"))
}

/// The offset of a line, from 1.
fn offset_of(source: &Source, line: usize) -> usize {
    source.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum()
}

/// The first escape in a string in double quotes that YAML does not know (section 5.7).
fn escape(source: &Arc<Source>, quote: usize) -> Option<Diagnostic> {
    let text = source.text.get(quote..)?;
    let mut escapes =
        text.char_indices().zip(text.chars().skip(1)).filter(|((_, c), _)| *c == '\\');
    while let Some(((at, _), next)) = escapes.next() {
        if next == '\\' {
            escapes.next();
        } else if !"0abt\tnvfre \"/N_LPxuU\n\r".contains(next) {
            let start = quote + at;
            return Some(Diagnostic::at(
                source,
                Span::new(start, start + 1 + next.len_utf8()),
                format!("this is not valid YAML: `\\{next}` is no escape"),
            ));
        }
    }
    None
}

/// Where a line has `${{` inside a flow collection and outside quotes.
fn unquoted_template(line: &str) -> Option<usize> {
    let (mut quote, mut flow) = (None, false);
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '$') if flow && line[at..].starts_with("${{") => return Some(at),
            (None, '{' | '[') => flow = true,
            _ => {}
        }
    }
    None
}
