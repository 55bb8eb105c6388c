//! A selector: what of a response is meant, as captures write it.

use std::sync::Arc;

use regex::Regex;
use serde_json::Value as Json;

use super::Subject;
use super::source::{Failure, Source};
use super::steps::{Decode, Pick, search};
use crate::diagnostic::Span;
use crate::matcher::{Actual, Judge, Pattern, Unit, compile_regex};
use crate::mismatch::{Found, Path};
use crate::secret::SHORTEST;
use crate::template::{Data, Rendered};
use crate::yaml::{Key, Keys, Node, Reader, Value};

/// The keys of a selector that is written as a map.
pub const KEYS: Keys = Keys {
    what: "a selector",
    key: "selector key",
    table: &[
        Key {
            name: "body",
            summary: "`true` for the whole body, parsed by its media type, or a JSONPath or XPath into it.",
        },
        Key {
            name: "css",
            summary: "A CSS selector into HTML: the text of an element, its white space trimmed and collapsed.",
        },
        Key { name: "header", summary: "A response header's value, by name." },
        Key {
            name: "headers",
            summary: "`true`: every response header, a list of `{ name, value }` in order.",
        },
        Key { name: "cookie", summary: "The value that the response sets a cookie to, by name." },
        Key { name: "status", summary: "`true`: the status code, a number." },
        Key { name: "text", summary: "`true`: the body as text." },
        Key { name: "time", summary: "`true`: the total time in milliseconds, a number." },
        Key { name: "url", summary: "`true`: the final URL, after redirects." },
        Key {
            name: "redirects",
            summary: "`true`: the redirects that were followed, a list of `{ status, method, url, headers, time }`.",
        },
        Key { name: "size", summary: "`true`: the size of the decoded body in bytes, a number." },
        Key { name: "sha256", summary: "`true`: the SHA-256 digest of the decoded body." },
        Key { name: "filename", summary: "`true`: what the file is called, as under `expect`." },
        Key {
            name: "file",
            summary: "`true`: the path of the file that a `download` saved, for `file` of a later request.",
        },
        Key {
            name: "files",
            summary: "`true`: a map of the file's name and its path, for `files` of a part of a later `multipart`.",
        },
        Key {
            name: "certificate",
            summary: "`true` for all of the server's certificate, or one of its keys, such as `not_after`.",
        },
        Key {
            name: "attribute",
            summary: "With `css`: the value of this attribute in place of the text, of elements that have it.",
        },
        Key { name: "first", summary: "`true`: the first of several, or of a list." },
        Key { name: "index", summary: "The one at this index: 0 is the first, -1 the last." },
        Key { name: "count", summary: "`true`: how many there are, which may be 0." },
        Key {
            name: "decode",
            summary: "Decodes text: `base64` (of either alphabet), `url` (percent-encoding) or `json`.",
        },
        Key {
            name: "regex",
            summary: "The first group of this regular expression in the text, or all of its match.",
        },
        Key { name: "$where", summary: "A matcher that the value must hold." },
        Key {
            name: "secret",
            summary: "`true`: the value is masked in whatever is shown from then on, and stays in its origin on redirects.",
        },
        Key {
            name: "default",
            summary: "The value where nothing is found; without it, that fails.",
        },
    ],
};

const SOURCES: &[&str] = &[
    "body",
    "css",
    "header",
    "headers",
    "cookie",
    "status",
    "text",
    "time",
    "url",
    "redirects",
    "size",
    "sha256",
    "filename",
    "file",
    "files",
    "certificate",
];

/// A compiled selector. Its steps are taken in the order of the fields.
#[derive(Debug)]
pub struct Selector {
    source: Source,
    pick: Pick,
    decode: Option<Decode>,
    regex: Option<Arc<Regex>>,
    condition: Option<Pattern>,
    secret: bool,
    default: Option<Data>,
}

impl Selector {
    /// Compiles a selector: a JSONPath, an XPath, or a map.
    pub fn compile(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Value::String(text) = &node.value {
            let source = Source::of_text(node, text, reader)?;
            let pick = Pick::All;
            return Some(Self {
                source,
                pick,
                decode: None,
                regex: None,
                condition: None,
                secret: false,
                default: None,
            });
        }
        if !matches!(node.value, Value::Mapping(_)) {
            reader.wrong_type(node, "a selector", "a JSONPath, an XPath or a map");
            return None;
        }
        let fields = reader.fields(node, &KEYS)?;
        let sources: Vec<_> = fields.present(SOURCES).collect();
        // A misspelt one was reported already.
        if sources.is_empty() && fields.unknown(&KEYS) {
            return None;
        }
        let [source] = sources[..] else {
            let error = reader.error(
                node.span,
                format!("a selector has exactly one of `{}`", SOURCES.join("`, `")),
            );
            reader.report(error.label(if sources.is_empty() {
                "none here"
            } else {
                "several here"
            }));
            return None;
        };
        let mut source = Source::compile(source, reader);
        if let Some(entry) = fields.entry("attribute") {
            source = source.and_then(|source| source.attribute(entry, reader));
        }
        let pick = Pick::compile(&fields, reader);
        let decode = fields.get("decode").map(|node| Decode::compile(node, reader));
        let regex = fields.get("regex").map(|node| {
            let text = reader.string(node, "a regular expression")?;
            compile_regex(node, text, reader)
        });
        let condition = fields.entry("$where").map(|entry| {
            let pattern = Pattern::compile(&entry.value, Unit::None, reader)?;
            Some(pattern.at(reader.place(entry)))
        });
        let secret = fields.get("secret").map(|node| reader.boolean(node, "`secret`"));
        let default = fields.get("default").map(|node| Data::compile(node, reader));
        // What was written and did not compile has been recorded.
        Some(Self {
            source: source?,
            pick: pick?,
            decode: sound(decode)?,
            regex: sound(regex)?,
            condition: sound(condition)?,
            secret: sound(secret)?.unwrap_or_default(),
            default: sound(default)?,
        })
    }

    /// Whether what it selects is for nobody's eyes.
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// Captures from a response under a name. Where there is nothing, or not what must hold, that
    /// is recorded in the judge.
    pub fn capture(
        &self,
        name: &str,
        span: Span,
        subject: &Subject<'_>,
        judge: &mut Judge<'_>,
    ) -> Rendered<Option<Json>> {
        let at = self.source.describe();
        match (self.find(subject), &self.default) {
            (Ok(value), _) => {
                let before = judge.mismatches.len();
                if self.secret {
                    // Before anything can be said of it.
                    judge.scope.hide(&value);
                    if is_short(&value) {
                        let wanted = format!("a secret of at least {SHORTEST} characters");
                        let found = Found::Words("shorter".to_owned());
                        judge.record(&Path::root(&at), span, wanted, found).note = Some(
                            "what is shorter cannot be masked, as it stands in other text too"
                                .to_owned(),
                        );
                    }
                }
                if let Some(condition) = &self.condition {
                    condition.check(&Actual::One(&value), &Path::root(&at), judge)?;
                }
                Ok((judge.mismatches.len() == before).then_some(value))
            }
            (Err(_), Some(default)) => Ok(Some(default.render(judge.scope)?.into_owned())),
            (Err(Failure { found, reason }), None) => {
                let wanted = format!("something to capture as `{name}`");
                let missing = matches!(found, Found::Nothing);
                judge.record(&Path::root(&at), span, wanted, found).note = Some(if missing {
                    format!("{reason}; if it may be missing, give a `default`")
                } else {
                    reason
                });
                Ok(None)
            }
        }
    }

    /// Whether it looks into the content of a response.
    pub fn is_of_content(&self) -> bool {
        self.source.is_of_content()
    }

    /// Whether it needs the content of a response to have been read, but not to be kept.
    pub fn is_of_bytes(&self) -> bool {
        self.source.is_of_bytes()
    }

    /// Whether it is of a file that was saved.
    pub fn is_of_file(&self) -> bool {
        self.source.is_of_file()
    }

    fn find(&self, subject: &Subject<'_>) -> Result<Json, Failure> {
        let found = self.source.find(subject)?;
        let mut value = self.pick.apply(found, &self.source)?;
        if let Some(decode) = self.decode {
            value = decode.apply(&value)?;
        }
        if let Some(regex) = &self.regex {
            value = search(regex, value)?;
        }
        Ok(value)
    }
}

/// Whether a value is too short to be told from other text.
fn is_short(value: &Json) -> bool {
    match value {
        Json::String(text) => text.chars().count() < SHORTEST,
        Json::Number(number) => number.to_string().len() < SHORTEST,
        Json::Null | Json::Bool(_) => true,
        Json::Array(_) | Json::Object(_) => false,
    }
}

/// A part that may be left out, but not be wrong.
#[expect(clippy::option_option, reason = "left out, wrong, or there")]
fn sound<T>(part: Option<Option<T>>) -> Option<Option<T>> {
    match part {
        Some(None) => None,
        part => Some(part.flatten()),
    }
}
