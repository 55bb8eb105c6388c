//! See `crosscheck::fuzzing::selector`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| crosscheck::fuzzing::selector(text));
