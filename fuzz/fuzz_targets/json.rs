//! See `crosscheck::fuzzing::json`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| crosscheck::fuzzing::json(text));
