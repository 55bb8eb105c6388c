//! `--vars-file`: variables from YAML, JSON or a dotenv file.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;

use super::layer::{Origin, Setting};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::template::Data;
use crate::yaml::{Reader, parse};

/// Variables with their origins.
pub type Variables = Vec<(String, Setting<Json>)>;

/// Reads the variables of a file: a map in YAML or JSON, or `NAME=value` lines.
pub(super) fn read(path: &Path, directory: &Path) -> Result<Variables, Vec<Diagnostic>> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(directory.join(path)).map_err(|error| {
        vec![Diagnostic::general(format!("the file of variables `{name}` cannot be read: {error}"))]
    })?;
    let source = Source::new(name, text);
    match path.extension().and_then(|ending| ending.to_str()) {
        // JSON is YAML.
        Some("yaml" | "yml" | "json") => map(&source),
        _ => dotenv(&source),
    }
}

fn map(source: &Arc<Source>) -> Result<Variables, Vec<Diagnostic>> {
    let mut diagnostics = Vec::new();
    let Some(root) = parse(source, &mut diagnostics) else { return Err(diagnostics) };
    let mut reader = Reader::new(Arc::clone(source), BTreeSet::new());
    let mut variables = Vec::new();
    for entry in reader.mapping(&root, "a file of variables").unwrap_or_default() {
        match Data::compile(&entry.value, &mut reader) {
            Some(Data::Constant(value)) => {
                variables.push((entry.key.to_string(), at(source, entry.key_span, *value)));
            }
            Some(_) => {
                let error =
                    reader.error(entry.value.span, "a file of variables holds no templates");
                reader.report(error.help("write the value itself"));
            }
            None => {}
        }
    }
    if reader.diagnostics.is_empty() { Ok(variables) } else { Err(reader.diagnostics) }
}

fn at(source: &Source, span: Span, value: Json) -> Setting<Json> {
    let (line, column) = source.position(span.start);
    Setting::new(value, Origin::File(format!("{}:{line}:{column}", source.name)))
}

/// `NAME=value` lines, as shells and other tools read them: `#` starts a comment, `export` is
/// passed over, quotes are taken off, and in double quotes `\n` is a line break.
fn dotenv(source: &Arc<Source>) -> Result<Variables, Vec<Diagnostic>> {
    let (mut variables, mut errors, mut offset) = (Vec::new(), Vec::new(), 0);
    for line in source.text.split_inclusive('\n') {
        let span = Span::new(offset, offset + line.trim_end().len());
        offset += line.len();
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
            Some((name, value)) if !name.is_empty() && !name.contains(char::is_whitespace) => {
                variables.push((name.to_owned(), at(source, span, Json::String(unquoted(value)))));
            }
            _ => {
                let error = Diagnostic::at(source, span, "this line is not `NAME=value`");
                errors.push(
                    error.help("a comment starts with `#`; a YAML file of variables ends in .yaml"),
                );
            }
        }
    }
    if errors.is_empty() { Ok(variables) } else { Err(errors) }
}

fn unquoted(value: &str) -> String {
    let inside = |quote: char| value.strip_prefix(quote)?.split_once(quote).map(|(text, _)| text);
    if let Some(text) = inside('"') {
        return text.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\");
    }
    if let Some(text) = inside('\'') {
        return text.to_owned();
    }
    // Without quotes, a comment may follow.
    value.split(" #").next().unwrap_or_default().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotenv_lines_are_read_as_other_tools_do() {
        let source =
            Source::new(".env", "# c\nA=1\nexport B=\"x y\\n\" # c\nC='#\"' \n\nD=a # c\nE=\n");
        let read = dotenv(&source).expect("valid");
        let pairs: Vec<_> = read
            .iter()
            .map(|(name, value)| (name.as_str(), value.value.as_str().unwrap()))
            .collect();
        assert_eq!(pairs, [("A", "1"), ("B", "x y\n"), ("C", "#\""), ("D", "a"), ("E", "")]);
        assert!(dotenv(&Source::new(".env", "A: 1\n")).is_err());
    }
}
