//! Which cases are selected: `--filter` on the id, `--tag` on the tags.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use super::Case;
use crate::diagnostic::Diagnostic;

/// A selection. Without any condition it selects everything.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    only: Option<Only>,
    ids: Vec<IdPattern>,
    tags: Vec<String>,
    excluded_tags: Vec<String>,
}

/// A selection by name: all of some files, and some cases of others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Only {
    /// Paths of files, as cases have them.
    pub files: BTreeSet<String>,
    /// Ids of cases.
    pub ids: BTreeSet<String>,
}

#[derive(Debug, Clone)]
enum IdPattern {
    Part(String),
    Glob(GlobMatcher),
}

impl Filter {
    /// A filter from the values of `--filter` and `--tag`. Of several filters one must match, and
    /// so of several tags; a tag that starts with `!` must not be there.
    pub fn new(filters: &[String], tags: &[String]) -> Result<Self, Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let ids = filters
            .iter()
            .filter_map(|text| match IdPattern::new(text) {
                Ok(pattern) => Some(pattern),
                Err(error) => {
                    errors.push(Diagnostic::general(format!(
                        "`{text}` is not a glob: {}",
                        error.kind()
                    )));
                    None
                }
            })
            .collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        let (excluded, wanted): (Vec<_>, Vec<_>) =
            tags.iter().partition(|tag| tag.starts_with('!'));
        Ok(Self {
            only: None,
            ids,
            tags: wanted.into_iter().cloned().collect(),
            excluded_tags: excluded.into_iter().map(|tag| tag[1..].to_owned()).collect(),
        })
    }

    /// Whether it selects every case.
    pub fn is_everything(&self) -> bool {
        self.only.is_none()
            && self.ids.is_empty()
            && self.tags.is_empty()
            && self.excluded_tags.is_empty()
    }

    /// The same, of some cases alone.
    pub fn only(self, only: Only) -> Self {
        Self { only: Some(only), ..self }
    }

    /// Whether a case is selected.
    pub fn selects(&self, case: &Case) -> bool {
        if let Some(only) = &self.only
            && !only.files.contains(case.path())
            && !only.ids.contains(&case.id())
        {
            return false;
        }
        let tags = case.tags();
        if self.excluded_tags.iter().any(|tag| tags.contains(tag)) {
            return false;
        }
        if !self.tags.is_empty() && !self.tags.iter().any(|tag| tags.contains(tag)) {
            return false;
        }
        if self.ids.is_empty() {
            return true;
        }
        let id = case.id();
        self.ids.iter().any(|pattern| pattern.matches(&id))
    }
}

impl IdPattern {
    fn new(text: &str) -> Result<Self, globset::Error> {
        if !text.contains(['*', '?']) {
            return Ok(Self::Part(text.to_owned()));
        }
        // Ids hold brackets and braces of their own, so these stand for themselves.
        let mut glob = String::with_capacity(text.len());
        for c in text.chars() {
            if matches!(c, '[' | ']' | '{' | '}') {
                glob.extend(['[', c, ']']);
            } else {
                glob.push(c);
            }
        }
        Ok(Self::Glob(GlobBuilder::new(&glob).literal_separator(false).build()?.compile_matcher()))
    }

    fn matches(&self, id: &str) -> bool {
        match self {
            Self::Part(part) => id.contains(part.as_str()),
            Self::Glob(glob) => glob.is_match(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_a_glob_stand_for_themselves() {
        let pattern = IdPattern::new("specs/*[qty=1]*").expect("valid");
        assert!(pattern.matches("specs/a/b.yaml::t[qty=1]@demo"));
        assert!(!pattern.matches("specs/a/b.yaml::t[qty=2]@demo"));
    }
}
