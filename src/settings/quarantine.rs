//! `quarantine`: tests that are known to fail for a while, and do not fail the run until then.

use jiff::civil::Date;

use super::layer::{Origin, Setting};
use crate::yaml::{Key, Keys, Node, Reader};

/// The keys of an entry of `quarantine`.
pub const QUARANTINE_KEYS: Keys = Keys {
    what: "an entry of `quarantine`",
    key: "key",
    table: &[
        Key {
            name: "case",
            summary: "What is in quarantine: a spec, or the id of a test, of a row of it or of a case, as `crosscheck list` prints them.",
        },
        Key {
            name: "until",
            summary: "The last day of it, such as `2026-12-31` (in UTC). From the next day on its failures count again.",
        },
        Key {
            name: "reason",
            summary: "Why, such as the number of an issue; it stands in every report.",
        },
    ],
};

/// Tests that run and are reported, and do not fail the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantine {
    /// A spec's path, or how the ids begin.
    pub case: String,
    /// The last day.
    pub until: Date,
    /// Why.
    pub reason: Option<String>,
}

impl Quarantine {
    /// Reads the list.
    pub(super) fn compile(node: &Node, reader: &mut Reader) -> Vec<Setting<Self>> {
        let items = reader.sequence(node, "`quarantine`").unwrap_or_default();
        items.iter().filter_map(|item| Self::of(item, reader)).collect()
    }

    fn of(node: &Node, reader: &mut Reader) -> Option<Setting<Self>> {
        let fields = reader.fields(node, &QUARANTINE_KEYS)?;
        let needed = |key: &str, help: &str, reader: &mut Reader| {
            let found = fields.get(key);
            if found.is_none() {
                let error = reader.error(node.span, format!("`{key}` is missing"));
                reader.report(error.help(help.to_owned()));
            }
            found
        };
        let case = needed("case", "name a spec, or an id as `crosscheck list` prints it", reader);
        let until = needed(
            "until",
            "a quarantine ends: say when, as in `until: 2026-12-31`, so that nobody forgets it",
            reader,
        );
        let case = reader.string(case?, "`case`")?.to_owned();
        let until = until?;
        let text = reader.string(until, "`until`")?;
        let Ok(date) = text.parse::<Date>() else {
            let error = reader.error(until.span, format!("`{text}` is no date"));
            reader.report(error.help("dates are written year-month-day: `2026-12-31`"));
            return None;
        };
        let reason = match fields.get("reason") {
            Some(node) => Some(reader.string(node, "`reason`")?.to_owned()),
            None => None,
        };
        let (line, column) = reader.source.position(node.span.start);
        let origin = Origin::File(format!("{}:{line}:{column}", reader.source.name));
        Some(Setting::new(Self { case, until: date, reason }, origin))
    }

    /// Whether a case is meant, by its id.
    pub fn holds(&self, id: &str) -> bool {
        let Some(rest) = id.strip_prefix(&*self.case) else { return false };
        // Behind the name of a spec, of a test, or of a row.
        rest.is_empty() || rest.starts_with(['[', '@', '#']) || rest.starts_with("::")
    }

    /// `quarantined until 2026-12-31 (PAY-17)`.
    pub fn words(&self) -> String {
        let reason = self.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("quarantined until {}{reason}", self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_holds_for_a_spec_a_test_a_row_or_a_case() {
        let holds = |case: &str, id: &str| {
            let until = Date::constant(2026, 12, 31);
            Quarantine { case: case.to_owned(), until, reason: None }.holds(id)
        };
        let id = "specs/a.yaml::t[n=1]@demo";
        for case in ["specs/a.yaml", "specs/a.yaml::t", "specs/a.yaml::t[n=1]", id] {
            assert!(holds(case, id), "{case}");
        }
        for case in ["specs/a", "specs/a.yaml::", "specs/a.yaml::t[n=1", "specs/b.yaml", "t", ""] {
            assert!(!holds(case, id), "{case}");
        }
        assert!(holds("specs/a.yaml::t", "specs/a.yaml::t#2@demo"));
    }
}
