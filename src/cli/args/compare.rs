//! What can be written of comparing targets.

use super::Run;

pub(super) const EXAMPLES: &str = "\
Examples:
  crosscheck compare production staging
  crosscheck compare production staging specs/catalog.yaml --ignore '$.build' --ignore 'header ETag'
  crosscheck compare v1 v2 --unsafe-methods     POST, PUT, PATCH and DELETE are sent to both, too

Each case runs on every target with captures and cookies of its own. The base is asked twice:
where it differs from itself, only type and shape are compared. docs/COMPARE.md walks through it.";

/// How targets are compared.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Comparing targets")]
pub(in crate::cli) struct Comparing {
    /// Compare what these targets answer with what the run's own target does
    #[arg(long, value_name = "OTHER", value_delimiter = ',')]
    pub(in crate::cli) compare: Vec<String>,
    /// How often the base is asked in all, to learn where it differs from itself; 1 learns nothing
    /// [default: 2]
    #[arg(long, value_name = "N", value_parser = samples, conflicts_with = "secondary")]
    pub(in crate::cli) noise_samples: Option<usize>,
    /// A second instance of the base: where the two differ, only type and shape are compared
    #[arg(long, value_name = "TARGET")]
    pub(in crate::cli) secondary: Option<String>,
    /// Leave out what a JSONPath selects, or `header NAME`; several times for several
    #[arg(long, value_name = "PATH")]
    pub(in crate::cli) ignore: Vec<String>,
    /// Send every target what may change something: POST, PUT, PATCH, DELETE
    #[arg(long)]
    pub(in crate::cli) unsafe_methods: bool,
    /// Propose redactions for where the base differs from itself: `crosscheck review` shows and decides
    #[arg(long)]
    pub(in crate::cli) write_noise: bool,
    /// Report answers that take more than R times as long as the base's [default: never]
    #[arg(long, value_name = "R", value_parser = ratio)]
    pub(in crate::cli) max_time_ratio: Option<f64>,
}

impl Comparing {
    /// The targets that are compared, with a second instance of the base at the end.
    pub(super) fn targets(&self) -> Vec<String> {
        self.compare.iter().chain(&self.secondary).cloned().collect()
    }

    /// The first flag that says how, if one does.
    pub(in crate::cli) fn first(&self) -> Option<&'static str> {
        let written = [
            (self.noise_samples.is_some(), "--noise-samples"),
            (self.secondary.is_some(), "--secondary"),
            (!self.ignore.is_empty(), "--ignore"),
            (self.unsafe_methods, "--unsafe-methods"),
            (self.write_noise, "--write-noise"),
            (self.max_time_ratio.is_some(), "--max-time-ratio"),
        ];
        written.into_iter().find(|(is, _)| *is).map(|(_, flag)| flag)
    }
}

#[derive(Debug, clap::Args)]
#[command(override_usage = "crosscheck compare [OPTIONS] <BASE> <OTHER>... [PATHS]...")]
#[command(mut_arg("target", |arg| arg.hide(true)))]
#[command(mut_arg("compare", |arg| arg.hide(true)))]
#[command(mut_arg("snapshots", |arg| arg.hide(true)))]
#[command(mut_arg("unreferenced", |arg| arg.hide(true)))]
#[command(mut_arg("paths", |arg| arg.value_name("OTHER|PATH").help("Targets that are compared with it, then specs: files, folders and globs")))]
pub(in crate::cli) struct Compare {
    /// The target that others are compared with
    pub(in crate::cli) base: String,
    #[command(flatten)]
    pub(in crate::cli) run: Run,
}

fn samples(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(samples @ 1..=20) => Ok(samples),
        _ => Err("a number from 1 to 20".to_owned()),
    }
}

fn ratio(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(ratio) if (1.0..=1_000_000.0).contains(&ratio) => Ok(ratio),
        _ => Err("a number from 1 on, such as 1.5".to_owned()),
    }
}
