//! Why a cookie was not kept.

use std::fmt;

use super::store::{MOST_IN_A_RESPONSE, MOST_SIZE};
use crate::cookie::Unreadable;

/// A cookie that a response set and that was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its name, as far as there is one.
    pub name: String,
    /// The host that set it.
    pub host: String,
    /// Why.
    pub reason: Reason,
}

/// Why a cookie is not kept (RFC 6265bis, section 5.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It says nothing.
    Unreadable(Unreadable),
    /// Name and value have more bytes than a cookie may have.
    TooLarge(usize),
    /// The response sets more cookies than are looked at.
    TooMany,
    /// `Domain` is not ASCII.
    NonAscii,
    /// `Domain` is neither the host nor above it.
    Foreign(String),
    /// `Domain` is a public suffix: hosts of other people would be sent the cookie too.
    PublicSuffix(String),
    /// `Secure`, over a connection that is not.
    Insecure,
    /// It would stand before a `Secure` cookie of the same name, and came over plain HTTP.
    OverSecure,
    /// `SameSite=None` or `Partitioned` without `Secure`, which they take.
    WantsSecure(&'static str),
    /// Its name starts with `__Secure-`, and it is not `Secure`.
    SecurePrefix,
    /// Its name starts with `__Host-`, and it lacks `Secure` or `Path=/`, or has a `Domain`.
    HostPrefix,
    /// It has no name, and its value could be taken for a name with a prefix.
    PrefixInValue,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, host, reason } = self;
        write!(f, "the cookie `{name}` of {host} was not kept: {reason}")
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(Unreadable::ControlCharacter) => {
                f.write_str("it holds a control character")
            }
            Self::Unreadable(Unreadable::Empty) => f.write_str("it has neither a name nor a value"),
            Self::TooLarge(size) => {
                write!(f, "name and value have {size} bytes, {MOST_SIZE} are allowed")
            }
            Self::TooMany => {
                write!(f, "only the first {MOST_IN_A_RESPONSE} cookies of a response are looked at")
            }
            Self::NonAscii => f.write_str("`Domain` is not ASCII"),
            Self::Foreign(domain) => {
                write!(f, "`Domain={domain}` is neither this host nor above it")
            }
            Self::PublicSuffix(domain) => {
                write!(f, "`Domain={domain}` is a public suffix, below which anybody has names")
            }
            Self::Insecure => f.write_str("it is `Secure`, and the connection is not"),
            Self::OverSecure => {
                f.write_str("it came over plain HTTP, and there is a `Secure` one of its name")
            }
            Self::WantsSecure(what) => write!(f, "`{what}` takes `Secure`"),
            Self::SecurePrefix => f.write_str("`__Secure-` takes `Secure`"),
            Self::HostPrefix => f.write_str("`__Host-` takes `Secure`, `Path=/` and no `Domain`"),
            Self::PrefixInValue => {
                f.write_str("it has no name, and its value starts as the name of a safe one does")
            }
        }
    }
}
