//! `parse_response`: what a body is read as.

use crate::yaml::{Node, Reader, Value};

/// What a body is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parse {
    /// What its media type says, and JSON for who asks for JSON.
    #[default]
    Auto,
    /// JSON, whatever its media type says.
    Json,
    /// XML.
    Xml,
    /// Text.
    Text,
    /// It is not parsed at all.
    Off,
}

/// The words that force a format.
const FORCED: &[(&str, Parse)] =
    &[("json", Parse::Json), ("xml", Parse::Xml), ("text", Parse::Text)];

impl Parse {
    /// Compiles `parse_response`; what is wrong with it is recorded in `reader`.
    pub fn compile(node: &Node, reader: &mut Reader) -> Option<Self> {
        let word = match &node.value {
            Value::Bool(true) => return Some(Self::Auto),
            Value::Bool(false) => return Some(Self::Off),
            Value::String(word) => word,
            _ => {
                let expected = "`true`, `false`, `json`, `xml` or `text`";
                reader.wrong_type(node, "`parse_response`", expected);
                return None;
            }
        };
        if let Some((_, parse)) = FORCED.iter().find(|(name, _)| *name == &**word) {
            return Some(*parse);
        }
        let error = reader
            .error(node.span, format!("`{word}` is not what a response can be parsed as"))
            .suggest(word, FORCED.iter().map(|(name, _)| *name));
        reader.report(error.help(
            "write `json`, `xml` or `text`, or `true` (by its media type) or `false` (not at all)",
        ));
        None
    }

    /// Why a body is not read as JSON, XML or HTML, if it is not.
    pub(super) fn refusal(self, wanted: &str) -> Option<String> {
        let other = match self {
            Self::Auto => return None,
            Self::Json if wanted == "JSON" => return None,
            Self::Xml if wanted == "XML" => return None,
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Text => "text",
            Self::Off => {
                return Some("the body is not parsed: `parse_response` is `false`".to_owned());
            }
        };
        Some(format!("the body is not read as {wanted}: `parse_response` is `{other}`"))
    }
}
