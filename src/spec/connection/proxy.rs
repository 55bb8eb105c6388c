//! `proxy` and `no_proxy`: what a request goes through, and which hosts it asks without.

use std::sync::Arc;

use super::{Layers, written};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::exchange::{Except, Proxy, ProxyChoice, Through};
use crate::template::{Rendered, Scope, Template};
use crate::yaml::{Node, Reader, Value};

/// What is written as `proxy`.
#[derive(Debug)]
pub(super) enum Written {
    /// Read when the spec was.
    Fixed(Through),
    /// A URL that is only known when the request is made.
    Rendered { url: Template, span: Span, source: Arc<Source> },
}

const HELP: &str = "for example `http://host:3128`, `https://…`, `socks5://…`, `socks5h://…` (the proxy resolves names), or `none`";

/// Compiles `proxy`.
pub(super) fn compile(node: &Node, reader: &mut Reader) -> Option<Written> {
    if node.value == Value::Bool(false) || node.value == Value::Null {
        let error = reader.error(node.span, "`proxy` must be a URL or `none`");
        reader.report(error.help("`proxy: none` asks the server itself"));
        return None;
    }
    let text = reader.string(node, "`proxy`")?;
    // Whatever is wrong, here or beside it: the line is shown without them.
    if let Some((userinfo, _)) = text.rsplit_once('@') {
        let userinfo = userinfo.split_once("://").map_or(userinfo, |(_, rest)| rest);
        reader.source.hide_userinfo(userinfo, node.span);
    }
    let url = Template::compile(node, text, reader)?;
    let Some(text) = url.literal() else {
        return Some(Written::Rendered {
            span: node.span,
            source: Arc::clone(&reader.source),
            url,
        });
    };
    match through(text) {
        Ok(through) => Some(Written::Fixed(through)),
        Err(why) => {
            let error = reader.error(node.span, format!("`proxy` is no proxy's URL: {why}"));
            reader.report(error.help(HELP));
            None
        }
    }
}

fn through(text: &str) -> Result<Through, String> {
    match text {
        "none" => Ok(Through::Nothing),
        url => Proxy::parse(url).map(|proxy| Through::Proxy(Arc::new(proxy))),
    }
}

/// Compiles `no_proxy`: one rule, several with commas, or a list.
pub(super) fn except(node: &Node, reader: &mut Reader) -> Arc<[Except]> {
    let mut rules = Vec::new();
    for (text, node) in reader.strings(node, "a host") {
        for rule in text.split(',').map(str::trim).filter(|rule| !rule.is_empty()) {
            match Except::parse(rule) {
                Ok(rule) => rules.push(rule),
                Err(why) => {
                    let error = reader.error(node.span, why);
                    reader.report(error.help("for example `example.com` (with those below it), `10.0.0.0/8`, `localhost:8080`, or `*`"));
                }
            }
        }
    }
    rules.into()
}

/// The proxy of a request.
pub(super) fn render(layers: &Layers<'_>, scope: &Scope) -> Rendered<ProxyChoice> {
    let proxy = match written(layers, |layer| layer.proxy.as_ref()) {
        None => Through::default(),
        Some(Written::Fixed(through)) => through.clone(),
        Some(Written::Rendered { url, span, source }) => {
            through(&url.text(scope)?).map_err(|why| {
                // What it became is not shown: there may be a password in it.
                let message = format!("`proxy` became no proxy's URL: {why}");
                Box::new(Diagnostic::at(source, *span, message).help(HELP))
            })?
        }
    };
    Ok(ProxyChoice { proxy, except: written(layers, |layer| layer.except.clone()) })
}
