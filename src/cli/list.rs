//! `crosscheck list`.

use serde_json::json;

use super::args;
use super::exit::Exit;
use super::session::Session;
use crate::diagnostic::printable;
use crate::plan::{Case, Plan};

pub(super) fn list(command: &args::List) -> Exit {
    let planned = Session::open(&command.selection, command.flags()).and_then(|session| {
        let files = session.files()?;
        let checked = session.read(files)?;
        // Nothing is asked, so the embedded demo API needs no address.
        session.plan(checked, &|_| None, None)
    });
    match planned {
        Ok(plan) if command.json => super::print(&as_json(&plan)),
        Ok(plan) => super::print(&plan.cases.iter().map(line).collect::<String>()),
        Err(exit) => exit,
    }
}

/// The id alone, so that the output can be piped; a skipped case says so behind a tab.
fn line(case: &Case) -> String {
    match case.skip() {
        Some(reason) => format!("{}\tskip: {}\n", case.id(), printable(reason).replace('\n', " ")),
        None => format!("{}\n", case.id()),
    }
}

fn as_json(plan: &Plan) -> String {
    let cases: Vec<_> = plan
        .cases
        .iter()
        .map(|case| {
            json!({
                "id": case.id(),
                "file": case.path(),
                "line": case.line(),
                "suite": case.outline.name,
                "test": case.title(),
                "description": case.details().and_then(|details| details.description.as_deref()),
                "target": case.target.name,
                "tags": case.tags(),
                "skip": case.skip(),
            })
        })
        .collect();
    format!("{:#}\n", serde_json::Value::Array(cases))
}
