//! `crosscheck login` and `crosscheck logout`.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::args;
use super::demos::Demos;
use super::exit::Exit;
use super::run::client;
use super::session::{Session, show};
use crate::auth::{LoggedIn, Login, LoginCause, LoginError, Prompt, State, Store, Way};
use crate::diagnostic::{Diagnostic, nearest};
use crate::plan::Target;
use crate::settings::Base;
use crate::spec::Connection;
use crate::template::{Facts, Scope};

/// How long an endpoint may take to answer.
const TIMEOUT: Duration = Duration::from_secs(40);

/// A login with what it depends on.
struct Errand<'s> {
    name: &'s str,
    target: Arc<Target>,
    scope: Scope,
    login: Login<'s>,
}

/// `crosscheck login`.
pub(super) fn login(command: &args::Login) -> Exit {
    let session = match Session::bare(&command.connection.setup, command.connection.flags()) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    match &command.name {
        Some(name) if !command.status => with_errands(&session, name, |errands, store| {
            let Some(store) = store else { return nowhere(&session) };
            on_runtime(&session, async {
                let mut exit = Exit::Passed;
                for errand in errands {
                    exit = worst(exit, errand.run(command, &session, store).await);
                }
                exit
            })
        }),
        name => status(&session, name.as_deref()),
    }
}

/// `crosscheck logout`.
pub(super) fn logout(command: &args::Logout) -> Exit {
    let session = match Session::bare(&command.connection.setup, command.connection.flags()) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    with_errands(&session, &command.name, |errands, store| {
        let Some(store) = store else { return nowhere(&session) };
        on_runtime(&session, async {
            let mut found = false;
            for errand in errands {
                match errand.login.logout(store).await {
                    Ok(had) => found |= had,
                    Err(error) => return errand.failed(error, &session),
                }
            }
            let name = &command.name;
            super::print(&if found {
                format!(
                    "Logged out of `{name}`: its tokens are forgotten here. Elsewhere they are good until they end.\n"
                )
            } else {
                format!("Nobody was logged in to `{name}`.\n")
            })
        })
    })
}

/// `crosscheck login --status`.
fn status(session: &Session, name: Option<&str>) -> Exit {
    let connections = Arc::clone(&session.settings.connections);
    let names: Vec<_> = match name {
        Some(name) => vec![name],
        None => connections.with_tokens().collect(),
    };
    if names.is_empty() {
        return super::print(
            "The config has no connection with `oauth2`, so there is nothing to log in to.\n",
        );
    }
    let mut exit = Exit::Passed;
    for name in names {
        let shown = with_errands(session, name, |errands, store| {
            let mut exit = Exit::Passed;
            for errand in errands {
                exit = worst(exit, errand.status(session, store, errands.len() > 1));
            }
            exit
        });
        exit = worst(exit, shown);
    }
    exit
}

/// Those logins that a connection comes to: one, unless it is another one for each target.
fn with_errands(
    session: &Session,
    name: &str,
    then: impl FnOnce(&[Errand<'_>], Option<&Store>) -> Exit,
) -> Exit {
    let settings = &session.settings;
    let connections = &*settings.connections;
    let targets = match Target::all(settings, &|_| None) {
        Ok(targets) => targets,
        Err(mut errors) => {
            for error in &mut errors {
                settings.secrets.masks().cover(&mut error.message);
            }
            return show(&errors, session.style);
        }
    };
    let mut errands: Vec<Errand<'_>> = Vec::new();
    for (target, setting) in targets.into_iter().zip(&settings.targets) {
        let scope = scope(session, &target);
        let login = match connections.login(name, &scope) {
            None => return show(&[no_login(session, name)], session.style),
            Some(Ok(login)) => login,
            Some(Err(mut error)) => {
                scope.masks().cover(&mut error.message);
                let mut error = *error;
                if matches!(setting.base, Base::Embedded(_)) {
                    error = error.help("the built-in demo API lives no longer than a run: start `crosscheck demo`, and make its address a target");
                }
                return show(&[error], session.style);
            }
        };
        if errands.iter().all(|errand| !errand.login.is_same(&login)) {
            errands.push(Errand { name, target, scope, login });
        }
    }
    let store = settings.token_cache.as_ref().map(|cache| Store::new(cache.value.clone()));
    then(&errands, store.as_ref())
}

/// What the templates of a connection see.
fn scope(session: &Session, target: &Target) -> Scope {
    let settings = &session.settings;
    let scope = Scope::new(Facts {
        environment: Arc::clone(&settings.environment),
        secrets: Arc::clone(&settings.secrets),
        target: target.name.clone(),
        base_url: target.base_url.clone(),
        ..Facts::default()
    });
    let vars: Vec<_> =
        settings.vars.iter().map(|(name, value)| (name.clone(), value.value.clone())).collect();
    target.fill(&scope, &vars);
    scope
}

impl Errand<'_> {
    async fn run(&self, command: &args::Login, session: &Session, store: &Store) -> Exit {
        let layers = [self.target.defaults.connection.as_deref(), None, None];
        let connecting = match Connection::render(&layers, &self.scope) {
            Ok(connecting) => connecting,
            Err(mut error) => {
                self.scope.masks().cover(&mut error.message);
                return show(&[*error], session.style);
            }
        };
        let way = Way { connecting: Some(&connecting), timeout: TIMEOUT };
        let client = client(session, &Demos::default(), false);
        let patience = Duration::from_secs(command.timeout);
        let tell = |prompt: Prompt<'_>| self.tell(prompt, !command.no_browser);
        match self.login.login(&client, store, way, patience, &tell).await {
            Ok(logged_in) => super::print(&self.told(&logged_in, store)),
            Err(error) => self.failed(error, session),
        }
    }

    /// Tells a person what to do; standard output has it, as whoever starts this may want to read it.
    fn tell(&self, prompt: Prompt<'_>, browser: bool) {
        let masks = self.scope.masks();
        let (text, url) = match prompt {
            Prompt::Warning(text) => {
                let _ = writeln!(io::stderr().lock(), "warning: {text}");
                return;
            }
            Prompt::Open { url, redirect_uri } => {
                let how =
                    if browser { "A browser opens. Where it does not, go to" } else { "Go to" };
                let text = format!(
                    "Log in to `{}`. {how}:\n\n  {}\n\nWaiting at {redirect_uri} · Ctrl-C gives up\n",
                    self.name,
                    masks.mask(url)
                );
                (text, url)
            }
            Prompt::Code { uri, complete, code } => {
                let text = format!(
                    "Log in to `{}`. Go to:\n\n  {}\n\nand enter the code:\n\n  {code}\n\nWaiting · Ctrl-C gives up\n",
                    self.name,
                    masks.mask(uri)
                );
                (text, complete.unwrap_or(uri))
            }
        };
        super::print(&text);
        // Beyond http, an address that a server names could start anything.
        let web = url.starts_with("https://") || url.starts_with("http://");
        // What went wrong would be said with the whole address, which stands above.
        if browser && web && open::that_detached(url).is_err() {
            let _ = writeln!(io::stderr().lock(), "warning: no browser can be opened from here");
        }
    }

    /// What a login came to.
    fn told(&self, logged_in: &LoggedIn, store: &Store) -> String {
        let masks = self.scope.masks();
        let name = self.name;
        let who = logged_in.who.as_ref().map(|who| format!(" as {}", masks.mask(who)));
        let who = who.unwrap_or_default();
        if !self.login.needs_a_person() {
            return format!(
                "`{name}` needs nobody to log in: its token was asked for, and was issued. Runs do so by themselves.\n"
            );
        }
        let lasts = lasts(logged_in.state);
        format!(
            "Logged in to `{name}`{who}: the token {lasts}.\nKept in {}\n",
            store.path().display()
        )
    }

    /// One line of `--status`.
    fn status(&self, session: &Session, store: Option<&Store>, several: bool) -> Exit {
        let state = match self.login.state(store) {
            Ok(state) => state,
            Err(error) => return show(&[*error], session.style),
        };
        let name = self.name;
        let of = if several { format!(" on {}", self.target.name) } else { String::new() };
        let (text, exit) = match state {
            State::Unneeded => (format!("{name}{of}: needs no login"), Exit::Passed),
            State::Missing => {
                (format!("{name}{of}: nobody is logged in · crosscheck login {name}"), Exit::Failed)
            }
            State::Held { fresh: false, renewed: false, .. } => {
                (format!("{name}{of}: the login has ended · crosscheck login {name}"), Exit::Failed)
            }
            state @ State::Held { .. } => {
                (format!("{name}{of}: logged in, the token {}", lasts(state)), Exit::Passed)
            }
        };
        worst(super::print(&format!("{text}\n")), exit)
    }

    fn failed(&self, failure: LoginError, session: &Session) -> Exit {
        let mut error = *failure.error;
        let masks = self.scope.masks();
        masks.cover(&mut error.message);
        error.help.iter_mut().for_each(|help| masks.cover(help));
        show(&[error], session.style);
        match failure.cause {
            LoginCause::Refused => Exit::Failed,
            LoginCause::Unreachable => Exit::Errored,
            LoginCause::NotKept => Exit::NotWritten,
        }
    }
}

/// How long a token is good, as the end of a sentence.
fn lasts(state: State) -> String {
    let State::Held { until, fresh, renewed } = state else { return String::new() };
    let Some(until) = until else { return "is good until the server says otherwise".to_owned() };
    let left = until.duration_since(SystemTime::now()).unwrap_or_default().as_secs();
    let left = match left {
        0..120 => format!("{left} s"),
        120..7_200 => format!("{} min", left / 60),
        7_200..172_800 => format!("{} h", left / 3_600),
        _ => format!("{} days", left / 86_400),
    };
    match (fresh, renewed) {
        (false, _) => "has ended, and the next run renews it".to_owned(),
        (true, true) => format!("is good for {left}, and then renewed without you"),
        (true, false) => format!("is good for {left}, and then somebody has to log in again"),
    }
}

/// The error for a name that nobody can log in to.
fn no_login(session: &Session, name: &str) -> Diagnostic {
    let connections = &session.settings.connections;
    let known: Vec<_> = connections.with_tokens().collect();
    if connections.names().contains(name) {
        let error = Diagnostic::general(format!("the connection `{name}` has no login"));
        return error
            .help("its credentials stand in the config; those with `oauth2` are logged in to");
    }
    let error = Diagnostic::general(format!("the config has no connection `{name}`"));
    let error = match nearest(name, known.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    };
    error.help(if known.is_empty() {
        "connections stand in the config: `connections: { NAME: { oauth2: { … } } }`".to_owned()
    } else {
        let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
        format!("those that can be logged in to: {}", known.join(", "))
    })
}

fn nowhere(session: &Session) -> Exit {
    let error = Diagnostic::general("there is nowhere to keep tokens");
    let help = "with `CI` set, or without a home folder, say where: `--token-cache FILE`";
    show(&[error.help(help)], session.style)
}

fn on_runtime(session: &Session, work: impl Future<Output = Exit>) -> Exit {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let exit = runtime.block_on(work);
            runtime.shutdown_background();
            exit
        }
        Err(error) => {
            show(&[Diagnostic::general(format!("nothing can be started: {error}"))], session.style);
            Exit::Internal
        }
    }
}

/// What both come to: the first that is not good.
fn worst(one: Exit, other: Exit) -> Exit {
    if one == Exit::Passed { other } else { one }
}
