//! See `crosscheck::fuzzing::yaml`.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    crosscheck::fuzzing::yaml(text);
});
