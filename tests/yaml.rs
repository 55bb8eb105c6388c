//! The fast reader of YAML answers as the parser does, or not at all; and it answers for nearly
//! every spec.

use std::fs;
use std::path::{Path, PathBuf};

use crosscheck::diagnostic::Source;
use crosscheck::fuzzing;
use crosscheck::yaml::{MOST_NODES, parse, read_fast};
use proptest::prelude::*;
use proptest::sample::{Index, select};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
            found.push(path);
        }
    }
}

/// The YAML files below a folder, by name.
fn texts(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    files(&root().join(folder), &mut found);
    let name = |path: &Path| path.strip_prefix(root()).expect("below").display().to_string();
    let texts = found.iter().map(|path| (name(path), fs::read_to_string(path).expect("UTF-8")));
    texts.collect()
}

#[test]
fn nearly_every_spec_is_read_fast() {
    let specs = texts("specs");
    let slow: Vec<_> = specs.iter().filter(|(_, text)| !fuzzing::yaml(text)).collect();
    let names: Vec<_> = slow.iter().map(|(name, _)| name).collect();
    assert!(slow.len() * 20 <= specs.len(), "of {}, these are not: {names:?}", specs.len());
}

#[test]
fn every_file_is_read_alike() {
    for folder in ["fixtures", "fuzz/corpus", "src"] {
        for (_, text) in texts(folder) {
            fuzzing::yaml(&text);
        }
    }
    for page in ["README.md", "docs/SPEC.md", "docs/COOKBOOK.md"] {
        let text = fs::read_to_string(root().join(page)).expect("a page");
        for block in text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            fuzzing::yaml(block);
        }
    }
}

#[test]
fn what_it_reads_is_read_alike() {
    for text in [
        "a: |\n  b\n\n   c\n\n\nd: >\n\n  e\n  f\n\n  g\n   h\n  i\nj: |+\n  k\n\n# c\nl: >-\n  m\n",
        "a: |\n  b",
        "a: |-\n  b\n  ",
        "a: |\nb: >\n  \nc: |+\n\nd: 1\n",
        "- |\n b\n- - >\n   c\n",
        "a: \"b\n  c \\\n  d\\\n\n  e\n\n\n  f  \\  \n  g\"\n",
        "a:\nb: # c\nc:\n- d\n-\n- # e\n- - f\n  - g: h\n    i:\n    - j\nk: {l: , m: [], n: {}}\n",
        "a: [b, # c\n# d\n\ne, {f: g,\nh: i}\n] # j\nk: {\"l\":m, 'n':[o], \"p\" : {q: r}, }\n",
        "a: &b {c: &d [e]}\nf: [*b, *d, *d]\ng: &h\n  i: *d\nj: *h\nk: &l m\nn: *l\n",
        "1: 2\n0x1F: 0o17\n-0: +1\ntrue: ~\n'null': null\n.5: 1.\n1e3: -1.50E-7\n",
        "---\n# c\n  a: \"\\u00e4\\n\\\"\\/\\\\\"\n  b: 'it''s'\n  c : d:e#f - g? #h\n",
        "a:\n  \"b: c\"\nd:\n  e\nf:\n    [g]\n\n",
        "[a, -b, --c, <d>, f g]",
        "ä: ö ü\n",
        "x",
    ] {
        assert!(fuzzing::yaml(text), "{text}");
    }
}

#[test]
fn what_it_does_not_know_is_left_to_the_parser() {
    for text in [
        "",
        "# c\n",
        "\u{feff}a: 1\n",
        "a: 1\r\n",
        "a:\t1\n",
        "a: \u{85}\n",
        "%YAML 1.2\n---\na: 1\n",
        "a: 1\n---\nb: 2\n",
        "a: 1\n...\n",
        "a: !!str 1\n",
        "? a\n: b\n",
        "[a]: b\n",
        "&a b: c\n",
        "a: *b\n",
        "a: &b [*b]\n",
        "a: &b 1\nc: &b 2\n",
        "<<: {a: b}\n",
        "\"<<\": {a: b}\n",
        "a: 1\na: 2\n",
        "{a: 1, \"a\": 2}\n",
        "1: a\n01: b\n",
        "null: a\n",
        "a: .inf\n",
        "a: b\n  c\n",
        "a: 'b\n  c'\n",
        "a: b: c\n",
        "a: - b\n",
        "a: [b: c]\n",
        "a: {b}\n",
        "a: {b:c}\n",
        "a: [b}\n",
        "a: [b\n",
        "a: \"b\n",
        "a: \"\\d\"\n",
        "a: \"\\ud800\"\n",
        "a: 'b'c\n",
        "a: 'b'#c\n",
        "a: |2\n   b\n",
        "a: |\n    b\n  c: d\n",
        "a:\n  b: 1\n   c: 2\n",
        "a:\n  b: 1\n c: 2\n",
        "a:\n- b\n  c\n",
        "- a\nb: c\n",
        "a: @b\n",
        "a: %b\n",
        "\"a\n b\": c\n",
    ] {
        assert_eq!(read_fast(text), None, "{text}");
    }
    for text in [format!("{}: a\n", "k".repeat(1100)), "[".repeat(101) + &"]".repeat(101)] {
        assert_eq!(read_fast(&text), None, "{text}");
    }
}

#[test]
fn large_maps_are_read_in_both_ways() {
    let keys: String = (0..50_000).map(|key| format!("key{key}: {key}\n")).collect();
    assert!(fuzzing::yaml(&keys));
    let twice = keys + "key49999: 1\n";
    let mut diagnostics = Vec::new();
    assert_eq!(parse(&Source::new("t.yaml", twice), &mut diagnostics), None);
    assert!(diagnostics[0].message.contains("`key49999` stands here twice"), "{diagnostics:?}");
    assert_eq!(read_fast(&"- a\n".repeat(MOST_NODES)), None);
}

/// A value and how it is written: each number picks one of the styles.
#[derive(Debug, Clone)]
enum Written {
    Scalar(String, u8),
    List(Vec<Written>, u8),
    Map(Vec<(String, Written)>, u8),
}

fn written() -> impl Strategy<Value = Written> {
    let text = select(vec![
        "a",
        "b c",
        "GET /x",
        "12",
        "-1.50",
        "0x1F",
        "true",
        "~",
        "null",
        "${{ a }}",
        "it's",
        "\"",
        "ä…",
        "a: b",
        "a #b",
        "#",
        "",
        " a ",
        "[",
        "{a}",
        "-",
        "- a",
        "a:b",
        "http://a/?b=c&d#e",
        "$.a[0]",
        "*",
        "|",
        "a\nb",
        "a\n\n b\n",
        "\\d",
        "<<",
        "é\u{2028}ü",
    ]);
    let leaf =
        (text, any::<u8>()).prop_map(|(text, style)| Written::Scalar(text.to_owned(), style));
    leaf.prop_recursive(5, 40, 5, |inner| {
        let key = select(vec!["a", "b", "key", "Content-Type", "$.a", "k y", "1", "ä"]);
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..5), any::<u8>())
                .prop_map(|(items, style)| Written::List(items, style)),
            (prop::collection::vec((key, inner), 0..5), any::<u8>()).prop_map(
                |(entries, style)| {
                    let numbered = entries.into_iter().enumerate();
                    let own =
                        |(at, (key, value)): (usize, (&str, _))| (format!("{key}{at}"), value);
                    Written::Map(numbered.map(own).collect(), style)
                }
            ),
        ]
    })
}

impl Written {
    /// Writes it into a flow collection or, on one line, into a block.
    fn flow(&self, out: &mut String) {
        match self {
            Self::Scalar(text, style) => scalar(text, *style, out),
            Self::List(items, style) => {
                let (open, comma, close) = brackets(*style, items.is_empty());
                let items = items.iter().map(|item| flown(|out| item.flow(out)));
                let items = items.collect::<Vec<_>>().join(comma);
                out.push_str(&format!("[{open}{items}{close}]"));
            }
            Self::Map(entries, style) => {
                let (open, comma, close) = brackets(*style, entries.is_empty());
                let entries = entries.iter().map(|(key, value)| {
                    let colon = if style.is_multiple_of(3) { "'" } else { "" };
                    flown(|out| {
                        out.push_str(&format!("{colon}{key}{colon}: "));
                        value.flow(out);
                    })
                });
                let entries = entries.collect::<Vec<_>>().join(comma);
                out.push_str(&format!("{{{open}{entries}{close}}}"));
            }
        }
    }

    /// Writes it as the value of a block at `indent`, up to the end of its line.
    fn block(&self, indent: usize, behind_dash: bool, out: &mut String) {
        let pad = |indent: usize| " ".repeat(indent);
        match self {
            Self::List(items, style) if style.is_multiple_of(2) && !items.is_empty() => {
                let mut child = indent + usize::from(style % 3);
                if behind_dash || indent == 0 {
                    child = child.max(indent + usize::from(behind_dash));
                }
                let compact = behind_dash && style % 8 < 4;
                if compact {
                    child = indent + 2;
                } else if indent > 0 || behind_dash {
                    out.push_str(&end(*style));
                }
                for (at, item) in items.iter().enumerate() {
                    if at > 0 || !compact {
                        out.push_str(&pad(child));
                    }
                    out.push_str("- ");
                    item.block(child, true, out);
                }
            }
            Self::Map(entries, style) if style.is_multiple_of(2) && !entries.is_empty() => {
                let compact = behind_dash && style % 8 < 4;
                let child = if compact { indent + 2 } else { indent + 1 + usize::from(style % 3) };
                if !compact {
                    out.push_str(&end(*style));
                }
                for (at, (key, value)) in entries.iter().enumerate() {
                    if at > 0 || !compact {
                        out.push_str(&pad(child));
                    }
                    out.push_str(&format!("{key}: "));
                    value.block(child, false, out);
                }
            }
            Self::Scalar(text, style)
                if style.is_multiple_of(5) && text.starts_with(char::is_alphabetic) =>
            {
                out.push_str(["|", "|-", "|+", ">", ">-"][usize::from(style / 5) % 5]);
                let lines = text.lines().map(|line| match line {
                    "" => "\n".to_owned(),
                    line => format!("{}{line}\n", pad(indent + 1 + usize::from(style % 2))),
                });
                out.push('\n');
                out.extend(lines);
            }
            other => {
                other.flow(out);
                let style = match other {
                    Self::Scalar(_, style) | Self::List(_, style) | Self::Map(_, style) => style,
                };
                out.push_str(&end(*style));
            }
        }
    }
}

fn flown(write: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    write(&mut out);
    out
}

/// What stands behind the opening bracket, between items and before the closing bracket.
fn brackets(style: u8, empty: bool) -> (&'static str, &'static str, &'static str) {
    if empty {
        return (["", " ", "\n"][usize::from(style / 4) % 3], "", "");
    }
    [("", ", ", ""), (" ", ",", " "), ("\n  ", ", # c\n", "\n"), ("", " ,\n\n    ", ",")]
        [usize::from(style / 4) % 4]
}

/// The end of a line.
fn end(style: u8) -> String {
    ["\n", " # c\n", "\n\n", "  \n  # c\n", "\n"][usize::from(style / 8) % 5].to_owned()
}

/// Writes a scalar on one line, plain where that is possible.
fn scalar(text: &str, style: u8, out: &mut String) {
    let plain = text.chars().all(|c| c.is_alphanumeric() || ". /".contains(c))
        && text.starts_with(char::is_alphanumeric)
        && !text.ends_with(' ');
    if plain && style.is_multiple_of(3) {
        out.push_str(text);
    } else if !text.contains('\n') && style % 3 == 1 {
        out.push_str(&format!("'{}'", text.replace('\'', "''")));
    } else {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        out.push_str(&format!("\"{text}\""));
    }
}

/// Pieces that mean something in YAML.
const PIECES: &[&str] = &[
    " ",
    "  ",
    "\n",
    "\n  ",
    ":",
    ": ",
    ":\n",
    "- ",
    "-\n",
    "#",
    " # c\n",
    ",",
    ", ",
    "[",
    "]",
    "{",
    "}",
    "{}",
    "\"",
    "'",
    "''",
    "\\",
    "\\n",
    "\\\n",
    "|",
    "|\n",
    "|-\n",
    "|+\n",
    ">\n",
    "&a ",
    "*a",
    "&a\n",
    "!",
    "!!str ",
    "%",
    "@",
    "`",
    "? ",
    "<<: ",
    "\n---\n",
    "...",
    "~",
    "null",
    "true",
    "1",
    "01",
    "0x1F",
    "1e3",
    ".5",
    "-.inf",
    "a",
    "a: ",
    "ä",
    "\u{a0}",
    "\u{85}",
    "\u{feff}",
    "\t",
    "\r\n",
    "\u{1}",
    "\"a\": ",
    "\n- b",
    "a: |\n  x\n",
];

#[derive(Debug, Clone)]
enum Change {
    Insert(Index, &'static str),
    Delete(Index, usize),
    Indent(Index, usize),
    Outdent(Index, usize),
    Copy(Index, Index),
    Drop(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), select(PIECES)).prop_map(|(at, piece)| Change::Insert(at, piece)),
        2 => (at(), 1..4_usize).prop_map(|(at, length)| Change::Delete(at, length)),
        1 => (at(), 1..4_usize).prop_map(|(at, spaces)| Change::Indent(at, spaces)),
        1 => (at(), 1..4_usize).prop_map(|(at, spaces)| Change::Outdent(at, spaces)),
        1 => (at(), at()).prop_map(|(from, to)| Change::Copy(from, to)),
        1 => at().prop_map(Change::Drop),
    ]
}

fn changed(text: &str, change: &Change) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let mut chars: Vec<char> = text.chars().collect();
    match change {
        Change::Insert(at, piece) => {
            let at = at.index(chars.len() + 1);
            chars.splice(at..at, piece.chars());
            return chars.into_iter().collect();
        }
        Change::Delete(at, length) => {
            let at = at.index(chars.len() + 1);
            chars.drain(at..(at + length).min(chars.len()));
            return chars.into_iter().collect();
        }
        _ if lines.is_empty() => {}
        Change::Indent(at, spaces) => {
            let at = at.index(lines.len());
            lines[at].insert_str(0, &" ".repeat(*spaces));
        }
        Change::Outdent(at, spaces) => {
            let at = at.index(lines.len());
            let indent = lines[at].len() - lines[at].trim_start_matches(' ').len();
            lines[at].drain(..indent.min(*spaces));
        }
        Change::Copy(from, to) => {
            let line = lines[from.index(lines.len())].clone();
            lines.insert(to.index(lines.len()), line);
        }
        Change::Drop(at) => {
            lines.remove(at.index(lines.len()));
        }
    }
    lines.concat()
}

/// A few lines of a spec, moved to the left edge.
fn excerpt() -> impl Strategy<Value = String> {
    let texts: Vec<String> = texts("specs").into_iter().map(|(_, text)| text).collect();
    (select(texts), any::<Index>(), 1..20_usize).prop_map(|(text, at, count)| {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let lines = &lines[at.index(lines.len())..];
        let indent = lines[0].len() - lines[0].trim_start_matches(' ').len();
        let outdented = |line: &&str| line.get(indent..).unwrap_or("\n").to_owned();
        lines.iter().take(count).map(outdented).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn whatever_is_written_is_read_alike(document in written()) {
        let text = flown(|out| document.block(0, false, out));
        prop_assert!(fuzzing::yaml(&text), "not read: {text:?}\n{text}");
    }

    #[test]
    fn whatever_a_spec_becomes_is_read_alike(
        text in excerpt(), changes in prop::collection::vec(change(), 0..5),
    ) {
        let text = changes.iter().fold(text, |text, change| changed(&text, change));
        fuzzing::yaml(&text);
    }
}
