//! The examples under `specs/`: what the README and the docs quote.

use std::path::Path;
use std::process::Command;

use crate::project::binary;

#[test]
fn every_example_passes_against_the_demo() {
    let output = Command::new(binary())
        .args(["run", "--jobs", "16"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .env_remove("CROSSCHECK_TARGET")
        .output()
        .expect("the binary runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
}
