//! `redirect_trust`: the origins that may receive a request's credentials on a redirect.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::exchange::Origin;
use crate::template::{Rendered, Scope, Template};
use crate::yaml::{Node, Reader};

/// `redirect_trust`, compiled.
#[derive(Debug)]
pub struct Trust {
    origins: Vec<(Written, Span)>,
    source: Arc<Source>,
}

/// An origin: known, or to be rendered.
#[derive(Debug)]
enum Written {
    Origin(Origin),
    Template(Template),
}

impl Trust {
    /// Compiles an origin or a list of them; what is wrong with one is recorded in `reader`.
    pub(super) fn compile(node: &Node, reader: &mut Reader) -> Option<Self> {
        let texts = reader.strings(node, "an origin");
        let count = node.as_sequence().map_or(1, <[Node]>::len);
        let mut origins = Vec::with_capacity(count);
        for (text, node) in texts {
            let written = match Template::compile(node, text, reader) {
                Some(Template::Literal(text)) => match Origin::parse(&text) {
                    Ok(origin) => Written::Origin(origin),
                    Err(why) => {
                        reader.report(unfit(&reader.source, node.span, &text, why));
                        continue;
                    }
                },
                Some(template) => Written::Template(template),
                None => continue,
            };
            origins.push((written, node.span));
        }
        // Fewer than were written: something was recorded.
        (origins.len() == count).then(|| Self { origins, source: Arc::clone(&reader.source) })
    }

    /// The origins.
    pub fn render(&self, scope: &Scope) -> Rendered<Vec<Origin>> {
        let origin = |(written, span): &(Written, Span)| match written {
            Written::Origin(origin) => Ok(origin.clone()),
            Written::Template(template) => {
                let text = template.text(scope)?;
                Origin::parse(&text).map_err(|why| Box::new(unfit(&self.source, *span, &text, why)))
            }
        };
        self.origins.iter().map(origin).collect()
    }
}

fn unfit(source: &Arc<Source>, span: Span, text: &str, why: &str) -> Diagnostic {
    Diagnostic::at(source, span, format!("`{text}` is no origin: {why}")).help(
        "an origin is `https://host` or `https://host:port`; credentials go to no other scheme, host or port",
    )
}
