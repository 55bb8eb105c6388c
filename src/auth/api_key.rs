//! `api_key`: a key in a header, the query or a cookie, by whatever name the API gives it.

use super::place::Place;
use super::{Context, Doing, Kind, Scheme, Text, done, keep, required};
use crate::exchange::Request;
use crate::template::{Rendered, Scope};
use crate::yaml::{Entry, Key, Keys, Reader};

/// The keys of `api_key`.
pub const API_KEY_KEYS: Keys = Keys {
    what: "`api_key`",
    key: "key",
    table: &[
        Key { name: "in", summary: "Where it is sent: `header` (default), `query` or `cookie`." },
        Key { name: "name", summary: "The name of the header, parameter or cookie." },
        Key { name: "value", summary: "The key itself." },
    ],
};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "api_key",
        summary: "A key by a name of the API's own: `{ in, name, value }`.",
    },
    compile,
};

#[derive(Debug)]
struct ApiKey {
    place: Place,
    value: Text,
}

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Scheme>> {
    let fields = reader.fields(&entry.value, &API_KEY_KEYS)?;
    let kind = fields.get("in").map_or(Some("header"), |node| Place::kind(node, "`in`", reader));
    let name = required("name", &fields, entry, &API_KEY_KEYS, reader);
    let place = kind.zip(name).and_then(|(kind, name)| Place::compile(kind, name, reader));
    let value = required("value", &fields, entry, &API_KEY_KEYS, reader)
        .and_then(|node| Text::compile(node, "`value`", reader));
    Some(Box::new(ApiKey { place: place?, value: value? }))
}

impl ApiKey {
    fn apply(&self, request: &mut Request, scope: &Scope) -> Rendered<()> {
        let value = self.value.render(scope)?;
        keep(&value, request, scope);
        self.place.put("", &value, &self.value, request)
    }
}

impl Scheme for ApiKey {
    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Doing<'a, ()> {
        done(self.apply(request, context.scope))
    }
}
