//! An exchange as it was on the wire, for people to look at.

use std::net::SocketAddr;

use super::Content;

/// One message to a server and what came back. Redirects have one each, and so do attempts over
/// connections that turned out to be closed.
#[derive(Debug, Clone, Default)]
pub struct Leg {
    /// The peer; for an exchange through a proxy, that.
    pub peer: Option<SocketAddr>,
    /// Whether the connection had served before.
    pub reused: bool,
    /// The head as it was sent, line by line, credentials covered.
    pub sent: String,
    /// The content that was sent.
    pub content: Content,
    /// The heads that came, informational ones included, or what there was of them.
    pub received: String,
    /// What became of it beyond the answer, such as cookies that were not kept.
    pub notes: Vec<String>,
}
