//! Snapshots: what a response is compared with that a person has looked at.
//!
//! `Exchange → redact → canonical text → Same | New | Changed`. A run never touches what was approved.

mod canonical;

pub use canonical::{Canonical, Content, Headers, Include, canonical, json_text};
