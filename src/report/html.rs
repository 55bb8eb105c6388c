//! HTML: one page that needs nothing from anywhere else, for people who look at a run afterwards.
//!
//! The page holds the JSON document, and a script that draws it: what a server sent goes in as text.

use std::io;
use std::path::{Path, PathBuf};

use super::account::Accounts;
use super::json::Collected;
use super::replace;
use crate::event::{Event, Observer, Stats};
use crate::plan::Plan;

const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// The page, cases in the order of the plan.
#[derive(Debug)]
pub(super) struct Html {
    path: PathBuf,
    cases: Collected,
}

impl Html {
    /// A report for `path`.
    pub(super) fn new(path: &Path, accounts: Accounts) -> Self {
        // `</script>` would end the data, `<!--` would change how it is read.
        let escape = |json: String| json.replace('<', "\\u003c");
        Self { path: path.to_owned(), cases: Collected::new(accounts, escape) }
    }
}

impl Observer for Html {
    fn observe(&mut self, event: &Event, plan: &Plan, stats: &Stats) -> io::Result<()> {
        self.cases.observe(event, plan)?;
        if let Event::RunFinished { duration } = event {
            let cases = &mut self.cases;
            let page = PAGE.replace("{{style}}", STYLE).replace("{{script}}", SCRIPT);
            let (before, after) = page.split_once("{{data}}").unwrap_or((&page, ""));
            replace(&self.path, |out| {
                out.write_all(before.as_bytes())?;
                cases.write(out, *duration, stats)?;
                out.write_all(after.as_bytes())
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_fetched_from_anywhere() {
        for text in [PAGE, STYLE, SCRIPT] {
            for word in ["http://", "https://", "url(", "import", "innerHTML", "eval("] {
                assert!(!text.contains(word), "{word}");
            }
        }
        assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
    }
}
