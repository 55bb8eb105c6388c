//! Comparing what two servers answer to the same request.
//!
//! Pure: answers come in, differences go out. What the base answers to itself when it is asked again is
//! learned as noise; there, only type and shape are compared.

mod answer;
mod headers;
mod ignore;
mod judge;
mod noise;
mod shape;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Body};
pub use ignore::Ignore;
pub use judge::{Difference, Differences, compare};
pub use noise::Noise;

use http::Method;

/// Whether a method is safe (RFC 9110, section 9.2.1): a request of it asks for nothing to be changed.
pub fn is_safe(method: &Method) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE].contains(method)
}
