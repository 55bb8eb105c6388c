//! What is pending as text, for where there is no terminal: the diffs, and the commands that decide.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::change::Diff;
use crate::diagnostic::printable;
use crate::diff::Kind;
use crate::snapshot::pending::Pending;

/// All changes, each with its diff and the commands that accept and reject it.
pub fn text(pending: &[Pending], color: bool) -> String {
    let mut out = String::new();
    for change in pending {
        one(change, color, &mut out);
    }
    let count = pending.len();
    let _ = writeln!(out, "{count} {} pending", if count == 1 { "snapshot" } else { "snapshots" });
    out
}

fn one(change: &Pending, color: bool, out: &mut String) {
    let paint = |style: Style, text: &str| {
        if color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    };
    let fg = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
    let about = &change.about;
    let line = about.line.map(|line| format!(":{line}")).unwrap_or_default();
    let kind = if change.old.is_some() { "changed" } else { "new" };
    let shown = printable(&change.shown);
    let _ = writeln!(out, "{kind} {}", paint(Style::new().bold(), &shown));
    for text in [&about.title, &about.request, &format!("{}{line}", about.source)] {
        let _ = writeln!(out, "  {}", printable(text).replace('\n', " "));
    }
    out.push('\n');
    for shown in &Diff::between(change.old.as_deref(), &change.new).lines {
        let (sign, style) = match shown.line.kind {
            Kind::Removed => ("- ", fg(AnsiColor::Red)),
            Kind::Added => ("+ ", fg(AnsiColor::Green)),
            Kind::Same => ("  ", Style::new()),
            Kind::Gap => ("  ", Style::new().dimmed()),
        };
        let mut line = paint(style, sign);
        for (changed, text) in &shown.line.pieces {
            let style = if *changed { style.bold().underline() } else { style };
            line.push_str(&paint(style, &printable(text.trim_end_matches('\n'))));
        }
        let _ = writeln!(out, "    {}", line.trim_end());
    }
    let path = quoted(&change.shown);
    let _ = writeln!(out, "\n  crosscheck accept {path}\n  crosscheck reject {path}\n");
}

/// A path as a shell takes it.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+@%=:,".contains(c);
    if path.chars().all(plain) && !path.starts_with('-') {
        return path.to_owned();
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_a_shell_takes_them() {
        assert_eq!(quoted("specs/snapshots/a__b.snap"), "specs/snapshots/a__b.snap");
        assert_eq!(quoted("my specs/it's.snap"), "'my specs/it'\\''s.snap'");
    }
}
