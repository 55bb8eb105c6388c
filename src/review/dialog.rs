//! "Redact this": which path, and what may stand there.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::Value as Json;

use super::change::{At, Spot};
use super::form::{Proposal, applied, proposals, selected};

/// The question what to redact a value by.
#[derive(Debug)]
pub struct Dialog {
    /// What is redacted.
    pub at: At,
    /// The paths that select it, each with how many values it selects.
    pub paths: Vec<(String, usize)>,
    /// The chosen one of them.
    pub path: usize,
    /// Whether it is for everything in the file of the spec, and not for one `snapshot` alone.
    pub whole_file: bool,
    /// What may stand there instead.
    pub proposals: Vec<Proposal>,
    /// The chosen one of them.
    pub proposal: usize,
    /// What is being written in place of the chosen one.
    pub edit: Option<Edit>,
    /// What would be compared from now on; or why nothing can be.
    pub outcome: Result<String, String>,
    /// Why what was chosen could not be done.
    pub error: Option<String>,
    name: String,
    old: Option<Json>,
    /// The response, as it is by now.
    text: String,
}

/// A line of text that is being written.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// What stands before the cursor.
    pub before: String,
    /// What stands behind it.
    pub after: String,
}

/// What a key led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// The question is still open.
    Stay,
    /// Nothing is redacted.
    Cancel,
    /// The chosen path is redacted by the chosen value.
    Apply,
}

impl Dialog {
    /// The question for a spot of a response; or why it cannot be redacted.
    pub fn open(spot: &Spot, text: &str) -> Result<Self, String> {
        let (Some(at), Some(new)) = (&spot.at, &spot.new) else {
            return Err("there is no value here that could be redacted: that is for headers, and for what a JSON body holds".to_owned());
        };
        let (name, mut paths) = match at {
            At::Header(name) => (name.clone(), vec![format!("header {name}")]),
            At::Json(place) => {
                let name = place.name().unwrap_or("body").to_owned();
                (name, vec![place.folded().to_string(), place.to_string()])
            }
        };
        paths.dedup();
        // Where items were inserted, the value has another index than it had.
        let exact = |path: &String| path.contains("[*]") || selected(text, path).len() == 1;
        let paths = paths.into_iter().filter(exact).filter_map(|path| {
            let values = selected(text, &path);
            values.contains(new).then_some((path, values.len()))
        });
        let paths: Vec<_> = paths.collect();
        if paths.is_empty() {
            return Err("no path leads to this value".to_owned());
        }
        let mut own = Self {
            at: at.clone(),
            paths,
            path: 0,
            whole_file: false,
            proposals: Vec::new(),
            proposal: 0,
            edit: None,
            outcome: Ok(String::new()),
            error: None,
            name,
            old: spot.old.clone(),
            text: text.to_owned(),
        };
        own.propose();
        own.outcome = own.find_outcome();
        Ok(own)
    }

    /// The chosen path, or `header NAME`.
    pub fn key(&self) -> &str {
        self.paths.get(self.path).map_or("", |(path, _)| path)
    }

    /// What the spec is to say of it.
    pub fn yaml(&self) -> String {
        match &self.edit {
            Some(edit) => format!("{}{}", edit.before, edit.after).trim().to_owned(),
            None => {
                self.proposals.get(self.proposal).map(|own| own.yaml.clone()).unwrap_or_default()
            }
        }
    }

    fn find_outcome(&self) -> Result<String, String> {
        let redacted = applied(&self.text, self.key(), &self.at, &self.yaml())?;
        let values = selected(&redacted, self.key());
        Ok(values.first().map(ToString::to_string).unwrap_or_default())
    }

    /// What a key does.
    pub fn press(&mut self, key: KeyEvent) -> Step {
        self.error = None;
        let step = if self.edit.is_some() { self.write(key) } else { self.choose(key) };
        self.outcome = self.find_outcome();
        match &self.outcome {
            Err(error) if step == Step::Apply => {
                self.error = Some(error.clone());
                Step::Stay
            }
            _ => step,
        }
    }

    fn choose(&mut self, key: KeyEvent) -> Step {
        match key.code {
            KeyCode::Esc | KeyCode::Char('q') => return Step::Cancel,
            KeyCode::Enter => return Step::Apply,
            KeyCode::Up | KeyCode::Char('k') => self.proposal = self.proposal.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => {
                self.proposal = (self.proposal + 1).min(self.proposals.len().saturating_sub(1));
            }
            KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right => {
                self.path = (self.path + 1) % self.paths.len();
                self.propose();
            }
            KeyCode::Char('f') => self.whole_file = !self.whole_file,
            KeyCode::Char('e') => {
                self.edit = Some(Edit { before: self.yaml(), after: String::new() });
            }
            _ => {}
        }
        Step::Stay
    }

    fn write(&mut self, key: KeyEvent) -> Step {
        let Some(edit) = &mut self.edit else { return Step::Stay };
        match key.code {
            KeyCode::Esc => self.edit = None,
            KeyCode::Enter => return Step::Apply,
            code => edit.press(code, key.modifiers),
        }
        Step::Stay
    }

    fn propose(&mut self) {
        let values = selected(&self.text, self.key());
        self.proposals = proposals(&self.name, self.old.as_ref(), &values);
        self.proposal = self.proposal.min(self.proposals.len().saturating_sub(1));
    }
}

impl Edit {
    fn press(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        match code {
            KeyCode::Char(c)
                if !modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
            {
                self.before.push(c);
            }
            KeyCode::Backspace => {
                self.before.pop();
            }
            KeyCode::Delete if !self.after.is_empty() => {
                self.after.remove(0);
            }
            KeyCode::Left => {
                if let Some(c) = self.before.pop() {
                    self.after.insert(0, c);
                }
            }
            KeyCode::Right if !self.after.is_empty() => self.before.push(self.after.remove(0)),
            KeyCode::Home => self.after.insert_str(0, &std::mem::take(&mut self.before)),
            KeyCode::End => self.before.push_str(&std::mem::take(&mut self.after)),
            // As in shells.
            KeyCode::Char('u') => self.before.clear(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::review::change::Diff;

    const OLD: &str = "HTTP 200\n\n{\n  \"items\": [\n    {\n      \"id\": 1\n    }\n  ]\n}";
    const NEW: &str = "HTTP 200\n\n{\n  \"items\": [\n    {\n      \"id\": 2\n    },\n    {\n      \"id\": null\n    }\n  ]\n}";

    fn open() -> Dialog {
        let diff = Diff::between(Some(OLD), NEW);
        let spot = diff.spots.iter().find(|spot| spot.new == Some(json!(2))).expect("a spot");
        Dialog::open(spot, NEW).expect("a dialog")
    }

    fn press(dialog: &mut Dialog, codes: &[KeyCode]) -> Step {
        codes.iter().map(|code| dialog.press(KeyEvent::from(*code))).last().expect("a key")
    }

    #[test]
    fn a_path_is_chosen_and_what_is_proposed_fits_its_values() {
        let mut dialog = open();
        assert_eq!(
            dialog.paths,
            [("$.items[*].id".to_owned(), 2), ("$.items[0].id".to_owned(), 1)]
        );
        assert_eq!(dialog.yaml(), "{ $type: [integer, 'null'] }");
        press(&mut dialog, &[KeyCode::Tab]);
        assert_eq!((dialog.key(), &*dialog.yaml()), ("$.items[0].id", "{ $type: integer }"));
        assert_eq!(press(&mut dialog, &[KeyCode::Down, KeyCode::Down]), Step::Stay);
        assert_eq!(dialog.yaml(), "\"<id>\"");
        assert_eq!(dialog.outcome, Ok("\"<id>\"".to_owned()));
        assert_eq!(press(&mut dialog, &[KeyCode::Enter]), Step::Apply);
        assert_eq!(press(&mut dialog, &[KeyCode::Esc]), Step::Cancel);
    }

    #[test]
    fn what_is_written_by_hand_must_hold() {
        let mut dialog = open();
        press(&mut dialog, &[KeyCode::Tab, KeyCode::Char('e'), KeyCode::Home, KeyCode::Delete]);
        press(&mut dialog, &[KeyCode::End, KeyCode::Left, KeyCode::Backspace, KeyCode::Right]);
        assert_eq!(dialog.yaml(), "$type: integer}");
        dialog.press(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
        for c in "{ $type: string }".chars() {
            press(&mut dialog, &[KeyCode::Char(c)]);
        }
        assert_eq!(press(&mut dialog, &[KeyCode::Enter]), Step::Stay);
        assert!(
            dialog.error.as_ref().is_some_and(|error| error.contains("2 is not")),
            "{dialog:?}"
        );
        assert_eq!(press(&mut dialog, &[KeyCode::Esc, KeyCode::Enter]), Step::Apply);
    }

    #[test]
    fn what_is_no_value_is_not_redacted() {
        let diff = Diff::between(Some("HTTP 200\n\na"), "HTTP 201\n\nb");
        assert!(diff.spots.iter().all(|spot| Dialog::open(spot, "HTTP 201\n\nb").is_err()));
        // The first item is now the second one: its index does not lead there.
        let old = "[\n  {\n    \"id\": \"a\",\n    \"q\": 1\n  }\n]";
        let new = "[\n  {\n    \"id\": \"b\",\n    \"q\": 3\n  },\n  {\n    \"id\": \"a\",\n    \"q\": 2\n  }\n]";
        let diff = Diff::between(Some(old), new);
        let spot = diff.spots.iter().find(|spot| spot.new == Some(json!(2))).expect("a spot");
        let dialog = Dialog::open(spot, new).expect("a dialog");
        assert_eq!(dialog.paths, [("$[*].q".to_owned(), 2)]);
    }
}
