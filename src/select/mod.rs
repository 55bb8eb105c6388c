//! The one selector language: how expectations and captures reach into a response.

mod jsonpath;
mod subject;

pub use jsonpath::JsonPath;
pub use subject::Subject;
