//! The `crosscheck` command.

use crosscheck::cli::{self, Exit};

fn main() -> Exit {
    cli::main()
}
