//! What can be said of an expression before it runs: its names, fields, filters, tests and calls.
//! The engine itself would only notice when it evaluates them.

use super::functions::{FILTERS, FUNCTIONS, Function, TESTS};
use super::scan::{Place, closing};
use super::scope::{FIELDS, ROOTS};
use crate::diagnostic::Diagnostic;
use crate::yaml::Reader;

/// Names of the engine that are no functions of ours.
const ENGINE: &[&str] = &["range", "dict", "namespace"];

/// An expression's text under examination.
pub(super) struct Check<'t, 'r> {
    text: &'t str,
    place: Place,
    reader: &'r mut Reader,
    known: bool,
}

/// A word outside quotes.
#[derive(Debug, Clone, Copy)]
struct Word<'t> {
    at: usize,
    text: &'t str,
    /// The sign before it, blanks left out.
    before: Option<char>,
}

/// Whether everything that an expression names is there; what is not is recorded.
pub(super) fn check(text: &str, names: &[String], place: Place, reader: &mut Reader) -> bool {
    let mut check = Check { text, place, reader, known: true };
    let words = words(text);
    for (index, word) in words.iter().enumerate() {
        let previous = |back: usize| index.checked_sub(back).map(|index| words[index]);
        match word.before {
            Some('|') => check.filter(*word),
            Some('.') => match previous(1).filter(|root| is_secret(*root, *word)) {
                Some(_) => check.secret(*word),
                None => check.field(previous(1), *word),
            },
            _ if word.text == "secrets" => check.secrets(*word),
            _ if follows_is(previous(1), previous(2), *word) => check.test(*word),
            _ => check.call(*word),
        }
    }
    for name in names {
        check.name(name, &words);
    }
    check.known
}

/// The names of the secrets that an expression reads.
pub(super) fn secrets_in(text: &str) -> Box<[Box<str>]> {
    let words = words(text);
    let named = words.windows(2).filter(|pair| is_secret(pair[0], pair[1]));
    named.map(|pair| pair[1].text.into()).collect()
}

/// Whether `root.name` is a secret.
fn is_secret(root: Word<'_>, name: Word<'_>) -> bool {
    root.text == "secrets" && root.before != Some('.') && name.before == Some('.')
}

/// Whether an expression depends on nothing but itself: its value, or its failure, is known now.
pub(super) fn is_constant(names: &[String]) -> bool {
    names.iter().all(|name| Function::named(name).is_some() || ENGINE.contains(&name.as_str()))
}

fn follows_is(last: Option<Word<'_>>, second: Option<Word<'_>>, word: Word<'_>) -> bool {
    let is = |word: Option<Word<'_>>| {
        word.is_some_and(|word| word.text == "is" && word.before != Some('.'))
    };
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    word.text != "not"
        && word.before.is_some_and(letter)
        && (is(last) || last.is_some_and(|last| last.text == "not") && is(second))
}

/// The words of an expression, in order.
fn words(text: &str) -> Vec<Word<'_>> {
    let letter = |c: char| c.is_alphanumeric() || c == '_';
    let (mut words, mut before, mut at) = (Vec::new(), None, 0);
    while let Some(c) = text[at..].chars().next() {
        let length = match c {
            '"' | '\'' => closing(&text[at..]),
            c if letter(c) => {
                let end = text[at..].find(|c| !letter(c)).unwrap_or(text.len() - at);
                if !c.is_ascii_digit() {
                    words.push(Word { at, text: &text[at..at + end], before });
                }
                end
            }
            c => c.len_utf8(),
        };
        if !c.is_whitespace() {
            before = text[at..at + length].chars().last();
        }
        at += length;
    }
    words
}

impl Check<'_, '_> {
    fn error(&self, at: usize, length: usize, message: String) -> Diagnostic {
        self.reader.error(self.place.range(at, at + length), message)
    }

    fn report(&mut self, error: Diagnostic) {
        self.reader.report(error);
        self.known = false;
    }

    fn rest(&self, word: Word<'_>) -> &str {
        self.text[word.at + word.text.len()..].trim_start()
    }

    fn filter(&mut self, word: Word<'_>) {
        if FILTERS.contains(&word.text) {
            return;
        }
        let error = self.error(word.at, word.text.len(), format!("unknown filter `{}`", word.text));
        // `uppercase` is nearer to `upper` than its letters tell.
        let meant =
            FILTERS.iter().find(|filter| filter.len() > 2 && word.text.starts_with(**filter));
        let error = match meant {
            Some(meant) => error.label(format!("did you mean `{meant}`?")),
            None => error.suggest(word.text, FILTERS.iter().copied()),
        };
        self.report(error.help("the filters are listed in docs/SPEC.md"));
    }

    fn test(&mut self, word: Word<'_>) {
        if TESTS.contains(&word.text) {
            return;
        }
        let error = self
            .error(word.at, word.text.len(), format!("unknown test `is {}`", word.text))
            .suggest(word.text, TESTS.iter().copied());
        self.report(
            error.help("the tests are listed in docs/SPEC.md; values are compared with `==`"),
        );
    }

    /// A field of a name that has the same ones for every case.
    fn field(&mut self, root: Option<Word<'_>>, word: Word<'_>) {
        let Some(root) = root.filter(|root| root.before != Some('.')) else { return };
        let Some((name, fields)) = FIELDS.iter().find(|(name, _)| *name == root.text) else {
            return;
        };
        if fields.contains(&word.text) {
            return;
        }
        let error = self
            .error(word.at, word.text.len(), format!("`{name}` has no `{}`", word.text))
            .suggest(word.text, fields.iter().copied());
        let known: Vec<_> = fields.iter().map(|field| format!("`{name}.{field}`")).collect();
        self.report(error.help(format!("known here: {}", known.join(", "))));
    }

    /// The name of a secret.
    fn secret(&mut self, word: Word<'_>) {
        if self.reader.secrets.contains(word.text) {
            return;
        }
        let known = self.reader.secrets.iter();
        let names = known.clone().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let error = self
            .error(word.at, word.text.len(), format!("there is no secret `{}`", word.text))
            .suggest(word.text, known.map(String::as_str));
        self.report(error.help(if names.is_empty() {
            format!("define it in crosscheck.yaml: `secrets: {{ {}: {{ env: NAME }} }}`", word.text)
        } else {
            format!("secrets of the config: {names}")
        }));
    }

    /// `secrets`, which stands before the name of one.
    fn secrets(&mut self, word: Word<'_>) {
        let rest = self.rest(word);
        // `secrets=` is an argument's name, and `secrets.` is looked at with what follows.
        let argument = rest.starts_with('=') && !rest.starts_with("==");
        if rest.starts_with('.') || argument {
            return;
        }
        let error =
            self.error(word.at, word.text.len(), "`secrets` stands for no value".to_owned());
        self.report(error.help("one of them is written `secrets.NAME`"));
    }

    /// A name that may be that of a function: one is called, with the arguments it takes.
    fn call(&mut self, word: Word<'_>) {
        let Some(function) = Function::named(word.text) else { return };
        let (name, usage, rest) = (function.name, function.usage, self.rest(word));
        let help = format!("it is written `{usage}`");
        if !rest.starts_with('(') {
            // `name=value` is an argument's name.
            let argument = rest.starts_with('=') && !rest.starts_with("==");
            if !function.is_constant() && !argument {
                let error = self.error(
                    word.at,
                    name.len(),
                    format!("`{name}` is a function, and not called"),
                );
                self.report(error.help(help));
            }
            return;
        }
        if function.is_constant() {
            let error = self.error(word.at, name.len(), format!("`{name}` is not called"));
            self.report(error.help(help));
            return;
        }
        let Some(arguments) = arguments(rest) else { return };
        let parameters: Vec<_> = function.parameters().collect();
        let named: Vec<_> = arguments.iter().filter_map(|argument| argument.0).collect();
        let given = arguments.len() - named.len();
        let wrong = if given > parameters.len() {
            let most = parameters.len();
            Some(match most {
                0 => format!("`{name}` takes no arguments"),
                1 => format!("`{name}` takes 1 argument, not {given}"),
                _ => format!("`{name}` takes {most} arguments at most, not {given}"),
            })
        } else if let Some(other) =
            named.iter().find(|named| parameters.iter().all(|(name, _)| name != *named))
        {
            Some(format!("`{name}` has no argument `{other}`"))
        } else if let Some((twice, _)) =
            parameters.iter().take(given).find(|(name, _)| named.contains(name))
        {
            Some(format!("`{twice}` is given twice"))
        } else {
            let missing = parameters
                .iter()
                .skip(given)
                .find(|(name, required)| *required && !named.contains(name));
            missing.map(|(missing, _)| format!("`{name}` lacks its argument `{missing}`"))
        };
        if let Some(wrong) = wrong {
            let error = self.error(word.at, name.len(), wrong);
            self.report(error.help(help));
        }
    }

    /// A name that the expression reads and does not set.
    fn name(&mut self, name: &str, words: &[Word<'_>]) {
        if self.reader.uncertain
            || self.reader.names.contains(name)
            || ROOTS.contains(&name)
            || Function::named(name).is_some()
            || ENGINE.contains(&name)
        {
            return;
        }
        let word = words
            .iter()
            .find(|word| word.text == name && !matches!(word.before, Some('.' | '|')))
            .copied();
        let (at, called) =
            word.map_or((0, false), |word| (word.at, self.rest(word).starts_with('(')));
        if !called && self.reader.later.contains(name) {
            let error = self
                .error(at, name.len(), format!("`{name}` is not captured yet at this point"))
                .help("a capture can be used in the steps after the one that captures it");
            return self.report(error);
        }
        if !called && self.reader.elsewhere.contains(name) {
            let error = self
                .error(at, name.len(), format!("`{name}` is captured in another test"))
                .help("tests are independent and run side by side: make both steps of one test");
            return self.report(error);
        }
        let error = if called {
            let functions = FUNCTIONS
                .iter()
                .map(|function| format!("`{}`", function.usage))
                .collect::<Vec<_>>()
                .join(", ");
            self.error(at, name.len(), format!("unknown function `{name}`"))
                .suggest(name, FUNCTIONS.iter().map(|function| function.name))
                .help(format!("functions: {functions}"))
        } else {
            self.unknown_name(at, name)
        };
        self.report(error);
    }

    fn unknown_name(&self, at: usize, name: &str) -> Diagnostic {
        let own = &self.reader.names;
        let names = own.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let functions = FUNCTIONS.iter().map(|function| function.name);
        let candidates = own.iter().map(String::as_str).chain(ROOTS.iter().copied());
        self.error(at, name.len(), format!("unknown name `{name}`"))
            .suggest(name, candidates.chain(functions))
            .help(if names.is_empty() {
                "no variable is in scope here: define it under `vars`, capture it in an earlier step, or read `env.NAME`".to_owned()
            } else {
                format!("names in scope here: {names}, and `env`, `secrets`, `target`, `case`")
            })
    }
}

/// The arguments of a call, each with the name that it was given by: `(a, key=b)`. `None` where
/// they cannot be told before it runs.
fn arguments(call: &str) -> Option<Vec<(Option<&str>, &str)>> {
    let (mut depth, mut at, mut start, mut pieces) = (0_usize, 0, 1, Vec::new());
    while let Some(c) = call[at..].chars().next() {
        match c {
            '"' | '\'' => {
                at += closing(&call[at..]);
                continue;
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 || depth == 1 && c == ',' {
            pieces.push(call[start..at].trim());
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
        at += c.len_utf8();
    }
    // After the last comma there may be nothing.
    if pieces.last() == Some(&"") {
        pieces.pop();
    }
    if pieces.iter().any(|piece| piece.starts_with('*')) {
        return None;
    }
    let name = |piece: &'_ str| {
        let end = piece.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
        let rest = piece[end..].trim_start();
        (end > 0 && rest.starts_with('=') && !rest.starts_with("==")).then_some(end)
    };
    Some(pieces.into_iter().map(|piece| (name(piece).map(|end| &piece[..end]), piece)).collect())
}
