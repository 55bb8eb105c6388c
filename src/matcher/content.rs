//! What text stands for: `$json $sha256`.

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::{Actual, Check, Judge, Matcher, Operand, Pattern, Unit};
use crate::diagnostic::{Diagnostic, Span};
use crate::mismatch::Path;
use crate::template::Rendered;
use crate::yaml::{Node, Reader};

pub(super) const MATCHERS: &[Matcher] = &[
    Matcher {
        name: "$json",
        summary: "Text that holds JSON, which is this value, mirror or matcher.",
        example: "{ $json: { a: [1, 2] } }",
        compile: json,
    },
    Matcher {
        name: "$sha256",
        summary: "Text whose UTF-8 bytes have this SHA-256 digest, in hexadecimal.",
        example: "{ $sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 }",
        compile: sha256,
    },
];

#[derive(Debug)]
struct Holding(Pattern);

fn json(node: &Node, _: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    Some(Box::new(Holding(Pattern::compile(node, Unit::None, reader)?)))
}

impl Check for Holding {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let note = match actual {
            Actual::One(Json::String(text)) => match serde_json::from_str(text) {
                Ok(value) => return self.0.check(&Actual::One(&value), at, judge),
                Err(error) => Some(format!("the text is not JSON: {error}")),
            },
            Actual::One(_) => Some("this is no text: judge it without `$json`".to_owned()),
            Actual::Nothing | Actual::Many(_) => None,
        };
        let words = self.describe(judge);
        judge.mismatch(at, Span::default(), words, actual).note = note;
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        format!("text that holds JSON: {}", self.0.describe(judge))
    }
}

/// The SHA-256 digest of bytes, in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A digest as it is written in a spec.
#[derive(Debug)]
pub struct Fingerprint(Operand);

impl Fingerprint {
    /// Compiles a digest; one that is none is recorded.
    pub fn compile(node: &Node, what: &str, reader: &mut Reader) -> Option<Self> {
        reader.string(node, what)?;
        let operand = Operand::compile(node, Unit::None, reader)?;
        if let Some(text) = operand.constant().and_then(Json::as_str)
            && !is_digest(text)
        {
            let error = reader.error(node.span, "this is no SHA-256 digest");
            reader.report(error.help(format!(
                "a digest has 64 hexadecimal digits, and this has {} characters",
                text.chars().count()
            )));
            return None;
        }
        Some(Self(operand))
    }

    /// The digest in lower case; a template that became something else is a mistake of the spec.
    pub fn render(&self, judge: &Judge<'_>) -> Rendered<String> {
        let value = self.0.render(judge)?;
        match value.as_str() {
            Some(text) if is_digest(text) => Ok(text.to_ascii_lowercase()),
            _ => Err(Box::new(Diagnostic::at(
                judge.source,
                self.0.span,
                format!("this must be a SHA-256 digest, but it became {value}"),
            ))),
        }
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn sha256(node: &Node, _: Unit, reader: &mut Reader) -> Option<Box<dyn Check>> {
    Some(Box::new(Fingerprint::compile(node, "`$sha256`", reader)?))
}

impl Check for Fingerprint {
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()> {
        let expected = self.render(judge)?;
        let found = match actual {
            Actual::One(Json::String(text)) => Some(sha256_hex(text.as_bytes())),
            _ => None,
        };
        if found.as_ref() != Some(&expected) {
            let words = self.describe(judge);
            judge.mismatch(at, Span::default(), words, actual).note =
                found.map(|found| format!("its digest is {found}"));
        }
        Ok(())
    }

    fn describe(&self, judge: &Judge<'_>) -> String {
        let digest = self.render(judge).unwrap_or_else(|_| "a template".to_owned());
        format!("text with the SHA-256 {}…", &digest[..digest.len().min(12)])
    }
}
