//! Draws a review. Everything that comes from a server or a file is made harmless on its way here.

mod overlay;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::change::{At, Spot};
use super::layout::{Areas, Cell, LEAST, Row, half};
use super::model::{Choice, Item, Overlay, Review};
use super::specs::Excerpt;
use crate::diagnostic::printable;
use crate::diff::Kind;

/// How a terminal shows what stands out.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Whether there are colours.
    pub color: bool,
}

impl Look {
    fn paint(self, color: Color) -> Style {
        if self.color { Style::new().fg(color) } else { Style::new() }
    }

    fn strong(self, color: Color) -> Style {
        self.paint(color).add_modifier(Modifier::BOLD)
    }

    fn dim() -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }
}

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, review: &Review, look: Look) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let (columns, rows) = LEAST;
        let text = format!(
            "The terminal is too small: {columns} columns and {rows} rows are needed. `q` quits."
        );
        let paragraph = Paragraph::new(text).wrap(ratatui::widgets::Wrap { trim: true });
        return frame.render_widget(paragraph, area);
    }
    let areas = review.areas();
    put(frame, areas.header, header(review, look));
    list(frame, &areas, review, look);
    about(frame, &areas, review, look);
    diff(frame, &areas, review, look);
    footer(frame, &areas, review, look);
    match &review.overlay {
        Overlay::None => {}
        Overlay::Help => overlay::help(frame, look),
        Overlay::Leave => overlay::leave(frame, review, look),
        Overlay::Redact(dialog) => overlay::redact(frame, review, dialog, look),
    }
}

fn put(frame: &mut Frame<'_>, area: Rect, line: Line<'_>) {
    frame.render_widget(line, area);
}

fn header(review: &Review, look: Look) -> Line<'static> {
    let mut spans = vec![
        Span::styled(" crosscheck review", look.strong(Color::Cyan)),
        Span::raw(format!("  change {} of {}", review.position + 1, review.items.len())),
    ];
    let mut count = |number: usize, word: &str, color: Color| {
        if number > 0 {
            spans.push(Span::styled(" · ", Look::dim()));
            spans.push(Span::styled(format!("{number} {word}"), look.paint(color)));
        }
    };
    count(review.count(Some(Choice::Accept)), "accepted", Color::Green);
    count(review.count(Some(Choice::Reject)), "rejected", Color::Red);
    count(review.count(Some(Choice::Skip)), "skipped", Color::Yellow);
    count(review.redacted(), "redacted", Color::Magenta);
    count(review.count(None), "undecided", Color::Reset);
    Line::from(spans)
}

/// A line across, with something at its start and at its end.
fn rule<'s>(width: u16, start: Vec<Span<'s>>, end: Vec<Span<'s>>) -> Line<'s> {
    let wide = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
    let bar = |count: usize| Span::styled("─".repeat(count), Look::dim());
    let fill = usize::from(width).saturating_sub(wide(&start) + wide(&end) + 2);
    let mut spans = vec![bar(1)];
    spans.extend(start);
    spans.push(bar(fill));
    spans.extend(end);
    spans.push(bar(1));
    Line::from(spans)
}

/// A text that fits into so many columns: its end is what counts.
fn clipped(text: &str, width: usize) -> String {
    let text = printable(text).replace(['\n', '\t'], " ");
    if Span::raw(&text).width() <= width {
        return text;
    }
    let mut left = width.saturating_sub(1);
    let mut start = text.len();
    for (at, c) in text.char_indices().rev() {
        let columns = Span::raw(&*c.encode_utf8(&mut [0; 4])).width();
        if columns > left {
            break;
        }
        left -= columns;
        start = at;
    }
    format!("…{}", &text[start..])
}

fn list(frame: &mut Frame<'_>, areas: &Areas, review: &Review, look: Look) {
    let area = areas.list;
    if area.height == 0 {
        return;
    }
    let beside = area.width < frame.area().width;
    let (lines, current) = entries(review, beside, usize::from(area.width), look);
    let height = usize::from(area.height);
    let first = current.saturating_sub(height / 2).min(lines.len().saturating_sub(height));
    let seen: Vec<_> = lines.into_iter().skip(first).take(height).collect();
    frame.render_widget(Paragraph::new(seen), area);
    if beside {
        let bar = vec![Line::styled("│", Look::dim()); height];
        frame.render_widget(Paragraph::new(bar), Rect { x: area.right(), width: 1, ..area });
    }
}

/// The lines of the list, and which of them is looked at.
fn entries(review: &Review, beside: bool, width: usize, look: Look) -> (Vec<Line<'_>>, usize) {
    let (mut lines, mut current, mut group) = (Vec::new(), 0, None);
    for (index, item) in review.items.iter().enumerate() {
        let source = &*item.pending.about.source;
        if beside && group != Some(source) {
            group = Some(source);
            lines.push(Line::styled(format!(" {}", clipped(source, width - 1)), Look::dim()));
        }
        let is_current = index == review.position;
        if is_current {
            current = lines.len();
        }
        lines.push(entry(item, is_current, beside, width, look));
    }
    (lines, current)
}

fn entry(item: &Item, is_current: bool, beside: bool, width: usize, look: Look) -> Line<'static> {
    let (mark, color) = match item.choice {
        None => (" ", Color::Reset),
        Some(Choice::Accept) => ("✓", Color::Green),
        Some(Choice::Reject) => ("✗", Color::Red),
        Some(Choice::Skip) => ("→", Color::Yellow),
    };
    let is_new = item.pending.old.is_none();
    let is_proposed = item.pending.spec.is_some();
    let kind = match (is_new, is_proposed) {
        (true, _) => "new",
        (_, true) => "redactions",
        _ => "changed",
    };
    let shown = item.pending.shown.trim_end_matches(".snap");
    let file = shown.rsplit('/').next().unwrap_or(shown);
    // Below the name of its spec, that is not said again.
    let spec = item.pending.about.source.rsplit('/').next().unwrap_or_default();
    let stem = spec.trim_end_matches(".yaml").trim_end_matches(".yml");
    let name = if beside {
        file.strip_prefix(stem).and_then(|rest| rest.strip_prefix("__")).unwrap_or(file)
    } else {
        file
    };
    let mut style =
        if is_current { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
    if item.choice.is_some() && !is_current {
        style = style.add_modifier(Modifier::DIM);
    }
    let has_kind = is_new || is_proposed || !beside;
    let room = width.saturating_sub(5 + if has_kind { kind.len() } else { 0 });
    let mut spans = vec![
        Span::styled(if is_current { "▸" } else { " " }, look.strong(Color::Cyan)),
        Span::styled(mark, look.strong(color)),
        Span::raw(" "),
        Span::styled(clipped(name, room), style),
    ];
    if has_kind {
        spans.push(Span::styled(
            format!(" {kind}"),
            if is_new { look.paint(Color::Cyan) } else { Look::dim() },
        ));
    }
    Line::from(spans)
}

fn about(frame: &mut Frame<'_>, areas: &Areas, review: &Review, look: Look) {
    let about = &review.item().pending.about;
    let width = usize::from(areas.title.width);
    let title = clipped(&about.title, width.saturating_sub(6));
    let file = format!(" {} ", printable(&review.item().pending.shown));
    let is_room = Span::raw(&title).width() + Span::raw(&file).width() + 8 <= width;
    let file = is_room.then(|| Span::styled(file, Look::dim()));
    let title = Span::styled(format!(" {title} "), Style::new().add_modifier(Modifier::BOLD));
    put(frame, areas.title, rule(areas.title.width, vec![title], file.into_iter().collect()));
    let mut lines = vec![Line::from(format!(" {}", head(&about.request, width.saturating_sub(1))))];
    let room = usize::from(areas.about.height).saturating_sub(1);
    let before = if room > 4 { 2 } else { 0 };
    match about.line.map(|line| (line, review.specs.excerpt(&about.source, line, before, room))) {
        Some((_, Err(error))) => {
            lines.push(Line::styled(format!(" {}", head(error, width)), look.paint(Color::Yellow)));
        }
        Some((line, Ok(excerpt))) => {
            let own = review.specs.line(&about.source, line);
            lines.extend(spec(&about.source, own, &excerpt, width, look));
        }
        None => lines.push(Line::from(format!(" {}", head(&about.source, width)))),
    }
    frame.render_widget(Paragraph::new(lines), areas.about);
}

/// Lines of a spec; `own` is the number of the one that stands out.
fn spec<'s>(
    source: &str,
    own: u32,
    excerpt: &'s [Excerpt<'_>],
    width: usize,
    look: Look,
) -> impl Iterator<Item = Line<'static>> + use<'s> {
    let source = printable(source);
    let digits = excerpt.last().map_or(1, |last| last.number.to_string().len());
    let margin = Span::raw(&source).width() + 1 + digits;
    // What all lines are indented by says nothing.
    let spaces = |text: &str| text.len() - text.trim_start().len();
    let filled = excerpt.iter().filter(|shown| !shown.text.trim().is_empty());
    let indent = filled.map(|shown| spaces(shown.text)).min().unwrap_or_default();
    excerpt.iter().map(move |shown| {
        let is_own = shown.number == own;
        let mut number = shown.number.to_string();
        if is_own {
            number.insert_str(0, &format!("{source}:"));
        }
        let fill = margin.saturating_sub(Span::raw(&number).width());
        let text = shown.text.get(indent..).unwrap_or_default();
        let (text_style, place_style) = match (shown.fresh, is_own) {
            (true, true) => (look.strong(Color::Magenta), look.paint(Color::Blue)),
            (true, false) => (look.strong(Color::Magenta), Look::dim()),
            (false, true) => (Style::new(), look.paint(Color::Blue)),
            (false, false) => (Look::dim(), Look::dim()),
        };
        let sign = if shown.fresh { "+ " } else { "  " };
        Line::from(vec![
            Span::styled(format!(" {}{number}", " ".repeat(fill)), place_style),
            Span::styled(
                format!(" {sign}{}", head(text, width.saturating_sub(margin + 5))),
                text_style,
            ),
        ])
    })
}

/// The start of a text, in so many columns.
fn head(text: &str, width: usize) -> String {
    let text = printable(text).replace(['\n', '\t'], " ");
    if Span::raw(&text).width() <= width {
        return text;
    }
    let (mut left, mut end) = (width.saturating_sub(1), 0);
    for (at, c) in text.char_indices() {
        let columns = Span::raw(&*c.encode_utf8(&mut [0; 4])).width();
        if columns > left {
            break;
        }
        left -= columns;
        end = at + c.len_utf8();
    }
    format!("{}…", &text[..end])
}

/// What a spot is called.
fn name(spot: &Spot) -> String {
    match &spot.at {
        Some(At::Json(place)) => place.to_string(),
        Some(At::Header(name)) => format!("header {name}"),
        None => String::new(),
    }
}

fn diff(frame: &mut Frame<'_>, areas: &Areas, review: &Review, look: Look) {
    let item = review.item();
    let diff = item.diff();
    let beside = review.is_beside();
    let width = areas.rule.width;
    let is_new = item.pending.old.is_none();
    let approved = if is_new { " nothing approved yet " } else { " - approved " };
    let mut start = vec![Span::styled(approved, look.paint(Color::Red))];
    if beside {
        let left = usize::from(half(width)).saturating_sub(Span::raw(approved).width());
        start.push(Span::styled(format!("{}┬", "─".repeat(left)), Look::dim()));
    }
    start.push(Span::styled(" + came ", look.paint(Color::Green)));
    let mut end = Vec::new();
    if let Some(spot) = diff.spots.get(review.spot) {
        let place = format!(" {} of {} ", review.spot + 1, diff.spots.len());
        let name = clipped(&name(spot), usize::from(width) / 3);
        let name = if name.is_empty() { name } else { format!(" {name}") };
        end.push(Span::styled(name, look.strong(Color::Cyan)));
        end.push(Span::styled(place, Style::new()));
    }
    put(frame, areas.rule, rule(width, start, end));
    let rows = review.rows();
    let height = usize::from(areas.diff.height);
    let seen = rows.iter().skip(review.scroll).take(height);
    let lines: Vec<_> = if rows.is_empty() {
        vec![Line::styled("   nothing differs any more", Look::dim())]
    } else {
        seen.map(|shown| row(shown, review.spot, areas.diff.width, look)).collect()
    };
    frame.render_widget(Paragraph::new(lines), areas.diff);
    let hidden = rows.len().saturating_sub(review.scroll + height);
    let more = match (review.scroll, hidden) {
        (0, 0) => String::new(),
        (0, below) => format!(" {below} more rows below "),
        (above, 0) => format!(" {above} rows above "),
        (above, below) => format!(" {above} rows above, {below} below "),
    };
    let message = match &review.message {
        Some((true, text)) => Span::styled(printable(text), look.strong(Color::Yellow)),
        Some((false, text)) => Span::raw(printable(text)),
        None => Span::raw(""),
    };
    let room = usize::from(areas.message.width).saturating_sub(Span::raw(&more).width() + 5);
    let text = head(&message.content, room);
    let start = if text.is_empty() {
        vec![]
    } else {
        vec![Span::styled(format!(" {text} "), message.style)]
    };
    let end = vec![Span::styled(more, Look::dim())];
    put(frame, areas.message, rule(areas.message.width, start, end));
}

fn row(row: &Row, spot: usize, width: u16, look: Look) -> Line<'_> {
    let is_current = row.spots.contains(&Some(spot));
    let mut spans =
        vec![Span::styled(if is_current { "▌" } else { " " }, look.strong(Color::Cyan))];
    let is_beside = row.cells.len() == 2;
    for (index, cell) in row.cells.iter().enumerate() {
        let before = spans.iter().map(Span::width).sum::<usize>();
        if let Some(cell) = cell {
            spans.extend(cell_spans(cell, look));
        }
        if is_beside && index == 0 {
            let used = spans.iter().map(Span::width).sum::<usize>() - before;
            let fill = usize::from(half(width)).saturating_sub(used);
            spans.push(Span::raw(" ".repeat(fill)));
            spans.push(Span::styled("│", Look::dim()));
        }
    }
    Line::from(spans)
}

fn cell_spans(cell: &Cell, look: Look) -> Vec<Span<'_>> {
    let (sign, style) = match cell.kind {
        Kind::Removed => ("- ", look.paint(Color::Red)),
        Kind::Added => ("+ ", look.paint(Color::Green)),
        Kind::Same => ("  ", Style::new()),
        Kind::Gap => ("  ", Look::dim()),
    };
    let mut spans = vec![Span::styled(if cell.first { sign } else { "  " }, style)];
    spans.extend(cell.pieces.iter().map(|(changed, text)| {
        let stands_out = *changed && matches!(cell.kind, Kind::Removed | Kind::Added);
        let style = if stands_out { style.add_modifier(Modifier::REVERSED) } else { style };
        Span::styled(text.as_str(), style)
    }));
    spans
}

fn footer(frame: &mut Frame<'_>, areas: &Areas, review: &Review, look: Look) {
    let view = if review.is_beside() { "one below other" } else { "side by side" };
    let all = [
        ("a", "accept"),
        ("r", "reject"),
        ("s", "skip"),
        ("x", "redact this"),
        ("u", "undo"),
        ("?", "keys"),
        ("q", "quit"),
        ("Tab", "next"),
        ("A", "accept all of spec"),
        ("n p", "next, previous change"),
        ("v", view),
    ];
    let mut spans = vec![Span::raw(" ")];
    let mut left = usize::from(areas.footer.width).saturating_sub(1);
    for (key, what) in all {
        let width = key.len() + what.len() + 3;
        if width > left + 2 {
            break;
        }
        left = left.saturating_sub(width);
        spans.push(Span::styled(key, look.strong(Color::Cyan)));
        spans.push(Span::raw(format!(" {what}  ")));
    }
    put(frame, areas.footer, Line::from(spans));
}

#[cfg(test)]
mod tests;
