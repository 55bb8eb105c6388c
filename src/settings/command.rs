//! Commands that print secrets: `pass show api`, `op read op://…`.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long a command may take: somebody may have to touch a key.
const LONGEST: Duration = Duration::from_secs(60);
/// How much of what a command says of its failure is shown, in characters.
const MOST_SAID: usize = 300;

/// The words that have the shell run a text.
pub(super) fn shell(text: &str) -> Vec<String> {
    let words: [&str; 2] = if cfg!(windows) { ["cmd", "/C"] } else { ["sh", "-c"] };
    words.into_iter().chain([text]).map(str::to_owned).collect()
}

/// What a command prints, without line breaks at its end; or why there is nothing.
pub(super) fn run(words: &[String], folder: &Path) -> Result<String, String> {
    let name = &words[0];
    let mut command = Command::new(name);
    command.args(&words[1..]).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child =
        command.spawn().map_err(|error| format!("its command `{name}` cannot be run: {error}"))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (sender, ended) = mpsc::channel();
    std::thread::spawn(move || {
        // Read side by side: one that is full would hold the command up.
        let said = std::thread::spawn(move || {
            let mut said = Vec::new();
            stderr.and_then(|mut stderr| stderr.read_to_end(&mut said).ok());
            said
        });
        let mut printed = Vec::new();
        stdout.and_then(|mut stdout| stdout.read_to_end(&mut printed).ok());
        let _ = sender.send((printed, said.join().unwrap_or_default()));
    });
    let Ok((printed, said)) = ended.recv_timeout(LONGEST) else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(format!("its command did not end within {} s", LONGEST.as_secs()));
    };
    let status = child.wait().map_err(|error| format!("its command was lost: {error}"))?;
    if !status.success() {
        let said = String::from_utf8_lossy(&said);
        let said: String = said.trim().chars().take(MOST_SAID).collect();
        let said = if said.is_empty() { said } else { format!(": {said}") };
        return Err(format!("its command ended with {status}{said}"));
    }
    match String::from_utf8(printed) {
        Ok(text) => Ok(text.trim_end_matches(['\n', '\r']).to_owned()),
        Err(_) => Err("its command printed what is no UTF-8".to_owned()),
    }
}
