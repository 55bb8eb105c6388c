//! What becomes of the content of a response.

/// What a request wants of the final response's content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Receive {
    /// It is read, decoded, and kept in memory.
    #[default]
    Content,
    /// It is left where it is: the head says all that is asked for.
    Nothing,
}
