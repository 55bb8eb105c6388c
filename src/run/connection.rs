//! How the connection of a request is made, from all layers of options.

use std::sync::Arc;

use super::request::Layers;
use crate::exchange::Connecting;
use crate::spec::Connection;
use crate::template::{Rendered, Scope};

/// How the connection is made, where something of that is written. What comes to the usual way is
/// none: it shares connections with those who say nothing.
pub(super) fn connecting(layers: Layers<'_>, scope: &Scope) -> Rendered<Option<Arc<Connecting>>> {
    let written = layers.0.map(|options| options.connection.as_deref());
    if written.iter().all(Option::is_none) {
        return Ok(None);
    }
    let connecting = Connection::render(&written, scope)?;
    Ok((connecting != Connecting::default()).then(|| Arc::new(connecting)))
}
