//! `crosscheck list`.

use serde_json::json;

use super::args;
use super::exit::Exit;
use super::session::Session;
use crate::plan::{Case, Plan};

pub(super) fn list(command: &args::List) -> Exit {
    let planned =
        Session::open(&command.selection, command.selection.flags()).and_then(|session| {
            let files = session.files()?;
            let specs = session.read(&files)?;
            // Nothing is asked, so the embedded demo API needs no address.
            session.plan(specs, None)
        });
    match planned {
        Ok(plan) if command.json => super::print(&as_json(&plan)),
        Ok(plan) => super::print(&plan.cases.iter().map(line).collect::<String>()),
        Err(exit) => exit,
    }
}

/// The id alone, so that the output can be piped; a skipped case says so behind a tab.
fn line(case: &Case) -> String {
    match &case.test().skip {
        Some(reason) => format!("{}\tskip: {reason}\n", case.id()),
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
                "file": case.spec.path(),
                "line": case.line(),
                "suite": case.spec.name,
                "test": case.test().name,
                "description": case.test().description,
                "target": case.target.name,
                "tags": case.test().tags,
                "skip": case.test().skip,
            })
        })
        .collect();
    format!("{:#}\n", serde_json::Value::Array(cases))
}
