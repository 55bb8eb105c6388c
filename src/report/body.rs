//! Contents for people: as much of them as there is room for.

use std::borrow::Cow;

use serde_json::Value as Json;

use crate::exchange::{Content, Part};

/// The most lines of a body that are shown, where nothing else is said.
const MOST_LINES: usize = 30;
/// The most characters of a body that are shown, where nothing else is said.
const MOST_CHARACTERS: usize = 4_000;

/// How much of a body is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Room {
    /// The most bytes; `None` for some lines of it.
    pub most: Option<u64>,
    /// Whether it is shown as it is, rather than so that it is easy to read.
    pub raw: bool,
}

impl Room {
    /// The same, for bodies as they are.
    pub(super) fn raw(self) -> Self {
        Self { raw: true, ..self }
    }

    /// What was sent: files by their names, everything else as [`Room::body`] shows it.
    pub(super) fn content(self, content: &Content, media: &str, lines: &mut Vec<String>) {
        let shown: Cow<'_, [u8]> = match content {
            Content::Whole(bytes) => Cow::Borrowed(bytes),
            Content::Parts(parts) => {
                let show = |part: &Part| match part {
                    Part::Bytes(bytes) if std::str::from_utf8(bytes).is_ok() => bytes.clone(),
                    Part::Bytes(bytes) => format!("({} bytes)", bytes.len()).into(),
                    Part::File(file) => format!("({} bytes of {})", file.size, file.name).into(),
                };
                Cow::Owned(parts.iter().map(show).collect::<Vec<_>>().concat())
            }
        };
        self.body(std::str::from_utf8(&shown).ok(), content.len(), media, lines);
    }

    /// A body: JSON indented, text as it is, shortened; anything else by its size.
    pub(super) fn body(self, text: Option<&str>, size: u64, media: &str, lines: &mut Vec<String>) {
        if size == 0 {
            return;
        }
        lines.push(String::new());
        let Some(text) = text else {
            let media = if media.is_empty() { "no stated type" } else { media };
            lines.push(format!("({size} bytes of {media})"));
            return;
        };
        let is_json = media.contains("json") && size < 1 << 20 && !self.raw;
        let json = is_json.then(|| serde_json::from_str::<Json>(text).ok()).flatten();
        let text: Cow<'_, str> = match json.map(|value| serde_json::to_string_pretty(&value)) {
            Some(Ok(pretty)) => pretty.into(),
            _ => text.into(),
        };
        match self.most {
            Some(most) => by_bytes(&text, most, size, lines),
            None => by_lines(&text, size, lines),
        }
    }
}

/// So many bytes of it.
fn by_bytes(text: &str, most: u64, size: u64, lines: &mut Vec<String>) {
    let mut most = usize::try_from(most).unwrap_or(usize::MAX);
    if text.len() <= most {
        lines.extend(text.lines().map(str::to_owned));
        return;
    }
    while !text.is_char_boundary(most) {
        most -= 1;
    }
    lines.extend(text[..most].lines().map(str::to_owned));
    lines.push(format!("… ({size} bytes in all)"));
}

/// Some lines of it.
fn by_lines(text: &str, size: u64, lines: &mut Vec<String>) {
    let mut characters = 0;
    let total = text.lines().count();
    for (number, line) in text.lines().enumerate() {
        if number == MOST_LINES || characters >= MOST_CHARACTERS {
            lines.push(format!("… ({} more lines, {size} bytes in all)", total - number));
            return;
        }
        let rest = MOST_CHARACTERS - characters;
        if line.chars().count() > rest {
            let short: String = line.chars().take(rest).collect();
            lines.push(format!("{short}… ({size} bytes in all)"));
            return;
        }
        characters += line.chars().count();
        lines.push(line.to_owned());
    }
}
