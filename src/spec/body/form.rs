//! `form`: fields as browsers send them (WHATWG URL, application/x-www-form-urlencoded).

use bytes::Bytes;
use http::HeaderValue;

use super::{Body, Compile, Kind, Outgoing};
use crate::spec::parameter::{Lists, Parameter};
use crate::template::{Rendered, Scope, plain_key};
use crate::yaml::{Entry, Key, Reader};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "form",
        summary: "Sent as `application/x-www-form-urlencoded`: a map; a list sends a name several times, a map in it `a[b]=c`, and `null` nothing.",
    },
    compile: Compile::Plain(compile),
};

#[derive(Debug)]
struct Form(Vec<(String, Parameter)>);

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Body>> {
    let mut fields = Vec::new();
    let mut sound = true;
    for entry in reader.mapping(&entry.value, "`form`")? {
        sound &= plain_key(entry, reader);
        let what = format!("the form field `{}`", entry.key);
        match Parameter::compile(&entry.value, &what, reader) {
            Some(value) => fields.push((entry.key.to_string(), value)),
            None => sound = false,
        }
    }
    sound.then(|| Box::new(Form(fields)) as Box<dyn Body>)
}

impl Body for Form {
    fn render(&self, scope: &Scope, written: Option<&HeaderValue>) -> Rendered<Outgoing> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.0 {
            value.each(name, Lists::Repeated, scope, &mut |name, value| {
                form.append_pair(name, value);
            })?;
        }
        let content = Bytes::from(form.finish());
        Ok(Outgoing::of(content, "application/x-www-form-urlencoded", written))
    }
}
