//! What compiling a test or step needs to know of its surroundings.

use std::path::PathBuf;
use std::sync::Arc;

use super::options::Options;
use crate::auth::Auth;

/// The surroundings of what is compiled.
#[derive(Debug)]
pub(super) struct Context<'a> {
    /// The names of all targets of the config.
    pub(super) targets: &'a [String],
    /// The request options of the file.
    pub(super) defaults: Arc<Options>,
    /// The `auth` of the test.
    pub(super) auth: Option<Arc<Auth>>,
    /// The files that led here by `use`, the outermost first, with links worked out.
    pub(super) chain: Vec<PathBuf>,
}
