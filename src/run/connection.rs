//! How the connection of a request is made, and what its response may take, from all layers of
//! options.

use std::sync::Arc;

use super::request::Layers;
use crate::exchange::{Connecting, Limits};
use crate::spec::{self, Connection};
use crate::template::{Rendered, Scope};

/// What differs from the usual. What comes to the usual way of connecting is none: it shares
/// connections with those who say nothing.
#[derive(Default)]
pub(super) struct Special {
    pub(super) connecting: Option<Arc<Connecting>>,
    pub(super) limits: Option<Arc<Limits>>,
}

/// Reads what is written, if anything is.
pub(super) fn special(layers: Layers<'_>, scope: &Scope) -> Rendered<Special> {
    let written = layers.0.map(|options| options.connection.as_deref());
    if written.iter().all(Option::is_none) {
        return Ok(Special::default());
    }
    let connecting = Connection::render(&written, scope)?;
    let connecting = (connecting != Connecting::default()).then(|| Arc::new(connecting));
    Ok(Special { connecting, limits: spec::limits(&written) })
}
