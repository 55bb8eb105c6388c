//! A target that is ready to be asked.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::diagnostic::Diagnostic;
use crate::settings::{Base, Release, Settings, TargetSetting};
use crate::spec::Options;
use crate::template::{Facts, Scope};

/// Where a release of the embedded demo API is, if it runs.
pub type DemoUrl<'a> = &'a dyn Fn(Release) -> Option<String>;

/// A server to run against, with everything rendered.
#[derive(Debug)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// The absolute URL that relative ones are appended to.
    pub base_url: String,
    /// Its variables.
    pub vars: Vec<TargetVar>,
    /// The request options laid under every request to it.
    pub defaults: Arc<Options>,
}

/// A variable of a target.
#[derive(Debug)]
pub struct TargetVar {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Json,
    /// Whether it was built from a secret.
    pub secret: bool,
}

impl Target {
    /// Renders the targets of the settings. `demo` gives the base URL of the embedded demo API,
    /// where it runs.
    pub fn all(settings: &Settings, demo: DemoUrl<'_>) -> Result<Vec<Arc<Self>>, Vec<Diagnostic>> {
        Self::each(&settings.targets, settings, demo)
    }

    /// Renders the targets that are compared with them.
    pub fn compared(
        settings: &Settings,
        demo: DemoUrl<'_>,
    ) -> Result<Vec<Arc<Self>>, Vec<Diagnostic>> {
        Self::each(&settings.compared, settings, demo)
    }

    fn each(
        written: &[TargetSetting],
        settings: &Settings,
        demo: DemoUrl<'_>,
    ) -> Result<Vec<Arc<Self>>, Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let mut targets = Vec::new();
        for setting in written {
            match Self::render(setting, settings, demo) {
                Ok(target) => targets.push(Arc::new(target)),
                Err(error) => errors.push(*error),
            }
        }
        if errors.is_empty() { Ok(targets) } else { Err(errors) }
    }

    fn render(
        setting: &TargetSetting,
        settings: &Settings,
        demo: DemoUrl<'_>,
    ) -> Result<Self, Box<Diagnostic>> {
        let facts = Facts {
            environment: Arc::clone(&settings.environment),
            secrets: Arc::clone(&settings.secrets),
            target: setting.name.clone(),
            ..Facts::default()
        };
        let scope = Scope::new(facts);
        let base_url = match &setting.base {
            Base::Embedded(release) => demo(*release).unwrap_or_default(),
            Base::Url(template) => {
                let url = template.text(&scope)?.into_owned();
                // Found by its value wherever it turns up.
                scope.built_from_secrets();
                if !(url.starts_with("http://") || url.starts_with("https://")) {
                    let error = Diagnostic::general(format!(
                        "the `base_url` of the target `{}` became `{url}`",
                        setting.name
                    ));
                    return Err(Box::new(error.help("it must be an absolute http or https URL")));
                }
                url
            }
        };
        let vars = setting
            .vars
            .iter()
            .map(|(name, value)| {
                let value = value.render(&scope)?.into_owned();
                let secret = scope.built_from_secrets().is_some();
                Ok(TargetVar { name: name.clone(), value, secret })
            })
            .collect::<Result<_, Box<Diagnostic>>>()?;
        Ok(Self {
            name: setting.name.clone(),
            base_url,
            vars,
            defaults: Arc::clone(&setting.defaults),
        })
    }

    /// Sets the variables of the command line, and those of the target that it does not set.
    pub fn fill(&self, scope: &Scope, from_command: &[(String, Json)]) {
        for (name, value) in from_command {
            scope.set(name, value);
        }
        let set = |name: &str| from_command.iter().any(|(own, _)| own == name);
        for var in self.vars.iter().filter(|var| !set(&var.name)) {
            if var.secret {
                scope.set_secret(&var.name, &var.value);
            } else {
                scope.set(&var.name, &var.value);
            }
        }
    }

    /// The absolute URL of what a spec writes: as it is, or appended to the base URL.
    pub fn url(&self, written: &str) -> String {
        let absolute = written.get(..8).is_some_and(|start| {
            let start = start.to_ascii_lowercase();
            start.starts_with("http://") || start.starts_with("https://")
        });
        if absolute
            || written.contains("://") && !written.starts_with('/') && !written.contains('?')
        {
            return written.to_owned();
        }
        let base = self.base_url.trim_end_matches('/');
        if written.starts_with(['/', '?', '#']) {
            format!("{base}{written}")
        } else {
            format!("{base}/{written}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_urls_are_appended_and_absolute_ones_left_alone() {
        let target = Target {
            name: "t".into(),
            base_url: "http://h:1/api/".into(),
            vars: Vec::new(),
            defaults: Arc::default(),
        };
        for (written, url) in [
            ("/widgets", "http://h:1/api/widgets"),
            ("widgets", "http://h:1/api/widgets"),
            ("?a=b", "http://h:1/api?a=b"),
            ("/go?to=http://x/", "http://h:1/api/go?to=http://x/"),
            ("HTTP://x/y", "HTTP://x/y"),
            ("https://x", "https://x"),
            ("ftp://x/y", "ftp://x/y"),
        ] {
            assert_eq!(target.url(written), url);
        }
    }
}
