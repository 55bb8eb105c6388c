//! Reports: what people and CI systems see of a run. Each is one observer of the same events.

pub mod account;
mod allure;
mod body;
mod compared;
pub mod console;
mod difference;
pub mod explain;
mod github;
mod har;
mod html;
mod json;
pub mod junit;
mod markdown;
mod ordered;
pub mod record;
mod recorder;
mod tap;
pub mod timings;
mod wire;
mod write;
mod xml;

pub use body::Room;
pub use console::{Console, Style, Verbosity};
pub use junit::Junit;
pub use write::replace;

use std::io;
use std::path::{Path, PathBuf};

use account::Accounts;

use crate::event::Observer;

/// Where a report is written to.
pub struct Place<'a> {
    /// Its file, where it is one.
    pub path: Option<&'a Path>,
    /// The process's environment.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// Standard output.
    pub out: Box<dyn io::Write + Send>,
}

impl std::fmt::Debug for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A kind of report.
struct Kind {
    /// Its key under `reports` in the config.
    name: &'static str,
    make: fn(Place<'_>, &Path, Accounts) -> Box<dyn Observer>,
}

/// Every report beside the one in the terminal.
const TABLE: &[Kind] = &[
    Kind { name: "junit", make: |_, path, accounts| Box::new(Junit::new(path.into(), accounts)) },
    Kind { name: "json", make: |_, path, accounts| Box::new(json::Document::new(path, accounts)) },
    Kind {
        name: "json_lines",
        make: |_, path, accounts| Box::new(json::Lines::new(path, accounts)),
    },
    Kind { name: "html", make: |_, path, accounts| Box::new(html::Html::new(path, accounts)) },
    Kind { name: "tap", make: |_, path, accounts| Box::new(tap::Tap::new(path, accounts)) },
    Kind {
        name: "markdown",
        make: |_, path, accounts| Box::new(markdown::Markdown::new(path, accounts)),
    },
    Kind { name: "har", make: |_, path, accounts| Box::new(har::Har::new(path, accounts)) },
    Kind {
        name: "allure",
        make: |_, path, accounts| Box::new(allure::Allure::new(path, accounts)),
    },
    Kind {
        name: "github",
        make: |place, _, accounts| {
            let summary =
                (place.environment)("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
            Box::new(github::Github::new(summary.map(PathBuf::from), place.out, accounts))
        },
    },
];

/// Makes a report by its key under `reports`. What went wrong in a case is put into words once, for all.
pub fn make(kind: &str, place: Place<'_>, accounts: Accounts) -> Option<Box<dyn Observer>> {
    let kind = TABLE.iter().find(|own| own.name == kind)?;
    let path = place.path.unwrap_or(Path::new("")).to_owned();
    Some((kind.make)(place, &path, accounts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_report_of_the_config_is_made() {
        let known: Vec<_> = TABLE.iter().map(|kind| kind.name).collect();
        let keys: Vec<_> = crate::settings::REPORTS_KEYS.table.iter().map(|key| key.name).collect();
        assert_eq!(known, keys);
    }
}
