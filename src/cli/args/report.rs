//! What can be written of reports: those that a command writes, and those that are read back.

use std::path::PathBuf;

use clap::Subcommand;

use super::Color;
use crate::settings::parse_report;

pub(super) const EXAMPLES: &str = "\
Examples:
  crosscheck report merge shard-*.json --report junit=out/junit.xml --report html=out/report.html
  crosscheck report convert report.json --report markdown=report.md";

pub(super) const MERGE_HELP: &str = "\
Shards have to be those of one run: cut from the same specs with the same flags, and all of them.
Reports of runs that are no shards are joined where they have no case in common. The order in which
they are named does not matter, and without times the files are those of one run of everything.

Exits as that run does: 1 where a shard had a failure, 3 where one errored, 130 or 143 where one was
interrupted or killed; 2 where reports do not belong together, with nothing written.

Examples:
  crosscheck report merge shard-*.json --junit junit.xml
  crosscheck report merge out/*.json --report json=all.json --report html=all.html
  crosscheck report merge 1.json 2.json left.jsonl --partial --report markdown=report.md";

pub(super) const CONVERT_HELP: &str = "\
Exits as the run did that wrote the report.

Examples:
  crosscheck report convert report.json --report html=report.html --report har=run.har
  crosscheck report convert left.jsonl --junit junit.xml      what is left of a run that was killed";

/// The reports that a command writes.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Reporting {
    /// Write a report: `junit`, `json`, `json_lines`, `html`, `tap`, `markdown`, `har` or `allure` (a folder), and
    /// `github` without a file; several times for several
    #[arg(long, value_name = "KIND=FILE", value_parser = parse_report)]
    report: Vec<(&'static str, Option<PathBuf>)>,
    /// Write JUnit XML to this file: short for `--report junit=FILE`
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl Reporting {
    /// The reports that it names; of two of one kind, the last one holds.
    pub(in crate::cli) fn reports(&self) -> Vec<(&'static str, Option<PathBuf>)> {
        let junit = self.junit.iter().map(|path| ("junit", Some(path.clone())));
        let mut reports: Vec<(&'static str, Option<PathBuf>)> = Vec::new();
        for report in junit.chain(self.report.iter().cloned()) {
            reports.retain(|(kind, _)| *kind != report.0);
            reports.push(report);
        }
        reports
    }
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Report {
    #[command(subcommand)]
    pub(in crate::cli) action: Action,
}

/// What is done with reports.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Action {
    /// Join the JSON reports of shards, or of separate runs, into reports of any kind
    #[command(after_help = MERGE_HELP)]
    Merge(Merge),
    /// Make reports of any kind from a JSON report
    #[command(after_help = CONVERT_HELP)]
    Convert(Convert),
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Merge {
    /// The reports: what `run` wrote with `--report json=FILE`, or with `--report json_lines=FILE`
    #[arg(required = true, value_name = "FILE")]
    pub(in crate::cli) files: Vec<PathBuf>,
    /// Do without the shards whose reports are not there
    #[arg(long)]
    pub(in crate::cli) partial: bool,
    /// Keep how long each case took in this file, by which the shards of later runs are cut
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) timings: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) made: Made,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Convert {
    /// The report: what `run` wrote with `--report json=FILE`, or with `--report json_lines=FILE`
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) made: Made,
}

/// What is made of them.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Made {
    #[command(flatten)]
    pub(in crate::cli) reporting: Reporting,
    /// When to use colours; `NO_COLOR` is respected
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(in crate::cli) color: Color,
}
