//! The fault list: everything that a server can do wrong, one after the other in one run, with good
//! answers between. Each fault gets an error of its own, and none of them touches another case.
//!
//! The whole list with what is said of each is `snapshots/stories__faults__errors.snap`. What a reset
//! and a full pipe look like is the system's business: this is what Linux makes of them.

#![cfg(target_os = "linux")]

mod bodies;
mod codings;
mod contents;
mod good;
mod heads;
mod http2;
mod limits;
mod redirects;
mod secure;
mod ways;

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crate::project::Project;
use crate::raw::{Peer, Server};

/// What a server does when it was asked; whether it goes on to serve the connection.
type Play = Box<dyn Fn(&mut Peer) -> bool + Send + Sync>;

/// Something that goes wrong, and what is said of it.
pub(super) struct Fault {
    name: &'static str,
    play: Play,
    /// Where to ask, if not the server that plays all faults.
    url: Option<String>,
    /// Options of the request and expectations, as they stand in a spec.
    options: String,
    expect: &'static str,
    says: &'static str,
    /// An earlier fault that the same is to be said of.
    like: &'static str,
    /// How long it may take: its own limit.
    limit: Duration,
    /// Servers that must live as long as the run.
    #[expect(dead_code, reason = "it is only held")]
    alive: Option<Box<dyn Any>>,
}

/// A fault of an answer to a GET: `says` is a part of what is said of it.
pub(super) fn fault(name: &'static str, play: Play, says: &'static str) -> Fault {
    Fault {
        name,
        play,
        url: None,
        options: String::new(),
        expect: "",
        says,
        like: "",
        limit: Duration::ZERO,
        alive: None,
    }
}

/// The same with a server of its own.
pub(super) fn fault_at(
    name: &'static str,
    url: impl Into<String>,
    alive: impl Any,
    says: &'static str,
) -> Fault {
    let none: Play = Box::new(|_| false);
    Fault { url: Some(url.into()), alive: Some(Box::new(alive)), ..fault(name, none, says) }
}

impl Fault {
    /// Options of the request.
    pub(super) fn with(self, options: impl Into<String>) -> Self {
        Self { options: options.into(), ..self }
    }

    /// What is expected, where it is the look at the answer that fails.
    pub(super) fn expecting(self, expect: &'static str) -> Self {
        Self { expect, ..self }
    }

    /// An earlier fault that the same is to be said of: it is the same, in other clothes, or HTTP/2's
    /// library does not tell them apart.
    pub(super) fn like(self, like: &'static str) -> Self {
        Self { like, ..self }
    }

    /// A limit in milliseconds by which it is over.
    pub(super) fn within(self, milliseconds: u64) -> Self {
        Self { limit: Duration::from_millis(milliseconds), ..self }
    }
}

/// Writes bytes and closes the connection.
pub(super) fn ends(bytes: impl Into<Vec<u8>>) -> Play {
    let bytes = bytes.into();
    Box::new(move |peer| {
        peer.write(&bytes);
        false
    })
}

/// Writes bytes and keeps the connection open: the client must come to its conclusion by itself.
pub(super) fn stays(bytes: impl Into<Vec<u8>>) -> Play {
    let bytes = bytes.into();
    Box::new(move |peer| {
        peer.write(&bytes);
        peer.wait_for_end();
        false
    })
}

/// Writes bytes and goes on to serve the connection.
pub(super) fn keeps(bytes: impl Into<Vec<u8>>) -> Play {
    let bytes = bytes.into();
    Box::new(move |peer| peer.write(&bytes))
}

/// Writes bytes and resets the connection.
pub(super) fn resets(bytes: impl Into<Vec<u8>>) -> Play {
    let bytes = bytes.into();
    Box::new(move |peer| {
        peer.write(&bytes);
        peer.reset();
        false
    })
}

/// Writes bytes, and then one piece again and again, until nobody listens.
pub(super) fn trickles(bytes: &'static str, piece: &'static str) -> Play {
    Box::new(move |peer| {
        let mut more = peer.write(bytes);
        while more && !peer.is_left_within(Duration::from_millis(20)) {
            more = peer.write(piece);
        }
        false
    })
}

/// An answer of 200 with some fields, each with its line end, and a body.
pub(super) fn answer(fields: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\n", fields.as_bytes(), b"\r\n", body.as_ref()].concat()
}

/// The same with the length of the body.
pub(super) fn sized(fields: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let size = body.as_ref().len();
    answer(&format!("{fields}Content-Length: {size}\r\n"), body)
}

fn faults() -> Vec<Fault> {
    [
        heads::faults(),
        bodies::faults(),
        codings::faults(),
        contents::faults(),
        limits::faults(),
        redirects::faults(),
        ways::faults(),
        secure::faults(),
        http2::faults(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What a JUnit report has of a case.
struct Told {
    message: Option<String>,
    time: Duration,
}

fn told(report: &str) -> BTreeMap<String, Told> {
    let document = roxmltree::Document::parse(report).expect("XML");
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    cases
        .map(|case| {
            let name = case.attribute("name").unwrap_or_default();
            let name = name.rsplit_once('@').map_or(name, |(name, _)| name).to_owned();
            let wrong = case.children().find(|node| {
                ["error", "failure"].iter().any(|element| node.has_tag_name(*element))
            });
            let message = wrong.map(|node| {
                let message = node.attribute("message").unwrap_or_default();
                let text = node.text().unwrap_or_default();
                let help = text.lines().find_map(|line| line.trim().strip_prefix("= help: "));
                help.map_or_else(|| message.to_owned(), |help| format!("{message}\n    {help}"))
            });
            let time = case.attribute("time").and_then(|time| time.parse().ok());
            (name, Told { message, time: Duration::from_secs_f64(time.expect("a time")) })
        })
        .collect()
}

/// Plays the faults and the good answers by their paths, `/NUMBER` and `/good/NUMBER`.
fn server(plays: Vec<Play>, good: Vec<Play>) -> Server {
    Server::start(move |peer| {
        while let Some(request) = peer.request() {
            let path = request.split(' ').nth(1).unwrap_or_default();
            let (plays, path) = match path.strip_prefix("/good/") {
                Some(number) => (&good, number),
                None => (&plays, path.trim_start_matches('/')),
            };
            let number = path.split('/').next().and_then(|number| number.parse().ok());
            let goes_on = plays[number.unwrap_or(usize::MAX)](peer);
            if !goes_on {
                return;
            }
        }
    })
}

/// The spec of a run: each fault, and a good answer after it.
fn spec(faults: &[Fault], good: &[good::Good]) -> String {
    let mut spec = String::from("tests:\n");
    for (number, fault) in faults.iter().enumerate() {
        let name = fault.name;
        let url = fault.url.clone().unwrap_or_else(|| format!("/{number}"));
        let options = match &*fault.options {
            "" => String::new(),
            options => format!(", {options}"),
        };
        let expect = match fault.expect {
            "" => String::new(),
            expect => format!(", expect: {{ {expect} }}"),
        };
        let _ = writeln!(
            spec,
            "  - {{ name: '{name}', request: {{ url: '{url}'{options} }}{expect} }}"
        );
        let which = number % good.len();
        let good::Good { name, expect, .. } = &good[which];
        let _ = writeln!(
            spec,
            "  - {{ name: 'good {number}: {name}', request: GET /good/{which}, expect: {{ {expect} }} }}"
        );
    }
    spec
}

/// What differs from run to run.
const FILTERS: [(&str, &str); 7] = [
    (r" · (after )?\d[\d.]* (ms|s)", ""),
    (r"(127\.0\.0\.1|localhost):\d{4,5}", "$1:PORT"),
    (r":PORT/\d+", ":PORT/N"),
    (r"\d+ days", "DAYS"),
    (r"[\d,]+ bytes (of [\d,]+ bytes had gone|were sent)", "SOME bytes had gone"),
    (r"sha256/[\w+/]+=", "PIN"),
    (r"1\.0 s: \d\d+ bytes", "1.0 s: SOME bytes"),
];

/// Holds what was told against what was to be said: the table of all errors, and what is wrong.
fn judge(faults: &[Fault], told: &BTreeMap<String, Told>) -> (String, Vec<String>) {
    let (mut table, mut wrong) = (String::new(), Vec::new());
    let mut seen = BTreeMap::new();
    let filters = FILTERS.map(|(from, to)| (regex::Regex::new(from).expect("a pattern"), to));
    for Fault { name, says, like, limit, .. } in faults {
        let Told { message, time } = &told[*name];
        let message = message.clone().unwrap_or_else(|| "PASSED".to_owned());
        let message = filters
            .iter()
            .fold(message, |message, (from, to)| from.replace_all(&message, *to).into_owned());
        let _ = writeln!(table, "{name}\n    {message}");
        if !message.contains(says) {
            wrong.push(format!("{name}: `{says}` is not in `{message}`"));
        }
        if time.saturating_sub(*limit) >= Duration::from_secs(1) {
            wrong.push(format!("{name} took {time:?}, and its limit is {limit:?}"));
        }
        let first = *seen.entry(message).or_insert(*name);
        if first != *name && first != *like {
            wrong.push(format!("{name} says what {first} says"));
        }
    }
    let passes = told.iter().filter(|(name, _)| name.starts_with("good "));
    let passes = passes.filter_map(|(name, told)| Some((name, told.message.as_ref()?)));
    wrong.extend(passes.map(|(name, message)| format!("{name}: {message}")));
    (table, wrong)
}

#[test]
fn every_fault_has_an_error_of_its_own_and_every_good_answer_passes() {
    let (mut faults, mut good) = (faults(), good::answers());
    let take = |play: &mut Play| std::mem::replace(play, Box::new(|_| false));
    let server = server(
        faults.iter_mut().map(|fault| take(&mut fault.play)).collect(),
        good.iter_mut().map(|good| take(&mut good.play)).collect(),
    );
    let outcome = Project::new()
        .config(&format!("targets: {{ raw: {{ base_url: '{}' }} }}\n", server.url("")))
        .file("specs/ca.pem", secure::authority_pem())
        .spec(&spec(&faults, &good))
        .run(["--jobs", "16", "--junit", "junit.xml"]);
    let told = told(&outcome.read("junit.xml"));
    let (table, wrong) = judge(&faults, &told);
    assert!(wrong.is_empty(), "{wrong:#?}\n{table}");
    insta::assert_snapshot!("errors", table);

    let count = faults.len();
    let failed = faults.iter().filter(|fault| !fault.expect.is_empty()).count();
    let errored = count - failed;
    let over = |fault: &Fault| told[fault.name].time.saturating_sub(fault.limit);
    let longest = faults.iter().max_by_key(|fault| over(fault)).expect("faults");
    println!(
        "{count} faults with {count} good answers between; longest beyond its limit: {} ms ({})",
        over(longest).as_millis(),
        longest.name
    );
    assert!(count >= 120, "{count}");
    outcome
        .stdout(&format!("{} cases: {count} passed, {failed} failed, {errored} errored", 2 * count))
        .exit(3);
}

#[test]
fn what_a_server_says_before_it_is_asked_is_no_answer() {
    let server = Server::start(|peer| {
        while peer.request().is_some() && peer.write(sized("", "fine")) {
            // The client has read its answer by now, and keeps the connection.
            if !peer.is_left_within(Duration::from_millis(20)) {
                peer.write(sized("", "stray"));
            }
        }
    });
    let url = server.url("/");
    let step = format!("{{ delay: 200ms, request: 'GET {url}', expect: {{ body: fine }} }}");
    let spec = format!("tests:\n  - name: t\n    steps: [{step}, {step}, {step}]\n");
    Project::new().spec(&spec).run([]).exit(0);
}

#[test]
fn a_redirect_whose_body_never_ends_is_followed() {
    let server = Server::start(|peer| {
        let Some(request) = peer.request() else { return };
        if request.starts_with("GET /there") {
            peer.write(sized("", "fine"));
        } else {
            peer.write("HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 10\r\n\r\nabc");
        }
        peer.wait_for_end();
    });
    let url = server.url("/");
    let spec = format!("tests: [{{ name: t, request: 'GET {url}', expect: {{ body: fine }} }}]\n");
    Project::new().spec(&spec).run([]).exit(0);
}
