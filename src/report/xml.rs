//! Writing XML 1.0: escaped where XML asks for it, and visible where XML has no way to say it.

use std::fmt::Write as _;

/// Writes ` name="value"`.
pub(super) fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape(out, value, true);
    out.push('"');
}

/// Writes text between tags.
pub(super) fn text(out: &mut String, value: &str) {
    escape(out, value, false);
}

fn escape(out: &mut String, value: &str, attribute: bool) {
    let mut rest = value;
    // Nearly all text is plain: it is looked at byte by byte and copied in one piece.
    while let Some(at) = rest.bytes().position(|byte| !PLAIN[usize::from(byte)]) {
        out.push_str(&rest[..at]);
        let Some(letter) = rest[at..].chars().next() else { return };
        escape_one(out, letter, attribute);
        rest = &rest[at + letter.len_utf8()..];
    }
    out.push_str(rest);
}

/// The bytes that need no second look: printable ASCII that is no markup.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        plain[byte as usize] = !matches!(byte, b'<' | b'>' | b'&' | b'"');
        byte += 1;
    }
    plain
};

fn escape_one(out: &mut String, letter: char, attribute: bool) {
    match letter {
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '&' => out.push_str("&amp;"),
        '"' if attribute => out.push_str("&quot;"),
        '\t' => out.push_str("    "),
        '\n' if !attribute => out.push('\n'),
        // A reader would make a space of a line end in an attribute, and a line feed of `\r`.
        '\n' | '\r' => {
            let _ = write!(out, "&#{};", u32::from(letter));
        }
        letter if is_allowed(letter) => out.push(letter),
        letter => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(letter));
        }
    }
}

/// What any XML 1.0 reader takes (section 2.2), control characters that are discouraged left out.
fn is_allowed(letter: char) -> bool {
    matches!(letter, ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
        && !matches!(letter, '\u{7f}'..='\u{9f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_becomes_xml_that_can_be_read() {
        for code in 0..=0x10_ffff_u32 {
            let Some(letter) = char::from_u32(code) else { continue };
            let value = format!("a{letter}b");
            let mut xml = String::from("<a");
            attribute(&mut xml, "b", &value);
            xml.push('>');
            text(&mut xml, &value);
            xml.push_str("</a>");
            let document = roxmltree::Document::parse(&xml).expect(&xml);
            let root = document.root_element();
            let read = (root.attribute("b"), root.text());
            if is_allowed(letter) || matches!(letter, '\n' | '\r') {
                assert_eq!(read, (Some(&*value), Some(&*value)), "U+{code:04X}");
            } else {
                assert_eq!(read.0, read.1, "U+{code:04X}");
            }
        }
    }
}
