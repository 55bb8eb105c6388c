//! HTML: read as browsers do, within limits.

use html5ever::driver::{ParseOpts, parse_document};
use html5ever::tendril::{StrTendril, TendrilSink as _};
use scraper::{Html, HtmlTreeSink};

/// The deepest nesting of elements.
const DEEPEST: usize = 500;
/// The most nodes: a few tags that are never closed can stand for many elements.
const MOST: usize = 1_000_000;
/// How much is read before the tree is looked at, in bytes.
const CHUNK: usize = 4_096;

/// Reads a document. The tree is looked at while it grows, as the time that the parser takes grows
/// with the square of the depth; and what is open is only known to the parser.
pub(super) fn parse(text: &str) -> Result<Html, String> {
    let sink = HtmlTreeSink::new(Html::new_document());
    let mut parser = parse_document(sink, ParseOpts::default());
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut seen = 0;
    while !rest.is_empty() {
        let end = (CHUNK..rest.len()).find(|at| rest.is_char_boundary(*at));
        let (chunk, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        parser.process(StrTendril::from_slice(chunk));
        seen = limited(&parser.tokenizer.sink.sink.0.borrow(), seen, CHUNK)?;
    }
    let html = parser.finish();
    // Nodes may have been passed over, or moved since they were looked at.
    limited(&html, 0, MOST)?;
    Ok(html)
}

/// Looks at no more than `most` of the nodes that came after the first `seen`; gives how many there
/// are now.
fn limited(html: &Html, seen: usize, most: usize) -> Result<usize, String> {
    let nodes = html.tree.nodes();
    let count = nodes.len();
    if count > MOST {
        return Err(format!("it has more than {MOST} nodes"));
    }
    // From the end, where the deepest are when something is never closed.
    for node in nodes.rev().take(most.min(count - seen)) {
        if node.value().is_element() && node.ancestors().nth(DEEPEST).is_some() {
            return Err(format!("its elements are nested more than {DEEPEST} deep"));
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_refused_at_once_and_length_is_not() {
        let nested = |tag: &str, depth: usize| parse(&tag.repeat(depth)).map(|_| ());
        // `html` and `body` are added.
        assert!(nested("<div>", DEEPEST - 2).is_ok());
        assert!(nested("<div>", DEEPEST - 1).unwrap_err().contains("more than 500 deep"));
        for tag in ["<div>", "<b>", "<rt>", "<svg><td>", "<div><object></div>", "<table><tr><td>"] {
            assert!(nested(tag, 50_000).unwrap_err().contains("more than 500 deep"), "{tag}");
        }
        for tag in ["<p>", "<li>", "<br>", "<div></div>", "<dt><dd>", "<table><tr><td></table>"] {
            assert!(nested(tag, 20_000).is_ok(), "{tag}");
        }
    }

    #[test]
    fn few_tags_are_not_many_elements() {
        let open: String = (0..400).map(|n| format!("<b id={n}>")).collect();
        let read = parse(&format!("<p>{open}{}", "<p>x".repeat(20_000))).map(|_| ());
        assert!(read.unwrap_err().contains("more than 1000000 nodes"));
    }

    #[test]
    fn chunks_do_not_show() {
        let text =
            format!("<!doctype html><ul>{}</ul>", "<li class='ä'>ö &amp; ü</li>".repeat(2_000));
        assert_eq!(parse(&text).expect("HTML"), Html::parse_document(&text));
    }
}
