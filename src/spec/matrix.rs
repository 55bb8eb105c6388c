//! `matrix`: a test run once for each row: every combination of lists, a list of rows, or a file.

use serde_json::{Map, Value as Json};

use super::{check_variable, files};
use crate::diagnostic::{Diagnostic, Span};
use crate::template::{Data, plain};
use crate::yaml::{Node, Reader, Value, parse};

/// The most rows of one test.
const MOST_ROWS: usize = 100_000;
/// The longest id of a row, in characters.
const LONGEST_ID: usize = 80;

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What stands in the case's id: `qty=1,size=L`.
    pub id: String,
    /// The columns, in order.
    pub values: Vec<(String, Json)>,
}

/// Compiles `matrix`; the columns become names in scope.
pub(super) fn compile(node: &Node, reader: &mut Reader) -> Option<Vec<Row>> {
    let rows = match &node.value {
        Value::Mapping(_) => combinations(node, reader)?,
        Value::Sequence(_) => rows_of(node, reader)?,
        Value::String(path) => from_file(node, path, reader)?,
        _ => {
            reader.wrong_type(
                node,
                "`matrix`",
                "a map of lists, a list of rows, or the path of a file",
            );
            return None;
        }
    };
    let problem = match rows.len() {
        0 => Some("this matrix has no rows, and the test would never run".to_owned()),
        rows if rows > MOST_ROWS => {
            Some(format!("this matrix has {rows} rows, and {MOST_ROWS} is the most"))
        }
        _ => None,
    };
    if let Some(problem) = problem {
        let error = reader.error(node.span, problem);
        reader.report(error);
        return None;
    }
    for (name, _) in &rows[0] {
        if !check_variable(name, node.span, reader) {
            return None;
        }
        reader.names.insert(name.clone());
    }
    named(rows, node.span, reader)
}

type Values = Vec<(String, Json)>;

/// Every combination of the lists; the first column changes slowest.
fn combinations(node: &Node, reader: &mut Reader) -> Option<Vec<Values>> {
    let mut rows: Vec<Values> = vec![Vec::new()];
    for entry in reader.mapping(node, "`matrix`")? {
        let items = reader.sequence(&entry.value, &format!("the column `{}`", entry.key))?;
        let values: Vec<_> = items.iter().map(|item| constant(item, reader)).collect();
        let values: Vec<_> = values.into_iter().collect::<Option<_>>()?;
        if rows.len().saturating_mul(values.len()) > MOST_ROWS {
            let error =
                reader.error(node.span, format!("this matrix has more than {MOST_ROWS} rows"));
            reader.report(error.help("write the rows that matter as a list"));
            return None;
        }
        rows = rows
            .iter()
            .flat_map(|row| {
                values.iter().map(|value| {
                    let mut row = row.clone();
                    row.push((entry.key.to_string(), value.clone()));
                    row
                })
            })
            .collect();
    }
    rows.retain(|row| !row.is_empty());
    Some(rows)
}

/// A list of rows, each a map with the same columns.
fn rows_of(node: &Node, reader: &mut Reader) -> Option<Vec<Values>> {
    let mut rows: Vec<Values> = Vec::new();
    for item in node.as_sequence()? {
        let mut row = Vec::new();
        for entry in reader.mapping(item, "a row")? {
            row.push((entry.key.to_string(), constant(&entry.value, reader)?));
        }
        if let Some(first) = rows.first() {
            let lacks = first.iter().find(|(name, _)| row.iter().all(|(own, _)| own != name));
            let extra = row.iter().find(|(own, _)| first.iter().all(|(name, _)| own != name));
            if let Some((name, _)) = lacks.or(extra) {
                let error = reader
                    .error(item.span, format!("every row has the same columns, but not `{name}`"));
                reader.report(error.help("write `null` where a row has no value"));
                return None;
            }
        }
        rows.push(row);
    }
    Some(rows)
}

/// A value without templates: rows are known before anything is rendered.
fn constant(node: &Node, reader: &mut Reader) -> Option<Json> {
    if let Data::Constant(value) = Data::compile(node, reader)? {
        Some(*value)
    } else {
        let error = reader.error(node.span, "a value of a matrix cannot be a template");
        reader.report(error.help("rows are part of the case's id, which is the same in every run: put the template where the column is used"));
        None
    }
}

fn from_file(node: &Node, written: &str, reader: &mut Reader) -> Option<Vec<Values>> {
    let named = files::read(node, written, reader)?;
    let ending = named.path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let rows = match ending {
        "csv" => csv_rows(&named.text),
        "json" => json_rows(&named.text),
        "yaml" | "yml" => return yaml_rows(node, &named, reader),
        _ => Err("rows come from a .csv, .json or .yaml file".to_owned()),
    };
    rows.map_err(|problem| {
        let error = reader.error(node.span, format!("`{written}`: {problem}"));
        reader.report(error);
    })
    .ok()
}

/// Rows of a CSV file with a line of names (RFC 4180). Cells are text.
fn csv_rows(text: &str) -> Result<Vec<Values>, String> {
    let mut csv = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(text.as_bytes());
    let names: Vec<_> =
        csv.headers().map_err(|error| error.to_string())?.iter().map(str::to_owned).collect();
    csv.records()
        .map(|record| {
            let record = record.map_err(|error| error.to_string())?;
            Ok(names
                .iter()
                .cloned()
                .zip(record.iter().map(|cell| Json::String(cell.to_owned())))
                .collect())
        })
        .collect()
}

fn json_rows(text: &str) -> Result<Vec<Values>, String> {
    let rows: Vec<Map<String, Json>> = serde_json::from_str(text)
        .map_err(|error| format!("it must be a list of objects: {error}"))?;
    let names: Vec<_> = rows.first().map(|row| row.keys().cloned().collect()).unwrap_or_default();
    rows.into_iter()
        .enumerate()
        .map(|(number, mut row)| {
            let values: Values = names
                .iter()
                .filter_map(|name| Some((name.clone(), row.shift_remove(name)?)))
                .collect();
            if values.len() == names.len() && row.is_empty() {
                Ok(values)
            } else {
                Err(format!(
                    "row {} has other keys than the first: write null where there is no value",
                    number + 1
                ))
            }
        })
        .collect()
}

fn yaml_rows(node: &Node, named: &files::Named, reader: &mut Reader) -> Option<Vec<Values>> {
    let source = files::source(named);
    let mut errors: Vec<Diagnostic> = Vec::new();
    let root = parse(&source, &mut errors);
    let mut inner = Reader::new(source, std::collections::BTreeSet::new());
    let rows = root.and_then(|root| {
        if let Value::Sequence(_) = &root.value {
            rows_of(&root, &mut inner)
        } else {
            inner.wrong_type(&root, "a file of rows", "a list");
            None
        }
    });
    errors.append(&mut inner.diagnostics);
    files::adopt(node, &named.name, errors, reader);
    rows
}

/// Gives each row its id, unique in the test.
fn named(rows: Vec<Values>, span: Span, reader: &mut Reader) -> Option<Vec<Row>> {
    let mut seen = std::collections::HashMap::new();
    let mut named = Vec::with_capacity(rows.len());
    for values in rows {
        let id = values
            .iter()
            .map(|(name, value)| format!("{name}={}", cell(value)))
            .collect::<Vec<_>>()
            .join(",");
        let mut id: String = id.chars().take(LONGEST_ID).collect();
        let count = seen.entry(id.clone()).and_modify(|count| *count += 1).or_insert(1_usize);
        if *count > 1 {
            if named.iter().any(|row: &Row| row.values == values) {
                let error =
                    reader.error(span, format!("two rows of this matrix are the same: {id}"));
                reader.report(error.help("take one away"));
                return None;
            }
            id = format!("{id}#{count}");
        }
        named.push(Row { id, values });
    }
    Some(named)
}

/// A value as it stands in an id: on one line, and without what a terminal would obey.
fn cell(value: &Json) -> String {
    plain(value.clone()).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
