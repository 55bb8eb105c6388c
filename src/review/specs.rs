//! The specs of what is pending, in memory: redactions are put into them, and written at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::insert::{Reach, insert};

/// The specs by their paths below the project's root.
#[derive(Debug, Default)]
pub struct Specs(BTreeMap<String, Result<Spec, String>>);

/// A spec as it was read, and as it is to be.
#[derive(Debug)]
pub struct Spec {
    /// Where it is.
    pub path: PathBuf,
    /// As it was read.
    pub original: String,
    /// As it is to be.
    pub text: String,
    /// What was put in, one after another: from which line on, counted from 0, all stand lower, and by
    /// how many lines.
    shifts: Vec<(usize, usize)>,
    /// The lines, from 0, that are not in the original.
    fresh: BTreeSet<usize>,
}

/// A line of a spec, for who looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excerpt<'s> {
    /// Its number, from 1.
    pub number: u32,
    /// Whether a redaction put it there.
    pub fresh: bool,
    /// Its text.
    pub text: &'s str,
}

impl Specs {
    /// Reads specs below a project's root.
    pub fn read(root: &Path, names: impl IntoIterator<Item = String>) -> Self {
        let names: BTreeSet<_> = names.into_iter().collect();
        let read = |name: String| {
            let spec = read(root, &name);
            (name, spec)
        };
        Self(names.into_iter().map(read).collect())
    }

    /// The specs that have redactions by now.
    pub fn changed(&self) -> impl Iterator<Item = (&str, &Spec)> {
        let specs = self.0.iter().filter_map(|(name, spec)| Some((&**name, spec.as_ref().ok()?)));
        specs.filter(|(_, spec)| spec.text != spec.original)
    }

    /// Where a line of the original is by now.
    pub fn line(&self, name: &str, line: u32) -> u32 {
        let shifts = match self.0.get(name) {
            Some(Ok(spec)) => spec.shifts.as_slice(),
            _ => &[],
        };
        let mut index = line.saturating_sub(1) as usize;
        for (from, more) in shifts {
            if index >= *from {
                index += more;
            }
        }
        u32::try_from(index + 1).unwrap_or(u32::MAX)
    }

    /// Adds a redaction. Lines are those of the original.
    pub fn insert(
        &mut self,
        name: &str,
        reach: Reach,
        key: &str,
        yaml: &str,
    ) -> Result<(), String> {
        let reach = match reach {
            Reach::Snapshot(line) => Reach::Snapshot(self.line(name, line)),
            Reach::File => Reach::File,
        };
        let spec = match self.0.get_mut(name) {
            Some(Ok(spec)) => spec,
            Some(Err(error)) => return Err(error.clone()),
            None => return Err(format!("`{name}` is not known")),
        };
        let text = insert(&spec.text, reach, key, yaml)?;
        spec.replace(text);
        Ok(())
    }

    /// Takes everything back.
    pub fn reset(&mut self) {
        for spec in self.0.values_mut().flatten() {
            spec.text.clone_from(&spec.original);
            spec.shifts.clear();
            spec.fresh.clear();
        }
    }

    /// Lines of a spec as it is by now, from `before` lines above a line of the original on. An error
    /// says why there are none.
    pub fn excerpt(
        &self,
        name: &str,
        line: u32,
        before: u32,
        most: usize,
    ) -> Result<Vec<Excerpt<'_>>, &str> {
        let spec = match self.0.get(name) {
            Some(Ok(spec)) => spec,
            Some(Err(error)) => return Err(error),
            None => return Ok(Vec::new()),
        };
        let first = self.line(name, line).saturating_sub(before).max(1) as usize - 1;
        let lines = spec.text.lines().enumerate().skip(first).take(most);
        let excerpt = lines.map(|(index, text)| Excerpt {
            number: u32::try_from(index + 1).unwrap_or(u32::MAX),
            fresh: spec.fresh.contains(&index),
            text,
        });
        Ok(excerpt.collect())
    }

    #[cfg(test)]
    pub(super) fn of(name: &str, text: &str) -> Self {
        Self(BTreeMap::from([(name.to_owned(), Ok(Spec::new(PathBuf::new(), text.to_owned())))]))
    }
}

fn read(root: &Path, name: &str) -> Result<Spec, String> {
    // The name stands in a file that may have come from anywhere.
    let below = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    if name.is_empty() || !Path::new(name).components().all(below) {
        return Err(format!("`{name}` is no path below the project's root"));
    }
    let path = root.join(name);
    let text =
        fs::read_to_string(&path).map_err(|error| format!("`{name}` cannot be read: {error}"))?;
    Ok(Spec::new(path, text))
}

impl Spec {
    fn new(path: PathBuf, text: String) -> Self {
        let original = text.clone();
        Self { path, original, text, shifts: Vec::new(), fresh: BTreeSet::new() }
    }

    fn replace(&mut self, text: String) {
        let (old, new) = (self.text.lines().count(), text.lines().count());
        let same = |(a, b): &(&str, &str)| a == b;
        let start = self.text.lines().zip(text.lines()).take_while(same).count();
        let rest = old.min(new) - start;
        let (from_end, new_from_end) = (self.text.lines().rev(), text.lines().rev());
        let end = from_end.zip(new_from_end).take(rest).take_while(same).count();
        let more = new.saturating_sub(old);
        let moved = |at: &usize| if *at >= old - end { *at + more } else { *at };
        self.fresh = self.fresh.iter().map(moved).chain(start..new - end).collect();
        self.shifts.push((old - end, more));
        self.text = text;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: &str = "\
tests:
  - request: GET /a
    snapshot: true
  - request: GET /b
    snapshot:
      redact: { $.x: y }
  - request: GET /c
    snapshot: true
";

    #[test]
    fn lines_are_found_again_below_what_was_put_in() {
        let mut specs = Specs::of("a.yaml", SPEC);
        let yaml = "{ $type: integer }";
        let put = |specs: &mut Specs, line, key| {
            specs.insert("a.yaml", Reach::Snapshot(line), key, yaml).expect("a snapshot");
        };
        put(&mut specs, 3, "$.id");
        assert_eq!([3, 5, 8].map(|line| specs.line("a.yaml", line)), [3, 7, 10]);
        put(&mut specs, 8, "$.id");
        put(&mut specs, 5, "$.id");
        put(&mut specs, 3, "$.b");
        let lines = specs.excerpt("a.yaml", 3, 1, 5).expect("lines");
        let shown: Vec<_> = lines.iter().map(|line| (line.number, line.fresh, line.text)).collect();
        assert_eq!(
            shown,
            [
                (2, false, "  - request: GET /a"),
                (3, true, "    snapshot:"),
                (4, true, "      redact:"),
                (5, true, "        $.id: { $type: integer }"),
                (6, true, "        $.b: { $type: integer }"),
            ]
        );
        let lines = specs.excerpt("a.yaml", 8, 2, 9).expect("lines");
        let shown: Vec<_> = lines.iter().map(|line| (line.fresh, line.text.trim())).collect();
        assert_eq!(
            shown,
            [
                (true, "redact: { $.x: y, $.id: { $type: integer } }"),
                (false, "- request: GET /c"),
                (true, "snapshot:"),
                (true, "redact:"),
                (true, "$.id: { $type: integer }"),
            ]
        );
        // What is for the whole file stands above all of them.
        specs.insert("a.yaml", Reach::File, "$.c", yaml).expect("the file");
        assert_eq!([1, 3].map(|line| specs.line("a.yaml", line)), [5, 7]);
        put(&mut specs, 3, "$.d");
        let lines = specs.excerpt("a.yaml", 3, 0, 5).expect("lines");
        assert_eq!(lines[4].text.trim(), "$.d: { $type: integer }");
        specs.reset();
        assert_eq!(specs.changed().count(), 0);
        assert_eq!(specs.line("a.yaml", 8), 8);
    }

    #[test]
    fn only_specs_of_the_project_are_read() {
        let root = tempfile::tempdir().expect("a folder");
        let names = ["../a.yaml", "/etc/a.yaml", "", "gone.yaml"].map(str::to_owned);
        let mut specs = Specs::read(root.path(), names);
        for (name, reason) in [
            ("../a.yaml", "no path below"),
            ("/etc/a.yaml", "no path below"),
            ("", "no path below"),
            ("gone.yaml", "cannot be read"),
        ] {
            let error = specs.insert(name, Reach::File, "$.id", "x").expect_err(name);
            assert!(error.contains(reason), "{error}");
        }
    }
}
