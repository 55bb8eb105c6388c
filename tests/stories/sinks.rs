//! Three hundred secrets in every encoding, through every sink: none is found by a plain search.

use std::fmt::Write as _;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::project::Project;
use crate::raw::Server;

const SECRETS: usize = 300;
const LETTERS: &[char] = &[
    'a', 'b', 'k', 'x', 'A', 'Q', 'Z', '0', '1', '7', ' ', '!', '"', '#', '$', '%', '&', '\'', '(',
    '+', ',', '-', '.', '/', ':', ';', '<', '=', '>', '?', '@', '\\', '_', '`', '{', '|', '}', '~',
    'ä', 'é', 'ß', '€', '漢', '😀',
];

/// Numbers that look like chance and are the same in every run (Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % most as u64).expect("a small number")
    }
}

/// Secrets of 6 to 45 characters. The letters at their ends are none that `trim` takes.
fn secrets() -> Vec<String> {
    let mut numbers = Numbers(20);
    (0..SECRETS)
        .map(|number| {
            let length = 2 + numbers.below(40);
            let middle: String =
                (0..length).map(|_| LETTERS[numbers.below(LETTERS.len())]).collect();
            // Two that begin alike lie over each other.
            format!("k{}{middle}Z", number / 2)
        })
        .collect()
}

/// A secret in every encoding, by name.
fn encodings(secret: &str) -> Vec<(&'static str, String)> {
    let json = serde_json::Value::from(secret).to_string();
    let xml = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let html = xml.replace('"', "&quot;").replace('\'', "&#39;");
    let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let hex: String = secret.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let after = |before: &str| STANDARD.encode(format!("{before}{secret} and more"));
    vec![
        ("raw", secret.to_owned()),
        ("base64", STANDARD.encode(secret)),
        ("base64_1", after("1")),
        ("base64_2", after("12")),
        ("base64_url", URL_SAFE_NO_PAD.encode(secret)),
        ("pair", STANDARD.encode(format!("ada:{secret}"))),
        ("percent_lower", secret.bytes().map(|byte| format!("%{byte:02x}")).collect()),
        ("percent", percent),
        ("form", url::form_urlencoded::byte_serialize(secret.as_bytes()).collect()),
        ("json", json[1..json.len() - 1].to_owned()),
        ("xml", xml),
        ("html", html),
        ("hex_upper", hex.to_uppercase()),
        ("hex", hex),
    ]
}

#[test]
fn none_of_three_hundred_secrets_is_found_in_any_encoding() {
    let secrets = Arc::new(secrets());
    let server = Server::start({
        let secrets = Arc::clone(&secrets);
        move |peer| {
            while let Some(request) = peer.request() {
                let number = request.split(['/', '?', ' ']).nth(2).and_then(|n| n.parse().ok());
                let secret: &str = &secrets[number.unwrap_or(0_usize)];
                let fields: serde_json::Map<String, serde_json::Value> = encodings(secret)
                    .into_iter()
                    .map(|(name, text)| (name.to_owned(), text.into()))
                    .collect();
                let body = serde_json::Value::from(fields).to_string();
                let percent = utf8_percent_encode(secret, NON_ALPHANUMERIC);
                peer.write(format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Secret: {percent}\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                ));
            }
        }
    });
    let names: Vec<_> = encodings("").into_iter().map(|(name, _)| name).collect();
    let wrong: String = names.iter().map(|name| format!("{name}: other, ")).collect();
    let mut config = "secrets:\n".to_owned();
    let mut spec = "tests:\n".to_owned();
    let mut kept = "tests:\n".to_owned();
    let mut project = Project::new();
    for (number, secret) in secrets.iter().enumerate() {
        let _ = writeln!(config, "  s{number}: {{ env: S{number} }}");
        // Half of them are sent, all come back.
        let sent = if number % 2 == 0 {
            format!(
                "method: POST, json: {{ k: '${{{{ secrets.s{number} }}}}' }}, username: ada, password: '${{{{ secrets.s{number} }}}}', query: {{ q: '${{{{ secrets.s{number} }}}}' }}"
            )
        } else {
            "method: GET".to_owned()
        };
        let url = server.url(&format!("/{number}"));
        let _ = writeln!(
            spec,
            "  - name: t{number}\n    request: {{ url: '{url}', {sent} }}\n    expect: {{ headers: {{ X-Secret: '${{{{ secrets.s{number} }}}}' }}, body: {{ {wrong} }} }}"
        );
        let _ = writeln!(
            kept,
            "  - name: t{number}\n    request: {{ url: '{url}', {sent} }}\n    snapshot: {{ headers: [X-Secret] }}"
        );
        project = project.env(&format!("S{number}"), secret);
    }
    let project = project.config(&config).spec(&spec).file("specs/kept.yaml", &kept);
    let kinds = ["junit", "json", "json_lines", "html", "tap", "markdown", "har", "allure"];
    let reports = kinds.map(|kind| format!("--report={kind}=out/{kind}"));
    let flags = ["-v", "--max-body", "1MiB", "--report=github"];
    let flags = flags.into_iter().chain(reports.iter().map(String::as_str));
    let project = project.file("out/summary.md", "").env("GITHUB_STEP_SUMMARY", "out/summary.md");
    let outcome = project.run(flags).exit(1);
    let reports = kinds.map(|kind| match kind {
        "allure" => (kind, outcome.read_all("out/allure")),
        _ => (kind, outcome.read(&format!("out/{kind}"))),
    });
    let summary = outcome.read("out/summary.md");
    let screen = outcome.to_string();
    let pending: String = (0..SECRETS)
        .map(|number| outcome.read(&format!("specs/snapshots/kept__t{number}.snap.new")))
        .collect();
    let config = outcome.again().command(["config"]).exit(0).to_string();
    let mut sinks = vec![("terminal", &screen), ("config", &config), ("GitHub", &summary)];
    sinks.push(("snapshots", &pending));
    sinks.extend(reports.iter().map(|(kind, text)| (*kind, text)));
    let forms: Vec<_> = secrets.iter().flat_map(|secret| encodings(secret)).collect();
    let search = AhoCorasick::new(forms.iter().map(|(_, text)| text)).expect("an automaton");
    for (sink, content) in sinks {
        if let Some(found) = search.find(content) {
            let (encoding, text) = &forms[found.pattern().as_usize()];
            panic!("{sink} shows a secret as {encoding}: {text}");
        }
    }
    println!("{} forms of {SECRETS} secrets, none found", forms.len());
    // They were there to be shown.
    assert!(screen.matches("***").count() > 14 * SECRETS, "{screen}");
    assert!(pending.matches("***").count() > 14 * SECRETS, "{pending}");
    assert!(screen.contains("600 cases: 600 failed"), "{screen}");
}
