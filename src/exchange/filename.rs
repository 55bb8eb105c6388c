//! The name that a response gives to a file (RFC 6266), made safe to write to a disk: whatever a
//! server says, it is one name in one folder, on every system.

use percent_encoding::percent_decode;

use super::Fields;

/// What a file is called whose name says nothing.
const NAMELESS: &str = "download";

/// The longest name, in bytes, that file systems take.
const LONGEST: usize = 255;

/// The longest ending that stays where a name is shortened, in bytes.
const LONGEST_ENDING: usize = 32;

/// The name of a response's file: that of `Content-Disposition`, or else the last segment of the
/// path of its URL. It is safe on any disk.
pub fn filename(headers: &Fields, url: &str) -> String {
    let said = headers.get(http::header::CONTENT_DISPOSITION);
    let said = said.and_then(|value| disposition(value.as_bytes())).and_then(|name| safe(&name));
    said.or_else(|| safe(&last_segment(url))).unwrap_or_else(|| NAMELESS.to_owned())
}

/// The last segment of a URL's path, decoded.
fn last_segment(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let segment = path.rsplit_once('/').map_or("", |(_, segment)| segment);
    percent_decode(segment.as_bytes()).decode_utf8_lossy().into_owned()
}

/// The file name in a `Content-Disposition`: `filename*` (RFC 8187) before `filename`.
fn disposition(field: &[u8]) -> Option<String> {
    let text = text(field);
    let mut rest = text.split_once(';').map(|(_, rest)| rest)?;
    let (mut plain, mut extended) = (None, None);
    while let Some((name, value, more)) = parameter(rest) {
        rest = more;
        if name.eq_ignore_ascii_case("filename*") {
            extended = extended.or_else(|| decoded(&value));
        } else if name.eq_ignore_ascii_case("filename") {
            plain = plain.or(Some(value));
        }
    }
    extended.or(plain)
}

/// A field as text: UTF-8, as most servers write it, or else ISO 8859-1.
fn text(field: &[u8]) -> String {
    std::str::from_utf8(field)
        .map_or_else(|_| field.iter().copied().map(char::from).collect(), str::to_owned)
}

/// The next parameter, `name=value`, and what follows it.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = text.trim_start_matches([';', ' ', '\t']).split_once('=')?;
    let rest = rest.trim_start();
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find(';').unwrap_or(rest.len());
        return Some((name.trim(), rest[..end].trim().to_owned(), &rest[end..]));
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((name.trim(), value, &quoted[at + 1..])),
            // Before a letter it is nearly always a path of Windows, and no escape.
            '\\' => match quoted[at + 1..].chars().next() {
                Some(escaped @ ('"' | '\\')) => {
                    value.push(escaped);
                    letters.next();
                }
                _ => value.push('\\'),
            },
            letter => value.push(letter),
        }
    }
    Some((name.trim(), value, ""))
}

/// The value of `filename*`: `charset'language'percent-encoded`.
fn decoded(value: &str) -> Option<String> {
    let mut parts = value.splitn(3, '\'');
    let (charset, _, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes: Vec<u8> = percent_decode(encoded.as_bytes()).collect();
    if charset.eq_ignore_ascii_case("utf-8") {
        return String::from_utf8(bytes).ok();
    }
    let latin = charset.eq_ignore_ascii_case("iso-8859-1");
    latin.then(|| bytes.into_iter().map(char::from).collect())
}

/// The name as it can be written to any disk; `None` where nothing of it is left.
fn safe(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let cleaned: String = last
        .chars()
        .filter(|letter| !letter.is_control() && !is_invisible(*letter))
        .map(|letter| if "<>:\"|?*".contains(letter) { '_' } else { letter })
        .collect();
    // A leading dot hides a file; Windows drops dots and spaces at the end.
    let cleaned = cleaned.trim_start_matches(edge).trim_end_matches(edge);
    if cleaned.is_empty() {
        return None;
    }
    let reserved = if is_reserved(cleaned) { "_" } else { "" };
    Some(shortened(format!("{reserved}{cleaned}")))
}

fn edge(letter: char) -> bool {
    letter == '.' || letter.is_whitespace()
}

/// Letters that change how others are shown, or that nobody sees.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
    )
}

/// Whether Windows has a device of this name, whatever its ending.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    if matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let number = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    number.is_some_and(|number| {
        matches!(
            number,
            "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
        )
    })
}

/// No longer than file systems take; the ending stays.
fn shortened(name: String) -> String {
    if name.len() <= LONGEST {
        return name;
    }
    let dot = name.rfind('.').filter(|dot| name.len() - dot <= LONGEST_ENDING);
    let (stem, ending) = name.split_at(dot.unwrap_or(name.len()));
    let mut end = LONGEST - ending.len();
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", stem[..end].trim_end_matches(edge))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;
    use crate::exchange::Field;

    fn named(disposition: &[u8], url: &str) -> String {
        let value = HeaderValue::from_bytes(disposition).unwrap();
        filename(&Field::new("Content-Disposition", value).into_iter().collect(), url)
    }

    #[test]
    fn the_name_is_that_of_content_disposition() {
        for (field, name) in [
            ("attachment; filename=a.csv", "a.csv"),
            ("attachment; filename=\"a b.csv\"", "a b.csv"),
            ("attachment;filename = a.csv ; size=5", "a.csv"),
            ("inline; FILENAME=\"a;b.csv\"; x=y", "a;b.csv"),
            (r#"attachment; filename="say \"hi\".txt""#, "say _hi_.txt"),
            ("attachment; filename=\"open.csv", "open.csv"),
            ("attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe.csv", "Größe.csv"),
            ("attachment; filename*=utf-8'de'%e2%82%ac.csv; filename=\"EUR.csv\"", "€.csv"),
            ("attachment; filename=\"EUR.csv\"; filename*=ISO-8859-1''%A3.csv", "£.csv"),
            // What cannot be decoded gives way to the other one.
            ("attachment; filename*=UTF-8''%FF.csv; filename=b.csv", "b.csv"),
            ("attachment; filename*=koi8-r''%C1.csv; filename=b.csv", "b.csv"),
            ("attachment; filename*=b.csv; filename=c.csv", "c.csv"),
            ("attachment; filename=Größe.csv", "Größe.csv"),
            ("attachment; name=x.csv; filename=y.csv; filename=z.csv", "y.csv"),
            ("attachment", "url.bin"),
            ("filename=a.csv", "url.bin"),
            ("attachment; filename=\"\"", "url.bin"),
            ("attachment; filename=\"..\"", "url.bin"),
        ] {
            assert_eq!(named(field.as_bytes(), "http://a/b/url.bin?x=/y"), name, "{field}");
        }
        assert_eq!(named(b"attachment; filename=Gr\xf6\xdfe.csv", "http://a/"), "Größe.csv");
    }

    #[test]
    fn or_else_that_of_the_url() {
        for (url, name) in [
            ("http://a/b/c.csv", "c.csv"),
            ("http://a/b/c%20d.csv?e=f/g#h/i", "c d.csv"),
            ("http://a/b/", "download"),
            ("http://a", "download"),
            ("http://a.example?x", "download"),
            ("http://a/..%2F..%2Fetc%2Fpasswd", "passwd"),
            ("http://a/%2e%2e", "download"),
            ("http://a/..%5Cb.txt", "b.txt"),
            ("http://a/%FFb", "\u{fffd}b"),
        ] {
            assert_eq!(filename(&Fields::new(), url), name, "{url}");
        }
    }

    #[test]
    fn a_name_is_made_safe_for_every_system() {
        for (name, made) in [
            ("/etc/passwd", "passwd"),
            (r"C:\Users\a\b.txt", "b.txt"),
            ("../../.bashrc", "bashrc"),
            (".htaccess", "htaccess"),
            ("...", ""),
            (" . . ", ""),
            ("a.txt. .", "a.txt"),
            ("a\0b\u{1b}[31m\r\n.txt", "ab[31m.txt"),
            ("\u{202e}txt.exe", "txt.exe"),
            ("a:b<c>d|e?f*g.txt", "a_b_c_d_e_f_g.txt"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("com1 .tar.gz", "_com1 .tar.gz"),
            ("LPT³", "_LPT³"),
            ("console.log", "console.log"),
            ("com10.txt", "com10.txt"),
        ] {
            assert_eq!(safe(name).unwrap_or_default(), made, "{name:?}");
        }
        let long = safe(&format!("{}.csv", "ä".repeat(200))).unwrap();
        assert!(long.len() <= 255 && long.ends_with("ä.csv"), "{long}");
        assert_eq!(safe(&"x".repeat(300)).unwrap().len(), 255);
        assert_eq!(safe(&format!("a.{}", "x".repeat(300))).unwrap().len(), 255);
    }

    proptest! {
        #[test]
        fn whatever_a_server_says_is_one_harmless_name(
            field in proptest::collection::vec(
                any::<u8>().prop_filter("a field value", |byte| HeaderValue::from_bytes(&[*byte]).is_ok()),
                0..400,
            ),
            name in "\\PC{0,300}|[./\\\\ :a-z\u{0}-\u{1f}]{0,40}|(con|nul|com1|lpt9)[. ]?[a-z]{0,3}",
        ) {
            let field = [b"attachment; filename=", &field[..]].concat();
            for made in [Some(named(&field, "http://a/b")), safe(&name)].into_iter().flatten() {
                prop_assert!(!made.is_empty() && made.len() <= LONGEST);
                prop_assert!(!made.contains(['/', '\\', ':', '\0']) && !made.contains(char::is_control));
                prop_assert!(!made.starts_with('.') && !made.ends_with(['.', ' ']));
                prop_assert!(!is_reserved(&made));
                prop_assert_eq!(std::path::Path::new(&made).file_name().unwrap().to_str(), Some(&*made));
                prop_assert_eq!(safe(&made), Some(made));
            }
        }
    }
}
