//! Logging in: what a person sees in the terminal and in the browser, and what runs have of it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::project::{Outcome, Project, binary, stable};
use crate::raw::Server;

/// `crosscheck demo`, until it is dropped.
struct Demo {
    process: Child,
    url: String,
}

impl Demo {
    fn start() -> Self {
        let mut command = Command::new(binary());
        command.args(["demo", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the binary runs");
        let mut line = String::new();
        let mut lines = BufReader::new(process.stdout.take().expect("piped"));
        lines.read_line(&mut line).expect("a line");
        let url = line.split_whitespace().last().expect("an address").to_owned();
        Self { process, url }
    }

    fn config(&self, oauth2: &str) -> String {
        format!(
            "connections:
  api: {{ oauth2: {{ client_id: demo-client, scopes: [read], {oauth2} }} }}
  plain: {{ basic: {{ username: ada, password: secret }} }}
targets: {{ t: {{ base_url: '{}', auth: {{ connection: api }} }} }}
run: {{ target: t }}
",
            self.url
        )
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const CODE: &str = "flow: authorization_code, authorize_uri: '${{ target.base_url }}/oauth/authorize', token_uri: '${{ target.base_url }}/oauth/token'";
const WHOLE: &str =
    "tests: [{ name: t, request: GET /oauth/me, expect: { body: { user: ada, scope: read } } }]\n";

/// A project whose tokens are its own.
fn project(config: &str) -> Project {
    let project = Project::new().config(config).spec(WHOLE);
    let data = project.path().join("data").to_str().expect("UTF-8").to_owned();
    project.env("XDG_DATA_HOME", &data)
}

/// `crosscheck login`, waiting for its person.
struct Waiting {
    process: Child,
    lines: BufReader<ChildStdout>,
    stdout: String,
    project: Project,
}

impl Waiting {
    fn begin(project: Project, arguments: &[&str]) -> Self {
        let mut command = project.prepare(["login", "api"].iter().chain(arguments));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("the binary runs");
        let lines = BufReader::new(process.stdout.take().expect("piped"));
        Self { process, lines, stdout: String::new(), project }
    }

    /// The next line that is indented: what a person needs.
    fn told(&mut self) -> String {
        loop {
            let mut line = String::new();
            let length = self.lines.read_line(&mut line).expect("a line");
            self.stdout.push_str(&line);
            if let Some(told) = line.strip_prefix("  ") {
                return told.trim().to_owned();
            }
            assert!(length > 0, "it ended: {}", self.stdout);
        }
    }

    fn end(mut self) -> Outcome {
        self.lines.read_to_string(&mut self.stdout).expect("UTF-8");
        let output = self.process.wait_with_output().expect("it ends");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        Outcome::new(self.stdout, stderr, output.status.code(), self.project)
    }
}

/// What a browser shows.
struct Shown {
    status: u16,
    text: String,
}

impl Shown {
    fn location(&self) -> &str {
        let at = self.text.find("location: ").expect("a redirect") + 10;
        self.text[at..].lines().next().expect("a value")
    }
}

fn ask(method: &str, url: &str, form: &str) -> Shown {
    let rest = url.strip_prefix("http://").expect("http");
    let (host, path) = rest.split_once('/').expect("a path");
    let path = path.split('#').next().expect("a path");
    let mut stream = TcpStream::connect(host).expect("someone listens");
    let head = format!(
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Shown { status, text }
}

fn get(url: &str) -> Shown {
    ask("GET", url, "")
}

/// Where the demo sends the browser, with what the user says.
fn decide(url: &str, decision: &str) -> String {
    let (page, query) = url.split_once('?').expect("a query");
    let form = format!("{query}&decision={decision}");
    ask("POST", page, &form).location().to_owned()
}

#[test]
fn a_login_in_a_browser_is_kept_for_runs() {
    let demo = Demo::start();
    let mut waiting = Waiting::begin(project(&demo.config(CODE)), &["--no-browser"]);
    let url = waiting.told();
    assert!(url.contains("code_challenge_method=S256") && url.contains("state="), "{url}");
    let back = decide(&url, "allow");
    let (listener, _) = back.split_once("/callback").expect("the default path");
    // Whoever else knocks is sent away, and the wait goes on.
    for foreign in ["/callback?code=x&state=wrong", "/callback", "/callback?error=access_denied"] {
        let shown = get(&format!("{listener}{foreign}"));
        assert_eq!(shown.status, 400);
        assert!(shown.text.contains("goes on waiting"), "{}", shown.text);
    }
    assert_eq!(get(&format!("{listener}/favicon.ico")).status, 404);
    let shown = get(&back);
    assert_eq!(shown.status, 200);
    assert!(shown.text.contains("You can close this tab"), "{}", shown.text);
    assert!(shown.text.contains("referrer-policy: no-referrer"), "{}", shown.text);
    let project = waiting
        .end()
        .stdout("Logged in to `api`: the token is good for 5")
        .stdout("and then renewed without you")
        .stdout("data/crosscheck/tokens.json")
        .stderr("someone came back from another login")
        .exit(0)
        .again();
    let project = project.run([]).exit(0).again();
    let project = project.command(["login", "--status"]).stdout("api: logged in").exit(0).again();
    let project = project.command(["logout", "api"]).stdout("Logged out of `api`").exit(0).again();
    let project = project.command(["logout", "api"]).stdout("Nobody was logged in").exit(0).again();
    let project =
        project.command(["login", "--status"]).stdout("crosscheck login api").exit(1).again();
    project.run([]).stdout("`crosscheck login api` logs in once").exit(3);
}

#[test]
fn what_the_terminal_says_of_a_login() {
    let demo = Demo::start();
    let mut waiting = Waiting::begin(project(&demo.config(CODE)), &["--no-browser"]);
    let url = waiting.told();
    get(&decide(&url, "allow"));
    let outcome = waiting.end().exit(0);
    let stdout = outcome.stdout.clone();
    let folder = outcome.again().path().display().to_string();
    let port = url.split("127.0.0.1%3A").nth(1).and_then(|rest| rest.split('%').next());
    let screen = stable(&stdout)
        .replace(&folder, "FOLDER")
        .replace(port.expect("a port"), "PORT")
        .replace(url.split("&state=").nth(1).expect("a state"), "STATE_AND_CHALLENGE");
    insta::assert_snapshot!(screen);
}

#[test]
fn a_token_that_comes_in_the_fragment_is_handed_over() {
    let demo = Demo::start();
    let oauth2 = "flow: implicit, authorize_uri: '${{ target.base_url }}/oauth/authorize', redirect_uri: 'http://localhost/back?x=y'";
    let mut waiting = Waiting::begin(project(&demo.config(oauth2)), &["--no-browser"]);
    let url = waiting.told();
    assert!(url.contains("response_type=token") && !url.contains("code_challenge"), "{url}");
    let back = decide(&url, "allow");
    let (page, fragment) = back.split_once('#').expect("a fragment");
    assert!(page.ends_with("/back?x=y"), "{page}");
    let shown = get(page);
    assert!(shown.text.contains("location.hash"), "{}", shown.text);
    let shown = ask("POST", page, fragment);
    assert!(shown.text.contains("You can close this tab"), "{}", shown.text);
    let project = waiting
        .end()
        .stdout("and then somebody has to log in again")
        .stderr("RFC 9700")
        .exit(0)
        .again();
    project.run([]).exit(0);
}

#[test]
fn a_device_is_logged_in_with_a_code_that_is_entered_elsewhere() {
    let demo = Demo::start();
    let oauth2 = "flow: device_code, device_authorization_uri: '${{ target.base_url }}/oauth/device', token_uri: '${{ target.base_url }}/oauth/token'";
    for (decision, code) in [("deny", 1), ("allow", 0)] {
        let mut waiting = Waiting::begin(project(&demo.config(oauth2)), &["--no-browser"]);
        let (place, entered) = (waiting.told(), waiting.told());
        let form = format!("user_code={entered}&decision={decision}");
        assert_eq!(ask("POST", &place, &form).status, 200);
        let outcome = waiting.end().exit(code);
        if code == 0 {
            outcome.stdout("Logged in to `api`").again().run([]).exit(0);
        } else {
            outcome.stderr("the token endpoint refused: `access_denied`, ada said no");
        }
    }
}

#[test]
fn a_login_that_is_refused_says_why_in_the_browser_and_in_the_terminal() {
    let demo = Demo::start();
    let mut waiting = Waiting::begin(project(&demo.config(CODE)), &["--no-browser"]);
    let shown = get(&decide(&waiting.told(), "deny"));
    assert!(shown.text.contains("The login was refused: access_denied, ada said no"));
    waiting.end().stderr("the login was refused: `access_denied`, ada said no").exit(1);
    // An answer of another server, with the right state.
    let mut waiting = Waiting::begin(project(&demo.config(CODE)), &["--no-browser"]);
    let back =
        decide(&waiting.told(), "allow").replace("iss=http%3A%2F%2F127", "iss=http%3A%2F%2F128");
    assert_eq!(get(&back).status, 400);
    waiting
        .end()
        .stderr("the login came back from `http://128.0.0.1")
        .stderr("`issuer` says")
        .exit(3);
    let issuer = format!("{CODE}, issuer: 'https://login.example'");
    let mut waiting = Waiting::begin(project(&demo.config(&issuer)), &["--no-browser"]);
    assert_eq!(get(&decide(&waiting.told(), "allow")).status, 400);
    waiting.end().stderr("and `issuer` is `https://login.example`").exit(3);
    // A code that the token endpoint refuses.
    let params = format!("{CODE}, token_params: {{ redirect_uri: 'http://127.0.0.1/other' }}");
    let mut waiting = Waiting::begin(project(&demo.config(&params)), &["--no-browser"]);
    let shown = get(&decide(&waiting.told(), "allow"));
    assert!(shown.text.contains("The login failed"), "{}", shown.text);
    waiting.end().stderr("the token endpoint refused: `invalid_grant`").exit(1);
}

#[test]
fn a_given_port_is_used_and_one_that_is_taken_is_named() {
    let demo = Demo::start();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let oauth2 = format!(
        "{CODE}, redirect_uri: 'http://127.0.0.1:{port}', authorize_params: {{ prompt: none, scope: null }}"
    );
    let project = project(&demo.config(&oauth2));
    let outcome = project.command(["login", "api", "--no-browser"]);
    let project = outcome.stderr(&format!("port {port} of this machine")).exit(3).again();
    drop(taken);
    let mut waiting = Waiting::begin(project, &["--no-browser"]);
    let url = waiting.told();
    assert!(!url.contains("scope="), "{url}");
    // Without a question, as the parameter says.
    let back = get(&url).location().to_owned();
    assert!(back.starts_with(&format!("http://127.0.0.1:{port}/?code=")), "{back}");
    get(&back);
    waiting.end().exit(0);
}

#[test]
fn what_cannot_be_logged_in_to_says_so() {
    let demo = Demo::start();
    let command = |arguments: &[&str]| project(&demo.config(CODE)).command(arguments);
    command(&["login", "apis"]).stderr("did you mean `api`?").exit(2);
    command(&["login", "plain"]).stderr("the connection `plain` has no login").exit(2);
    command(&["login"]).stderr("<NAME>").exit(2);
    command(&["login", "api", "--timeout", "1", "--no-browser"])
        .stderr("nobody logged in within 1 s")
        .exit(3);
    let in_ci = project(&demo.config(CODE)).env("CI", "true");
    in_ci.command(["login", "api"]).stderr("`--token-cache FILE`").exit(2);
    let embedded =
        demo.config(CODE).replace(&format!("base_url: '{}'", demo.url), "embedded: true");
    project(&embedded).command(["login", "api"]).stderr("start `crosscheck demo`").exit(2);
    let own = "flow: client_credentials, token_uri: '${{ target.base_url }}/oauth/token', client_secret: demo secret";
    let project = project(&demo.config(own));
    let project =
        project.command(["login", "api"]).stdout("needs nobody to log in").exit(0).again();
    project.command(["login", "--status"]).stdout("api: needs no login").exit(0);
}

#[test]
fn of_several_processes_one_uses_the_refresh_token() {
    let demo = Demo::start();
    let oauth2 = format!(
        "{CODE}, token_params: {{ expires_in: '0' }}, refresh_params: {{ expires_in: '3600' }}, client_secret: demo secret"
    );
    let mut waiting = Waiting::begin(project(&demo.config(&oauth2)), &["--no-browser"]);
    get(&decide(&waiting.told(), "allow"));
    let project = waiting.end().stdout("the next run renews it").exit(0).again();
    // The demo takes a refresh token once: a second use would be refused.
    let runs: Vec<_> = (0..8)
        .map(|_| project.prepare(["run"]).stdout(Stdio::piped()).spawn().expect("it runs"))
        .collect();
    for run in runs {
        let output = run.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[cfg(unix)]
#[test]
fn the_browser_of_the_system_is_opened() {
    use std::os::unix::fs::PermissionsExt as _;
    let demo = Demo::start();
    let browser = "#!/bin/sh\nprintf '%s\\n' \"$1\" >\"$OPENED\"\n";
    let project =
        project(&demo.config(CODE)).file("bin/xdg-open", browser).file("bin/open", browser);
    for name in ["xdg-open", "open"] {
        let path = project.path().join("bin").join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("changed");
    }
    let pipe = project.path().join("opened");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    let path = format!("{}/bin:/usr/bin:/bin", project.path().display());
    let project = project.env("PATH", &path).env("OPENED", pipe.to_str().expect("UTF-8"));
    let mut waiting = Waiting::begin(project, &[]);
    let url = waiting.told();
    // Reading waits for the browser.
    let opened = std::fs::read_to_string(&pipe).expect("the browser's address");
    assert_eq!(opened.trim(), url);
    get(&decide(&url, "allow"));
    waiting.end().stdout("A browser opens").exit(0);
}

#[test]
fn what_a_token_endpoint_says_reaches_the_page_as_text() {
    let server = Server::start(|peer| {
        while peer.request().is_some() {
            let body = r#"{"error":"<img src=x>","error_description":"<script>no</script>"}"#;
            let length = body.len();
            peer.write(format!("HTTP/1.1 400 No\r\nContent-Length: {length}\r\n\r\n{body}"));
        }
    });
    let config = format!(
        "connections: {{ api: {{ oauth2: {{ flow: authorization_code, client_id: a, authorize_uri: '{0}', token_uri: '{0}' }} }} }}\n",
        server.url("/")
    );
    let mut waiting = Waiting::begin(project(&config), &["--no-browser"]);
    let url = waiting.told();
    let value = |name: &str| {
        let (_, rest) = url.split_once(&format!("{name}=")).expect("there");
        rest.split('&').next().expect("a value").replace("%3A", ":").replace("%2F", "/")
    };
    let shown = get(&format!("{}?code=c&state={}", value("redirect_uri"), value("state")));
    assert!(shown.text.contains("&lt;script&gt;no&lt;/script&gt;"), "{}", shown.text);
    assert!(!shown.text.contains("<img"), "{}", shown.text);
    waiting.end().stderr("the token endpoint refused").exit(1);
}

#[test]
fn one_config_serves_the_desk_and_ci() {
    let demo = Demo::start();
    let config = format!(
        "secrets: {{ refresh: {{ env: REFRESH }} }}\n{}",
        demo.config(&format!(
            "{CODE}, refresh_token: '${{{{ secrets.refresh }}}}', client_secret: demo secret"
        ))
    );
    let mut waiting = Waiting::begin(project(&config), &["--no-browser"]);
    get(&decide(&waiting.told(), "allow"));
    let project = waiting.end().exit(0).again();
    let project = project.run([]).exit(0).again();
    let kept = std::fs::read_to_string(project.path().join("data/crosscheck/tokens.json"));
    let kept: serde_json::Value = serde_json::from_str(&kept.expect("kept")).expect("JSON");
    let token = kept["tokens"].as_object().and_then(|tokens| tokens.values().next());
    let token = token.and_then(|token| token["refresh_token"].as_str()).expect("a token");
    let project = project.env("CI", "true");
    let project = project.run([]).stdout("set the secret `refresh`").exit(3).again();
    project.env("REFRESH", token).run([]).exit(0);
}
