//! Hostile text: every code point of the basic plane and five hundred strings that mean something to
//! somebody, in names, messages and bodies. Every report is read back, and the terminal sees no control
//! sequence but its own.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::merge;
use crate::project::{Outcome, Project};
use crate::raw::Server;

/// What terminals, XML, HTML, Markdown, TAP, workflows, templates, shells and databases read as their own.
const PAYLOADS: &[&str] = &[
    "\u{1b}[31;7777m",
    "\u{1b}[7777;1H\u{1b}[2J",
    "\u{1b}]0;pwned\u{7}",
    "\u{1b}]8;;http://evil.example\u{1b}\\link\u{1b}]8;;\u{1b}\\",
    "\u{1b}P+q7777\u{1b}\\",
    "\u{9b}7777h\u{9d}0;pwned\u{9c}",
    "\u{8}\u{8}\u{8}\u{7f}\r\u{c}\u{b}",
    "\0\u{1}\u{2}\u{fffe}\u{ffff}\u{feff}",
    "\u{202e}txt.exe\u{202c}\u{2066}\u{2069}",
    "]]> <![CDATA[ ]]>",
    "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]>&b;",
    "&lt;&#0;&#x1b;&nbsp;&bogus;",
    "</script><script>alert(7777)</script>",
    "<!--<script>-->\u{2028}\u{2029}",
    "\"><img src=x onerror=alert(7777)>",
    "</details></summary></pre>",
    "```` `` ```\n~~~\n# head\n| a | b |",
    "[a](javascript:alert(7777)) ![b](x) <http://c>",
    "::error file=x,line=1::owned%0A::set-output name=a::b",
    "\n::stop-commands::token\n##[error]x",
    "# SKIP\nok 7777 - injected\nBail out!\n1..0",
    "  ---\n  ...\n---\n%YAML 1.2\n&a *a !!b",
    "${{ secrets.x }} {{ 7 * 7 }} {% raw %} #{x} %s%n",
    "'; DROP TABLE cases; -- \\ \\u0000 \\x1b",
    "Z\u{300}\u{301}\u{302}\u{303}\u{304}👩‍👩‍👧‍👦🏳️‍🌈\u{1f1e9}\u{1f1ea}漢字ﷺ",
];

/// Where a payload stands.
const FRAMES: &[(&str, &str)] = &[
    ("", ""),
    ("a", "b"),
    (" ", " "),
    ("\"", "\""),
    ("'", "'"),
    ("<", ">"),
    ("`", "`"),
    ("\\", "\\"),
    ("\n", "\n"),
    ("\r\n", "\r\n"),
    ("\t", "\t"),
    ("#", "#"),
    ("&", ";"),
    ("%", "%"),
    ("漢", "ü"),
    ("\u{1b}", "m"),
    ("{", "}"),
    ("[", "]"),
    ("::", "::"),
    ("0123456789012345678901234567890123456789012345678901234567890123456789", "…"),
];

/// How many code points stand in one case.
const CHUNK: u32 = 256;

/// What a case is about: a text, and the JSON string that the server sends for it.
struct Hostile {
    text: String,
    sent: String,
}

fn hostile() -> Vec<Hostile> {
    let text = |text: String| Hostile { sent: Json::from(text.as_str()).to_string(), text };
    let planes = (0..0x1_0000).step_by(CHUNK as usize).map(|first| {
        let codes = first..first + CHUNK;
        let letters: String = codes.clone().filter_map(char::from_u32).collect();
        if letters.is_empty() {
            // Surrogates are no characters, and a server can send them all the same.
            let sent: String = codes.fold(String::new(), |mut sent, code| {
                let _ = write!(sent, "\\u{code:04x}");
                sent
            });
            return Hostile {
                text: format!("surrogates {first:04x}"),
                sent: format!("\"{sent}\""),
            };
        }
        text(letters)
    });
    let payloads = PAYLOADS.iter().flat_map(|payload| {
        FRAMES.iter().map(move |(before, after)| format!("{before}{payload}{after}"))
    });
    planes.chain(payloads.map(text)).collect()
}

/// A string of YAML and of JSON, in printable ASCII; astral letters as they are.
fn quoted(text: &str) -> String {
    let mut out = "\"".to_owned();
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            ' '..='~' | '\u{10000}'.. => out.push(letter),
            letter => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
        }
    }
    out.push('"');
    out
}

/// A name may be anything that has a letter, and no two tests have the same one.
fn name(number: usize, hostile: &Hostile) -> String {
    // What a template would take for its own is written by a server alone.
    let text = hostile.text.replace("{{", "{").replace("{%", "{").replace("{#", "{");
    format!("{number} {text}")
}

/// The project: each case asks for its text, which comes in JSON, as plain bytes and in a name.
fn project(hostile: &Arc<Vec<Hostile>>) -> (Project, Server) {
    let server = Server::start({
        let hostile = Arc::clone(hostile);
        move |peer| {
            while let Some(request) = peer.request() {
                let mut path = request.split(['/', ' ']).skip(2);
                let kind = path.next().unwrap_or_default();
                let number = path.next().and_then(|number| number.parse().ok()).unwrap_or(0_usize);
                let (media, body) = match kind {
                    "plain" => ("text/plain; charset=utf-8", hostile[number].text.clone()),
                    _ => ("application/json", format!("{{\"text\":{}}}", hostile[number].sent)),
                };
                peer.write(format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nX-Raw: \u{9b}31m\u{85}ü\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                ));
            }
        }
    });
    let mut spec = "name: Hostile\ntests:\n".to_owned();
    for (number, text) in hostile.iter().enumerate() {
        let _ = write!(
            spec,
            "  - name: {}
    continue_on_failure: true
    steps:
      - {{ name: asks, request: GET {json}, capture: {{ text: $.text }} }}
      - {{ name: json, request: GET {json}, expect: {{ body: {{ text: other }} }} }}
      - {{ name: plain, request: GET {plain}, expect: {{ body: other }} }}
      - {{ name: '${{{{ text }}}}', request: GET {plain}, expect: 201 }}
",
            quoted(&name(number, text)),
            json = server.url(&format!("/json/{number}")),
            plain = server.url(&format!("/plain/{number}")),
        );
    }
    (Project::new().spec(&spec), server)
}

/// Runs it with every report.
fn run() -> (Arc<Vec<Hostile>>, Outcome) {
    let hostile = Arc::new(hostile());
    assert_eq!((PAYLOADS.len() * FRAMES.len(), hostile.len()), (500, 756));
    let (project, server) = project(&hostile);
    let kinds = ["junit", "json", "json_lines", "html", "tap", "markdown", "har", "allure"];
    let reports = kinds.map(|kind| format!("--report={kind}=out/{kind}"));
    let flags = ["-v", "--color", "always", "--max-body", "1MiB", "--report=github"];
    let flags = flags.into_iter().chain(reports.iter().map(String::as_str));
    let project = project.file("out/summary.md", "").env("GITHUB_STEP_SUMMARY", "out/summary.md");
    let outcome = project.run(flags);
    drop(server);
    (hostile, outcome)
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn hostile_text_leaves_every_report_whole() {
    let (hostile, outcome) = run();
    let screen = &outcome.stdout;
    assert_eq!(controls(screen), BTreeSet::from(["SGR".to_owned()]));
    let cases = hostile.len();
    is_json(&hostile, &outcome);
    is_xml(&outcome, cases);
    is_html(&outcome, cases);
    let tap = outcome.read("out/tap");
    let points = tap.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok "));
    assert_eq!(points.count(), cases);
    assert_eq!(tap.lines().filter(|line| line.starts_with("1..")).count(), 1);
    assert!(tap.lines().all(|line| !line.starts_with("Bail out!")));
    for (name, text) in [("markdown", outcome.read("out/markdown")), ("tap", tap)] {
        assert_eq!(controls(&text), BTreeSet::new(), "{name}");
    }
    let summary = outcome.read("out/summary.md");
    assert_eq!(controls(&summary), BTreeSet::new());
    let page = outcome.read("out/markdown");
    assert_eq!(page.matches("\n<details>\n").count(), cases);
    // As many as GitHub takes, each whole on its line.
    let annotations =
        screen.lines().filter(|line| line.starts_with("::error file=specs/spec.yaml,line="));
    assert_eq!(annotations.count(), 50);
    is_made_again(outcome);
}

/// What is made of the JSON report is the same.
fn is_made_again(outcome: Outcome) {
    let (folder, code) = (outcome.path("out"), outcome.code.expect("a code"));
    let project = outcome.again().file("made/summary.md", "");
    let project = project.env("GITHUB_STEP_SUMMARY", "made/summary.md");
    let reports = merge::every_report("made");
    let convert = ["report", "convert", "out/json", "--report=github"].into_iter();
    let made = project.command(convert.chain(reports.iter().map(String::as_str))).exit(code);
    merge::are_same(&folder, &made.path("made"), str::to_owned);
    assert_eq!(controls(&made.stdout), BTreeSet::new());
}

/// JSON in every form holds what was sent.
fn is_json(hostile: &[Hostile], outcome: &Outcome) {
    let document = json(&outcome.read("out/json"));
    let cases = document["cases"].as_array().expect("a list");
    assert_eq!(cases.len(), hostile.len());
    for (own, case) in hostile.iter().zip(cases) {
        let plain =
            case["steps"].as_array().expect("steps").iter().find(|step| {
                step["title"].as_str().is_some_and(|title| title.starts_with("plain"))
            });
        let body = &plain.expect("the step")["exchange"]["response"]["body"]["text"];
        assert_eq!(body.as_str(), Some(&*own.text));
    }
    let lines = outcome.read("out/json_lines");
    let ended = lines.lines().map(json).filter(|line| line["event"] == "case_finished");
    assert_eq!(ended.count(), hostile.len());
    let har = json(&outcome.read("out/har"));
    let entries = har["log"]["entries"].as_array().expect("a list").len();
    assert!(entries > 3 * hostile.len(), "{entries}");
    let folder = std::fs::read_dir(outcome.path("out/allure")).expect("the folder");
    let results = folder
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let results = results.map(|path| json(&std::fs::read_to_string(path).expect("a file")));
    assert_eq!(results.count(), hostile.len());
}

/// XML is XML, by two readers.
fn is_xml(outcome: &Outcome, cases: usize) {
    let xml = outcome.read("out/junit");
    let document = roxmltree::Document::parse(&xml).expect("XML");
    let found = document.descendants().filter(|node| node.has_tag_name("testcase"));
    assert_eq!(found.count(), cases);
    crate::junit::is_valid(&xml);
}

/// The page holds the document, and no element that is not its own.
fn is_html(outcome: &Outcome, cases: usize) {
    let document = scraper::Html::parse_document(&outcome.read("out/html"));
    let select = |text: &str| scraper::Selector::parse(text).expect("a selector");
    let data = document.select(&select("script#data")).next().expect("the data");
    let held = json(&data.text().collect::<String>());
    assert_eq!(held["cases"].as_array().map(Vec::len), Some(cases));
    assert_eq!(held["cases"], json(&outcome.read("out/json"))["cases"]);
    assert_eq!(document.select(&select("script")).count(), 2);
    assert_eq!(document.select(&select("img, iframe, object, embed")).count(), 0);
}

/// The kinds of control sequences in a text that a terminal would see; line ends and tabs are none.
fn controls(text: &str) -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\n' | '\t' => {}
            '\u{1b}' if letters.next_if_eq(&'[').is_some() => {
                let parameters: String =
                    std::iter::from_fn(|| letters.next_if(|c| !('@'..='~').contains(c))).collect();
                let last = letters.next().unwrap_or(' ');
                assert!(!parameters.contains("7777"), "{parameters}{last}");
                kinds.insert(if last == 'm' { "SGR".to_owned() } else { format!("CSI {last}") });
            }
            letter
                if letter.is_control()
                    || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                kinds.insert(format!("U+{:04X}", u32::from(letter)));
            }
            _ => {}
        }
    }
    kinds
}

#[cfg(unix)]
#[test]
fn hostile_text_does_not_drive_the_terminal() {
    use crate::pty::Terminal;
    let hostile = Arc::new(hostile());
    let (project, _server) = project(&hostile);
    let project = project.env("TERM", "xterm-256color");
    let output = Terminal::start(project.prepare(["run", "-v"]), 100, 40).read();
    let output = String::from_utf8(output).expect("UTF-8");
    assert!(output.contains("756 cases: "), "{}", &output[output.len().saturating_sub(2_000)..]);
    let mut kinds = controls(&output);
    // What draws the progress: colours, the cursor up and down, and lines anew.
    for own in ["SGR", "CSI A", "CSI B", "CSI K", "CSI J", "CSI G", "CSI l", "CSI h", "U+000D"] {
        kinds.remove(own);
    }
    assert_eq!(kinds, BTreeSet::new());
}
