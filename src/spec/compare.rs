//! `compare`: whether a step is sent to other servers, too, when servers are compared.

use crate::yaml::{Node, Reader};

/// Whether a step is sent to every server that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compare {
    /// Where its method is safe.
    #[default]
    Auto,
    /// Whatever its method.
    Always,
    /// Not at all: its test is not compared.
    Never,
}

/// Each by its name.
pub const COMPARES: &[(&str, Compare)] =
    &[("auto", Compare::Auto), ("always", Compare::Always), ("never", Compare::Never)];

/// Compiles `compare`.
pub(super) fn compile(node: &Node, reader: &mut Reader) -> Option<Compare> {
    let text = node.scalar_text().unwrap_or_default();
    if let Some((_, compare)) = COMPARES.iter().find(|(name, _)| *name == text) {
        return Some(*compare);
    }
    let error = if node.as_mapping().is_some() || node.as_sequence().is_some() {
        reader.error(node.span, format!("`compare` is a word, but this is {}", node.kind()))
    } else {
        let error = reader.error(node.span, format!("`{text}` is none of the words of `compare`"));
        error.suggest(text, COMPARES.iter().map(|(name, _)| *name))
    };
    reader.report(error.help(
        "`always` sends the step to every server whatever its method, `never` to none but the usual one, `auto` where the method is safe",
    ));
    None
}
