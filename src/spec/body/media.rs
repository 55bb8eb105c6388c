//! Media types (RFC 9110, section 8.3.1): written, or told by a file's ending.

use std::borrow::Cow;
use std::sync::Arc;

use http::HeaderValue;

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::spec::options::field_value;
use crate::template::{Rendered, Scope, Template};
use crate::yaml::{Node, Reader};

/// `content_type`, compiled.
#[derive(Debug)]
pub(super) struct ContentType {
    template: Template,
    span: Span,
    source: Arc<Source>,
}

impl ContentType {
    /// Compiles a node; what is wrong with it is recorded in `reader`.
    pub(super) fn compile(node: &Node, reader: &mut Reader) -> Option<Self> {
        let template = field_value(node, "`content_type`", reader)?;
        Some(Self { template, span: node.span, source: Arc::clone(&reader.source) })
    }

    /// The media type as a field value.
    pub(super) fn render(&self, scope: &Scope) -> Rendered<HeaderValue> {
        let text = self.template.text(scope)?;
        HeaderValue::from_bytes(text.as_bytes()).map_err(|_| Box::new(self.not_one_line()))
    }

    /// The media type as text that a field value can hold.
    pub(super) fn text(&self, scope: &Scope) -> Rendered<Cow<'_, str>> {
        let text = self.template.text(scope)?;
        if HeaderValue::from_bytes(text.as_bytes()).is_ok() {
            Ok(text)
        } else {
            Err(Box::new(self.not_one_line()))
        }
    }

    fn not_one_line(&self) -> Diagnostic {
        let message =
            "`content_type` became a value with a line break or another control character";
        Diagnostic::at(&self.source, self.span, message)
    }

    /// The media type, if one is written and no header says another.
    pub(super) fn or(
        own: Option<&Self>,
        written: Option<&HeaderValue>,
        scope: &Scope,
    ) -> Rendered<Option<HeaderValue>> {
        match (own, written) {
            (Some(own), None) => own.render(scope).map(Some),
            _ => Ok(None),
        }
    }
}

/// The media type of what is not known.
const UNKNOWN: &str = "application/octet-stream";

/// Endings of files and what they say, as the registry of IANA and the servers have it.
const ENDINGS: &[(&str, &str)] = &[
    ("7z", "application/x-7z-compressed"),
    ("aac", "audio/aac"),
    ("atom", "application/atom+xml"),
    ("avif", "image/avif"),
    ("bin", UNKNOWN),
    ("bmp", "image/bmp"),
    ("bz2", "application/x-bzip2"),
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("eml", "message/rfc822"),
    ("epub", "application/epub+zip"),
    ("flac", "audio/flac"),
    ("geojson", "application/geo+json"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("heic", "image/heic"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ico", "image/vnd.microsoft.icon"),
    ("ics", "text/calendar"),
    ("jar", "application/java-archive"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript"),
    ("json", "application/json"),
    ("jsonl", "application/jsonl"),
    ("jsonld", "application/ld+json"),
    ("log", "text/plain"),
    ("m4a", "audio/mp4"),
    ("md", "text/markdown"),
    ("mjs", "text/javascript"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("mpeg", "video/mpeg"),
    ("ndjson", "application/x-ndjson"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ogg", "audio/ogg"),
    ("otf", "font/otf"),
    ("parquet", "application/vnd.apache.parquet"),
    ("pdf", "application/pdf"),
    ("pem", "application/x-pem-file"),
    ("png", "image/png"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("proto", "text/plain"),
    ("ps", "application/postscript"),
    ("rss", "application/rss+xml"),
    ("rtf", "application/rtf"),
    ("sql", "application/sql"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("tgz", "application/gzip"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("toml", "application/toml"),
    ("tsv", "text/tab-separated-values"),
    ("ttf", "font/ttf"),
    ("txt", "text/plain"),
    ("vcf", "text/vcard"),
    ("wasm", "application/wasm"),
    ("wav", "audio/wav"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("xhtml", "application/xhtml+xml"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "application/xml"),
    ("xsd", "application/xml"),
    ("xsl", "application/xslt+xml"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("zip", "application/zip"),
    ("zst", "application/zstd"),
];

/// The media type that a file's ending tells; `None` where it tells none.
pub(super) fn known(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    let ending = ending.to_ascii_lowercase();
    let at = ENDINGS.binary_search_by_key(&&*ending, |(known, _)| known).ok()?;
    Some(ENDINGS[at].1)
}

/// The media type of a file by its ending.
pub(super) fn guess(name: &str) -> &'static str {
    known(name).unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_sorted_and_found_in_any_case() {
        assert!(ENDINGS.is_sorted_by(|(one, _), (other, _)| one < other));
        for (name, media) in [
            ("a.PNG", "image/png"),
            ("x/y.tar.gz", "application/gzip"),
            ("7z", UNKNOWN),
            ("a.unknown", UNKNOWN),
            ("a.", UNKNOWN),
        ] {
            assert_eq!(guess(name), media, "{name}");
        }
    }
}
