//! `crosscheck completions`.

use clap::CommandFactory as _;

use super::args::{self, Args};
use super::exit::Exit;

pub(super) fn completions(command: &args::Completions) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut Args::command(), "crosscheck", &mut script);
    super::print(&String::from_utf8_lossy(&script))
}
