//! The differences of two JSON values as lines of indented JSON.

use serde_json::Value as Json;

use super::{Edit, Place};
use crate::diff::inline::{shorten, words};
use crate::diff::window::Window;
use crate::diff::{Kind, Line};

pub(super) fn lines(edit: &Edit<'_>) -> Vec<Line> {
    if matches!(edit, Edit::Same(_)) {
        return Vec::new();
    }
    let mut drawer = Drawer { window: Window::new(), place: Place::default(), depth: 0 };
    drawer.edit(None, edit, false);
    drawer.window.finish()
}

/// A line that is written out only where it is shown.
#[derive(Debug, Clone, Copy)]
struct Draft<'a> {
    depth: usize,
    key: Option<&'a str>,
    text: Text<'a>,
    /// Whether something follows in the same list or object.
    comma: bool,
}

#[derive(Debug, Clone, Copy)]
enum Text<'a> {
    Fixed(&'static str),
    /// Something without lines of its own: a scalar, `[]` or `{}`.
    Leaf(&'a Json),
}

impl Draft<'_> {
    /// What stands before the value: spaces and the key.
    fn head(&self) -> String {
        let mut head = "  ".repeat(self.depth);
        if let Some(key) = self.key {
            head.push_str(&Json::String(key.to_owned()).to_string());
            head.push_str(": ");
        }
        head
    }

    fn draw(&self, kind: Kind) -> Line {
        let mut text = self.head();
        match self.text {
            Text::Fixed(fixed) => text.push_str(fixed),
            Text::Leaf(value) => text.push_str(&value.to_string()),
        }
        if self.comma {
            text.push(',');
        }
        let mut line = Line::plain(kind, text);
        shorten(&mut line.pieces);
        line
    }

    /// The line with the parts of its value that changed.
    fn highlighted(&self, kind: Kind, value: Vec<(bool, String)>) -> Line {
        let mut pieces = vec![(false, self.head())];
        pieces.retain(|(_, text)| !text.is_empty());
        pieces.extend(value);
        if self.comma {
            pieces.push((false, ",".to_owned()));
        }
        shorten(&mut pieces);
        Line { kind, pieces }
    }
}

struct Drawer<'a> {
    window: Window<Draft<'a>>,
    /// Of what is being drawn; only as deep as there are differences.
    place: Place,
    depth: usize,
}

impl<'a> Drawer<'a> {
    fn edit(&mut self, key: Option<&'a str>, edit: &Edit<'a>, comma: bool) {
        match edit {
            Edit::Same(value) => self.whole(Kind::Same, key, value, comma),
            Edit::Run(values) => {
                for (index, value) in values.iter().enumerate() {
                    self.whole(Kind::Same, None, value, comma || index + 1 < values.len());
                }
            }
            Edit::Removed(value) => {
                self.open();
                self.whole(Kind::Removed, key, value, comma);
            }
            Edit::Added(value) => {
                self.open();
                self.whole(Kind::Added, key, value, comma);
            }
            Edit::Changed(old, new) => self.changed(key, old, new, comma),
            Edit::Object(members) => {
                self.same(key, Text::Fixed("{"), false);
                self.depth += 1;
                for (index, (key, member)) in members.iter().enumerate() {
                    self.place.push_key(key);
                    self.edit(Some(key), member, index + 1 < members.len());
                    self.place.pop();
                }
                self.depth -= 1;
                self.same(None, Text::Fixed("}"), comma);
            }
            Edit::List(items) => {
                self.same(key, Text::Fixed("["), false);
                self.depth += 1;
                let mut at = 0;
                for (index, item) in items.iter().enumerate() {
                    self.place.push_index(at);
                    self.edit(None, item, index + 1 < items.len());
                    self.place.pop();
                    at += match item {
                        Edit::Run(run) => run.len(),
                        Edit::Added(_) => 0,
                        _ => 1,
                    };
                }
                self.depth -= 1;
                self.same(None, Text::Fixed("]"), comma);
            }
        }
    }

    /// Says that a difference follows, at the place of now.
    fn open(&mut self) {
        let place = &self.place;
        self.window.open(
            |draft| draft.draw(Kind::Same),
            || {
                let inside = place.parent()?;
                (!inside.is_root()).then(|| inside.to_string())
            },
        );
    }

    fn changed(&mut self, key: Option<&'a str>, old: &'a Json, new: &'a Json, comma: bool) {
        self.open();
        if !is_leaf(old) || !is_leaf(new) {
            self.whole(Kind::Removed, key, old, comma);
            self.whole(Kind::Added, key, new, comma);
            return;
        }
        let (old_text, new_text) = (old.to_string(), new.to_string());
        let (before, after) = match (old, new) {
            (Json::String(_), Json::String(_)) => words(&old_text, &new_text),
            _ => (vec![(true, old_text)], vec![(true, new_text)]),
        };
        let draft = Draft { depth: self.depth, key, text: Text::Fixed(""), comma };
        self.window.changed(|| draft.highlighted(Kind::Removed, before));
        self.window.changed(|| draft.highlighted(Kind::Added, after));
    }

    /// All lines of a value.
    fn whole(&mut self, kind: Kind, key: Option<&'a str>, value: &'a Json, comma: bool) {
        let (open, close) = match value {
            Json::Object(members) if !members.is_empty() => ("{", "}"),
            Json::Array(items) if !items.is_empty() => ("[", "]"),
            leaf => return self.push(kind, key, Text::Leaf(leaf), comma),
        };
        self.push(kind, key, Text::Fixed(open), false);
        self.depth += 1;
        match value {
            Json::Object(members) => {
                for (index, (key, member)) in members.iter().enumerate() {
                    self.whole(kind, Some(key), member, index + 1 < members.len());
                }
            }
            Json::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.whole(kind, None, item, index + 1 < items.len());
                }
            }
            _ => {}
        }
        self.depth -= 1;
        self.push(kind, None, Text::Fixed(close), comma);
    }

    fn same(&mut self, key: Option<&'a str>, text: Text<'a>, comma: bool) {
        self.push(Kind::Same, key, text, comma);
    }

    fn push(&mut self, kind: Kind, key: Option<&'a str>, text: Text<'a>, comma: bool) {
        let draft = Draft { depth: self.depth, key, text, comma };
        if kind == Kind::Same {
            self.window.same(draft, |draft| draft.draw(Kind::Same));
        } else {
            self.window.changed(|| draft.draw(kind));
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
