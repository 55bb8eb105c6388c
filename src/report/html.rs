//! HTML: one page that needs nothing from anywhere else, for people who look at a run afterwards.
//!
//! The page holds the JSON document, and a script that draws it: what a server sent goes in as text.

use std::io;
use std::path::{Path, PathBuf};

use super::json::Collected;
use super::{End, Ended, Head, Report, replace};

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
    pub(super) fn new(path: &Path) -> Self {
        // `</script>` would end the data, `<!--` would change how it is read.
        let escape = |json: String| json.replace('<', "\\u003c");
        Self { path: path.to_owned(), cases: Collected::new(escape) }
    }
}

impl Report for Html {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        self.cases.begin(head);
        Ok(())
    }

    fn case(&mut self, place: usize, ended: &Ended<'_>) -> io::Result<()> {
        self.cases.case(place, ended)
    }

    fn end(&mut self, end: &End<'_>) -> io::Result<()> {
        let cases = &mut self.cases;
        let page = PAGE.replace("{{style}}", STYLE).replace("{{script}}", SCRIPT);
        let (before, after) = page.split_once("{{data}}").unwrap_or((&page, ""));
        replace(&self.path, |out| {
            out.write_all(before.as_bytes())?;
            cases.write(out, end)?;
            out.write_all(after.as_bytes())
        })
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
