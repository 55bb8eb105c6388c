//! Allure results: a folder with a file for each case, and one for each exchange that is shown.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::record::{Body, Dialogue, Ending, Record, Step};
use super::write::{place, sweep};
use super::{End, Ended, Head, Report};

/// Writes the file of a case as soon as it has ended: what waits for nothing takes no memory.
#[derive(Debug)]
pub(super) struct Allure {
    folder: PathBuf,
    started: Timestamp,
}

impl Allure {
    /// A report in `folder`.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), started: Timestamp::UNIX_EPOCH }
    }

    fn write(&self, record: &Record) -> io::Result<()> {
        let uuid = uuid(&record.id);
        let mut steps = Vec::with_capacity(record.steps.len());
        let mut at = record.started_ms.unwrap_or_default();
        for step in &record.steps {
            let mut drawn = self.step(step, at);
            at += step.duration_ms;
            if let Some(dialogue) = &step.exchange {
                let name = format!("{uuid}-{}-attachment.txt", steps.len() + 1);
                self.file(&name, &exchange(dialogue))?;
                drawn["attachments"] =
                    json!([{ "name": "exchange", "type": "text/plain", "source": name }]);
            }
            steps.push(drawn);
        }
        let mut result = self.result(record, &uuid);
        result["steps"] = steps.into();
        self.file(&format!("{uuid}-result.json"), &result.to_string())
    }

    /// A result without its steps.
    fn result(&self, record: &Record, uuid: &Uuid) -> Json {
        let begun = record.started_ms.unwrap_or_default();
        let Record { id, file, line, test, target, .. } = record;
        json!({
            "uuid": uuid.to_string(),
            "historyId": uuid.simple().to_string(),
            "testCaseId": uuid.simple().to_string(),
            "fullName": id,
            "name": format!("{test}@{target}"),
            "description": format!("{file}:{line}"),
            "status": status(record.outcome),
            "statusDetails": details(record),
            "stage": "finished",
            "labels": labels(record),
            "parameters": [{ "name": "target", "value": target }],
            "attachments": [],
            "links": [],
            "start": self.at(begun),
            "stop": self.at(begun + record.duration_ms),
        })
    }

    fn step(&self, step: &Step, begun: f64) -> Json {
        let problems = step.problems.iter();
        let attempts = step.attempts.iter().map(|attempt| {
            json!({ "name": attempt, "status": "failed", "stage": "finished", "steps": [] })
        });
        let mut drawn = json!({
            "name": if step.title.is_empty() { format!("step {}", step.step) } else { step.title.clone() },
            "status": status(step.outcome),
            "stage": "finished",
            "steps": attempts.collect::<Vec<_>>(),
            "attachments": [],
            "parameters": [],
            "start": self.at(begun),
            "stop": self.at(begun + step.duration_ms),
        });
        if let Some(first) = step.problems.first() {
            let trace: Vec<_> = problems.map(|problem| problem.drawn.as_str()).collect();
            drawn["statusDetails"] =
                json!({ "message": first.message, "trace": trace.join("\n\n") });
        }
        drawn
    }

    /// So many milliseconds after the run began, since 1970.
    fn at(&self, ms: f64) -> i64 {
        let later = Duration::try_from_secs_f64(ms / 1e3).unwrap_or_default();
        self.started.checked_add(later).unwrap_or(self.started).as_millisecond()
    }

    fn file(&self, name: &str, text: &str) -> io::Result<()> {
        place(&self.folder.join(name), |out| out.write_all(text.as_bytes()))
    }
}

impl Report for Allure {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        self.started = head.started;
        // A run of no case leaves a folder, too.
        std::fs::create_dir_all(&self.folder).map_err(|error| {
            let folder = self.folder.display();
            io::Error::new(error.kind(), format!("`{folder}` cannot be written: {error}"))
        })?;
        sweep(&self.folder);
        Ok(())
    }

    fn case(&mut self, _: usize, ended: &Ended<'_>) -> io::Result<()> {
        self.write(&ended.record())
    }

    fn end(&mut self, _: &End<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// That of a case is the same in every run, so that a result takes the place of the one before it.
fn uuid(id: &str) -> Uuid {
    let digest = Sha256::digest(id.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    // Version 8 of RFC 9562, section 5.8: made of what one likes.
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn status(ending: Ending) -> &'static str {
    match ending {
        Ending::Passed => "passed",
        Ending::Failed => "failed",
        Ending::Errored => "broken",
        Ending::Skipped => "skipped",
    }
}

fn details(record: &Record) -> Json {
    let problems = record.steps.iter().flat_map(|step| &step.problems);
    let trace: Vec<_> = problems.map(|problem| problem.drawn.as_str()).collect();
    json!({
        "message": record.headline(),
        "trace": trace.join("\n\n"),
        "flaky": record.flaky,
        // What is known to fail, and does not count.
        "muted": record.quarantined,
    })
}

fn labels(record: &Record) -> Json {
    let suite = record.suite.as_deref().unwrap_or(&record.file);
    let label = |name: &str, value: &str| json!({ "name": name, "value": value });
    let mut labels = vec![
        label("suite", suite),
        // Timelines have a row for each host: here, whom the requests went to.
        label("host", &record.target),
        label("package", &record.file.replace('/', ".")),
        label("framework", "crosscheck"),
        label("language", "yaml"),
    ];
    labels.extend(record.tags.iter().map(|tag| label("tag", tag)));
    labels.into()
}

/// A request and its response as text.
fn exchange(dialogue: &Dialogue) -> String {
    let Dialogue { request, hops, response, timings_ms, .. } = dialogue;
    let mut out = String::new();
    for hop in hops {
        let _ = writeln!(
            out,
            "{} {} answered {} · {} ms\n",
            hop.method, hop.url, hop.status, hop.duration_ms
        );
    }
    let _ = writeln!(out, "{} {}", request.method, request.url);
    message(&mut out, &request.headers, request.body.as_ref());
    let _ = writeln!(out, "\n{} {} · {} ms", response.version, response.status, timings_ms.total);
    message(&mut out, &response.headers, response.body.as_ref());
    out
}

fn message(out: &mut String, headers: &[(String, String)], body: Option<&Body>) {
    for (name, value) in headers {
        let _ = writeln!(out, "{name}: {value}");
    }
    let Some(body) = body else { return };
    match &body.text {
        Some(text) => {
            let _ = writeln!(out, "\n{text}");
        }
        None => {
            let _ = writeln!(out, "\n({} bytes that are no text)", body.size);
        }
    }
    if body.cut && body.text.is_some() {
        let _ = writeln!(out, "… ({} bytes in all)", body.size);
    }
}
