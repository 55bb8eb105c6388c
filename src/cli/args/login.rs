//! What can be written of logging in to a connection.

use std::path::PathBuf;

use super::Setup;
use crate::settings::Flags;

pub(super) const EXAMPLES: &str = "\
Examples:
  crosscheck login api                  opens a browser, and waits until somebody has logged in
  crosscheck login api --no-browser     prints the address, for a browser elsewhere
  crosscheck login --status             who is logged in to what, and until when

Connections stand in the config: `connections: { api: { oauth2: { … } } }`. Their tokens are kept for
later runs in a file that only you can read, and renewed by themselves.";

/// What a connection is reached with.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Connection {
    #[command(flatten)]
    pub(in crate::cli) setup: Setup,
    /// Keep the tokens in this file. Default: in the user's data folder; in CI it must be said
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) token_cache: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Login {
    /// The connection, by its name in the config
    #[arg(required_unless_present = "status")]
    pub(in crate::cli) name: Option<String>,
    /// Print who is logged in to what; exits with 1 where somebody still has to log in
    #[arg(long, conflicts_with_all = ["no_browser", "timeout"])]
    pub(in crate::cli) status: bool,
    /// Open no browser, and print the address alone
    #[arg(long)]
    pub(in crate::cli) no_browser: bool,
    /// How many seconds to wait for a person
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(in crate::cli) timeout: u64,
    #[command(flatten)]
    pub(in crate::cli) connection: Connection,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Logout {
    /// The connection, by its name in the config
    pub(in crate::cli) name: String,
    #[command(flatten)]
    pub(in crate::cli) connection: Connection,
}

impl Connection {
    /// What the settings need of it.
    pub(in crate::cli) fn flags(&self) -> Flags {
        Flags { token_cache: self.token_cache.clone(), commands: true, ..self.setup.flags() }
    }
}
