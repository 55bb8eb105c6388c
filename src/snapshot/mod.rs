//! Snapshots: what a response is compared with that a person has looked at.
//!
//! `Exchange → redact → canonical text → Same | New | Changed`. A run never touches what was approved,
//! unless it is told to.

mod canonical;
mod commit;
mod file;
pub mod pending;
mod proposals;
mod store;
mod unreferenced;

use std::sync::Arc;

pub use canonical::{Canonical, Content, canonical, canonical_text, json_text};
pub use commit::{Decision, Refused, amend, commit, rewrite};
pub use file::About;
pub use proposals::Proposals;
pub use store::{Compared, Kept, Place, Store};
pub use unreferenced::{Unreferenced, find as unreferenced};

use crate::plan::Case;
use crate::redact::{Layers, Redactions};
use crate::spec::Call;

/// What is redacted in a response: by the config, the target, the file and the snapshot.
pub fn layers<'a>(
    config: Option<&'a Arc<Redactions>>,
    call: &'a Call,
    case: &'a Case,
) -> Layers<'a> {
    let own = call.snapshot.as_ref().and_then(|snapshot| snapshot.redactions.as_ref());
    Layers::new([
        config,
        case.target.defaults.redactions.as_ref(),
        call.request.defaults.redactions.as_ref(),
        own,
    ])
}
