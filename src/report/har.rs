//! HAR 1.2, the HTTP Archive: every exchange of a run, for the tools that look at traffic.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use url::Url;

use super::ordered::Ordered;
use super::record::{Body, Dialogue, Leg, Record, Step, Times};
use super::{End, Ended, Head, Report, replace};

/// What stands between two entries.
const COMMA: &str = ",\n";

/// One document, exchanges in the order of the plan.
#[derive(Debug)]
pub(super) struct Har {
    path: PathBuf,
    entries: Ordered,
    started: Timestamp,
}

impl Har {
    /// A report for `path`.
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), entries: Ordered::new(), started: Timestamp::UNIX_EPOCH }
    }
}

impl Report for Har {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        self.started = head.started;
        Ok(())
    }

    fn case(&mut self, place: usize, ended: &Ended<'_>) -> io::Result<()> {
        self.entries.add(place, entries(&ended.record(), self.started))
    }

    fn end(&mut self, _: &End<'_>) -> io::Result<()> {
        let creator = json!({ "name": "crosscheck", "version": env!("CARGO_PKG_VERSION") });
        let entries = &mut self.entries;
        replace(&self.path, |out| {
            writeln!(out, "{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"entries\":[")?;
            let mut entries = entries.read()?;
            // Each has a comma before it.
            io::copy(&mut (&mut entries).take(COMMA.len() as u64), &mut io::sink())?;
            io::copy(&mut entries, out)?;
            out.write_all(b"\n]}}\n")
        })
    }
}

/// The entries of a case: a line each, with a comma before it.
fn entries(record: &Record, run: Timestamp) -> String {
    let mut out = String::new();
    let mut at = record.started_ms.unwrap_or_default();
    for step in &record.steps {
        at += step.duration_ms;
        let Some(dialogue) = &step.exchange else { continue };
        // The attempt that counts is the last thing that a step does.
        let mut begun = at - dialogue.timings_ms.total;
        for hop in &dialogue.hops {
            add(&mut out, record, step, &led(hop), later(run, begun));
            begun += hop.duration_ms;
        }
        add(&mut out, record, step, &answered(dialogue), later(run, begun));
    }
    out
}

fn add(out: &mut String, record: &Record, step: &Step, entry: &Json, at: Timestamp) {
    let mut whole = json!({ "startedDateTime": format!("{at:.3}") });
    if let (Some(whole), Some(entry)) = (whole.as_object_mut(), entry.as_object()) {
        whole.extend(entry.clone());
    }
    whole["cache"] = json!({});
    whole["comment"] = record.id.as_str().into();
    // Fields that begin with an underscore are anyone's own.
    whole["_step"] = step.step.into();
    whole["_target"] = record.target.as_str().into();
    out.push_str(COMMA);
    out.push_str(&whole.to_string());
}

fn later(run: Timestamp, ms: f64) -> Timestamp {
    let later = Duration::try_from_secs_f64(ms / 1e3).unwrap_or_default();
    run.checked_add(later).unwrap_or(run)
}

/// A request that another followed. Of it there is what was asked, and the head of the answer.
fn led(hop: &Leg) -> Json {
    json!({
        "time": hop.duration_ms,
        "request": {
            "method": hop.method, "url": hop.url, "httpVersion": "", "cookies": [], "headers": [],
            "queryString": query(&hop.url), "headersSize": -1, "bodySize": -1,
        },
        "response": {
            "status": hop.status, "statusText": phrase(hop.status), "httpVersion": "",
            "cookies": set_cookies(&hop.headers), "headers": pairs(&hop.headers),
            "content": { "size": 0, "mimeType": of(&hop.headers, "content-type") },
            "redirectURL": of(&hop.headers, "location"), "headersSize": -1, "bodySize": -1,
        },
        "timings": {
            "blocked": -1, "dns": -1, "connect": -1, "ssl": -1,
            "send": 0, "wait": hop.duration_ms, "receive": 0,
        },
    })
}

/// The request that was answered in the end.
fn answered(dialogue: &Dialogue) -> Json {
    let Dialogue { request, hops, response, timings_ms, remote } = dialogue;
    let before: f64 = hops.iter().map(|hop| hop.duration_ms).sum();
    let (time, timings) = timings(timings_ms, (timings_ms.total - before).max(0.0));
    let version = &response.version;
    let mut entry = json!({
        "time": time,
        "request": {
            "method": request.method, "url": request.url, "httpVersion": version,
            "cookies": cookies(of(&request.headers, "cookie").split(';')),
            "headers": pairs(&request.headers), "queryString": query(&request.url),
            "headersSize": -1, "bodySize": request.body.as_ref().map_or(0, |body| body.size),
        },
        "response": {
            "status": response.status, "statusText": phrase(response.status),
            "httpVersion": version, "cookies": set_cookies(&response.headers),
            "headers": pairs(&response.headers),
            "content": content(response.body.as_ref(), of(&response.headers, "content-type")),
            "redirectURL": of(&response.headers, "location"), "headersSize": -1, "bodySize": -1,
        },
        "timings": timings,
    });
    if let Some(body) = &request.body {
        let media = of(&request.headers, "content-type");
        entry["request"]["postData"] = posted(body, media);
    }
    if let Some((address, _)) = remote.as_deref().and_then(|remote| remote.rsplit_once(':')) {
        entry["serverIPAddress"] = address.trim_matches(['[', ']']).into();
    }
    entry
}

/// Where the time went, and its sum, which readers check. TLS is part of `connect` there.
fn timings(times: &Times, total: f64) -> (f64, Json) {
    let Times { dns, connect, tls, first_byte, .. } = times;
    let connect = connect.map(|connect| connect + tls.unwrap_or_default());
    let before = dns.unwrap_or_default() + connect.unwrap_or_default() + first_byte;
    let round = |ms: f64| (ms * 1e3).round() / 1e3;
    let receive = round((total - before).max(0.0));
    let phase = |ms: Option<f64>| ms.map_or(-1.0, round);
    let timings = json!({
        "blocked": -1, "dns": phase(*dns), "connect": phase(connect), "ssl": phase(*tls),
        // Sending is not told from waiting.
        "send": 0, "wait": first_byte, "receive": receive,
    });
    (round(before + receive), timings)
}

fn content(body: Option<&Body>, media: &str) -> Json {
    let Some(body) = body else { return json!({ "size": 0, "mimeType": media }) };
    let mut content = json!({ "size": body.size, "mimeType": media });
    if let Some(text) = &body.text {
        content["text"] = text.as_str().into();
    } else if let Some(base64) = &body.base64 {
        content["text"] = base64.as_str().into();
        content["encoding"] = "base64".into();
    }
    if body.cut {
        content["comment"] = "its beginning".into();
    }
    content
}

/// The format has no encoding for what was sent.
fn posted(body: &Body, media: &str) -> Json {
    let text = body.text.as_deref().or(body.base64.as_deref()).unwrap_or_default();
    let mut posted = json!({ "mimeType": media, "params": [], "text": text });
    let coded = body.text.is_none().then_some("in Base64");
    let notes: Vec<_> = coded.into_iter().chain(body.cut.then_some("its beginning")).collect();
    if !notes.is_empty() {
        posted["comment"] = notes.join(", ").into();
    }
    posted
}

type Headers = [(String, String)];

/// The first value of a header field; empty where there is none.
fn of<'h>(headers: &'h Headers, name: &str) -> &'h str {
    let found = headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
    found.map_or("", |(_, value)| value)
}

fn pairs(headers: &Headers) -> Json {
    headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn set_cookies(headers: &Headers) -> Json {
    let set = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    cookies(set.filter_map(|(_, value)| value.split(';').next()))
}

/// `name=value`; those that are covered have no name.
fn cookies<'c>(cookies: impl Iterator<Item = &'c str>) -> Json {
    let pairs = cookies.filter_map(|cookie| cookie.trim().split_once('='));
    pairs.map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn query(url: &str) -> Json {
    let Ok(url) = Url::parse(url) else { return json!([]) };
    url.query_pairs().map(|(name, value)| json!({ "name": name, "value": value })).collect()
}

fn phrase(status: u16) -> &'static str {
    let status = StatusCode::from_u16(status).ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or_default()
}
