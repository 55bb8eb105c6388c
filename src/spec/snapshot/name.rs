//! Names of files that are the same file on every system, and no other.
//!
//! They are made of lower-case letters, digits, `.`, `=`, `+`, `,`, `_` and `-`: nothing that a shell, a
//! file system or Windows reads otherwise. What is lost so is made up for by a digest where two texts
//! may differ in that alone.

use crate::matcher::sha256_hex;

/// The longest name of a test with its step, in bytes.
pub(super) const LONGEST: usize = 80;
/// The longest of anything else.
const SHORTER: usize = 40;

/// A text as a part of a file's name. Letters beyond ASCII are written differently by different systems,
/// and are left out; a digest of the text tells it from others then, and where it is too long.
pub(super) fn slug(text: &str, longest: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lost = false;
    for (at, c) in text.char_indices() {
        let c = c.to_ascii_lowercase();
        match c {
            'a'..='z' | '0'..='9' | '=' | '+' => out.push(c),
            // Between the columns of a row, not behind the words of a sentence.
            ',' if text[at + 1..].starts_with(|c: char| c.is_ascii_alphanumeric()) => out.push(c),
            '.' | '_' | '-' if !out.ends_with(['.', '_', '-']) => out.push(c),
            _ => {
                lost |= !c.is_ascii();
                if !out.is_empty() && !out.ends_with(['.', '_', '-']) {
                    out.push('-');
                }
            }
        }
    }
    let out = out.trim_matches(['.', '_', '-']);
    if !lost && out.len() <= longest {
        return out.to_owned();
    }
    let digest = &sha256_hex(text.as_bytes())[..8];
    let room = out.len().min(longest.saturating_sub(digest.len() + 1));
    // All of it is ASCII.
    let out = out[..room].trim_end_matches(['.', '_', '-']);
    if out.is_empty() { digest.to_owned() } else { format!("{out}-{digest}") }
}

/// The name of a spec without its ending. Without dots: what stands before the first one is a reserved
/// name on Windows where it is `con`, and this is never alone.
pub(super) fn stem(text: &str) -> String {
    let stem = slug(&text.replace('.', "-"), SHORTER);
    if stem.is_empty() { "spec".to_owned() } else { stem.replace('_', "-") }
}

/// The name of a step in its test.
pub(super) fn of_step(test: &str, step: &str) -> String {
    let (test, step) = (slug(test, LONGEST), slug(step, SHORTER));
    let room = LONGEST.saturating_sub(step.len() + 2).max(SHORTER);
    format!("{}__{step}", slug(&test, room))
}

/// The name of a snapshot's file, of a row of the matrix and a target where it has one of its own each.
pub fn file_name(base: &str, row: Option<&str>, target: Option<&str>) -> String {
    let mut name = String::with_capacity(base.len() + 32);
    name.push_str(base);
    if let Some(row) = row {
        name.push_str("--");
        name.push_str(&exact(row));
    }
    if let Some(target) = target {
        name.push('@');
        name.push_str(&exact(target));
    }
    name.push_str(".snap");
    name
}

/// A text that only differs from others of its kind in what a name cannot hold gets a digest.
fn exact(text: &str) -> String {
    let text = &text.replace(", ", ",");
    let slug = slug(text, SHORTER);
    if slug == *text {
        return slug;
    }
    let digest = &sha256_hex(text.as_bytes())[..8];
    if slug.ends_with(digest) { slug } else { format!("{slug}-{digest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable_and_safe() {
        for (text, name) in [
            ("A widget can be created, and read back", "a-widget-can-be-created-and-read-back"),
            ("GET /widgets/{id}?a=b", "get-widgets-id-a=b"),
            ("a..b__c--d. ", "a.b_c-d"),
            ("../../etc/passwd", "etc-passwd"),
            ("NUL", "nul"),
            ("", ""),
            ("***", ""),
        ] {
            assert_eq!(slug(text, LONGEST), name, "{text}");
        }
        assert_eq!(
            slug("größe", LONGEST),
            "gr-e-3e6fc4a3".to_owned().replace("3e6fc4a3", &sha256_hex("größe".as_bytes())[..8])
        );
        assert_eq!(slug("виджет", LONGEST).len(), 8);
        let long = slug(&"word ".repeat(100), LONGEST);
        assert!(long.len() <= LONGEST && long.starts_with("word-word"), "{long}");
        assert_ne!(long, slug(&format!("{}x", "word ".repeat(100)), LONGEST));
        assert_eq!(stem("con.v1"), "con-v1");
    }

    #[test]
    fn rows_and_targets_are_never_mixed_up() {
        assert_eq!(file_name("a__b", Some("qty=-1.5"), None), "a__b--qty=-1.5.snap");
        assert_eq!(file_name("a__b", Some("a=1, b=x"), None), "a__b--a=1,b=x.snap");
        assert_eq!(file_name("a__b", None, Some("staging")), "a__b@staging.snap");
        let names: std::collections::BTreeSet<_> =
            ["x=A", "x=a", "x=a b", "x=a_b", "x=a-b", "x=ä", "x=ö", "x=a/b"]
                .into_iter()
                .map(|row| file_name("a__b", Some(row), Some("Demo")))
                .collect();
        assert_eq!(names.len(), 8, "{names:?}");
        for name in names {
            assert!(
                name.is_ascii() && name.to_ascii_lowercase() == name && !name.contains(['/', ' '])
            );
        }
    }
}
