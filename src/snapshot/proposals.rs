//! Redactions that are proposed for a spec: a comparison found that a server differs from itself there.
//!
//! They wait in a file beside the snapshots, `snapshots/catalog.noise.new` for `catalog.yaml`, and are
//! decided as pending snapshots are: what they make of the spec is shown, and written where it is accepted.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value as Json;

use super::commit::{pending_path, propose};
use super::pending::FOLDER;
use crate::diagnostic::Source;
use crate::yaml::parse;

/// The ending of such a file.
pub(super) const PROPOSED: &str = ".noise.new";

/// What is proposed for a spec: places, as `redact` has them, each with YAML in flow style.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposals {
    /// The spec's path below the project's root.
    pub spec: String,
    /// The redactions.
    pub redactions: BTreeMap<String, String>,
}

impl Proposals {
    /// Writes them beside the spec's snapshots, with what was proposed before.
    pub fn write(&self, root: &Path) -> io::Result<()> {
        let spec = root.join(&self.spec);
        let folder = spec.parent().unwrap_or(root).join(FOLDER);
        let stem = spec.file_stem().unwrap_or_default().to_string_lossy();
        let path = folder.join(format!("{stem}.noise"));
        let before = fs::read_to_string(pending_path(&path)).ok();
        let before = before.and_then(|text| Self::read(&text).ok()).unwrap_or_default();
        let mut all = self.clone();
        if before.spec == self.spec {
            for (key, yaml) in before.redactions {
                all.redactions.entry(key).or_insert(yaml);
            }
        }
        propose(&path, &all.text())
    }

    fn text(&self) -> String {
        let mut out = String::from(
            "# Redactions that `crosscheck compare --write-noise` proposes: `crosscheck review` shows what they\n# make of the spec, `crosscheck accept` writes it.\n",
        );
        let _ = writeln!(out, "spec: {}\nredact:", Json::from(self.spec.as_str()));
        for (key, yaml) in &self.redactions {
            let _ = writeln!(out, "  {}: {yaml}", Json::from(key.as_str()));
        }
        out
    }

    /// Reads such a file. An error says what is wrong with it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let wrong = || "a file of proposed redactions that cannot be read".to_owned();
        let source = Source::new("proposals", text);
        let root = parse(&source, &mut Vec::new()).ok_or_else(wrong)?;
        let spec = root.get("spec").and_then(|entry| entry.value.as_str()).ok_or_else(wrong)?;
        let redact = root.get("redact").and_then(|entry| entry.value.as_mapping());
        let redactions = redact
            .ok_or_else(wrong)?
            .iter()
            .map(|entry| (entry.key.to_string(), source.slice(entry.value.span).trim().to_owned()));
        Ok(Self { spec: spec.to_owned(), redactions: redactions.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_added_to() {
        let root = tempfile::tempdir().expect("a folder");
        let of = |key: &str, yaml: &str| Proposals {
            spec: "specs/a b.yaml".to_owned(),
            redactions: [(key.to_owned(), yaml.to_owned())].into(),
        };
        let (one, other) =
            (of("$.a['it\\'s']", "{ $type: [string, 'null'] }"), of("header etag", "\"<etag>\""));
        one.write(root.path()).expect("written");
        other.write(root.path()).expect("written");
        let text =
            fs::read_to_string(root.path().join("specs/snapshots/a b.noise.new")).expect("a file");
        let mut both = one;
        both.redactions.extend(other.redactions);
        assert_eq!(Proposals::read(&text), Ok(both));
        for text in ["", "a: 1", "spec: x", "spec: x\nredact: 5", "["] {
            assert!(Proposals::read(text).is_err(), "{text}");
        }
    }
}
