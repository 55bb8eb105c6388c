//! The credentials of a request: which ones hold, and the exchange that they may take another request
//! for.

use super::Shared;
use crate::auth::{Auth, Basic, Context};
use crate::exchange::Request;
use crate::plan::Case;
use crate::spec::{Call, Options};
use crate::template::{Rendered, Scope};

/// The credentials of a request.
#[derive(Clone, Copy)]
pub(super) enum Chosen<'a> {
    Auth(&'a Auth),
    /// `username` and `password`, for short.
    Basic(Basic<'a>),
}

/// Those of the most special place that has any: the request, its test, the file, the target.
pub(super) fn chosen<'a>(call: &'a Call, case: &'a Case) -> Option<Chosen<'a>> {
    let request = &call.request;
    let own = [&request.own, &request.defaults, &case.target.defaults];
    let of_test = request.of_test.as_deref();
    own.into_iter().enumerate().find_map(|(at, options)| {
        let of_test = of_test.filter(|_| at == 1).map(Chosen::Auth);
        of_test.or_else(|| written(options, &own[..=at]))
    })
}

/// Those that options say, with those before them, which are more special.
fn written<'a>(options: &'a Options, before: &[&'a Options]) -> Option<Chosen<'a>> {
    if let Some(auth) = &options.auth {
        return Some(Chosen::Auth(auth));
    }
    // A user name goes with the password of the same place, or of a more special one.
    let username = options.username.as_ref()?;
    let password = before.iter().find_map(|options| options.password.as_ref());
    Some(Chosen::Basic(Basic { username, password }))
}

impl Chosen<'_> {
    /// Adds them to a request that is otherwise ready to be sent.
    pub(super) async fn prepare(
        self,
        request: &mut Request,
        scope: &Scope,
        shared: &Shared,
    ) -> Rendered<()> {
        let connections = &shared.options.connections;
        match self {
            Self::Auth(auth) => auth.prepare(request, Context { scope, connections }).await,
            Self::Basic(basic) => basic.prepare(request, scope),
        }
    }
}
