//! What becomes of the content of a response.

use std::sync::Arc;

use super::Destination;

/// What a request wants of the final response's content.
#[derive(Debug, Clone, Default)]
pub enum Receive {
    /// It is read, decoded, and kept in memory.
    #[default]
    Content,
    /// It is left where it is: the head says all that is asked for.
    Nothing,
    /// It is read and decoded into a file where the status is 2xx; anything else is kept in memory.
    File(Arc<Destination>),
}
