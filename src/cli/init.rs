//! `crosscheck init`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::args;
use super::exit::Exit;
use super::session::show;
use crate::diagnostic::Diagnostic;
use crate::report::Style;

/// What is written: a path below the folder, and its text.
const FILES: &[(&str, &str)] = &[
    ("crosscheck.yaml", include_str!("template/crosscheck.yaml")),
    ("specs/first.yaml", include_str!("template/first.yaml")),
];

pub(super) fn init(command: &args::Init) -> Exit {
    let style = Style { color: false };
    // Both or none: a file that is there already is never touched.
    let there: Vec<_> =
        FILES.iter().filter(|(name, _)| command.folder.join(name).exists()).collect();
    if !there.is_empty() {
        let errors: Vec<_> = there
            .iter()
            .map(|(name, _)| {
                Diagnostic::general(format!(
                    "`{}` is there already",
                    command.folder.join(name).display()
                ))
            })
            .collect();
        show(&errors, style);
        return Exit::BadInput;
    }
    for (name, text) in FILES {
        let path = command.folder.join(name);
        if let Err(error) = write_new(&path, text) {
            let message = format!("`{}` cannot be written: {error}", path.display());
            show(&[Diagnostic::general(message)], style);
            return Exit::NotWritten;
        }
    }
    let go = if command.folder == Path::new(".") {
        String::new()
    } else {
        format!("cd {} && ", command.folder.display())
    };
    let mut text = String::new();
    for (name, _) in FILES {
        text.push_str(&format!("wrote {}\n", command.folder.join(name).display()));
    }
    text.push_str(&format!("\nNow run it:\n\n  {go}crosscheck run\n"));
    super::print(&text)
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| match error
            .kind()
        {
            ErrorKind::AlreadyExists => {
                std::io::Error::new(ErrorKind::AlreadyExists, "it is there already")
            }
            _ => error,
        })?;
    file.write_all(text.as_bytes())
}
