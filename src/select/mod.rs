//! The one selector language: how expectations and captures reach into a response.

mod certificate;
mod css;
mod document;
mod hops;
mod html;
mod json;
mod jsonpath;
mod markup;
mod parse;
mod selector;
mod source;
mod steps;
mod subject;
mod trail;
mod xml;
mod xpath;

pub use certificate::CERTIFICATE_KEYS;
pub use css::Css;
pub use document::Document;
pub use hops::hops;
pub use json::write_json;
pub use jsonpath::{JsonPath, Selected};
pub use markup::Markup;
pub use parse::Parse;
pub use selector::{KEYS as SELECTOR_KEYS, Selector};
pub use source::Found as Nodes;
pub use subject::{Reading, Subject};
pub use xpath::XPath;
