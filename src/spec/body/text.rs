//! `text`, `xml` and `raw`: text that is sent as it stands.

use bytes::Bytes;
use http::HeaderValue;

use super::media::ContentType;
use super::{Body, Compile, Kind, Outgoing};
use crate::template::{Rendered, Scope, Template};
use crate::yaml::{Entry, Key, Node, Reader};

pub(super) const TEXT: Kind = Kind {
    key: Key { name: "text", summary: "Sent as `text/plain; charset=utf-8`." },
    compile: Compile::Plain(|entry, reader| {
        let content = Content::compile(&entry.value, "`text`", reader)?;
        Some(Box::new(Text { content, media: "text/plain; charset=utf-8" }))
    }),
};

pub(super) const XML: Kind = Kind {
    key: Key { name: "xml", summary: "A document that is sent as `application/xml`." },
    compile: Compile::Plain(xml),
};

pub(super) const RAW: Kind = Kind {
    key: Key {
        name: "raw",
        summary: "Text that is sent as it stands, with the media type of `content_type`.",
    },
    compile: Compile::Typed(|entry, content_type, reader| {
        let content = Content::compile(&entry.value, "`raw`", reader)?;
        Some(Box::new(Raw { content, content_type }))
    }),
};

/// Text, kept ready where there is nothing to render.
#[derive(Debug)]
enum Content {
    Ready(Bytes),
    Template(Template),
}

impl Content {
    fn compile(node: &Node, what: &str, reader: &mut Reader) -> Option<Self> {
        Some(match Template::scalar(node, what, reader)? {
            Template::Literal(text) => Self::Ready(text.into_string().into()),
            template => Self::Template(template),
        })
    }

    fn render(&self, scope: &Scope) -> Rendered<Bytes> {
        Ok(match self {
            Self::Ready(bytes) => bytes.clone(),
            Self::Template(template) => template.text(scope)?.into_owned().into(),
        })
    }
}

#[derive(Debug)]
struct Text {
    content: Content,
    media: &'static str,
}

impl Body for Text {
    fn render(&self, scope: &Scope, written: Option<&HeaderValue>) -> Rendered<Outgoing> {
        Ok(Outgoing::of(self.content.render(scope)?, self.media, written))
    }
}

fn xml(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Body>> {
    let node = &entry.value;
    let document = reader.string(node, "`xml`")?;
    let content = Content::compile(node, "`xml`", reader)?;
    // What is rendered can be anything; what is written can be read now.
    if matches!(content, Content::Ready(_)) {
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        if let Err(error) = roxmltree::Document::parse_with_options(document, options) {
            let error = reader.error(reader.place(entry), format!("this is not XML: {error}"));
            reader.report(error.help(
                "to send XML that is broken on purpose: `raw`, with `content_type: application/xml`",
            ));
            return None;
        }
    }
    Some(Box::new(Text { content, media: "application/xml" }))
}

#[derive(Debug)]
struct Raw {
    content: Content,
    content_type: Option<ContentType>,
}

impl Body for Raw {
    fn render(&self, scope: &Scope, written: Option<&HeaderValue>) -> Rendered<Outgoing> {
        let content = self.content.render(scope)?.into();
        Ok(Outgoing {
            content,
            media: ContentType::or(self.content_type.as_ref(), written, scope)?,
        })
    }
}
