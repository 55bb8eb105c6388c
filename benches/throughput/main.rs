//! Whole runs against a real nginx, beside a bare hyper client in the same minutes: one table of
//! ratios. Nothing here asserts a time; `docs/PERFORMANCE.md` keeps the table and explains it.
//!
//! `cargo bench --bench throughput` runs every row but the largest; words after `--` choose rows by
//! a part of their name, and `--million` adds the bounded run of a million cases.

mod bare;
mod measure;
mod nginx;
mod project;
mod rows;

use std::env;
use std::error::Error;
use std::process::ExitCode;

/// What a bench fails with: there is nobody to match on it.
type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["bare", rest @ ..] => bare::main(rest),
        ["measure", rest @ ..] => measure::main(rest),
        words => rows::main(words),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
