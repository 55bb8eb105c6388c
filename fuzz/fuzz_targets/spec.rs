//! See `crosscheck::fuzzing::spec`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| crosscheck::fuzzing::spec(text));
