//! What must not reach another origin on a redirect, beyond the header fields that are marked
//! sensitive, and who may have it all the same.

use super::Origin;
use crate::secret::Secret;

/// What a request says of its credentials and redirects; most requests have nothing to say.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// The origins that may receive the request's credentials.
    pub trusted: Vec<Origin>,
    /// What stands in it that was built from secrets, wherever that is.
    pub pieces: Vec<Secret>,
    /// Whether its content was built from a secret.
    pub body: bool,
}

impl Guard {
    /// Whether an origin, in its normal form, may receive the request's credentials.
    pub fn trusts(&self, origin: &str) -> bool {
        self.trusted.iter().any(|trusted| trusted.as_str() == origin)
    }
}
