//! What a process costs: wall time, CPU and peak memory, as the kernel counted them.
//!
//! A process of its own starts each measured one, because the kernel adds up what children cost and
//! keeps the largest peak of all: with a single child, both are that child's.

use std::env;
use std::process::{Command, Stdio};
use std::str::FromStr;
use std::time::Duration;

use crate::Failure;

/// What one process has used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// From its start to its end.
    pub(crate) wall: Duration,
    /// User and system time.
    pub(crate) cpu: Duration,
    /// Peak resident memory, in bytes.
    pub(crate) memory: u64,
}

/// Runs a command in a process that does nothing else, and returns its usage. The exit code must be
/// `exit`.
pub(crate) fn measure(command: &[&str], folder: &str, exit: i32) -> Result<Usage, Failure> {
    let output = Command::new(env::current_exe()?)
        .arg("measure")
        .arg(exit.to_string())
        .args(command)
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("`{}` did not end with {exit}", command.join(" ")).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let mut numbers = text.split_whitespace().map(u64::from_str);
    let mut next =
        || numbers.next().ok_or("the measuring process said too little")?.map_err(Failure::from);
    Ok(Usage {
        wall: Duration::from_micros(next()?),
        cpu: Duration::from_micros(next()?),
        memory: next()?,
    })
}

/// The measuring process: `EXIT COMMAND…`.
#[cfg(unix)]
pub(crate) fn main(words: &[&str]) -> Result<(), Failure> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike as _;

    let [exit, program, arguments @ ..] = words else { return Err("nothing to measure".into()) };
    let start = std::time::Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .env_remove("CI")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    let wall = start.elapsed();
    if status.code() != Some(exit.parse()?) {
        return Err(format!("it ended with {status}").into());
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    println!("{} {cpu} {}", wall.as_micros(), usage.max_rss() * 1024);
    Ok(())
}

/// Other systems are not asked what a process cost.
#[cfg(not(unix))]
pub(crate) fn main(_: &[&str]) -> Result<(), Failure> {
    Err("what a process costs is measured on Unix only".into())
}
