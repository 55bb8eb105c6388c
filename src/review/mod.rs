//! Review: looking at pending changes one after another, and deciding.
//!
//! Decisions, and redactions that are written into specs, are collected in memory ([`Review`], which knows
//! neither a terminal nor a file) and carried out at the end ([`carry_out`]), or dropped.

mod carry;
mod change;
mod dialog;
mod form;
mod insert;
mod keys;
mod layout;
mod model;
mod plain;
mod specs;
mod terminal;
mod view;

pub use carry::{Done, carry_out};
pub use insert::Reach;
pub use keys::KEYS;
pub use model::Review;
pub use plain::text;
pub use specs::Specs;
pub use terminal::{Ended, Input, keys, run, run_among, signals};
pub use view::Look;
