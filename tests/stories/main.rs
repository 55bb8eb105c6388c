//! Stories: what a user does, and what the binary answers.

#[path = "../support/door.rs"]
mod door;
#[path = "../support/project.rs"]
mod project;
#[cfg(unix)]
#[path = "../support/pty.rs"]
mod pty;
#[path = "../support/raw.rs"]
#[allow(dead_code, reason = "the client's tests use all of it")]
mod raw;
#[path = "../support/tls.rs"]
#[allow(dead_code, reason = "the client's tests use all of it")]
mod secure;

mod auth;
mod bombs;
mod certificates;
mod commands;
mod compare;
mod config;
mod constraint;
mod cookies;
mod deploy;
mod downloads;
#[cfg(unix)]
mod endings;
mod examples;
mod faults;
mod fixtures;
mod flaky;
mod hostile;
mod identities;
mod junit;
mod limits;
mod links;
mod login;
mod merge;
mod oauth;
mod order;
mod proxies;
mod redirects;
mod reports;
mod rerun;
mod review;
mod run;
mod scale;
mod schema;
mod secrets;
mod select;
mod shards;
mod signals;
mod sinks;
mod snapshot;
mod steps;
mod structure;
mod tls;
mod uploads;
mod verbose;
mod versions;
mod watch;
mod wire;
