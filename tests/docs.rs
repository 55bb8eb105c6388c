//! The docs say what the tables say, and every row of a table has an example that runs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crosscheck::diagnostic::Source;
use crosscheck::matcher::{CLOSE_TO_KEYS, matchers};
use crosscheck::template::{FAKES, FILTERS, FUNCTIONS, TESTS};
use crosscheck::yaml::{Keys, Node, Value, parse};
use crosscheck::{auth, expect, select, settings, spec};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn keys(keys: &Keys) -> String {
    let mut text = String::from("| key | meaning |\n|---|---|\n");
    for key in keys.table {
        let _ = writeln!(text, "| `{}` | {} |", key.name, key.summary);
    }
    text
}

/// Every table of the reference, by the name that marks its place.
fn tables() -> Vec<(&'static str, String)> {
    let mut matcher_rows = String::from("| matcher | holds for | example |\n|---|---|---|\n");
    for matcher in matchers() {
        let _ = writeln!(
            matcher_rows,
            "| `{}` | {} | `{}` |",
            matcher.name, matcher.summary, matcher.example
        );
    }
    let mut function_rows = String::from("| function | gives |\n|---|---|\n");
    for function in FUNCTIONS {
        let _ = writeln!(function_rows, "| `{}` | {} |", function.usage, function.summary);
    }
    let list = |prefix: &str, names: &[&str]| {
        names.iter().map(|name| format!("`{prefix}{name}`")).collect::<Vec<_>>().join(" ") + "\n"
    };
    vec![
        ("suite", keys(&spec::SUITE_KEYS)),
        ("test", keys(&spec::TEST_KEYS)),
        ("step", keys(&spec::STEP_KEYS)),
        ("download", keys(&spec::DOWNLOAD_KEYS)),
        ("retrieve_headers", keys(&spec::RECALL_KEYS)),
        ("snapshot", keys(&spec::SNAPSHOT_KEYS)),
        ("retry", keys(&spec::RETRY_KEYS)),
        ("flow", keys(&spec::FLOW_KEYS)),
        ("request", keys(&spec::REQUEST_KEYS)),
        ("defaults", keys(&spec::DEFAULTS_KEYS)),
        ("body", keys(&spec::BODY_KEYS)),
        ("part", keys(&spec::PART_KEYS)),
        ("graphql", keys(&spec::GRAPHQL_KEYS)),
        ("tls", keys(&spec::TLS_KEYS)),
        ("limits", keys(&spec::LIMITS_KEYS)),
        ("expect", keys(&expect::KEYS)),
        ("cookie", keys(&expect::COOKIE_KEYS)),
        ("hop", keys(&expect::HOP_KEYS)),
        ("size", keys(&expect::SIZE_KEYS)),
        ("time", keys(&expect::TIME_KEYS)),
        ("certificate", keys(&select::CERTIFICATE_KEYS)),
        ("matchers", matcher_rows),
        ("close_to", keys(&CLOSE_TO_KEYS)),
        ("selector", keys(&select::SELECTOR_KEYS)),
        ("functions", function_rows),
        ("fakes", list("fake.", FAKES)),
        ("filters", list("", FILTERS)),
        ("tests", list("", TESTS)),
        ("config", keys(&settings::CONFIG_KEYS)),
        ("target", keys(&settings::TARGET_KEYS)),
        ("secret", keys(&settings::SECRET_KEYS)),
        ("run", keys(&settings::RUN_KEYS)),
        ("quarantine", keys(&settings::QUARANTINE_KEYS)),
        ("reports", keys(&settings::REPORTS_KEYS)),
        ("profile", keys(&settings::PROFILE_KEYS)),
    ]
}

/// Every table of docs/AUTH.md.
fn tables_of_auth() -> Vec<(&'static str, String)> {
    let mut tables = vec![("auth", keys(&auth::AUTH_KEYS))];
    tables.extend(SCHEMES.iter().map(|table| (table.what.trim_matches('`'), keys(table))));
    tables
}

/// The keys of schemes.
const SCHEMES: &[Keys] = &[
    auth::BASIC_KEYS,
    auth::DIGEST_KEYS,
    auth::API_KEY_KEYS,
    auth::JWT_KEYS,
    auth::PLACEMENT_KEYS,
    auth::OAUTH2_KEYS,
    auth::AWS_SIGV4_KEYS,
    auth::CLIENT_CERTIFICATE_KEYS,
];

/// A page with every table made anew.
fn filled(page: &str, mut text: String, tables: Vec<(&'static str, String)>) -> String {
    for (name, table) in tables {
        let mark = format!("<!-- table: {name} -->\n");
        let start = text.find(&mark).unwrap_or_else(|| panic!("{page} has no `{}`", mark.trim()))
            + mark.len();
        let end = start + text[start..].find("<!-- end -->").expect("an end mark");
        text.replace_range(start..end, &table);
    }
    text
}

#[test]
fn the_reference_is_current() {
    let reports = vec![("reports", keys(&settings::REPORTS_KEYS))];
    let pages = [
        ("docs/SPEC.md", tables()),
        ("docs/AUTH.md", tables_of_auth()),
        ("docs/REPORTS.md", reports),
    ];
    for (page, tables) in pages {
        let path = root().join(page);
        let text = fs::read_to_string(&path).expect("the page");
        let current = filled(page, text.clone(), tables);
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, &current).expect("written");
        } else {
            assert!(
                text == current,
                "{page} is behind the tables: run `UPDATE_DOCS=1 cargo test --test docs`"
            );
        }
    }
}

/// What the demo API cannot show, as it speaks no TLS: the suites for real servers do.
const BEYOND_DEMO: &[&str] = &["certificate"];

fn specs() -> Vec<PathBuf> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder of examples") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|ending| ending == "yaml") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(&root().join("specs"), &mut files);
    files
}

/// Every key and every string of the examples.
#[derive(Default)]
struct Seen {
    keys: BTreeSet<String>,
    text: String,
}

impl Seen {
    fn look(&mut self, node: &Node) {
        match &node.value {
            Value::Mapping(entries) => {
                for entry in entries {
                    self.keys.insert(entry.key.to_string());
                    self.look(&entry.value);
                }
            }
            Value::Sequence(items) => items.iter().for_each(|item| self.look(item)),
            Value::String(text) => self.text.push_str(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

#[test]
fn every_row_of_a_table_has_an_example_that_runs() {
    let mut seen = Seen::default();
    let mut real = Seen::default();
    for path in specs() {
        let source =
            Source::new(path.display().to_string(), fs::read_to_string(&path).expect("UTF-8"));
        // The suites for real servers are not examples of the README's first command.
        let is_real = path.starts_with(root().join("specs/real"));
        let seen = if is_real { &mut real } else { &mut seen };
        seen.look(&parse(&source, &mut Vec::new()).expect("valid YAML"));
    }
    let of_certificates = select::CERTIFICATE_KEYS.table.iter().map(|key| key.name);
    let of_clients = auth::CLIENT_CERTIFICATE_KEYS.table.iter().map(|key| key.name);
    let beyond = BEYOND_DEMO.iter().copied().chain(of_certificates).chain(of_clients);
    let beyond: Vec<_> = beyond.chain([auth::BESIDE]).collect();
    seen.keys.extend(real.keys.into_iter().filter(|key| beyond.contains(&key.as_str())));
    let tables = [
        &spec::SUITE_KEYS,
        &spec::TEST_KEYS,
        &spec::STEP_KEYS,
        &spec::DOWNLOAD_KEYS,
        &spec::RECALL_KEYS,
        &spec::SNAPSHOT_KEYS,
        &spec::RETRY_KEYS,
        &spec::FLOW_KEYS,
        &spec::REQUEST_KEYS,
        &spec::DEFAULTS_KEYS,
        &spec::BODY_KEYS,
        &spec::PART_KEYS,
        &spec::GRAPHQL_KEYS,
        &spec::TLS_KEYS,
        &spec::LIMITS_KEYS,
        &expect::KEYS,
        &expect::COOKIE_KEYS,
        &expect::HOP_KEYS,
        &expect::SIZE_KEYS,
        &expect::TIME_KEYS,
        &select::CERTIFICATE_KEYS,
        &CLOSE_TO_KEYS,
        &select::SELECTOR_KEYS,
    ];
    let schemes = SCHEMES.iter().chain([&auth::AUTH_KEYS]);
    let mut missing: Vec<String> = tables
        .into_iter()
        .chain(schemes)
        .flat_map(|keys| keys.table)
        .map(|key| key.name)
        .chain(matchers().map(|matcher| matcher.name))
        .filter(|name| !seen.keys.contains(*name))
        .map(str::to_owned)
        .collect();
    missing.extend(
        FUNCTIONS
            .iter()
            .map(|function| match function.usage.split_once('(') {
                Some((name, _)) => format!("{name}("),
                None => function.usage.to_owned(),
            })
            .filter(|usage| !seen.text.contains(usage)),
    );
    missing.extend(
        FILTERS
            .iter()
            .filter(|filter| !seen.text.contains(&format!("| {filter}")))
            .map(|filter| format!("| {filter}")),
    );
    // The config has no place in a spec: its example is what `init` writes.
    let config =
        fs::read_to_string(root().join("src/cli/template/crosscheck.yaml")).expect("the template");
    let tables = [
        &settings::CONFIG_KEYS,
        &settings::TARGET_KEYS,
        &settings::SECRET_KEYS,
        &settings::RUN_KEYS,
        &settings::REPORTS_KEYS,
        &settings::QUARANTINE_KEYS,
    ];
    let keys = tables.iter().flat_map(|keys| keys.table).map(|key| key.name);
    missing.extend(
        keys.filter(|key| !config.contains(&format!("{key}:"))).map(|key| format!("config: {key}")),
    );
    assert!(missing.is_empty(), "no example under specs/ uses {missing:?}");
}

/// The keys of every map below a folder of specs, and all of their text.
fn seen_in(folders: &[&str]) -> Seen {
    let mut seen = Seen::default();
    for folder in folders {
        for entry in fs::read_dir(root().join(folder)).expect("the fixtures") {
            let path = entry.expect("an entry").path();
            let Ok(text) = fs::read_to_string(&path) else { continue };
            seen.text.push_str(&text);
            if let Some(node) =
                parse(&Source::new(path.display().to_string(), text), &mut Vec::new())
            {
                seen.look(&node);
            }
        }
    }
    seen
}

#[test]
fn every_row_of_a_table_has_a_message_that_is_kept() {
    // A matcher or an expectation fails when it is run; any other row can only be written wrongly.
    let failing = seen_in(&["fixtures/failing"]);
    let run =
        matchers().map(|matcher| matcher.name).chain(expect::KEYS.table.iter().map(|key| key.name));
    let mut missing: Vec<String> =
        run.filter(|name| !failing.keys.contains(*name)).map(str::to_owned).collect();
    let all = seen_in(&["fixtures/failing", "fixtures/broken"]);
    let tables = [
        &spec::SUITE_KEYS,
        &spec::TEST_KEYS,
        &spec::STEP_KEYS,
        &spec::REQUEST_KEYS,
        &spec::BODY_KEYS,
        &spec::SNAPSHOT_KEYS,
        &spec::RETRY_KEYS,
        &select::SELECTOR_KEYS,
        &auth::AUTH_KEYS,
    ];
    let schemes = SCHEMES.iter();
    let keys = tables.into_iter().chain(schemes).flat_map(|keys| keys.table).map(|key| key.name);
    missing.extend(keys.filter(|name| !all.text.contains(&format!("{name}:"))).map(str::to_owned));
    missing.extend(
        FUNCTIONS
            .iter()
            .map(|function| function.name)
            .filter(|name| !all.text.contains(name))
            .map(str::to_owned),
    );
    assert!(missing.is_empty(), "no fixture shows what goes wrong with {missing:?}");
}

#[test]
fn every_example_of_a_matcher_is_one_that_the_reader_takes() {
    let surroundings =
        spec::Surroundings { root: root().to_owned(), ..spec::Surroundings::default() };
    for matcher in matchers() {
        let text = format!(
            "tests:\n  - name: t\n    request: GET /\n    expect: {{ body: {{ a: {} }} }}\n",
            matcher.example
        );
        let read = spec::read(&Source::new("t.yaml", text), &root().join("specs"), &surroundings);
        let errors: Vec<_> =
            read.err().into_iter().flatten().map(|error| error.render(false)).collect();
        assert!(errors.is_empty(), "{}: {}", matcher.name, errors.join("\n"));
    }
}

#[test]
fn every_spec_that_the_docs_quote_is_one_that_the_reader_takes() {
    let surroundings = spec::Surroundings {
        root: root().to_owned(),
        targets: vec!["demo".to_owned(), "staging".to_owned()],
        ..spec::Surroundings::default()
    };
    let mut count = 0;
    for page in [
        "README.md",
        "docs/SPEC.md",
        "docs/COOKBOOK.md",
        "docs/AUTH.md",
        "docs/SNAPSHOTS.md",
        "docs/COMPARE.md",
    ] {
        let text = fs::read_to_string(root().join(page)).expect("the page");
        for block in text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            // Other blocks are parts: an expectation alone, the config.
            if !block.lines().any(|line| line.starts_with("tests:")) {
                continue;
            }
            count += 1;
            let folder = root().join("specs/cookbook");
            let read = spec::read(&Source::new(page, block), &folder, &surroundings);
            let errors: Vec<_> =
                read.err().into_iter().flatten().map(|error| error.render(false)).collect();
            assert!(errors.is_empty(), "{page}: {}", errors.join("\n"));
        }
    }
    assert!(count > 20, "{count} specs");
}

/// What a row of docs/REQUESTS.md says.
struct Row {
    text: String,
    keys: Vec<String>,
    default: String,
    /// The examples, as paths from the root.
    examples: Vec<String>,
}

/// Each option of OAuth 2.0 has a row with what shows it: a test of that name, or a file that is there.
#[test]
fn every_option_of_oauth_names_what_shows_it() {
    let page = fs::read_to_string(root().join("docs/AUTH.md")).expect("a page");
    let (_, rows) = page.split_once("| option | what shows it |").expect("the table");
    let rows: Vec<_> = rows.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    for key in auth::OAUTH2_KEYS.table {
        let name = format!("`{}", key.name);
        let row = rows.iter().find(|row| {
            let option = row.split('|').nth(1).unwrap_or_default();
            option.contains(&format!("{name}`")) || option.contains(&format!("{name}:"))
        });
        assert!(row.is_some(), "`{}` has no row", key.name);
    }
    for row in rows {
        let shown = row.split('|').nth(2).unwrap_or_default();
        let tests: Vec<_> = shown.split('`').filter_map(|part| part.split_once("::")).collect();
        for (module, test) in &tests {
            let path = root().join(format!("tests/stories/{module}.rs"));
            let text = fs::read_to_string(&path).unwrap_or_default();
            assert!(text.contains(&format!("\nfn {test}()")), "{}: no test {test}", path.display());
        }
        let files = shown.split("](../").skip(1).filter_map(|part| part.split(')').next());
        let files: Vec<_> = files.collect();
        for file in &files {
            // The suite against a real provider is a folder of its own.
            assert!(root().join(file).exists(), "{file} is not there");
        }
        assert!(!tests.is_empty() || !files.is_empty(), "nothing shows {row}");
    }
}

/// The rows of docs/REQUESTS.md: `| option | keys | default | links |`.
fn rows_of_requests() -> Vec<Row> {
    let text = fs::read_to_string(root().join("docs/REQUESTS.md")).expect("docs/REQUESTS.md");
    let is_row = |line: &&str| line.starts_with("| ") && !line.ends_with("| example |");
    text.lines()
        .filter(is_row)
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [_, keys, default, examples] = cells[..] else { panic!("four cells: {line}") };
            let links = examples.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            Row {
                text: line.to_owned(),
                keys: keys.split('`').skip(1).step_by(2).map(str::to_owned).collect(),
                default: default.replace('`', ""),
                examples: links.map(|link| link.trim_start_matches("../").to_owned()).collect(),
            }
        })
        .collect()
}

/// Adds the keys of a spec's requests to `keys`: those in steps and defaults, and the two that a short
/// form says.
fn request_keys(node: &Node, is_request: bool, keys: &mut BTreeSet<String>) {
    const ACTIONS: &[&str] = &["request", "download", "resolve", "retrieve_headers"];
    for entry in node.as_mapping().unwrap_or_default() {
        let is_action = ACTIONS.contains(&&*entry.key);
        let is_request = is_request || is_action || matches!(&*entry.key, "defaults" | "auth");
        if is_request {
            keys.insert(entry.key.to_string());
        }
        if is_action && entry.value.as_str().is_some() {
            keys.extend(["url", "method"].map(str::to_owned));
        }
        request_keys(&entry.value, is_request, keys);
    }
    for item in node.as_sequence().unwrap_or_default() {
        request_keys(item, is_request, keys);
    }
}

/// What the summary of a key says that holds by default, where it is a word.
fn default_of(summary: &str) -> Option<&str> {
    let (_, rest) = summary.split_once("by default ")?;
    let word = rest.split([' ', ',', ';', '.']).next()?.trim_matches('`');
    (!matches!(word, "what" | "the")).then_some(word)
}

#[test]
fn every_documented_option_has_its_key_its_default_and_an_example() {
    let known = [
        &spec::REQUEST_KEYS,
        &spec::DOWNLOAD_KEYS,
        &spec::RECALL_KEYS,
        &spec::STEP_KEYS,
        &spec::PART_KEYS,
    ];
    let find = |name: &str| known.iter().flat_map(|keys| keys.table).find(|key| key.name == name);
    let rows = rows_of_requests();
    for row in &rows {
        let text = &row.text;
        assert!(!row.keys.is_empty() && !row.examples.is_empty(), "{text}");
        for key in &row.keys {
            assert!(find(key).is_some(), "`{key}` is no key: {text}");
        }
        if let [only] = &row.keys[..]
            && let Some(default) = find(only).and_then(|key| default_of(key.summary))
        {
            assert!(row.default.contains(default), "the default is {default}: {text}");
        }
        for example in &row.examples {
            let file = fs::read_to_string(root().join(example));
            let source = Source::new(example, file.unwrap_or_else(|_| panic!("no file: {text}")));
            let mut keys = BTreeSet::new();
            let node = parse(&source, &mut Vec::new()).expect("valid YAML");
            request_keys(&node, false, &mut keys);
            let missing: Vec<_> = row.keys.iter().filter(|key| !keys.contains(*key)).collect();
            assert!(missing.is_empty(), "{example} does not show {missing:?}: {text}");
        }
    }
    let named: BTreeSet<_> = rows.iter().flat_map(|row| &row.keys).map(String::as_str).collect();
    let own = [&spec::REQUEST_KEYS, &spec::DOWNLOAD_KEYS, &spec::RECALL_KEYS, &spec::PART_KEYS];
    let missing: Vec<_> = own
        .iter()
        .flat_map(|keys| keys.table)
        .map(|key| key.name)
        .filter(|name| !named.contains(name))
        .collect();
    assert!(missing.is_empty(), "docs/REQUESTS.md does not name {missing:?}");
}
