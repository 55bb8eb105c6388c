//! `bearer`: a token in `Authorization` (RFC 6750, section 2.1).

use super::{Context, Doing, Kind, Scheme, Text, authorize, done, is_written, keep};
use crate::exchange::Request;
use crate::template::{Rendered, Scope};
use crate::yaml::{Entry, Key, Reader};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "bearer",
        summary: "A token (RFC 6750), sent as `Authorization: Bearer …`: `bearer: \"${{ secrets.token }}\"`.",
    },
    compile,
};

#[derive(Debug)]
struct Bearer(Text);

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Scheme>> {
    let token = Text::compile(&entry.value, "`bearer`", reader)?;
    let text = token.literal().unwrap_or("a token").trim_start();
    if text.is_empty() {
        let error = reader.error(entry.value.span, "the token is empty");
        reader.report(error.help("no credentials at all are `auth: none`"));
        return None;
    }
    if text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer ")) {
        let error =
            reader.error(entry.value.span, "the token starts with `Bearer`, which is added");
        reader.report(error.help("write the token alone"));
        return None;
    }
    Some(Box::new(Bearer(token)))
}

impl Bearer {
    fn apply(&self, request: &mut Request, scope: &Scope) -> Rendered<()> {
        let token = self.0.render(scope)?;
        keep(&token, request, scope);
        if is_written(request) {
            return Ok(());
        }
        if token.is_empty() {
            let error = self.0.error("the token is empty");
            return Err(Box::new(error.help("no credentials at all are `auth: none`")));
        }
        authorize(&format!("Bearer {token}"), &self.0, request)
    }
}

impl Scheme for Bearer {
    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Doing<'a, ()> {
        done(self.apply(request, context.scope))
    }
}
