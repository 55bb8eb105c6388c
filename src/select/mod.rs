//! The one selector language: how expectations and captures reach into a response.

mod jsonpath;
mod selector;
mod source;
mod steps;
mod subject;
mod xml;

pub use jsonpath::JsonPath;
pub use selector::{KEYS as SELECTOR_KEYS, Selector};
pub use subject::Subject;
