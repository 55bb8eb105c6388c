//! A text of a scheme, with the place where it stands: what it becomes may be unfit to be sent.

use std::borrow::Cow;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::template::{Rendered, Scope, Template};
use crate::yaml::{Node, Reader};

/// A text that may hold templates.
#[derive(Debug)]
pub struct Text {
    template: Template,
    source: Arc<Source>,
    span: Span,
}

impl Text {
    /// Compiles a string, number or boolean; what is wrong with it is recorded in `reader`.
    pub fn compile(node: &Node, what: &str, reader: &mut Reader) -> Option<Self> {
        let template = Template::scalar(node, what, reader)?;
        Some(Self { template, source: Arc::clone(&reader.source), span: node.span })
    }

    /// No text: what is made of several has only a place.
    pub(super) fn of_place(source: &Arc<Source>, span: Span) -> Self {
        Self { template: Template::Literal("".into()), source: Arc::clone(source), span }
    }

    /// The text.
    pub(super) fn render(&self, scope: &Scope) -> Rendered<Cow<'_, str>> {
        self.template.text(scope)
    }

    /// The text, where it holds no template.
    pub(super) fn literal(&self) -> Option<&str> {
        self.template.literal()
    }

    /// The name of the secret that it is, where there is no value.
    pub(super) fn missing_secret(&self, scope: &Scope) -> Option<&str> {
        self.template.missing_secret(scope)
    }

    /// What is wrong with it.
    pub(super) fn error(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::at(&self.source, self.span, message)
    }
}
