//! Reports: what people and CI systems see of a run. Each is a [`Report`]: [`Live`] feeds it from the events
//! of a run, and `read` from reports that are read back.

pub mod account;
mod allure;
mod body;
mod compared;
pub mod console;
mod dialogue;
mod difference;
mod ended;
pub mod explain;
mod github;
mod har;
mod head;
mod html;
pub mod join;
mod json;
mod junit;
mod lines;
mod live;
mod markdown;
mod ordered;
mod read;
pub mod record;
mod tap;
pub mod timings;
mod wire;
mod write;
mod xml;

pub use body::Room;
pub use console::{Console, Style, Verbosity};
pub use ended::Ended;
pub use head::{Head, Missing, Shard};
pub use junit::Junit;
pub use live::Live;
pub use write::{place, replace, sweep};

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::event::{Event, Stats};
use crate::plan::Plan;

/// A report of a run, be it that it goes on or that its reports are read back.
pub trait Report: Send {
    /// Nothing has ended yet.
    fn begin(&mut self, head: &Head) -> io::Result<()>;

    /// A case has ended, the one at this place among all of them, from 0 on. They come in any order.
    fn case(&mut self, place: usize, ended: &Ended<'_>) -> io::Result<()>;

    /// Every case has ended.
    fn end(&mut self, end: &End<'_>) -> io::Result<()>;

    /// Something else happens in a run that goes on.
    fn live(&mut self, _: &Event, _: &Plan, _: &Stats) -> io::Result<()> {
        Ok(())
    }
}

impl<R: Report + ?Sized> Report for Box<R> {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        (**self).begin(head)
    }

    fn case(&mut self, place: usize, ended: &Ended<'_>) -> io::Result<()> {
        (**self).case(place, ended)
    }

    fn end(&mut self, end: &End<'_>) -> io::Result<()> {
        (**self).end(end)
    }

    fn live(&mut self, event: &Event, plan: &Plan, stats: &Stats) -> io::Result<()> {
        (**self).live(event, plan, stats)
    }
}

/// What is known of a run when its last case has ended.
#[derive(Debug)]
pub struct End<'a> {
    /// How long it took, in whole microseconds.
    pub duration: Duration,
    /// Its counts.
    pub stats: &'a Stats,
}

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
    make: fn(Place<'_>, &Path) -> Box<dyn Report>,
}

/// Every report beside the one in the terminal.
const TABLE: &[Kind] = &[
    Kind { name: "junit", make: |_, path| Box::new(Junit::new(path)) },
    Kind { name: "json", make: |_, path| Box::new(json::Document::new(path)) },
    Kind { name: "json_lines", make: |_, path| Box::new(lines::Lines::new(path)) },
    Kind { name: "html", make: |_, path| Box::new(html::Html::new(path)) },
    Kind { name: "tap", make: |_, path| Box::new(tap::Tap::new(path)) },
    Kind { name: "markdown", make: |_, path| Box::new(markdown::Markdown::new(path)) },
    Kind { name: "har", make: |_, path| Box::new(har::Har::new(path)) },
    Kind { name: "allure", make: |_, path| Box::new(allure::Allure::new(path)) },
    Kind {
        name: "github",
        make: |place, _| {
            let summary =
                (place.environment)("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
            Box::new(github::Github::new(summary.map(PathBuf::from), place.out))
        },
    },
];

/// Makes a report by its key under `reports`.
pub fn make(kind: &str, place: Place<'_>) -> Option<Box<dyn Report>> {
    let kind = TABLE.iter().find(|own| own.name == kind)?;
    let path = place.path.unwrap_or(Path::new("")).to_owned();
    Some((kind.make)(place, &path))
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
