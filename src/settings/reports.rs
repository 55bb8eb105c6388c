//! Which reports a run writes, and where to.

use std::path::{Path, PathBuf};

use super::layer::{Origin, Setting};
use crate::diagnostic::{Diagnostic, nearest};
use crate::yaml::{Fields, Key, Keys, Reader};

/// The keys of `reports`.
pub const REPORTS_KEYS: Keys = Keys {
    what: "`reports`",
    key: "report",
    table: &[
        Key { name: "junit", summary: "Writes JUnit XML to this file." },
        Key { name: "json", summary: "Writes one JSON document to this file." },
        Key {
            name: "json_lines",
            summary: "Writes a line of JSON for each event to this file, as it happens.",
        },
        Key {
            name: "html",
            summary: "Writes one page for people to this file, which needs nothing from the network.",
        },
        Key { name: "tap", summary: "Writes TAP 14 to this file." },
        Key { name: "markdown", summary: "Writes a summary in Markdown to this file." },
        Key {
            name: HAR,
            summary: "Writes the exchanges of all steps to this file, as an HTTP Archive (HAR 1.2).",
        },
        Key { name: "allure", summary: "Writes Allure results to this folder." },
        Key {
            name: GITHUB,
            summary: "`true`: annotations on the specs' lines, and the job's summary on GitHub Actions.",
        },
    ],
};

/// The report that is no file.
const GITHUB: &str = "github";

/// The report that is about what passed, too.
const HAR: &str = "har";

/// Whether a report shows the exchanges of steps that passed.
pub fn shows_all(kind: &str) -> bool {
    kind == HAR
}

/// The reports that a layer names, each with its file, absolute.
pub type Reports = Vec<(&'static str, Setting<Option<PathBuf>>)>;

/// The reports of a layer on top of those of another one.
pub(super) fn over(above: Reports, below: Reports) -> Reports {
    let mut reports = above;
    for (kind, setting) in below {
        if reports.iter().all(|(own, _)| *own != kind) {
            reports.push((kind, setting));
        }
    }
    reports
}

/// Reads `reports` of the config. A path in the file is relative to the file.
pub(super) fn of_config(
    fields: &Fields<'_>,
    root: &Path,
    origin: &dyn Fn(&crate::yaml::Node, &Reader) -> Origin,
    reader: &mut Reader,
) -> Reports {
    let mut reports = Reports::new();
    for key in REPORTS_KEYS.table {
        let Some(node) = fields.get(key.name) else { continue };
        let path = if key.name == GITHUB {
            match reader.boolean(node, "`github`") {
                Some(true) => None,
                Some(false) => {
                    let error = reader.error(node.span, "`github` is `true`, or not there");
                    reader.report(error.help("take the line away"));
                    continue;
                }
                None => continue,
            }
        } else {
            let Some(path) = reader.string(node, &format!("`{}`", key.name)) else { continue };
            Some(root.join(path))
        };
        reports.push((key.name, Setting::new(path, origin(node, reader))));
    }
    reports
}

/// Reads `KIND=FILE`, or `github`. What is wrong is said as a sentence.
pub fn parse(text: &str) -> Result<(&'static str, Option<PathBuf>), String> {
    let (name, path) = match text.split_once('=') {
        Some((name, path)) => (name, Some(path)),
        None => (text, None),
    };
    let known = || REPORTS_KEYS.table.iter().map(|key| key.name);
    let Some(kind) = known().find(|kind| *kind == name) else {
        let near = nearest(name, known()).map(|near| format!("; did you mean `{near}`?"));
        let known: Vec<_> = known().collect();
        return Err(format!(
            "there is no report `{name}`{}; reports: {}",
            near.unwrap_or_default(),
            known.join(", ")
        ));
    };
    match path {
        Some(_) if kind == GITHUB => {
            Err("`github` has no file: it writes where GitHub says".to_owned())
        }
        None | Some("") if kind != GITHUB => Err(format!("say where it is written: `{kind}=FILE`")),
        path => Ok((kind, path.map(PathBuf::from))),
    }
}

/// The reports that a command names, relative to its folder.
pub fn named(
    reports: impl IntoIterator<Item = (&'static str, Option<PathBuf>)>,
    directory: &Path,
) -> Result<Reports, Vec<Diagnostic>> {
    let named = of_flags(reports, directory);
    check(&named)?;
    Ok(named)
}

/// The reports that flags name.
pub(super) fn of_flags(
    reports: impl IntoIterator<Item = (&'static str, Option<PathBuf>)>,
    directory: &Path,
) -> Reports {
    let setting = |path: Option<PathBuf>| {
        Setting::new(path.map(|path| directory.join(path)), Origin::Flag("--report"))
    };
    reports.into_iter().map(|(kind, path)| (kind, setting(path))).collect()
}

/// Two reports of one file would be half of each.
pub(super) fn check(reports: &Reports) -> Result<(), Vec<Diagnostic>> {
    let mut errors = Vec::new();
    for (at, (kind, setting)) in reports.iter().enumerate() {
        let same = |(_, other): &&(_, Setting<Option<PathBuf>>)| other.value == setting.value;
        if let (Some(path), Some((other, _))) = (&setting.value, reports[..at].iter().find(same)) {
            let message =
                format!("the reports `{other}` and `{kind}` are one file, `{}`", path.display());
            errors.push(Diagnostic::general(message).help("give each a file of its own"));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_a_kind_and_a_file() {
        assert_eq!(parse("junit=a=b.xml"), Ok(("junit", Some("a=b.xml".into()))));
        assert_eq!(parse("github"), Ok(("github", None)));
        for (text, message) in [
            ("tap", "say where it is written: `tap=FILE`"),
            ("tap=", "say where it is written: `tap=FILE`"),
            ("github=x", "`github` has no file: it writes where GitHub says"),
        ] {
            assert_eq!(parse(text), Err(message.to_owned()));
        }
        assert!(parse("junot=x").unwrap_err().contains("did you mean `junit`?"));
    }
}
