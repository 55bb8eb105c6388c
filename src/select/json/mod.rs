//! JSON documents (RFC 8259) as texts: what a simple path selects is found without a tree, and a
//! tree is built in one pass.
//!
//! What is read here is what `serde_json` reads, and nothing else: the same texts are accepted and
//! the same values come out. Where that is not certain — and for every error and its message —
//! there is no answer here, and the caller asks `serde_json`.

mod scanner;
mod sorted;
mod steps;
mod tree;
mod walk;
mod write;

pub(super) use sorted::sorted;
pub(super) use steps::{Step, is_lone_filter, steps};
pub(super) use tree::tree;
pub(super) use walk::select;
pub use write::write_json;

#[cfg(test)]
mod tests;
