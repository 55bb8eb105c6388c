//! Keeping what goes over the wire, where someone wants to see it.

use std::borrow::Cow;
use std::fmt::Write as _;

use http::{HeaderMap, HeaderValue};

use super::Course;
use super::stream::Peer;
use crate::exchange::{Content, Leg};

/// How much is kept of a head that was not understood, in bytes.
const LARGEST_PIECE: usize = 4 * 1024;

/// What is shown in place of a credential.
const COVERED: &[u8] = b"***";

/// A value as it may be shown.
pub(super) fn covered(value: &HeaderValue) -> &[u8] {
    if value.is_sensitive() { COVERED } else { value.as_bytes() }
}

impl Course {
    /// Whether somebody wants to see what goes over the wire.
    pub(super) fn is_recorded(&self) -> bool {
        self.wire.is_some()
    }

    /// A message is sent: its head as it may be shown.
    pub(super) fn record(&mut self, peer: &Peer, reused: bool, sent: String, content: &Content) {
        if let Some(legs) = &mut self.wire {
            let content = content.clone();
            let peer = peer.address;
            legs.push(Leg { peer, reused, sent, content, ..Leg::default() });
        }
    }

    /// A head came.
    pub(super) fn heard(&mut self, bytes: &[u8]) {
        if let Some(leg) = self.wire.as_mut().and_then(|legs| legs.last_mut()) {
            leg.received.push_str(&String::from_utf8_lossy(bytes));
        }
    }

    /// Bytes came that are no head.
    pub(super) fn heard_piece(&mut self, bytes: &[u8]) {
        self.heard(&bytes[..bytes.len().min(LARGEST_PIECE)]);
    }

    /// There is something to say about the answer.
    pub(super) fn note(&mut self, note: impl FnOnce() -> String) {
        if let Some(leg) = self.wire.as_mut().and_then(|legs| legs.last_mut()) {
            leg.notes.push(note());
        }
    }
}

/// The fields of an HTTP/2 message (RFC 9113, section 8.3): the pseudo-header fields come first.
pub(super) fn fields(pseudo: &[(&str, &str)], headers: &HeaderMap) -> String {
    let mut text = String::new();
    for (name, value) in pseudo {
        let _ = writeln!(text, "{name}: {value}");
    }
    for (name, value) in headers {
        let value: Cow<'_, str> = String::from_utf8_lossy(covered(value));
        let _ = writeln!(text, "{name}: {value}");
    }
    text
}
