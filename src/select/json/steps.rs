//! The segments of a path that can be followed through a text: of child segments with one selector,
//! those of names, indices, slices and wildcards.

/// How far from the end an index may reach here.
pub(super) const FURTHEST: usize = 8;

/// A child segment with one selector.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::select) enum Step {
    /// The member of a name.
    Name(Box<str>),
    /// The items from an index up to another, every first, second or so of them.
    Items { from: usize, to: usize, every: usize },
    /// The item that stands so far from the end, of which 1 is the last.
    FromEnd(usize),
    /// Every child.
    Each,
}

/// The steps that a path starts with, and the segments that go on behind them. The path is one that
/// was compiled: less than the grammar (RFC 9535, section 2) is read, such as no escapes and no
/// white space, but nothing is read amiss.
pub(in crate::select) fn steps(path: &str) -> (Vec<Step>, &str) {
    let mut rest = path.strip_prefix('$').unwrap_or_default();
    let mut steps = Vec::new();
    while let Some((step, behind)) = step(rest) {
        steps.push(step);
        rest = behind;
    }
    (steps, rest)
}

fn step(text: &str) -> Option<(Step, &str)> {
    if let Some(text) = text.strip_prefix('.') {
        if let Some(rest) = text.strip_prefix('*') {
            return Some((Step::Each, rest));
        }
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii();
        let end = text.find(|c| !is_of_name(c)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        return (!name.is_empty()).then(|| (Step::Name(name.into()), rest));
    }
    let text = text.strip_prefix('[')?;
    if let Some(quote @ ('\'' | '"')) = text.chars().next() {
        let (name, rest) = text[1..].split_once(quote)?;
        let rest = rest.strip_prefix(']')?;
        return (!name.contains('\\')).then(|| (Step::Name(name.into()), rest));
    }
    let (selector, rest) = text.split_once(']')?;
    let step = match selector.strip_prefix('-') {
        _ if selector == "*" => Step::Each,
        Some(distance) => Step::FromEnd(number(distance).filter(|far| *far <= FURTHEST)?),
        None => items(selector)?,
    };
    Some((step, rest))
}

/// An index or a slice, without numbers below zero.
fn items(selector: &str) -> Option<Step> {
    let Some((from, to)) = selector.split_once(':') else {
        let index = number(selector)?;
        return Some(Step::Items { from: index, to: index.checked_add(1)?, every: 1 });
    };
    let (to, every) = to.split_once(':').unwrap_or((to, ""));
    let or = |text: &str, default| if text.is_empty() { Some(default) } else { number(text) };
    let (from, to, every) = (or(from, 0)?, or(to, usize::MAX)?, or(every, 1)?);
    // A slice of every zeroth item is empty.
    (every > 0).then_some(Step::Items { from, to, every })
}

fn number(text: &str) -> Option<usize> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Whether segments start with one whose only selector is a filter: it looks at each child by
/// itself.
pub(in crate::select) fn is_lone_filter(segments: &str) -> bool {
    if !segments.starts_with("[?") {
        return false;
    }
    let (mut quote, mut escaped, mut open) = (None, false, 0);
    for byte in segments.bytes() {
        match (quote, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(end), _) if byte == end => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'[' | b'(') => open += 1,
            (None, b']' | b')') => {
                open -= 1;
                if open == 0 {
                    return true;
                }
            }
            (None, b',') if open == 1 => return false,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(from: usize, to: usize, every: usize) -> Step {
        Step::Items { from, to, every }
    }

    #[test]
    fn steps_are_read_as_far_as_they_are_simple() {
        let name = |name: &str| Step::Name(name.into());
        for (path, expected, behind) in [
            ("$", vec![], ""),
            ("$.a['b c'][\"d]'\"]", vec![name("a"), name("b c"), name("d]'")], ""),
            ("$['']", vec![name("")], ""),
            ("$.ä_1[0]", vec![name("ä_1"), items(0, 1, 1)], ""),
            ("$[*].*", vec![Step::Each, Step::Each], ""),
            ("$[-1][-8]", vec![Step::FromEnd(1), Step::FromEnd(8)], ""),
            (
                "$[:][1:][:2][1:9:3]",
                vec![
                    items(0, usize::MAX, 1),
                    items(1, usize::MAX, 1),
                    items(0, 2, 1),
                    items(1, 9, 3),
                ],
                "",
            ),
            ("$.a[-9].b", vec![name("a")], "[-9].b"),
            ("$.a[::0]", vec![name("a")], "[::0]"),
            ("$.a[-2:]", vec![name("a")], "[-2:]"),
            ("$.a['b','c']", vec![name("a")], "['b','c']"),
            ("$.a[0,1]", vec![name("a")], "[0,1]"),
            ("$.a[ 0 ]", vec![name("a")], "[ 0 ]"),
            ("$.a .b", vec![name("a")], " .b"),
            ("$['a\\'b']", vec![], "['a\\'b']"),
            ("$.a..b", vec![name("a")], "..b"),
            ("$.a[?@.b == ']'].c", vec![name("a")], "[?@.b == ']'].c"),
            ("$[99999999999999999999]", vec![], "[99999999999999999999]"),
        ] {
            assert_eq!(steps(path), (expected, behind), "{path}");
        }
    }

    #[test]
    fn a_filter_by_itself_is_told_from_one_of_several_selectors() {
        for (segments, lone) in [
            ("[?@.a]", true),
            ("[?@.a == ',' && match(@['b,]'], \"x\\\",\")].c[1, 2]", true),
            ("[?@['a','b']]", true),
            ("[?@.a, ?@.b]", false),
            ("[?@.a, 0]", false),
            ("[0, ?@.a]", false),
            ("..[?@.a]", false),
            ("", false),
        ] {
            assert_eq!(is_lone_filter(segments), lone, "{segments}");
        }
    }
}
