//! A pending change as it is looked at: the lines of its diff, and the places in it that one can go to.

use serde_json::Value as Json;

use crate::diff::{self, Delta, Kind, Line, Place};

/// The most lines of a new snapshot that are shown.
const MOST_SHOWN: usize = 2_000;

/// A line of the diff.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The line.
    pub line: Line,
    /// What it belongs to, of [`Diff::spots`].
    pub spot: Option<usize>,
}

impl AsRef<Line> for Shown {
    fn as_ref(&self) -> &Line {
        &self.line
    }
}

/// Something that changed.
#[derive(Debug, Clone)]
pub struct Spot {
    /// Where; `None` where nothing can be redacted.
    pub at: Option<At>,
    /// What was approved there.
    pub old: Option<Json>,
    /// What came.
    pub new: Option<Json>,
}

/// A place that can be redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// A value of a JSON body.
    Json(Place),
    /// A header, by its name in lower case.
    Header(String),
}

/// The difference of a change.
#[derive(Debug, Clone, Default)]
pub struct Diff {
    /// Its lines.
    pub lines: Vec<Shown>,
    /// What changed, in the order of the lines.
    pub spots: Vec<Spot>,
}

/// Status and headers, and the body.
pub(super) fn parts(text: &str) -> (&str, &str) {
    let is_head = |line: &str| {
        let name = line.split_once(": ").map_or("", |(name, _)| name);
        let token = |c: char| c.is_ascii_graphic() && !"\"(),/:;<=>?@[\\]{}".contains(c);
        line.starts_with("HTTP ") || (!name.is_empty() && name.chars().all(token))
    };
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    if head.lines().all(is_head) { (head, body) } else { ("", text) }
}

/// A body, where it is JSON.
pub(super) fn json(body: &str) -> Option<Json> {
    serde_json::from_str(body).ok()
}

impl Diff {
    /// Compares what came with what was approved.
    pub fn between(old: Option<&str>, new: &str) -> Self {
        let mut own = Self::default();
        let (old_head, old_body) = old.map(parts).unwrap_or_default();
        let (new_head, new_body) = parts(new);
        own.head(old_head, new_head, old.is_none());
        let has_body = !old_body.is_empty() || !new_body.is_empty();
        if !own.lines.is_empty() && has_body {
            own.push(Kind::Same, String::new(), None);
        }
        match (old.map(|_| json(old_body)), json(new_body)) {
            (None, Some(new)) => own.whole(Kind::Added, &new),
            (Some(Some(old)), Some(new)) => own.json(&old, &new),
            (Some(None), Some(new)) => {
                own.text(old_body, "");
                own.whole(Kind::Added, &new);
            }
            _ => own.text(old_body, new_body),
        }
        own
    }

    fn push(&mut self, kind: Kind, text: String, spot: Option<usize>) {
        self.lines.push(Shown { line: Line { kind, pieces: vec![(false, text)] }, spot });
    }

    fn spot(&mut self, at: Option<At>, old: Option<Json>, new: Option<Json>) -> usize {
        self.spots.push(Spot { at, old, new });
        self.spots.len() - 1
    }

    /// Status and headers. They are few: those that are the same are shown, too.
    fn head(&mut self, old: &str, new: &str, is_new: bool) {
        let value = |head: &str, name: &str| {
            let mut fields = head.lines().filter_map(|line| line.split_once(": "));
            fields.find(|(own, _)| *own == name).map(|(_, value)| Json::from(value))
        };
        // Each line ends alike, whether another one follows it or not.
        let ended = |head: &str| if head.is_empty() { String::new() } else { format!("{head}\n") };
        let mut lines = if is_new { Vec::new() } else { diff::lines(&ended(old), &ended(new)) };
        if lines.is_empty() {
            let kind = if is_new { Kind::Added } else { Kind::Same };
            let line = |line: &str| Line { kind, pieces: vec![(false, line.to_owned())] };
            lines = new.lines().map(line).collect();
        }
        let mut known: Vec<(String, usize)> = Vec::new();
        for line in lines {
            let text = line.text();
            let spot = matches!(line.kind, Kind::Removed | Kind::Added).then(|| {
                let name = text.split_once(": ").map_or("", |(name, _)| name).to_owned();
                if let Some((_, spot)) = known.iter().find(|(own, _)| *own == name) {
                    return *spot;
                }
                let (old, new) = (value(old, &name), value(new, &name));
                let at = (!name.is_empty() && new.is_some()).then(|| At::Header(name.clone()));
                let spot = self.spot(at, old, new);
                known.push((name, spot));
                spot
            });
            self.lines.push(Shown { line, spot });
        }
    }

    fn json(&mut self, old: &Json, new: &Json) {
        let delta = Delta::between(old, new);
        let changes = delta.changes();
        // The lines of each change follow each other as the changes do.
        let mut belongs = Vec::new();
        for change in changes.list {
            let first = match (change.old, change.new) {
                (Some(old), Some(new)) if is_leaf(new) => {
                    let at = Some(At::Json(change.place.clone()));
                    let spot = self.spot(at, Some(old.clone()), Some(new.clone()));
                    belongs.extend(std::iter::repeat_n(Some(spot), count(old) + 1));
                    continue;
                }
                (Some(old), new) => {
                    let spot = self.spot(None, Some(old.clone()), new.cloned());
                    Some((spot, count(old)))
                }
                (None, _) => None,
            };
            if let Some((spot, lines)) = first {
                belongs.extend(std::iter::repeat_n(Some(spot), lines));
            }
            if let Some(new) = change.new {
                self.walk(new, &change.place, &mut belongs);
            }
        }
        let mut belongs = belongs.into_iter();
        for line in delta.lines() {
            let changed = matches!(line.kind, Kind::Removed | Kind::Added);
            let spot = if changed { belongs.next().flatten() } else { None };
            self.lines.push(Shown { line, spot });
        }
    }

    /// All lines of a value.
    fn whole(&mut self, kind: Kind, value: &Json) {
        let mut belongs = Vec::new();
        self.walk(value, &Place::default(), &mut belongs);
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        let more = belongs.len().saturating_sub(MOST_SHOWN);
        for (line, spot) in text.lines().zip(belongs).take(MOST_SHOWN) {
            self.push(kind, line.to_owned(), spot);
        }
        self.left_out(more);
    }

    fn left_out(&mut self, more: usize) {
        if more > 0 {
            self.push(Kind::Gap, format!("… {more} more lines"), None);
        }
    }

    /// What each line of a value belongs to: one a value that it starts.
    fn walk(&mut self, value: &Json, place: &Place, out: &mut Vec<Option<usize>>) {
        if out.len() >= MOST_SHOWN {
            out.extend(std::iter::repeat_n(None, count(value)));
            return;
        }
        let spot = self.spot(Some(At::Json(place.clone())), None, Some(value.clone()));
        out.push(Some(spot));
        if is_leaf(value) {
            return;
        }
        match value {
            Json::Object(members) => {
                for (key, member) in members {
                    self.walk(member, &place.key(key), out);
                }
            }
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.walk(item, &place.index(index), out);
                }
            }
            _ => {}
        }
        out.push(None);
    }

    fn text(&mut self, old: &str, new: &str) {
        let mut open = None;
        let lines = diff::lines(old, new);
        for line in lines {
            let spot = if matches!(line.kind, Kind::Removed | Kind::Added) {
                Some(*open.get_or_insert_with(|| self.spot(None, None, None)))
            } else {
                open = None;
                None
            };
            self.lines.push(Shown { line, spot });
        }
    }
}

fn is_leaf(value: &Json) -> bool {
    match value {
        Json::Object(members) => members.is_empty(),
        Json::Array(items) => items.is_empty(),
        _ => true,
    }
}

/// How many lines a value has, indented.
fn count(value: &Json) -> usize {
    match value {
        Json::Object(members) if !members.is_empty() => {
            2 + members.values().map(count).sum::<usize>()
        }
        Json::Array(items) if !items.is_empty() => 2 + items.iter().map(count).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line with its sign and, where it belongs to one, the place of its spot.
    fn drawn(old: Option<&str>, new: &str) -> Vec<String> {
        let diff = Diff::between(old, new);
        let sign = |kind| match kind {
            Kind::Removed => '-',
            Kind::Added => '+',
            Kind::Same => ' ',
            Kind::Gap => '~',
        };
        diff.lines
            .iter()
            .map(|shown| {
                let at = shown.spot.map(|spot| match &diff.spots[spot].at {
                    None => "(nowhere)".to_owned(),
                    Some(At::Json(place)) => place.to_string(),
                    Some(At::Header(name)) => format!("header {name}"),
                });
                let text = format!("{}{}", sign(shown.line.kind), shown.line.text());
                at.map(|at| format!("{text} <{at}>")).unwrap_or(text)
            })
            .collect()
    }

    #[test]
    fn lines_know_the_places_that_they_show() {
        let old = "HTTP 200\netag: \"a\"\n\n{\n  \"gone\": [1],\n  \"id\": \"x\",\n  \"items\": [\n    {\"id\": 1, \"q\": 1}\n  ]\n}";
        let new = "HTTP 200\netag: \"b\"\n\n{\"id\": \"y\", \"items\": [{\"id\": 0, \"p\": []}, {\"id\": 1, \"q\": 2}]}";
        assert_eq!(
            drawn(Some(old), new),
            [
                " HTTP 200",
                "-etag: \"a\" <header etag>",
                "+etag: \"b\" <header etag>",
                " ",
                " {",
                "-  \"gone\": [ <(nowhere)>",
                "-    1 <(nowhere)>",
                "-  ], <(nowhere)>",
                "-  \"id\": \"x\", <$.id>",
                "+  \"id\": \"y\", <$.id>",
                "   \"items\": [",
                "+    { <$.items[0]>",
                "+      \"id\": 0, <$.items[0].id>",
                "+      \"p\": [] <$.items[0].p>",
                "+    },",
                "     {",
                "       \"id\": 1,",
                "-      \"q\": 1 <$.items[0].q>",
                "+      \"q\": 2 <$.items[0].q>",
                "     }",
                "   ]",
                " }",
            ]
        );
    }

    #[test]
    fn a_new_snapshot_is_all_added() {
        assert_eq!(
            drawn(None, "HTTP 200\n\n[\n  1\n]"),
            ["+HTTP 200 <(nowhere)>", " ", "+[ <$>", "+  1 <$[0]>", "+]"]
        );
        assert_eq!(
            drawn(None, "hello\n\nworld"),
            ["+hello <(nowhere)>", "+ <(nowhere)>", "+world <(nowhere)>"]
        );
    }

    #[test]
    fn what_became_json_can_be_redacted() {
        assert_eq!(
            drawn(Some("HTTP 200\n\nsoon"), "HTTP 200\na: b\n\n{\n  \"a\": 1\n}"),
            [
                " HTTP 200",
                "+a: b <header a>",
                " ",
                "-soon <(nowhere)>",
                "+{ <$>",
                "+  \"a\": 1 <$.a>",
                "+}",
            ]
        );
        assert_eq!(drawn(Some("HTTP 200"), "HTTP 200\n\n1"), [" HTTP 200", " ", "+1 <$>"]);
    }

    #[test]
    fn a_body_without_a_head_is_no_head() {
        assert_eq!(parts("{\n  \"a\": 1\n}"), ("", "{\n  \"a\": 1\n}"));
        assert_eq!(parts("HTTP 204"), ("HTTP 204", ""));
        assert_eq!(parts("HTTP 200\na: b\n\nbody\n\nmore"), ("HTTP 200\na: b", "body\n\nmore"));
        assert_eq!(parts("some text: yes\n\nx"), ("", "some text: yes\n\nx"));
    }
}
