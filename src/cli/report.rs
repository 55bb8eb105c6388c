//! `crosscheck report`: reports that are read back, joined, and written as other ones.

use std::env;
use std::io::{self, IsTerminal as _};

use super::args::{Action, Convert, Made, Merge, Report};
use super::exit::Exit;
use super::session::{colored, counted, show};
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::Timings;
use crate::report::console::Closing;
use crate::report::join::{self, Joined};
use crate::report::timings::Recorded;
use crate::report::{self, Style};
use crate::settings;

pub(super) fn report(command: Report) -> Exit {
    match command.action {
        Action::Merge(command) => merge(&command),
        Action::Convert(command) => convert(&command),
    }
}

fn merge(command: &Merge) -> Exit {
    let errors = errors(&command.made);
    let reports = match reports(&command.made) {
        Ok(reports) => reports,
        Err(wrong) => return show(&wrong, errors),
    };
    // A file that is broken is found before anything is written.
    if let Some(Err(wrong)) = command.timings.as_deref().map(Timings::read) {
        return show(&[*wrong], errors);
    }
    let timings = command.timings.clone().map(Recorded::new);
    match join::join(&command.files, command.partial) {
        Ok(joined) => {
            let (cases, files) = (joined.cases(), command.files.len());
            let text =
                format!("Joined {} of {}\n\n", counted(cases, "case"), counted(files, "report"));
            // Whether that is read has no part in how the runs ended.
            let _ = super::print(&text);
            write(joined, &reports, timings, &command.made)
        }
        Err(wrong) => show(&wrong, errors),
    }
}

fn convert(command: &Convert) -> Exit {
    let errors = errors(&command.made);
    let reports = match reports(&command.made) {
        Ok(reports) if reports.is_empty() => {
            let error = Diagnostic::general("nothing is said of what to make of it");
            return show(&[error.help("name a report and its file: `--report html=FILE`")], errors);
        }
        Ok(reports) => reports,
        Err(wrong) => return show(&wrong, errors),
    };
    match join::open(&command.file) {
        Ok(joined) => write(joined, &reports, None, &command.made),
        Err(wrong) => show(&wrong, errors),
    }
}

/// How errors are shown.
fn errors(made: &Made) -> Style {
    Style { color: colored(made.color, io::stderr().is_terminal()) }
}

/// What is to be written.
fn reports(made: &Made) -> Result<settings::Reports, Vec<Diagnostic>> {
    let directory = env::current_dir().map_err(|error| {
        vec![Diagnostic::general(format!("the working directory is not known: {error}"))]
    })?;
    settings::named_reports(made.reporting.reports(), &directory)
}

/// Writes reports, and the end of the one that people see.
fn write(
    joined: Joined,
    reports: &settings::Reports,
    mut timings: Option<Recorded>,
    made: &Made,
) -> Exit {
    let errors = errors(made);
    let mut warnings = joined.warnings.clone();
    let wants_all = reports.iter().find(|(kind, _)| settings::shows_all(kind));
    if let Some((kind, _)) = wants_all.filter(|_| joined.is_bare()) {
        let text = format!("`{kind}` lacks steps that passed: what was read does not show them");
        let help = format!("runs keep them where they write `{kind}` themselves, or with -v");
        warnings.push(Diagnostic::general(text).severity(Severity::Warning).help(help));
    }
    if !warnings.is_empty() {
        show(&warnings, errors);
    }
    let style = Style { color: colored(made.color, io::stdout().is_terminal()) };
    let mut closing = Closing::new(Box::new(io::stdout()), style);
    let environment = |name: &str| env::var(name).ok();
    let made = reports.iter().filter_map(|(kind, setting)| {
        let place = report::Place {
            path: setting.value.as_deref(),
            environment: &environment,
            out: Box::new(io::stdout()),
        };
        report::make(kind, place)
    });
    let mut made: Vec<_> = made.collect();
    let mut audience: Vec<&mut dyn report::Report> = vec![&mut closing];
    audience.extend(made.iter_mut().map(|report| &mut **report as &mut dyn report::Report));
    audience.extend(timings.iter_mut().map(|timings| timings as &mut dyn report::Report));
    let told = match joined.tell(&mut audience) {
        Ok(told) => told,
        Err(error) => {
            let text = format!("what was read cannot be kept while it is joined: {error}");
            show(&[Diagnostic::general(text)], errors);
            return Exit::NotWritten;
        }
    };
    let unwritten: Vec<_> =
        told.errors.iter().filter(|error| error.kind() != io::ErrorKind::BrokenPipe).collect();
    for error in &unwritten {
        show(&[Diagnostic::general(error.to_string())], errors);
    }
    Exit::of_run(&told.stats, !unwritten.is_empty())
}
