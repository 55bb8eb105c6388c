//! `resolve` and `unix_socket`: where a server is, whatever the system says about its name.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Layers, written};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::exchange::Resolve;
use crate::template::{Rendered, Scope, Template};
use crate::yaml::{Entry, Node, Reader, Value};

/// An entry of `resolve`.
#[derive(Debug)]
pub(super) struct Override {
    /// Its host and port, with no addresses yet.
    place: Resolve,
    addresses: Vec<Template>,
    span: Span,
    source: Arc<Source>,
}

/// Compiles `resolve`.
pub(super) fn compile(node: &Node, reader: &mut Reader) -> Vec<Override> {
    let entries = reader.mapping(node, "`resolve`").unwrap_or_default();
    entries.iter().filter_map(|entry| one(entry, reader)).collect()
}

fn one(entry: &Entry, reader: &mut Reader) -> Option<Override> {
    let place = match Resolve::parse(&entry.key, Arc::default()) {
        Ok(place) => Some(place),
        Err(why) => {
            let error = reader.error(entry.key_span, why);
            reader.report(error.help("write `host: address` or `\"host:port\": address`"));
            None
        }
    };
    let mut addresses = Vec::new();
    for (text, node) in reader.strings(&entry.value, "an address") {
        let template = Template::compile(node, text, reader)?;
        if let Some(text) = template.literal()
            && let Err(message) = address(text)
        {
            let error = reader.error(node.span, message);
            reader.report(error.help(HELP));
        }
        addresses.push(template);
    }
    if addresses.is_empty() {
        let error = reader.error(reader.place(entry), "a host has at least one address");
        reader.report(error);
    }
    let source = Arc::clone(&reader.source);
    Some(Override { place: place?, addresses, span: reader.place(entry), source })
}

const HELP: &str = "an address is like `127.0.0.1` or `::1`; the port stays that of the URL";

fn address(text: &str) -> Result<IpAddr, String> {
    let plain = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    plain.parse().map_err(|_| format!("`{text}` is no address"))
}

/// The addresses of all layers, those of the most special one first.
pub(super) fn render(layers: &Layers<'_>, scope: &Scope) -> Rendered<Arc<[Resolve]>> {
    let overrides = layers.iter().rev().flatten().flat_map(|layer| &layer.resolve);
    overrides.map(|one| one.render(scope)).collect()
}

impl Override {
    fn render(&self, scope: &Scope) -> Rendered<Resolve> {
        let rendered = |template: &Template| {
            address(&template.text(scope)?).map_err(|message| {
                Box::new(Diagnostic::at(&self.source, self.span, message).help(HELP))
            })
        };
        let addresses = self.addresses.iter().map(rendered).collect::<Rendered<_>>()?;
        Ok(Resolve { addresses, ..self.place.clone() })
    }
}

/// What is written as `unix_socket`.
#[derive(Debug)]
pub(super) struct Socket {
    /// `None` takes a default away.
    path: Option<Template>,
    /// Where a relative path starts.
    folder: PathBuf,
}

/// Compiles `unix_socket`: a path, or null.
pub(super) fn socket(node: &Node, reader: &mut Reader) -> Option<Socket> {
    if node.value == Value::Null {
        return Some(Socket { path: None, folder: PathBuf::new() });
    }
    let text = reader.string(node, "`unix_socket`")?;
    if text.is_empty() {
        let error = reader.error(node.span, "`unix_socket` is empty");
        reader.report(error.help("write a socket's path, or `null` for none"));
        return None;
    }
    let path = Some(Template::compile(node, text, reader)?);
    Some(Socket { path, folder: reader.files.folder.clone() })
}

/// The socket of a request.
pub(super) fn render_socket(layers: &Layers<'_>, scope: &Scope) -> Rendered<Option<Arc<Path>>> {
    let Some(socket) = written(layers, |layer| layer.socket.as_ref()) else { return Ok(None) };
    let Some(path) = &socket.path else { return Ok(None) };
    Ok(Some(socket.folder.join(&*path.text(scope)?).into()))
}
