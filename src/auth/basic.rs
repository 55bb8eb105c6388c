//! `basic`: a user name and a password (RFC 7617).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Context, Doing, Kind, Scheme, Text, authorize, done, is_written, keep, required};
use crate::exchange::Request;
use crate::template::{Rendered, Scope};
use crate::yaml::{Entry, Key, Keys, Reader};

/// The keys of `basic`.
pub const BASIC_KEYS: Keys = Keys {
    what: "`basic`",
    key: "key",
    table: &[
        Key { name: "username", summary: "The user name, which holds no colon." },
        Key { name: "password", summary: "The password; by default empty." },
    ],
};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "basic",
        summary: "User name and password (RFC 7617): `{ username, password }`, for which `username` and `password` of a request are short.",
    },
    compile,
};

/// A user name and a password, compiled.
#[derive(Debug)]
struct Written {
    username: Text,
    password: Option<Text>,
}

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Scheme>> {
    let fields = reader.fields(&entry.value, &BASIC_KEYS)?;
    let username = required("username", &fields, entry, &BASIC_KEYS, reader)
        .and_then(|node| Text::compile(node, "`username`", reader));
    let password = fields.get("password").map(|node| Text::compile(node, "`password`", reader));
    Some(Box::new(Written {
        username: username?,
        password: password.map_or(Some(None), |text| text.map(Some))?,
    }))
}

impl Scheme for Written {
    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Doing<'a, ()> {
        let basic = Basic { username: &self.username, password: self.password.as_ref() };
        done(basic.apply(request, context.scope))
    }
}

/// A user name and a password, wherever each is written.
#[derive(Debug, Clone, Copy)]
pub struct Basic<'a> {
    /// The user name.
    pub username: &'a Text,
    /// The password; none for an empty one.
    pub password: Option<&'a Text>,
}

impl Basic<'_> {
    /// Adds the credentials to a request.
    pub fn prepare(&self, request: &mut Request, scope: &Scope) -> Rendered<()> {
        self.apply(request, scope)?;
        super::settle(request, scope);
        Ok(())
    }

    fn apply(&self, request: &mut Request, scope: &Scope) -> Rendered<()> {
        let username = self.username.render(scope)?;
        let password = self.password.map(|password| password.render(scope)).transpose()?;
        let password = password.unwrap_or_default();
        keep(&password, request, scope);
        if is_written(request) {
            return Ok(());
        }
        if username.contains(':') {
            let error = self.username.error("a user name of Basic authentication holds no colon");
            return Err(Box::new(error.help(
                "what follows the first colon is the password to the server (RFC 7617, section 2)",
            )));
        }
        let texts =
            [(self.username, &username), (self.password.unwrap_or(self.username), &password)];
        for (text, rendered) in texts {
            if rendered.contains(char::is_control) {
                let error = text.error(
                    "user name and password of Basic authentication hold no control characters",
                );
                return Err(Box::new(error.help(
                    "is there a line break at the end? `| trim` takes it off (RFC 7617, section 2)",
                )));
            }
        }
        let pair = STANDARD.encode(format!("{username}:{password}"));
        authorize(&format!("Basic {pair}"), self.username, request)
    }
}
