//! See `crosscheck::fuzzing::template`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| crosscheck::fuzzing::template(text));
