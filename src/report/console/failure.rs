//! A case that did not pass, in full.

use anstyle::{AnsiColor, Style as Ansi};

use super::Style;
use crate::diff::Kind;
use crate::event::Outcome;
use crate::plan::Case;
use crate::report::account::{Account, Explained};
use crate::report::explain::sign;

/// Everything there is to say about a case that failed or errored.
pub(super) fn text(case: &Case, outcome: Outcome, accounts: &[Account], style: Style) -> String {
    let mut out = format!("{} {}\n", style.mark(outcome), style.bold(&case.id()));
    for (number, account) in accounts.iter().enumerate() {
        if number > 0 {
            out.push('\n');
        }
        if let Some(title) = title(case, account) {
            out.push_str(&format!("  {}\n", style.dim(&title)));
        }
        for attempt in shortened(&account.attempts) {
            out.push_str(&format!("  {}\n", style.dim(&attempt)));
        }
        for explained in &account.explained {
            out.push('\n');
            indent(&mut out, &explained.drawn(style.color));
            out.push_str(&diff(explained, style));
        }
        for (title, lines) in &account.exchange {
            out.push_str(&format!("\n  {}\n", style.bold(title)));
            for line in lines {
                push_line(&mut out, "    ", &style.dim(line));
            }
        }
    }
    out
}

/// The first and the last of many lines.
fn shortened(lines: &[String]) -> Vec<String> {
    const MOST: usize = 6;
    let mut lines = lines.to_vec();
    if lines.len() > MOST {
        let left = lines.len() - MOST;
        lines.splice(MOST / 2..MOST / 2 + left, [format!("… {left} more")]);
    }
    lines
}

/// What the step is called, where that says more than the case's name and the request below.
pub(super) fn title(case: &Case, account: &Account) -> Option<String> {
    let all = case.step_count();
    let title = crate::diagnostic::printable(&account.title);
    match (all, title.is_empty()) {
        (0 | 1, true) => None,
        (0 | 1, false) => account.exchange.is_empty().then_some(title),
        (_, true) => Some(format!("step {} of {all}", account.step + 1)),
        (_, false) => Some(format!("step {} of {all} · {title}", account.step + 1)),
    }
}

fn diff(explained: &Explained, style: Style) -> String {
    if explained.diff.is_empty() {
        return String::new();
    }
    let red = Ansi::new().fg_color(Some(AnsiColor::Red.into()));
    let green = Ansi::new().fg_color(Some(AnsiColor::Green.into()));
    let (expected, actual) = explained.sides();
    let legend = [(red, format!("- {expected}")), (green, format!("+ {actual}"))];
    let [expected, actual] = legend.map(|(ansi, text)| style.paint(ansi, &text));
    let mut out = format!("\n    {expected}  {actual}\n");
    for line in &explained.diff {
        let base = match line.kind {
            Kind::Removed => red,
            Kind::Added => green,
            Kind::Same | Kind::Gap => Ansi::new().dimmed(),
        };
        out.push_str("    ");
        out.push_str(&style.paint(base, sign(line.kind)));
        for (emphasized, text) in &line.pieces {
            let ansi = if *emphasized { base.bold().underline() } else { base };
            out.push_str(&style.paint(ansi, &crate::diagnostic::printable(text)));
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

fn indent(out: &mut String, text: &str) {
    for line in text.lines() {
        push_line(out, "  ", line);
    }
}

/// Adds a line, without spaces at its end.
pub(super) fn push_line(out: &mut String, indent: &str, line: &str) {
    let line = line.trim_end();
    if !line.is_empty() {
        out.push_str(indent);
        out.push_str(line);
    }
    out.push('\n');
}
