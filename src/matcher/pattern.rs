//! A pattern is what a value is expected to be: a literal, a mirror of an object or a list, or a
//! matcher. Objects may have more keys than their mirror, lists may not have more items.

use serde_json::Value as Json;

use super::slips::{forgotten_sign, meant_as_matcher, same_text};
use super::value::equal;
use super::{Actual, Check, Judge, Operand, Unit, matchers};
use crate::diagnostic::Span;
use crate::mismatch::{Found, Path};
use crate::template::{Rendered, plain, plain_key};
use crate::yaml::{Entry, Node, Reader, Value};

/// What a value is expected to be.
#[derive(Debug)]
pub struct Pattern {
    form: Form,
    span: Span,
}

#[derive(Debug)]
enum Form {
    Literal(Operand),
    Object(Vec<(String, Pattern)>),
    Array(Vec<Pattern>),
    Matcher(Vec<Term>),
}

/// One key of a matcher.
#[derive(Debug)]
struct Term {
    check: Box<dyn Check>,
    span: Span,
}

impl Pattern {
    /// Compiles a node; what is wrong with it is recorded in `reader`.
    pub fn compile(node: &Node, unit: Unit, reader: &mut Reader) -> Option<Self> {
        let form = match &node.value {
            Value::Mapping(entries) if !all_plain(entries, reader) => return None,
            Value::Mapping(entries) if entries.iter().any(|entry| entry.key.starts_with('$')) => {
                Form::Matcher(terms(entries, unit, reader)?)
            }
            Value::Mapping(entries) if unit != Unit::None => {
                forgotten_sign(node, entries, reader);
                return None;
            }
            Value::Mapping(entries) => Form::Object(all(entries.iter().map(|entry| {
                let pattern = Self::compile(&entry.value, unit, reader)?;
                Some((entry.key.to_string(), pattern.at(reader.place(entry))))
            }))?),
            Value::Sequence(items) => {
                Form::Array(all(items.iter().map(|item| Self::compile(item, unit, reader)))?)
            }
            _ => Form::Literal(Operand::compile(node, unit, reader)?),
        };
        Some(Self { form, span: node.span })
    }

    /// Judges a value; what does not hold is recorded in `judge`.
    pub fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        match &self.form {
            Form::Matcher(terms) => {
                for term in terms {
                    let list = term.check.wants_list();
                    let Some(actual) =
                        one(actual, list, |judge| term.check.describe(judge), at, term.span, judge)
                    else {
                        continue;
                    };
                    if matches!(actual, Actual::Nothing) && !term.check.accepts_nothing() {
                        let expected = term.check.describe(judge);
                        judge.mismatch(at, term.span, expected, &actual);
                        continue;
                    }
                    let before = judge.mismatches.len();
                    term.check.check(&actual, at, judge)?;
                    // A check that judges nested values knows their places; any other stands here.
                    for mismatch in &mut judge.mismatches[before..] {
                        if mismatch.span == Span::default() {
                            mismatch.span = term.span;
                        }
                    }
                }
                Ok(())
            }
            Form::Array(patterns) => {
                let Some(actual) =
                    one(actual, true, |judge| self.describe(judge), at, self.span, judge)
                else {
                    return Ok(());
                };
                self.array(patterns, &actual, at, judge)
            }
            Form::Literal(_) | Form::Object(_) => {
                let list = matches!(&self.form, Form::Literal(operand) if operand.is_list());
                match one(actual, list, |judge| self.describe(judge), at, self.span, judge) {
                    Some(actual) => self.single(&actual, at, judge),
                    None => Ok(()),
                }
            }
        }
    }

    fn single(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        match &self.form {
            Form::Literal(operand) => {
                let expected = operand.render(judge)?;
                let holds = match actual {
                    Actual::One(value) => mirrors(&expected, value),
                    Actual::Nothing | Actual::Many(_) => false,
                };
                if !holds {
                    let shown = judge.show(&expected);
                    let note = same_text(&expected, actual);
                    let mismatch = judge.mismatch(at, self.span, shown, actual);
                    mismatch.literal = Some(expected.into_owned());
                    mismatch.note = note;
                }
            }
            Form::Object(fields) => {
                let Actual::One(Json::Object(object)) = actual else {
                    let expected = self.describe(judge);
                    judge.mismatch(at, self.span, expected, actual).note = meant_as_matcher(fields);
                    return Ok(());
                };
                for (name, pattern) in fields {
                    let actual = object.get(name).map_or(Actual::Nothing, Actual::One);
                    pattern.check(&actual, &at.key(name), judge)?;
                }
            }
            Form::Array(_) | Form::Matcher(_) => {}
        }
        Ok(())
    }

    fn array(
        &self,
        patterns: &[Self],
        actual: &Actual<'_>,
        at: &Path<'_>,
        judge: &mut Judge<'_>,
    ) -> Rendered<()> {
        let items: Vec<&Json> = match actual {
            Actual::One(Json::Array(items)) => items.iter().collect(),
            Actual::Many(items) => items.to_vec(),
            Actual::One(_) | Actual::Nothing => {
                let expected = self.describe(judge);
                judge.mismatch(at, self.span, expected, actual);
                return Ok(());
            }
        };
        if items.len() != patterns.len() {
            // Which item is one too many cannot be told, so that comparing them would only make
            // more mismatches of the same one.
            self.other_length(patterns, &items, at, judge)?;
            return Ok(());
        }
        for (index, (pattern, item)) in patterns.iter().zip(items).enumerate() {
            pattern.check(&Actual::One(item), &at.index(index), judge)?;
        }
        Ok(())
    }

    /// Records the keys of objects that their mirrors do not write, however deep: for `$exact`.
    pub(super) fn refuse_more(
        &self,
        actual: &Json,
        at: &Path<'_>,
        judge: &mut Judge<'_>,
    ) -> Rendered<()> {
        match (&self.form, actual) {
            (Form::Object(fields), Json::Object(object)) => {
                let more: Vec<_> = object
                    .keys()
                    .filter(|key| fields.iter().all(|(name, _)| name != *key))
                    .map(|key| format!("`{key}`"))
                    .collect();
                if !more.is_empty() {
                    let keys = plural(more.len(), "key");
                    let found = Found::Words(format!(
                        "an object with the further {keys} {}",
                        more.join(", ")
                    ));
                    judge.record(at, self.span, "no key more than is written", found);
                }
                for (name, pattern) in fields {
                    if let Some(value) = object.get(name) {
                        pattern.refuse_more(value, &at.key(name), judge)?;
                    }
                }
            }
            (Form::Array(patterns), Json::Array(items)) if patterns.len() == items.len() => {
                for (index, (pattern, item)) in patterns.iter().zip(items).enumerate() {
                    pattern.refuse_more(item, &at.index(index), judge)?;
                }
            }
            (Form::Literal(operand), actual) if operand.is_template() => {
                // What a template gives is a mirror to the check before: here it is all there is.
                let expected = operand.render(judge)?;
                if mirrors(&expected, actual) && !equal(&expected, actual) {
                    let shown = judge.show(&expected);
                    judge.mismatch(at, self.span, shown, &Actual::One(actual)).literal =
                        Some(expected.into_owned());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn other_length(
        &self,
        patterns: &[Self],
        items: &[&Json],
        at: &Path<'_>,
        judge: &mut Judge<'_>,
    ) -> Rendered<()> {
        const NOTE: &str = "a list in a mirror has exactly the items that are written; for a list of any length there are `$contains`, `$every` and `$length`";
        let mut literals = Vec::new();
        for pattern in patterns {
            if let Form::Literal(operand) = &pattern.form {
                literals.push(operand.render(judge)?.into_owned());
            }
        }
        if literals.len() == patterns.len() && !literals.is_empty() {
            let expected = Json::Array(literals);
            let shown = judge.show(&expected);
            let mismatch = judge.mismatch(at, self.span, shown, &Actual::Many(items));
            mismatch.literal = Some(expected);
            mismatch.note = Some(NOTE.to_owned());
            return Ok(());
        }
        let list = |count: usize| match count {
            0 => "an empty list".to_owned(),
            count => format!("a list of {count} {}", plural(count, "item")),
        };
        let found = Found::Words(list(items.len()));
        judge.record(at, self.span, list(patterns.len()), found).note = Some(NOTE.to_owned());
        Ok(())
    }

    /// Whether a value is what is expected, with nothing recorded.
    pub fn holds(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &Judge<'_>) -> Rendered<bool> {
        let mut aside = judge.aside();
        self.check(actual, at, &mut aside)?;
        Ok(aside.mismatches.is_empty())
    }

    /// What is expected, in words.
    pub fn describe(&self, judge: &Judge<'_>) -> String {
        match &self.form {
            Form::Literal(operand) => operand.describe(judge),
            Form::Matcher(terms) => terms
                .iter()
                .map(|term| term.check.describe(judge))
                .collect::<Vec<_>>()
                .join(" and "),
            Form::Object(fields) => {
                let names = fields
                    .iter()
                    .map(|(name, _)| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", ");
                if names.is_empty() {
                    "an object".to_owned()
                } else {
                    format!("an object with {names}")
                }
            }
            Form::Array(patterns) => {
                format!("a list of {} {}", patterns.len(), plural(patterns.len(), "item"))
            }
        }
    }

    /// Whether it looks at all selected values at once, rather than at one.
    pub fn wants_list(&self) -> bool {
        match &self.form {
            Form::Matcher(terms) => terms.iter().all(|term| term.check.wants_list()),
            Form::Array(_) => true,
            Form::Literal(_) | Form::Object(_) => false,
        }
    }

    /// Whether it can hold where there is nothing.
    pub fn accepts_nothing(&self) -> bool {
        matches!(&self.form, Form::Matcher(terms) if terms.iter().all(|term| term.check.accepts_nothing()))
    }

    /// Whether it speaks of a number, so that text which is one is compared by its value.
    pub fn wants_number(&self) -> bool {
        match &self.form {
            Form::Literal(operand) => operand.is_number(),
            Form::Matcher(terms) => terms.iter().any(|term| term.check.wants_number()),
            Form::Object(_) | Form::Array(_) => false,
        }
    }

    /// Whether it mirrors an object or a list.
    pub fn is_structure(&self) -> bool {
        matches!(self.form, Form::Object(_) | Form::Array(_))
    }

    /// Whether it is a literal list.
    pub fn is_list(&self) -> bool {
        matches!(self.form, Form::Array(_))
    }

    /// Whether it is a literal string.
    pub fn is_string(&self) -> bool {
        matches!(&self.form, Form::Literal(operand) if operand.is_string())
    }

    /// The text of a literal string; a template's number is the text that it becomes.
    pub fn text(&self, judge: &Judge<'_>) -> Rendered<Option<String>> {
        let Form::Literal(operand) = &self.form else { return Ok(None) };
        Ok(match operand.render(judge)?.into_owned() {
            Json::String(text) => Some(text),
            value @ (Json::Number(_) | Json::Bool(_)) if operand.is_template() => {
                Some(plain(value))
            }
            _ => None,
        })
    }

    /// Whether it is a number or boolean that was written without quotes.
    pub fn is_bare(&self) -> bool {
        matches!(&self.form, Form::Literal(operand) if !operand.is_template() && !operand.is_string())
    }

    /// The same pattern, pointing elsewhere.
    pub fn at(self, span: Span) -> Self {
        Self { span, ..self }
    }

    /// Where it stands.
    pub fn span(&self) -> Span {
        self.span
    }
}

/// Whether no key holds a template.
fn all_plain(entries: &[Entry], reader: &mut Reader) -> bool {
    let plain: Vec<_> = entries.iter().map(|entry| plain_key(entry, reader)).collect();
    plain.into_iter().all(|plain| plain)
}

/// Collects to the last item before giving up, so that every error is found.
fn all<T>(items: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let items: Vec<_> = items.collect();
    items.into_iter().collect()
}

/// Compiles the keys of a matcher.
fn terms(entries: &[Entry], unit: Unit, reader: &mut Reader) -> Option<Vec<Term>> {
    all(entries.iter().map(|entry| {
        let key = &*entry.key;
        if let Some(matcher) = matchers().find(|matcher| matcher.name == key) {
            return Some(Term { check: (matcher.compile)(&entry.value, unit, reader)?, span: reader.place(entry) });
        }
        if key.starts_with("$.") || key.starts_with("$[") || key == "$" {
            let error = reader.error(entry.key_span, format!("`{key}` is a JSONPath, and this is a mirror of the body"));
            reader.report(error.help(format!("JSONPaths go under `select`: `select: {{ '{key}': … }}`")));
        } else if key.starts_with('$') {
            reader.unknown_key(entry, "matcher", matchers().map(|matcher| matcher.name));
        } else {
            let error = reader.error(entry.key_span, format!("the key `{key}` stands among matchers"));
            let error = error.suggest(&format!("${key}"), matchers().map(|matcher| matcher.name));
            reader.report(error.help("a map is a matcher (all keys start with `$`) or a literal (none does); a literal `$` key goes under `$eq`"));
        }
        None
    }))
}

/// The one value that is judged, where several were selected and the check looks at one.
fn one<'v>(
    actual: &Actual<'v>,
    list: bool,
    describe: impl FnOnce(&Judge<'_>) -> String,
    at: &Path<'_>,
    span: Span,
    judge: &mut Judge<'_>,
) -> Option<Actual<'v>> {
    let Actual::Many(values) = actual else { return Some(*actual) };
    match values {
        _ if list => Some(*actual),
        [] => Some(Actual::Nothing),
        [value] => Some(Actual::One(value)),
        values => {
            let expected = describe(judge);
            judge.record(at, span, expected, Found::Words(format!("{} values", values.len()))).note =
                Some("this path selects several values: say what holds with `$every`, `$contains` or a list".to_owned());
            None
        }
    }
}

/// Whether a value mirrors a rendered literal: objects may have more keys.
fn mirrors(expected: &Json, actual: &Json) -> bool {
    match (expected, actual) {
        (Json::Object(expected), Json::Object(actual)) => expected
            .iter()
            .all(|(key, expected)| actual.get(key).is_some_and(|actual| mirrors(expected, actual))),
        (Json::Array(expected), Json::Array(actual)) => {
            expected.len() == actual.len()
                && expected.iter().zip(actual).all(|(expected, actual)| mirrors(expected, actual))
        }
        _ => equal(expected, actual),
    }
}

/// `1 item`, `2 items`.
pub(super) fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

#[cfg(test)]
mod tests;
