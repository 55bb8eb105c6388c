//! What is under review, what was decided, and what is looked at: state, and what a key does to it.

use std::cell::OnceCell;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::change::{At, Diff};
use super::dialog::{Dialog, Step};
use super::form;
use super::insert::Reach;
use super::keys::{Action, action};
use super::layout::{self, Areas, Row, WIDE};
use super::specs::Specs;
use crate::snapshot::pending::Pending;

/// What was decided of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// What came is approved.
    Accept,
    /// What was approved stays.
    Reject,
    /// It stays pending.
    Skip,
}

/// A change under review.
#[derive(Debug)]
pub struct Item {
    /// The change as it was listed.
    pub pending: Pending,
    /// What came, with the redactions that were made here.
    pub text: String,
    /// What was decided.
    pub choice: Option<Choice>,
    diff: OnceCell<Diff>,
}

/// A redaction that was made here.
#[derive(Debug)]
struct Redaction {
    spec: String,
    /// What it is for; the line is that of the spec as it was read.
    reach: Reach,
    key: String,
    at: At,
    yaml: String,
}

/// What lies over the diff.
#[derive(Debug, Default)]
pub enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// The keys.
    Help,
    /// Whether to carry out what was decided.
    Leave,
    /// What to redact by.
    Redact(Box<Dialog>),
}

/// How a review ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// What was decided is carried out.
    CarryOut,
    /// Nothing is.
    Drop,
}

/// What there was before a decision.
#[derive(Debug)]
struct Before {
    choices: Vec<(usize, Option<Choice>)>,
    redactions: usize,
    position: usize,
    spot: usize,
}

/// A review. It draws nothing and writes nothing.
#[derive(Debug)]
pub struct Review {
    /// The changes; never none.
    pub items: Vec<Item>,
    /// The specs, with the redactions that were made here.
    pub specs: Specs,
    /// Which change is looked at.
    pub position: usize,
    /// Which spot of its diff is the current one.
    pub spot: usize,
    /// The first row of the diff that is seen.
    pub scroll: usize,
    /// What lies over the diff.
    pub overlay: Overlay,
    /// What came of the last key; `true` is a problem.
    pub message: Option<(bool, String)>,
    size: (u16, u16),
    /// Whether to show both sides beside each other; `None`: where there is room.
    beside: Option<bool>,
    redactions: Vec<Redaction>,
    undo: Vec<Before>,
}

impl Item {
    fn new(pending: Pending) -> Self {
        Self { text: pending.new.clone(), pending, choice: None, diff: OnceCell::new() }
    }

    /// What differs. It is found out when it is first looked at.
    pub fn diff(&self) -> &Diff {
        self.diff.get_or_init(|| Diff::between(self.pending.old.as_deref(), &self.text))
    }

    fn set(&mut self, text: String) {
        self.text = text;
        self.diff = OnceCell::new();
    }

    fn is_of(&self, redaction: &Redaction) -> bool {
        let about = &self.pending.about;
        let is_meant = match redaction.reach {
            Reach::Snapshot(line) => about.line == Some(line),
            Reach::File => true,
        };
        is_meant && about.source == redaction.spec && self.pending.spec.is_none()
    }
}

impl Review {
    /// A review of changes, of which there is at least one, on a screen of so many columns and rows.
    pub fn new(pending: Vec<Pending>, specs: Specs, size: (u16, u16)) -> Self {
        Self {
            items: pending.into_iter().map(Item::new).collect(),
            specs,
            position: 0,
            spot: 0,
            scroll: 0,
            overlay: Overlay::None,
            message: None,
            size,
            beside: None,
            redactions: Vec::new(),
            undo: Vec::new(),
        }
    }

    /// The change that is looked at.
    pub fn item(&self) -> &Item {
        &self.items[self.position]
    }

    /// The size of the screen.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// How many changes have this choice.
    pub fn count(&self, choice: Option<Choice>) -> usize {
        self.items.iter().filter(|item| item.choice == choice).count()
    }

    /// How many redactions were made.
    pub fn redacted(&self) -> usize {
        self.redactions.len()
    }

    /// Whether both sides are shown beside each other.
    pub fn is_beside(&self) -> bool {
        let is_new = self.item().pending.old.is_none();
        !is_new && self.is_wide()
    }

    fn is_wide(&self) -> bool {
        self.beside.unwrap_or(self.size.0 >= WIDE)
    }

    pub(super) fn areas(&self) -> Areas {
        let item = self.item();
        let mut lines = 1;
        if let Some(line) = item.pending.about.line {
            let excerpt = self.specs.excerpt(&item.pending.about.source, line, 0, 4);
            let fresh = |lines: Vec<super::specs::Excerpt<'_>>| {
                lines.iter().take_while(|line| line.fresh).count()
            };
            lines = excerpt.map_or(1, fresh);
        }
        Areas::of(self.size, self.items.len(), u16::try_from(lines).unwrap_or(1))
    }

    pub(super) fn rows(&self) -> Vec<Row> {
        layout::rows(self.item().diff(), self.is_beside(), self.areas().diff.width)
    }

    /// The screen has another size.
    pub fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
        self.show_spot();
    }

    /// What a key does. `Some` is the end.
    pub fn press(&mut self, key: KeyEvent) -> Option<End> {
        self.message = None;
        let interrupt =
            key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c');
        match &mut self.overlay {
            Overlay::None if interrupt => self.leave(),
            Overlay::None
                if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
            {
                None
            }
            Overlay::None => {
                if let Some(action) = action(key.code) {
                    return self.act(action);
                }
                self.say("`?` shows the keys");
                None
            }
            Overlay::Leave => self.answer(key.code, interrupt),
            Overlay::Help => {
                self.overlay = Overlay::None;
                None
            }
            Overlay::Redact(dialog) => {
                match if interrupt { Step::Cancel } else { dialog.press(key) } {
                    Step::Stay => {}
                    Step::Cancel => self.overlay = Overlay::None,
                    Step::Apply => self.redact(),
                }
                None
            }
        }
    }

    fn act(&mut self, action: Action) -> Option<End> {
        match action {
            Action::Accept => self.decide(Choice::Accept),
            Action::Reject => self.decide(Choice::Reject),
            Action::Skip => self.decide(Choice::Skip),
            Action::AcceptAll => self.accept_all(),
            Action::Undo => self.undo(),
            Action::Redact => self.ask(),
            Action::NextChange => self.go(self.position + 1),
            Action::PreviousChange => match self.position.checked_sub(1) {
                Some(before) => self.go(before),
                None => self.say("this is the first one"),
            },
            Action::NextSpot => self.next_spot(1),
            Action::PreviousSpot => self.next_spot(-1),
            Action::Scroll(lines) => self.scroll_by(isize::try_from(lines).unwrap_or_default()),
            Action::Page(pages) => {
                let page = isize::try_from(self.areas().diff.height.max(2) - 1).unwrap_or(1);
                self.scroll_by(page * isize::try_from(pages).unwrap_or_default());
            }
            Action::Top => self.scroll = 0,
            Action::Bottom => self.scroll_by(isize::MAX / 2),
            Action::Turn if self.item().pending.old.is_none() => {
                self.say("nothing is approved yet that could stand beside it");
            }
            Action::Turn => {
                self.beside = Some(!self.is_wide());
                self.show_spot();
            }
            Action::Help => self.overlay = Overlay::Help,
            Action::Quit => return self.leave(),
        }
        None
    }

    fn say(&mut self, text: impl Into<String>) {
        self.message = Some((false, text.into()));
    }

    fn complain(&mut self, text: impl Into<String>) {
        self.message = Some((true, text.into()));
    }

    fn leave(&mut self) -> Option<End> {
        if self.items.iter().all(|item| item.choice.is_none()) && self.redactions.is_empty() {
            return Some(End::Drop);
        }
        self.overlay = Overlay::Leave;
        None
    }

    fn answer(&mut self, code: KeyCode, interrupt: bool) -> Option<End> {
        match code {
            _ if interrupt => Some(End::Drop),
            KeyCode::Enter | KeyCode::Char('y') => Some(End::CarryOut),
            KeyCode::Char('d') => Some(End::Drop),
            KeyCode::Esc | KeyCode::Char('b') => {
                self.overlay = Overlay::None;
                None
            }
            KeyCode::Char('u') => {
                self.overlay = Overlay::None;
                self.undo();
                None
            }
            _ => None,
        }
    }

    /// Remembers what there is, for [`Action::Undo`].
    fn remember(&mut self, which: impl IntoIterator<Item = usize>) {
        let choices = which.into_iter().map(|index| (index, self.items[index].choice)).collect();
        let (redactions, position, spot) = (self.redactions.len(), self.position, self.spot);
        self.undo.push(Before { choices, redactions, position, spot });
    }

    fn decide(&mut self, choice: Choice) {
        self.remember([self.position]);
        self.items[self.position].choice = Some(choice);
        let word = match choice {
            Choice::Accept => "accepted",
            Choice::Reject => "rejected",
            Choice::Skip => "skipped",
        };
        let text = format!("{word} {}", self.item().pending.shown);
        self.forward(&text);
    }

    fn accept_all(&mut self) {
        let source = self.item().pending.about.source.clone();
        let meant = |item: &Item| item.choice.is_none() && item.pending.about.source == source;
        let indices = self.items.iter().enumerate().filter(|(_, item)| meant(item));
        let indices: Vec<_> = indices.map(|(index, _)| index).collect();
        if indices.is_empty() {
            return self.say(format!("nothing of {source} is undecided"));
        }
        self.remember(indices.iter().copied());
        for index in &indices {
            self.items[*index].choice = Some(Choice::Accept);
        }
        self.forward(&format!("accepted {} of {source}", indices.len()));
    }

    /// To the next change that is undecided; where there is none, the review is at its end.
    fn forward(&mut self, text: &str) {
        let undecided = |index: &usize| self.items[*index].choice.is_none();
        let later = (self.position + 1..self.items.len()).find(undecided);
        match later.or_else(|| (0..self.position).find(undecided)) {
            Some(next) => {
                self.go(next);
                self.say(format!("{text} · `u` takes it back"));
            }
            None => self.overlay = Overlay::Leave,
        }
    }

    fn undo(&mut self) {
        let Some(before) = self.undo.pop() else { return self.say("there is nothing to undo") };
        for (index, choice) in before.choices {
            self.items[index].choice = choice;
        }
        if before.redactions < self.redactions.len() {
            self.redactions.truncate(before.redactions);
            self.replay();
        }
        self.go(before.position);
        self.spot = before.spot;
        self.show_spot();
        self.say("taken back");
    }

    /// Makes all redactions anew.
    fn replay(&mut self) {
        self.specs.reset();
        for item in &mut self.items {
            item.set(item.pending.new.clone());
        }
        for redaction in &self.redactions {
            let Redaction { spec, reach, key, yaml, .. } = redaction;
            // It could be done before.
            let _ = self.specs.insert(spec, *reach, key, yaml);
            put(&mut self.items, redaction);
        }
    }

    fn ask(&mut self) {
        let item = self.item();
        if item.pending.spec.is_some() {
            return self.complain("these are redactions: `a` accepts them, `r` drops them");
        }
        if item.pending.about.line.is_none() {
            return self
                .complain("the change does not say which line of the spec it is of: run again");
        }
        let Some(spot) = item.diff().spots.get(self.spot) else {
            return self.complain("nothing differs here");
        };
        match Dialog::open(spot, &item.text) {
            Ok(dialog) => self.overlay = Overlay::Redact(Box::new(dialog)),
            Err(error) => self.complain(error),
        }
    }

    fn redact(&mut self) {
        let Overlay::Redact(dialog) = &self.overlay else { return };
        let about = &self.item().pending.about;
        let redaction = Redaction {
            spec: about.source.clone(),
            reach: match about.line {
                Some(line) if !dialog.whole_file => Reach::Snapshot(line),
                _ => Reach::File,
            },
            key: dialog.key().to_owned(),
            at: dialog.at.clone(),
            yaml: dialog.yaml(),
        };
        let Redaction { spec, reach, key, yaml, .. } = &redaction;
        if let Err(error) = self.specs.insert(spec, *reach, key, yaml) {
            let advice =
                format!("{error} · write it into {spec} by hand: `redact: {{ {key}: {yaml} }}`");
            if let Overlay::Redact(dialog) = &mut self.overlay {
                dialog.error = Some(advice);
            }
            return;
        }
        self.remember([]);
        let others = put(&mut self.items, &redaction).saturating_sub(1);
        let also = match others {
            0 => String::new(),
            1 => ", and in 1 other change".to_owned(),
            _ => format!(", and in {others} other changes"),
        };
        let text = format!("{} is redacted{also} · `a` accepts, `u` takes it back", redaction.key);
        self.redactions.push(redaction);
        self.overlay = Overlay::None;
        self.spot = self.spot.min(self.item().diff().spots.len().saturating_sub(1));
        self.show_spot();
        self.say(text);
    }

    fn go(&mut self, position: usize) {
        if position >= self.items.len() {
            return self.say("this is the last one");
        }
        self.position = position;
        self.spot = 0;
        self.scroll = 0;
        self.show_spot();
    }

    fn next_spot(&mut self, step: isize) {
        let count = self.item().diff().spots.len();
        match self.spot.checked_add_signed(step).filter(|spot| *spot < count) {
            Some(spot) => {
                self.spot = spot;
                self.show_spot();
            }
            None if step > 0 => self.say("this is the last difference · `n` for the next change"),
            None => self.say("this is the first difference"),
        }
    }

    /// Scrolls so that the current spot is seen.
    fn show_spot(&mut self) {
        let rows = self.rows();
        let of_spot = |row: &Row| row.spots.contains(&Some(self.spot));
        let height = usize::from(self.areas().diff.height);
        if let Some(first) = rows.iter().position(of_spot) {
            let last = rows.iter().rposition(of_spot).unwrap_or(first).min(first + height / 2);
            let seen = self.scroll..self.scroll + height;
            if !seen.contains(&first) || !seen.contains(&last) {
                // What comes before it stays in sight.
                self.scroll = first.saturating_sub(height / 3);
            }
        }
        self.scroll = self.scroll.min(rows.len().saturating_sub(height));
    }

    fn scroll_by(&mut self, rows: isize) {
        let most = self.rows().len().saturating_sub(usize::from(self.areas().diff.height));
        self.scroll = self.scroll.saturating_add_signed(rows).min(most);
    }
}

/// Puts a redaction into every change of its line, and says how many there are. One whose values it
/// does not fit stays as it is: the next run says so.
fn put(items: &mut [Item], redaction: &Redaction) -> usize {
    let mut count = 0;
    for item in items.iter_mut().filter(|item| item.is_of(redaction)) {
        let Redaction { key, at, yaml, .. } = redaction;
        if let Ok(text) = form::applied(&item.text, key, at, yaml)
            && text != item.text
        {
            item.set(text);
            count += 1;
        }
    }
    count
}

#[cfg(test)]
pub(super) mod tests;
