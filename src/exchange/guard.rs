//! What must not reach another origin on a redirect, beyond the header fields that are marked
//! sensitive, and who may have it all the same.

use super::Origin;

/// What a request says of its credentials and redirects; most requests have nothing to say.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// The origins that may receive the request's credentials.
    pub trusted: Vec<Origin>,
}
