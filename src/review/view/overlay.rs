//! What lies over the diff: the keys, and the questions.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use super::{Look, head};
use crate::diagnostic::printable;
use crate::review::dialog::Dialog;
use crate::review::keys::KEYS;
use crate::review::model::{Choice, Review};

/// A box in the middle of the screen, as high as its lines are.
fn window(frame: &mut Frame<'_>, title: &str, keys: &str, lines: Vec<Line<'_>>, look: Look) {
    let screen = frame.area();
    let width = screen.width.saturating_sub(4).min(90);
    let inner = usize::from(width.saturating_sub(4)).max(1);
    let rows = lines.iter().map(|line| line.width().div_ceil(inner).max(1)).sum::<usize>();
    let height = u16::try_from(rows + 2).unwrap_or(u16::MAX).min(screen.height);
    let area =
        Rect { x: (screen.width - width) / 2, y: (screen.height - height) / 2, width, height };
    let block = Block::bordered()
        .border_style(look.paint(Color::Cyan))
        .padding(ratatui::widgets::Padding::horizontal(1))
        .title(Span::styled(format!(" {title} "), look.strong(Color::Cyan)))
        .title_bottom(Line::from(format!(" {keys} ")));
    frame.render_widget(Clear, area);
    let paragraph = Paragraph::new(lines).wrap(Wrap { trim: false }).block(block);
    frame.render_widget(paragraph, area);
}

/// All keys.
pub(super) fn help(frame: &mut Frame<'_>, look: Look) {
    let lines = KEYS.iter().map(|key| {
        Line::from(vec![
            Span::styled(format!("{:<5}", key.shown), look.strong(Color::Cyan)),
            Span::raw(key.help),
        ])
    });
    window(frame, "Keys", "any key goes back", lines.collect(), look);
}

/// Whether to carry out what was decided.
pub(super) fn leave(frame: &mut Frame<'_>, review: &Review, look: Look) {
    let undecided = review.count(None);
    let counted = |count: usize, what: &str, color: Color| {
        (count > 0).then(|| {
            Line::from(vec![
                Span::styled(format!("{count:>4} "), look.strong(color)),
                Span::raw(what.to_owned()),
            ])
        })
    };
    let first = if undecided == 0 { "Everything is decided:" } else { "Decided so far:" };
    let mut lines = vec![Line::from(first)];
    lines.extend(counted(review.count(Some(Choice::Accept)), "accepted", Color::Green));
    lines.extend(counted(
        review.count(Some(Choice::Reject)),
        "rejected: what was approved stays",
        Color::Red,
    ));
    lines.extend(counted(review.redacted(), "redacted, in these specs:", Color::Magenta));
    lines.extend(
        review.specs.changed().map(|(name, _)| Line::from(format!("       {}", printable(name)))),
    );
    lines.extend(counted(
        review.count(Some(Choice::Skip)),
        "skipped, still pending",
        Color::Yellow,
    ));
    lines.extend(counted(undecided, "not decided, still pending", Color::Reset));
    lines.push(Line::from(""));
    lines.push(Line::from("Nothing is written yet."));
    window(
        frame,
        "Carry it out?",
        "Enter carry out · d drop it all and quit · u undo · Esc back",
        lines,
        look,
    );
}

/// What to redact by.
pub(super) fn redact(frame: &mut Frame<'_>, review: &Review, dialog: &Dialog, look: Look) {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut lines = Vec::new();
    for (index, (path, count)) in dialog.paths.iter().enumerate() {
        let is_chosen = index == dialog.path;
        let mark = if is_chosen { "● " } else { "○ " };
        let values = if *count == 1 { "1 value".to_owned() } else { format!("{count} values") };
        lines.push(Line::from(vec![
            Span::styled(mark, look.strong(Color::Cyan)),
            Span::styled(printable(path), if is_chosen { bold } else { Style::new() }),
            Span::styled(format!("  {values} in this response"), Look::dim()),
        ]));
    }
    lines.push(Line::from(""));
    match &dialog.edit {
        Some(edit) => lines.push(Line::from(vec![
            Span::styled("▸ ", look.strong(Color::Cyan)),
            Span::raw(printable(&edit.before)),
            Span::styled(" ", Style::new().add_modifier(Modifier::REVERSED)),
            Span::raw(printable(&edit.after)),
        ])),
        None => lines.extend(dialog.proposals.iter().enumerate().map(|(index, proposal)| {
            let is_chosen = index == dialog.proposal;
            let yaml = format!("{:<24}", printable(&proposal.yaml));
            Line::from(vec![
                Span::styled(if is_chosen { "▸ " } else { "  " }, look.strong(Color::Cyan)),
                Span::styled(yaml, if is_chosen { bold } else { Style::new() }),
                Span::styled(format!(" {}", proposal.meaning), Look::dim()),
            ])
        })),
    }
    lines.push(Line::from(""));
    match (&dialog.error, &dialog.outcome) {
        (Some(error), _) => {
            lines.push(Line::styled(printable(error), look.strong(Color::Yellow)));
        }
        (None, Err(error)) => {
            lines.push(Line::styled(printable(error), look.paint(Color::Yellow)));
        }
        (None, Ok(stored)) => {
            lines.push(Line::from(format!("compared from now on: {}", head(stored, 50))));
            let source = printable(&review.item().pending.about.source);
            let place = if dialog.whole_file {
                format!("written into {source}, for all of it (`defaults`)")
            } else {
                format!("written into {source}, for this snapshot")
            };
            lines.push(Line::from(place));
        }
    }
    let keys = match (&dialog.edit, dialog.paths.len()) {
        (Some(_), _) => "Enter redact · Esc back to the list",
        (None, 1) => "Enter redact · ↑ ↓ choose · f whole file · e edit · Esc cancel",
        (None, _) => "Enter redact · ↑ ↓ choose · Tab path · f whole file · e edit · Esc cancel",
    };
    window(frame, "Redact this", keys, lines, look);
}
