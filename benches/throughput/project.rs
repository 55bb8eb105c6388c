//! Projects that are measured: generated specs in folders of their own.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Failure;
use crate::nginx::small;

/// A folder with a config and specs.
pub(crate) struct Project {
    folder: PathBuf,
}

impl Project {
    /// An empty project whose target is `authority`.
    pub(crate) fn new(folder: PathBuf, authority: &str) -> Result<Self, Failure> {
        fs::create_dir_all(folder.join("specs"))?;
        let config = format!(
            "specs: [specs]\ntargets:\n  nginx: {{ base_url: 'http://{authority}' }}\nrun: {{ target: nginx }}\n"
        );
        fs::write(folder.join("crosscheck.yaml"), config)?;
        Ok(Self { folder })
    }

    /// An empty project on the demo API.
    fn on_demo(folder: PathBuf) -> Result<Self, Failure> {
        fs::create_dir_all(folder.join("specs"))?;
        fs::write(folder.join("crosscheck.yaml"), "specs: [specs]\n")?;
        Ok(Self { folder })
    }

    /// Where it lies.
    pub(crate) fn folder(&self) -> &str {
        self.folder.to_str().unwrap_or(".")
    }

    /// Writes a spec.
    pub(crate) fn spec(&self, number: usize, text: &str) -> Result<(), Failure> {
        fs::write(self.folder.join("specs").join(format!("{number:05}.yaml")), text)?;
        Ok(())
    }
}

/// The work that other runners were measured on: a status, a header and three JSONPaths a case.
pub(crate) fn many(
    folder: &Path,
    authority: &str,
    files: usize,
    cases: usize,
) -> Result<Project, Failure> {
    let project = Project::new(folder.join(format!("cases-{}", files * cases)), authority)?;
    for file in 0..files {
        let mut text = String::from("tests:\n");
        for case in 0..cases {
            write!(
                text,
                "  - name: item {case} is a widget
    request: GET /items/{case}
    expect:
      status: 200
      headers: {{ Content-Type: application/json }}
      select:
        $.name: widget
        $.price: {{ $gt: 1 }}
        $.tags[0]: a
"
            )?;
        }
        project.spec(file, &text)?;
    }
    Ok(project)
}

/// One test of many steps.
pub(crate) fn sequence(folder: &Path, authority: &str, steps: usize) -> Result<Project, Failure> {
    let project = Project::new(folder.join("sequence"), authority)?;
    let step = "      - request: GET /items/1\n        expect:\n          status: 200\n          select: { $.name: widget }\n";
    project
        .spec(0, &format!("tests:\n  - name: all in turn\n    steps:\n{}", step.repeat(steps)))?;
    Ok(project)
}

/// Cases that take a large answer and look at one value of it.
pub(crate) fn large(folder: &Path, authority: &str, cases: usize) -> Result<Project, Failure> {
    let project = Project::new(folder.join("large"), authority)?;
    let mut text = String::from("tests:\n");
    for case in 0..cases {
        write!(
            text,
            "  - name: large {case}\n    request: GET /large.json\n    expect: {{ select: {{ \"$.items[9999].name\": widget 9999 }} }}\n"
        )?;
    }
    project.spec(0, &text)?;
    Ok(project)
}

/// Cases that compare the whole body; with `price` another one than the server's, all fail.
pub(crate) fn whole(
    folder: &Path,
    authority: &str,
    name: &str,
    price: &str,
) -> Result<Project, Failure> {
    let project = Project::new(folder.join(name), authority)?;
    let body = small().replace("12.5", price);
    for file in 0..10 {
        let mut text = String::from("tests:\n");
        for case in 0..100 {
            write!(
                text,
                "  - name: item {case}\n    request: GET /items/{case}\n    expect:\n      status: 200\n      body: {{ $eq: {body} }}\n"
            )?;
        }
        project.spec(file, &text)?;
    }
    Ok(project)
}

/// A thousand cases of a status, a header and three JSONPaths, each with a snapshot or with none: on
/// `authority`, or on the demo API inside the same process.
pub(crate) fn snapshots(
    folder: &Path,
    authority: Option<&str>,
    with: bool,
) -> Result<Project, Failure> {
    let name = if with { "snapshots" } else { "no-snapshots" };
    let server = if authority.is_some() { "nginx" } else { "demo" };
    let folder = folder.join(format!("{name}-{server}"));
    let (project, url, name) = match authority {
        Some(authority) => (Project::new(folder, authority)?, "/items/7", "widget"),
        None => (Project::on_demo(folder)?, "/widgets/1", "Left-handed screwdriver"),
    };
    let snapshot = if with { "    snapshot: true\n" } else { "" };
    for file in 0..10 {
        let mut text = String::from("tests:\n");
        for case in 0..100 {
            write!(
                text,
                "  - name: item {case}
    request: GET {url}
    expect:
      status: 200
      headers: {{ Content-Type: application/json }}
      select:
        $.name: {name}
        $.price: {{ $gt: 1 }}
        $.tags[0]: {{ $type: string }}
{snapshot}"
            )?;
        }
        project.spec(file, &text)?;
    }
    Ok(project)
}

/// Files of about 2 kB with all kinds of things in them.
pub(crate) fn files(folder: &Path, authority: &str, count: usize) -> Result<Project, Failure> {
    let project = Project::new(folder.join("files"), authority)?;
    let mut text = String::from(
        "name: Widgets\ntags: [smoke]\nvars: { sku: A-17 }\ndefaults:\n  headers: { Accept: application/json }\ntests:\n",
    );
    let mut case = 0;
    while text.len() < 2_000 {
        case += 1;
        write!(
            text,
            "  - name: a widget can be created and read back, {case}
    tags: [crud]
    steps:
      - name: create
        request:
          method: POST
          url: /widgets
          json: {{ sku: '${{{{ sku }}}}', qty: {case} }}
        expect:
          status: 201
          headers:
            Content-Type: application/json
            Location: {{ $matches: '^/widgets/\\d+$' }}
          body:
            id: {{ $type: integer, $gt: 0 }}
            sku: A-17
        capture: {{ id: $.id }}
      - name: read it back
        request: GET /widgets/${{{{ id }}}}
        expect: 200
"
        )?;
    }
    for file in 0..count {
        project.spec(file, &text)?;
    }
    Ok(project)
}
