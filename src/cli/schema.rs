//! `crosscheck schema`.

use super::args;
use super::exit::Exit;
use crate::schema;

pub(super) fn schema(command: &args::Schema) -> Exit {
    let schema = match command.of {
        args::SchemaOf::Spec => schema::spec(),
        args::SchemaOf::Config => schema::config(),
        args::SchemaOf::Report => return super::print(schema::REPORT),
    };
    super::print(&format!("{schema:#}\n"))
}
