//! What is wrong, where, and what to do about it. Every message of the program that points into a
//! file is one of these, and one function draws them all.

mod excerpt;

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use excerpt::{Excerpt, Hidden};

/// Lines longer than this are cut around the place that matters before they are drawn.
const LONGEST_LINE: usize = 130;
/// The widest gap between two places of one diagnostic that are drawn in one snippet, in lines.
const WIDEST_GAP: usize = 400;

/// A text file with its name as the user knows it.
#[derive(Debug)]
pub struct Source {
    /// The path as shown: below the project's root, with `/`.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// Where each line starts. Most files have nothing to say about a line, so that it is counted
    /// when it is asked for.
    line_starts: OnceLock<Vec<u32>>,
    /// What no excerpt shows.
    hidden: Hidden,
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.text == other.text
    }
}

impl Eq for Source {}

impl Source {
    /// Keeps `text` under `name`.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            text: text.into(),
            line_starts: OnceLock::new(),
            hidden: Hidden::default(),
        })
    }

    /// Keeps the user name and password of a URL that stands at `span` out of every excerpt: `***` is
    /// shown there, and wherever else the file has them.
    pub fn hide_userinfo(&self, userinfo: &str, span: Span) {
        self.hidden.add(&self.text, userinfo, span.start as usize..span.end as usize);
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.text.as_bytes());
            let after = breaks.map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX));
            std::iter::once(0).chain(after).collect()
        })
    }

    /// Line and column of a byte offset, both from 1; columns count characters.
    pub fn position(&self, offset: u32) -> (usize, usize) {
        let line = self.line_starts().partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts()[line - 1] as usize;
        let end = floor_boundary(&self.text, offset as usize);
        (line, self.text[start.min(end)..end].chars().count() + 1)
    }

    /// The byte range of a line (from 1), without its line break.
    fn line(&self, line: usize) -> Range<usize> {
        let start = self.line_starts()[line - 1] as usize;
        let end = self.line_starts().get(line).map_or(self.text.len(), |next| *next as usize);
        let text = &self.text[start..end];
        start..start + text.trim_end_matches(['\n', '\r']).len()
    }

    /// The text of a span; empty where the span lies outside.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

/// A byte range of a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`.
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end.max(start)) }
    }
}

/// How grave a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The input cannot be used.
    Error,
    /// An expectation that a response did not meet.
    Failure,
    /// A response of one server that is otherwise than that of another.
    Difference,
    /// Worth knowing; nothing stops.
    Warning,
}

/// A place that a diagnostic points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub source: Arc<Source>,
    /// Where in it.
    pub span: Span,
    /// What stands beside the caret; may be empty.
    pub label: String,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// Where, if it is anywhere.
    pub place: Option<Place>,
    /// A second place of the same file that explains the first.
    pub related: Option<(Span, String)>,
    /// What to do about it, one sentence each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn at(source: &Arc<Source>, span: Span, message: impl Into<String>) -> Self {
        Self {
            place: Some(Place { source: Arc::clone(source), span, label: String::new() }),
            ..Self::general(message)
        }
    }

    /// An error that has no place in a file.
    pub fn general(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            place: None,
            related: None,
            help: Vec::new(),
        }
    }

    /// Sets how grave it is.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Sets the text beside the caret.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        if let Some(place) = &mut self.place {
            place.label = label.into();
        }
        self
    }

    /// Adds a sentence that says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Sets the second place.
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related = Some((span, label.into()));
        self
    }

    /// Adds where the file of this diagnostic is used, as a sentence with its place.
    pub fn related_file(
        self,
        source: &Arc<Source>,
        span: Span,
        what: impl std::fmt::Display,
    ) -> Self {
        let (line, column) = source.position(span.start);
        self.help(format!("{what}: {}:{line}:{column}", source.name))
    }

    /// Puts ``did you mean `x`?`` beside the caret, if one of `candidates` is near `word`.
    pub fn suggest<'a>(self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(word, candidates) {
            Some(near) => self.label(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// `file:line:column`, if the diagnostic has a place.
    pub fn location(&self) -> Option<String> {
        let place = self.place.as_ref()?;
        let (line, column) = place.source.position(place.span.start);
        Some(format!("{}:{line}:{column}", place.source.name))
    }

    /// Draws the diagnostic for a terminal; `color` adds ANSI styles.
    pub fn render(&self, color: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Failure => Level::ERROR.with_name("failed"),
            Severity::Difference => Level::ERROR.with_name("differs"),
            Severity::Warning => Level::WARNING,
        };
        let message = printable(&self.message);
        let snippets = self
            .place
            .as_ref()
            .map(|place| drawn(place, self.related.as_ref()))
            .unwrap_or_default();
        let mut group = level.primary_title(message.as_str()).elements(snippets);
        let help: Vec<String> = self.help.iter().map(|help| printable(help)).collect();
        for help in &help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let text = renderer.decor_style(DecorStyle::Ascii).term_width(140).render(&[group]);
        if self.place.is_some() {
            return text;
        }
        // Without a snippet the gutter between sentence and help separates nothing.
        let gutter = |line: &&str| !line.ends_with('|') && !line.ends_with("|\u{1b}[0m");
        text.lines().filter(gutter).collect::<Vec<_>>().join("\n")
    }
}

/// The snippets of a diagnostic: one, or two where its places lie far apart.
fn drawn<'a>(
    place: &'a Place,
    related: Option<&'a (Span, String)>,
) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let source = &place.source;
    let (line, _) = source.position(place.span.start);
    let Some((other, label)) = related else {
        return vec![one_line(source, place.span, &place.label, AnnotationKind::Primary)];
    };
    let (other_line, _) = source.position(other.start);
    let (first, last) = (line.min(other_line), line.max(other_line));
    let window = source.line(first).start..source.line(last).end;
    if last - first > WIDEST_GAP || window.len() > WIDEST_GAP * LONGEST_LINE {
        return vec![
            one_line(source, place.span, &place.label, AnnotationKind::Primary),
            one_line(source, *other, label, AnnotationKind::Context),
        ];
    }
    let excerpt = Excerpt::of(&source.text, window, &source.hidden);
    let span = |span: Span| excerpt.range(visible(source, span));
    let annotations = [
        AnnotationKind::Primary.span(span(place.span)).label(label_of(&place.label)),
        AnnotationKind::Context.span(span(*other)).label(label_of(label)),
    ];
    let snippet = Snippet::source(excerpt.text)
        .path(source.name.as_str())
        .line_start(first)
        .annotations(annotations);
    vec![snippet]
}

/// A snippet of the one line that a span starts on.
fn one_line<'a>(
    source: &'a Source,
    span: Span,
    label: &'a str,
    kind: AnnotationKind,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let (number, _) = source.position(span.start);
    let line = source.line(number);
    let range = visible(source, span);
    // A long line is cut to the part around the span, so that neither the terminal nor the
    // renderer has to cope with a file that is one line.
    let start = if line.len() > LONGEST_LINE {
        floor_boundary(&source.text, range.start.saturating_sub(LONGEST_LINE / 2).max(line.start))
    } else {
        line.start
    };
    let end = floor_boundary(&source.text, line.end.min(start + LONGEST_LINE));
    let excerpt = Excerpt::of(&source.text, start..end, &source.hidden);
    let span = excerpt.range(range.start..range.end.clamp(range.start, end.max(range.start)));
    Snippet::source(if excerpt.text.is_empty() { " ".into() } else { excerpt.text })
        .path(source.name.as_str())
        .line_start(number)
        .annotation(kind.span(span).label(label_of(label)))
}

fn label_of(label: &str) -> Option<String> {
    (!label.is_empty()).then(|| printable(label))
}

/// What of a span is underlined: its first line, at least one character where there is one.
fn visible(source: &Source, span: Span) -> Range<usize> {
    let (number, _) = source.position(span.start);
    let line = source.line(number);
    let start = floor_boundary(&source.text, span.start as usize).clamp(line.start, line.end);
    let end = floor_boundary(&source.text, span.end as usize).clamp(start, line.end);
    let end = start + source.text[start..end].trim_end().len();
    if end > start {
        return start..end;
    }
    start..start + source.text[start..line.end].chars().next().map_or(0, char::len_utf8)
}

fn floor_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// The candidate nearest to a misspelt word, if one is near enough to be meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate)
        })
        .filter(|(distance, candidate)| {
            *distance <= (candidate.chars().count().max(lower.chars().count()) / 3).max(1)
                && *distance < lower.chars().count()
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether a character drives a terminal, or the order in which others are seen.
pub fn drives(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` with every control character but line breaks and tabs made visible, so that what a
/// server or a file says never drives the terminal.
pub fn printable(text: &str) -> String {
    let harmless = |c: char| !drives(c) || matches!(c, '\n' | '\t');
    // Most text is ASCII, which needs no decoding to be looked at.
    let plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    if text.bytes().all(plain) || text.chars().all(harmless) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if harmless(c) {
            out.push(c);
        } else {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_from_one() {
        let source = Source::new("a.yaml", "ä: 1\nb: ü\n");
        assert_eq!(source.position(0), (1, 1));
        assert_eq!(source.position(2), (1, 2));
        assert_eq!(source.position(6), (2, 1));
        assert_eq!(source.position(u32::MAX), (3, 1));
    }

    #[test]
    fn a_diagnostic_shows_the_line_a_caret_and_the_next_step() {
        let source = Source::new("users.yaml", "a: 1\nstaus: 200\n");
        let text = Diagnostic::at(&source, Span::new(5, 10), "unknown key `staus`")
            .suggest("staus", ["status", "body"])
            .help("keys are listed in docs/SPEC.md")
            .render(false);
        insta::assert_snapshot!(text, @r"
        error: unknown key `staus`
         --> users.yaml:2:1
          |
        2 | staus: 200
          | ^^^^^ did you mean `status`?
          |
          = help: keys are listed in docs/SPEC.md
        ");
    }

    #[test]
    fn a_file_that_is_one_huge_line_is_cut_around_the_place() {
        let source =
            Source::new("big.yaml", format!("{}!{}", "x".repeat(400_000), "y".repeat(400_000)));
        let text = Diagnostic::at(&source, Span::new(400_000, 400_001), "bad").render(false);
        assert!(text.len() < 1_000, "{} bytes", text.len());
        assert!(text.contains("xxx!yyy"), "{text}");
    }

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(printable("a\u{1b}[31mb\nc"), "a\\u{1b}[31mb\nc");
    }

    #[test]
    fn only_near_words_are_suggested() {
        assert_eq!(nearest("staus", ["status", "steps"]), Some("status"));
        assert_eq!(nearest("xyz", ["status", "steps"]), None);
        assert_eq!(nearest("$gte_", ["$gt", "$gte"]), Some("$gte"));
    }
}
