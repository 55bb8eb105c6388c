//! What `--verbose` shows of steps that passed.

use super::Style;
use super::failure::{push_line, title};
use crate::event::{CaseResult, Verdict};
use crate::plan::Case;
use crate::report::account::Account;
use crate::report::body::Room;

/// The exchanges of the steps that passed; the others are shown with why they did not.
pub(super) fn shown(case: &Case, result: &CaseResult, room: Room, style: Style) -> String {
    let mut out = String::new();
    let passed = result
        .steps
        .iter()
        .filter(|step| matches!(step.verdict, Verdict::Passed) && step.exchange.is_some());
    for step in passed {
        let account = Account::of(step, room);
        if let Some(title) = title(case, &account) {
            out.push_str(&format!("\n      {}\n", style.dim(&title)));
        }
        for (title, lines) in &account.exchange {
            out.push_str(&format!("      {}\n", style.bold(title)));
            for line in lines {
                push_line(&mut out, "        ", &style.dim(line));
            }
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}
