//! Comparing targets: what is found, what is noise, what is left out, and what goes wrong.

mod faults;
mod found;
mod methods;
mod noise;
mod walk;

use crate::project::Project;
use crate::raw::Server;

/// A project with two releases of the demo API.
fn releases() -> Project {
    Project::new().config("targets:\n  demo: { embedded: true }\n  next: { embedded: next }\n")
}

/// A project with these servers as the targets `a`, `b`, `c`.
fn servers(servers: &[&Server]) -> Project {
    let target = |(name, server): (char, &&Server)| {
        format!("  {name}: {{ base_url: \"{}\" }}\n", server.url(""))
    };
    let targets: String = ('a'..).zip(servers).map(target).collect();
    Project::new().config(&format!("targets:\n{targets}"))
}

/// A server that answers every request with this JSON.
fn json(body: &str) -> Server {
    Server::answering(ok(body))
}

/// An answer of 200 with JSON.
fn ok(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// A spec with one test that gets `/`.
const GET: &str = "tests: [{ name: t, request: GET / }]\n";
