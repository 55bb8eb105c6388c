//! A declarative request-test runner: YAML specs in, concurrent requests out, a verdict that says
//! exactly what failed.
//!
//! The way of the data is `Spec → Plan → Request → Exchange → Verdict → Event → Report`. Modules
//! stand on floors and use only lower ones; `tests/floors.rs` holds the table and checks it.

pub mod auth;
pub mod cli;
pub mod client;
pub mod compare;
pub mod cookie;
pub mod demo;
pub mod diagnostic;
pub mod diff;
pub mod event;
pub mod exchange;
pub mod expect;
pub mod fuzzing;
pub mod jwt;
pub mod matcher;
pub mod memo;
pub mod mismatch;
pub mod number;
pub mod plan;
pub mod redact;
pub mod report;
pub mod review;
pub mod run;
pub mod schema;
pub mod secret;
pub mod select;
pub mod settings;
pub mod snapshot;
pub mod spec;
pub mod template;
pub mod yaml;
