//! The `crosscheck` command.

use crosscheck::cli::{self, Exit};

/// The system's allocator grows the memory of a thread by a page at a time, and gives it back as
/// often: with files read side by side that is a fifth of a run and half of a check.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Exit {
    cli::main()
}
