//! Text: `$matches $contains $starts_with $ends_with`. `$contains` looks into lists and objects too.

use std::sync::Arc;

use regex::Regex;
use serde_json::Value as Json;

use super::{Actual, Check, Judge, Matcher, Operand, Pattern, Unit};
use crate::diagnostic::{Diagnostic, Span};
use crate::mismatch::Path;
use crate::template::{Rendered, Template, plain};
use crate::yaml::{Node, Reader};

pub(super) const MATCHERS: &[Matcher] = &[
    Matcher {
        name: "$matches",
        summary: "Text in which a regular expression is found; `^` and `$` tie it to the ends.",
        example: "{ $matches: '^[a-z]+$' }",
        compile: matches_regex,
    },
    Matcher {
        name: "$contains",
        summary: "Text that contains this text, or a list with at least one item that is this value or matches this matcher.",
        example: "{ $contains: widget }",
        compile: contains,
    },
    Matcher {
        name: "$starts_with",
        summary: "Text that starts with this text.",
        example: "{ $starts_with: /widgets/ }",
        compile: |node, _, reader| {
            edge(node, reader, "text that starts with", |text, edge| text.starts_with(edge))
        },
    },
    Matcher {
        name: "$ends_with",
        summary: "Text that ends with this text.",
        example: "{ $ends_with: .json }",
        compile: |node, _, reader| {
            edge(node, reader, "text that ends with", |text, edge| text.ends_with(edge))
        },
    },
];

/// A regular expression: compiled at once, or where it holds templates, when it is rendered.
#[derive(Debug)]
enum Matches {
    Compiled(Arc<Regex>),
    Rendered(Template, Arc<crate::diagnostic::Source>, Span),
}

fn matches_regex(node: &Node, _: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    let text = reader.string(node, "a regular expression")?;
    let template = Template::compile(node, text, reader)?;
    let check = match template.literal() {
        Some(_) => Matches::Compiled(compile_regex(node, text, reader)?),
        None => Matches::Rendered(template, Arc::clone(&reader.source), node.span),
    };
    Some(Box::new(check))
}

/// Compiles a regular expression; what is wrong with it is recorded at its byte.
pub fn compile_regex(node: &Node, text: &str, reader: &mut Reader) -> Option<Arc<Regex>> {
    let memo = Arc::clone(&reader.memo);
    memo.get(text, || new_regex(node, text, reader))
}

fn new_regex(node: &Node, text: &str, reader: &mut Reader) -> Option<Regex> {
    match Regex::new(text) {
        Ok(regex) => Some(regex),
        Err(error) => {
            let span = marked(&error, text)
                .and_then(|range| {
                    let at = reader.source.slice(node.span).find(text)?;
                    let start = node.span.start as usize + at;
                    Some(Span::new(start + range.start, start + range.end))
                })
                .unwrap_or(node.span);
            reader.report(regex_error(&error, reader.error(span, "")));
            None
        }
    }
}

fn regex_error(error: &regex::Error, mut diagnostic: Diagnostic) -> Diagnostic {
    // The last line of a syntax error is its reason; the ones before draw the expression.
    let text = error.to_string();
    let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
    diagnostic.message = format!("bad regular expression: {reason}");
    if text.contains("escape") {
        diagnostic.help("in \"double quotes\" YAML reads backslashes itself: use 'single quotes'")
    } else if text.contains("look-around") || text.contains("backreference") {
        diagnostic.help("expressions are matched in linear time, which these would not allow; `$not` turns a matcher round")
    } else {
        diagnostic.help(
            "a character with a meaning of its own stands for itself after a backslash: `\\(`",
        )
    }
}

/// Which part of an expression of one line its error marks: the parser draws carets below it.
fn marked(error: &regex::Error, text: &str) -> Option<std::ops::Range<usize>> {
    let drawn = error.to_string();
    let mut lines = drawn.lines().skip_while(|line| line.trim_start() != text.trim_start());
    let indent = lines.next()?.strip_suffix(text)?.chars().count();
    let carets = lines.next()?;
    let offset = |character: usize| {
        text.char_indices().nth(character).map_or(text.len(), |(offset, _)| offset)
    };
    let first = carets.chars().position(|c| c == '^')?.checked_sub(indent)?;
    Some(offset(first)..offset(carets.trim_end().chars().count() - indent))
}

impl Check for Matches {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let found = match (self, actual) {
            (Self::Compiled(regex), Actual::One(Json::String(text))) => regex.is_match(text),
            (Self::Rendered(template, source, span), Actual::One(Json::String(text))) => {
                let regex = Regex::new(&template.text(judge.scope)?).map_err(|error| {
                    Box::new(regex_error(&error, Diagnostic::at(source, *span, "")))
                })?;
                regex.is_match(text)
            }
            _ => false,
        };
        if !found {
            let words = self.describe(judge);
            judge.mismatch(at, Span::default(), words, actual);
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        match self {
            Self::Compiled(regex) => format!("text that matches /{regex}/"),
            Self::Rendered(template, ..) => template.text(judge.scope).map_or_else(
                |_| "text that matches a template".to_owned(),
                |text| format!("text that matches /{text}/"),
            ),
        }
    }
}

#[derive(Debug)]
struct Contains(Pattern);

fn contains(node: &Node, _: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    Some(Box::new(Contains(Pattern::compile(node, Unit::None, reader)?)))
}

impl Check for Contains {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let any = |items: &mut dyn Iterator<Item = &Json>| -> Rendered<bool> {
            for (index, item) in items.enumerate() {
                if self.0.holds(&Actual::One(item), &at.index(index), judge)? {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        let holds = match actual {
            Actual::One(Json::String(text)) => match self.0.text(judge)? {
                Some(part) => text.contains(&part),
                None => false,
            },
            Actual::One(Json::Array(items)) => any(&mut items.iter())?,
            Actual::Many(items) => any(&mut items.iter().copied())?,
            Actual::One(_) | Actual::Nothing => false,
        };
        if !holds {
            let words = self.describe(judge);
            let mismatch = judge.mismatch(at, Span::default(), words, actual);
            mismatch.note = match actual {
                Actual::One(Json::Object(_)) => {
                    Some("only text and lists contain: of an object, write a mirror".to_owned())
                }
                Actual::One(Json::String(_)) if self.0.is_bare() => {
                    Some("text contains text: put it in quotes".to_owned())
                }
                _ => None,
            };
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        format!("something that contains {}", self.0.describe(judge))
    }

    fn wants_list(&self) -> bool {
        true
    }
}

#[derive(Debug)]
struct Edge {
    operand: Operand,
    words: &'static str,
    holds: fn(&str, &str) -> bool,
}

fn edge(
    node: &Node,
    reader: &mut Reader,
    words: &'static str,
    holds: fn(&str, &str) -> bool,
) -> Option<Box<dyn Check>> {
    reader.string(node, "the text")?;
    Some(Box::new(Edge { operand: Operand::compile(node, Unit::None, reader)?, words, holds }))
}

impl Check for Edge {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let expected = self.operand.render(judge)?;
        let holds = match (actual, &*expected) {
            (Actual::One(Json::String(text)), expected) => {
                (self.holds)(text, &plain(expected.clone()))
            }
            _ => false,
        };
        if !holds {
            let words = self.describe(judge);
            judge.mismatch(at, Span::default(), words, actual);
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        let edge = self.operand.render(judge).map_or_else(
            |_| self.operand.describe(judge),
            |edge| judge.show(&Json::String(plain(edge.into_owned()))),
        );
        format!("{} {edge}", self.words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_of_an_expression_that_is_wrong_is_found() {
        for (text, wrong) in
            [("^/a/(\\d+$", "("), ("ä[z-a]", "z-a"), ("a{2,1}", "{2,1}"), ("^(?!x)", "(?!")]
        {
            let error = Regex::new(text).expect_err("wrong");
            let range = marked(&error, text).expect("marked");
            assert_eq!(&text[range], wrong, "{text}");
        }
    }
}
