//! A case that did not pass, in full.

use anstyle::{AnsiColor, Style as Ansi};

use super::Style;
use crate::diff::{Kind, Line};
use crate::event::{CaseResult, StepResult};
use crate::plan::Case;
use crate::report::explain::{attempts, exchange, explain, sign};

/// Everything there is to say about a case that failed or errored.
pub(super) fn text(case: &Case, result: &CaseResult, style: Style) -> String {
    let mut out = format!("{} {}\n", style.mark(result.outcome), style.bold(&case.id()));
    for step in result.unsuccessful() {
        if let Some(title) = title(case, step) {
            out.push_str(&format!("  {}\n", style.dim(&title)));
        }
        for attempt in shortened(attempts(step)) {
            out.push_str(&format!("  {}\n", style.dim(&attempt)));
        }
        for explained in explain(step) {
            out.push('\n');
            out.push_str(&indented(&explained.diagnostic.render(style.color), "  "));
            out.push_str(&diff(&explained.diff, style));
        }
        let Some(sent) = &step.exchange else { continue };
        for (title, lines) in exchange(sent) {
            out.push_str(&format!("\n  {}\n", style.bold(&title)));
            for line in lines {
                out.push_str(format!("    {}", style.dim(&line)).trim_end());
                out.push('\n');
            }
        }
    }
    out
}

/// The first and the last of many lines.
fn shortened(mut lines: Vec<String>) -> Vec<String> {
    const MOST: usize = 6;
    if lines.len() > MOST {
        let left = lines.len() - MOST;
        lines.splice(MOST / 2..MOST / 2 + left, [format!("… {left} more")]);
    }
    lines
}

/// What the step is called, where that says more than the case's name and the request below.
fn title(case: &Case, step: &StepResult) -> Option<String> {
    let all = case.step_count();
    let title = crate::diagnostic::printable(&step.title);
    match (all, title.is_empty()) {
        (0 | 1, true) => None,
        (0 | 1, false) => step.exchange.is_none().then_some(title),
        (_, true) => Some(format!("step {} of {all}", step.step + 1)),
        (_, false) => Some(format!("step {} of {all} · {title}", step.step + 1)),
    }
}

fn diff(lines: &[Line], style: Style) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let red = Ansi::new().fg_color(Some(AnsiColor::Red.into()));
    let green = Ansi::new().fg_color(Some(AnsiColor::Green.into()));
    let mut out =
        format!("\n    {}  {}\n", style.paint(red, "- expected"), style.paint(green, "+ actual"));
    for line in lines {
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

fn indented(text: &str, indent: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.lines() {
        out.push_str(format!("{indent}{line}").trim_end());
        out.push('\n');
    }
    out
}
