//! Pieces of a file as they are shown: without the credentials of its URLs.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::secret::MASK;

/// The ranges of a file that no excerpt shows: where each starts, and where it ends.
#[derive(Debug, Default)]
pub(super) struct Hidden(Mutex<BTreeMap<usize, usize>>);

impl Hidden {
    /// Hides the user name and password of a URL wherever `file` has them; `place` is all of what they
    /// stand in, and hidden where escapes write them otherwise.
    pub(super) fn add(&self, file: &str, userinfo: &str, place: Range<usize>) {
        let mut ranges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = ranges.range(..place.end).next_back();
        if before.is_some_and(|(_, end)| *end > place.start) {
            // A suite that repeats a URL is looked through once.
            return;
        }
        let mut hide = |range: Range<usize>| {
            let end = ranges.entry(range.start).or_default();
            *end = range.end.max(*end);
        };
        let sought = format!("{userinfo}@");
        file.match_indices(&sought).for_each(|(at, _)| hide(at..at + userinfo.len()));
        if file.get(place.clone()).is_some_and(|text| !text.contains(&sought)) {
            lines(file, place).for_each(hide);
        }
    }

    /// What of a range is hidden, in order.
    fn within(&self, window: &Range<usize>) -> Vec<Range<usize>> {
        let ranges = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut cuts: Vec<Range<usize>> = Vec::new();
        for (start, end) in ranges.range(..window.end) {
            let (start, end) = (*start.max(&window.start), *end.min(&window.end));
            match cuts.last_mut() {
                Some(last) if start <= last.end => last.end = last.end.max(end),
                _ if start < end => cuts.push(start..end),
                _ => {}
            }
        }
        cuts
    }
}

/// The parts of a range that stand on a line each, so that the number of lines stays.
fn lines(file: &str, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut at = range.start;
    file[range].split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        start..start + line.trim_end_matches(['\n', '\r']).len()
    })
}

/// A piece of a file with `***` for what is hidden.
pub(super) struct Excerpt<'f> {
    pub(super) text: Cow<'f, str>,
    start: usize,
    cuts: Vec<Range<usize>>,
}

impl<'f> Excerpt<'f> {
    pub(super) fn of(file: &'f str, window: Range<usize>, hidden: &Hidden) -> Self {
        let cuts = hidden.within(&window);
        let start = window.start;
        if cuts.is_empty() {
            return Self { text: file[window].into(), start, cuts };
        }
        let mut text = String::with_capacity(window.len());
        let mut at = start;
        for cut in &cuts {
            text.push_str(&file[at..cut.start]);
            text.push_str(MASK);
            at = cut.end;
        }
        text.push_str(&file[at..window.end]);
        Self { text: text.into(), start, cuts }
    }

    /// Where a range of the file is in the excerpt.
    pub(super) fn range(&self, range: Range<usize>) -> Range<usize> {
        self.offset(range.start)..self.offset(range.end)
    }

    fn offset(&self, of_file: usize) -> usize {
        let mut offset = of_file - self.start;
        for cut in self.cuts.iter().take_while(|cut| cut.start < of_file) {
            let (length, shown) =
                if cut.end <= of_file { (cut.len(), MASK.len()) } else { (of_file - cut.start, 0) };
            offset = offset + shown - length;
        }
        offset
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Diagnostic, Source, Span};

    /// The line that a diagnostic about `wanted` shows of a file, and what of it is underlined.
    fn shown(file: &str, hidden: &[(&str, &str)], wanted: &str) -> (String, String) {
        let source = Source::new("a.yaml", file);
        let span = |text: &str| {
            let at = file.find(text).expect("it is there");
            Span::new(at, at + text.len())
        };
        for (userinfo, place) in hidden {
            source.hide_userinfo(userinfo, span(place));
        }
        let text = Diagnostic::at(&source, span(wanted), "bad").render(false);
        let [line, carets] = [3, 4].map(|number| text.lines().nth(number).expect("a line"));
        let marked = line.chars().zip(carets.chars()).filter(|(_, caret)| *caret == '^');
        (line[4..].to_owned(), marked.map(|(c, _)| c).collect())
    }

    #[test]
    fn a_password_is_hidden_and_what_stands_around_it_is_still_pointed_at() {
        let file = "{ proxy: 'http://me:secret@p', url: /, tiemout: 3 }";
        let line = "{ proxy: 'http://***@p', url: /, tiemout: 3 }";
        let hidden = [("me:secret", "'http://me:secret@p'")];
        for (wanted, marked) in
            [("tiemout", "tiemout"), ("'http://me:secret@p'", "'http://***@p'"), ("proxy", "proxy")]
        {
            assert_eq!(shown(file, &hidden, wanted), (line.to_owned(), marked.to_owned()));
        }
    }

    #[test]
    fn a_password_is_hidden_wherever_the_file_has_it() {
        let file = "a: *p\nb: { c: &p me:secret@p, d: me:secret@q }";
        let expected = ("b: { c: &p ***@p, d: ***@q }".to_owned(), "d:".to_owned());
        assert_eq!(shown(file, &[("me:secret", "*p")], "d:"), expected);
    }

    #[test]
    fn a_password_that_is_written_with_escapes_is_hidden_with_all_of_its_value() {
        let file = r#"{ proxy: "me:\x73ecret@p", tiemout: 3 }"#;
        let hidden = [("me:secret", r#""me:\x73ecret@p""#)];
        let expected = ("{ proxy: ***, tiemout: 3 }".to_owned(), "tiemout".to_owned());
        assert_eq!(shown(file, &hidden, "tiemout"), expected);
    }
}
