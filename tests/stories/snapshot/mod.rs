//! Snapshots: compared, pending, decided.

mod cargo_insta;
mod faults;
mod modes;
mod unreferenced;
mod walk;

use crate::project::Project;

/// A project with a snapshot of a document that does not change.
fn project() -> Project {
    Project::new().spec(SPEC)
}

const SPEC: &str = "\
tests:
  - name: a document
    request: GET /json
    snapshot: { include: [status, headers] }
";

const APPROVED: &str = "specs/snapshots/spec__a-document.snap";
const PENDING: &str = "specs/snapshots/spec__a-document.snap.new";

/// A file of a snapshot with another text than what comes.
const OTHER: &str = "---\nsource: specs/spec.yaml\n---\nHTTP 404\n";
