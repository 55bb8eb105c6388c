//! The ways that a request takes: through proxies, to overridden addresses, to sockets. What the
//! proxies read is asserted to the byte.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::project::{Outcome, Project};
use crate::raw::Server;
use crate::secure::{Authority, Secure, Setup};
use crate::tls::Site;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// So many bytes are read, then an answer is written.
type Script = &'static [(usize, &'static [u8])];

/// A proxy that says one thing and then carries bytes to and fro.
struct Tunnel {
    address: SocketAddr,
    read: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Tunnel {
    /// Plays a script, and in the end connects to `server`.
    fn start(server: SocketAddr, script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener.local_addr().expect("its address");
        let read = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let log = Arc::clone(&read);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                std::thread::spawn(move || converse(client, server, script, &log));
            }
        });
        Self { address, read }
    }

    fn read(&self) -> Vec<Vec<u8>> {
        self.read.lock().expect("the log").clone()
    }
}

fn converse(mut client: TcpStream, server: SocketAddr, script: Script, log: &Mutex<Vec<Vec<u8>>>) {
    let mut all = Vec::new();
    for (size, answer) in script {
        let mut bytes = vec![0; *size];
        if client.read_exact(&mut bytes).is_err() {
            break;
        }
        all.extend(bytes);
        log.lock().expect("the log").push(std::mem::take(&mut all));
        if client.write_all(answer).is_err() {
            return;
        }
    }
    let Ok(mut upstream) = TcpStream::connect(server) else { return };
    let (mut back, mut forth) =
        (client.try_clone().expect("a socket"), upstream.try_clone().expect("a socket"));
    let carrier = std::thread::spawn(move || {
        let _ = std::io::copy(&mut forth, &mut back);
        let _ = back.shutdown(Shutdown::Write);
    });
    let _ = std::io::copy(&mut client, &mut upstream);
    let _ = upstream.shutdown(Shutdown::Write);
    let _ = carrier.join();
}

/// Runs one request with the options in `yaml`.
fn run(url: &str, yaml: &str, project: Project) -> Outcome {
    let yaml: String = yaml.lines().map(|line| format!("      {line}\n")).collect();
    let spec = format!("tests:\n  - name: t\n    request:\n      url: '{url}'\n{yaml}");
    project.spec(&spec).run([])
}

fn address(server: &Server) -> String {
    server.address().to_string()
}

#[test]
fn an_http_proxy_gets_the_whole_url_and_its_own_credentials() {
    let proxy = Server::answering(OK);
    let at = address(&proxy);
    let url = "http://api.example:8080/a/../b?c#d";
    let sent = |credentials: &str| {
        format!(
            "GET http://api.example:8080/a/../b?c HTTP/1.1\r\nHost: api.example:8080\r\n{credentials}\r\n"
        )
    };
    run(url, &format!("proxy: {at}"), Project::new()).exit(0);
    assert_eq!(proxy.received()[0].text, sent(""));
    run(url, &format!("proxy: 'http://me:se%40cret@{at}'"), Project::new()).exit(0);
    assert_eq!(proxy.received()[1].text, sent("Proxy-Authorization: Basic bWU6c2VAY3JldA==\r\n"));
    let own = format!(
        "proxy: 'http://me:se%40cret@{at}'\nheaders: {{ Proxy-Authorization: own, Host: x }}"
    );
    run(url, &own, Project::new()).exit(0);
    let text = &proxy.received()[2].text;
    assert!(text.contains("Proxy-Authorization: own\r\nHost: x\r\n"), "{text}");
    assert!(!text.contains("Basic"), "{text}");
    // A template, and no password in what is printed.
    let template = "proxy: '${{ env.PROXY }}'";
    let project = Project::new().env("PROXY", &format!("http://me:secret@{at}"));
    run(url, template, project).exit(0);
    let project = Project::new().env("PROXY", "http://me:secret@");
    let outcome = run(url, template, project).exit(3);
    let screen = format!("{outcome}");
    assert!(screen.contains("`proxy` became no proxy's URL: the host is missing"), "{screen}");
    assert!(!screen.contains("secret"), "{screen}");
}

#[test]
fn what_is_written_of_a_user_and_a_password_is_not_shown_where_something_is_wrong() {
    let spec = "vars: { port: none, proxy: 'me:hunter22@127.0.0.1' }\ntests:\n  - name: t\n    request: { url: /, proxy: 'http://me:hunter22@127.0.0.1:${{ port }}' }\n";
    let outcome = Project::new().spec(spec).run([]).exit(3);
    let screen = format!("{outcome}");
    assert!(screen.contains("proxy: 'http://***@127.0.0.1:${{ port }}' }"), "{screen}");
    assert!(!screen.contains("hunter22"), "{screen}");
    let spec = spec.replace("port: none", "prot: none");
    let outcome = Project::new().spec(&spec).run([]).exit(2);
    let screen = format!("{outcome}");
    assert!(screen.contains("'http://***@127.0.0.1:${{ port }}'"), "{screen}");
    assert!(!screen.contains("hunter22"), "{screen}");
    // The URL itself may not have them, and is shown without them.
    let outcome = run("http://me:hunter22@127.0.0.1/", "proxy: none", Project::new()).exit(3);
    let screen = format!("{outcome}");
    assert!(screen.contains("GET http://***@127.0.0.1/"), "{screen}");
    assert!(!screen.contains("hunter22"), "{screen}");
}

#[test]
fn an_https_url_goes_through_a_tunnel() {
    let known = Authority::new("known");
    let site = Site::start(Setup { issuer: Some(&known), ..Setup::new(&["api.example"]) });
    let server = site.server.address();
    let connect = format!("CONNECT api.example:{} HTTP/1.1\r\n", server.port());
    let expected = |more: &str| {
        format!("{connect}Host: api.example:{}\r\n{more}\r\n", server.port()).into_bytes()
    };
    let project = || Project::new().file("specs/ca.pem", &known.pem);
    let url = format!("https://api.example:{}/", server.port());
    let size = expected("").len();
    let answers: Script =
        vec![(size, &b"HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n"[..])].leak();
    let tunnel = Tunnel::start(server, answers);
    let yaml = format!("self_signed_certificate: ca.pem\nproxy: http://{}", tunnel.address);
    run(&url, &yaml, project()).exit(0);
    assert_eq!(tunnel.read(), [expected("")]);

    let credentials = "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n";
    let answers: Script = vec![(size + credentials.len(), &b"HTTP/1.0 200\r\n\r\n"[..])].leak();
    let tunnel = Tunnel::start(server, answers);
    let yaml = format!("self_signed_certificate: ca.pem\nproxy: 'me:secret@{}'", tunnel.address);
    run(&url, &yaml, project()).exit(0);
    assert_eq!(tunnel.read(), [expected(credentials)]);
}

#[test]
fn a_proxy_that_is_spoken_to_over_tls_has_a_certificate_of_its_own() {
    let known = Authority::new("known");
    // This server echoes what it is asked, be it a proxy or not.
    let site = Site::of(&known);
    let proxy = site.server.url("").replace("https://", "https://me:secret@");
    let yaml = format!("proxy: '{proxy}'\nself_signed_certificate: ca.pem");
    let project = || Project::new().file("specs/ca.pem", &known.pem);
    let outcome = run("http://api.example/x", &yaml, project()).exit(0);
    assert_eq!(Secure::connections(&site.server), 1, "{outcome}");
    run("http://api.example/x", &format!("proxy: '{proxy}'"), Project::new())
        .stdout("the certificate of localhost comes from an unknown issuer: CN=known")
        .exit(3);
}

#[test]
fn what_a_proxy_refuses_is_its_doing_and_not_the_servers() {
    for (url, answer, message) in [
        (
            "http://a.example/",
            "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            "wants a user name and a password · phase connect",
        ),
        (
            "https://a.example/",
            "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            "wants a user name and a password · phase connect",
        ),
        (
            "https://a.example/",
            "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
            "refused a tunnel to a.example:443: 502 Bad Gateway · phase connect",
        ),
        ("https://a.example/", "hello\r\n\r\n", "does not speak HTTP: "),
        ("https://a.example/", "HTTP/1.1 200", "opened no tunnel: it closed the connection"),
    ] {
        let proxy = Server::start(move |peer| {
            peer.request();
            peer.write(answer);
        });
        let yaml = format!("proxy: '{}'", address(&proxy));
        run(url, &yaml, Project::new())
            .stdout("the proxy http://127.0.0.1:")
            .stdout(message)
            .exit(3);
    }
    let proxy = Server::answering("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n");
    let yaml = format!("proxy: 'http://me:secret@{}'", address(&proxy));
    let outcome = run("http://a.example/", &yaml, Project::new())
        .stdout("refused the user name and password of its URL")
        .exit(3);
    assert!(!outcome.stdout.contains("secret"), "{outcome}");
    let nowhere = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("it");
    run("http://a.example/", &format!("proxy: '{nowhere}'"), Project::new())
        .stdout(&format!("no connection to the proxy http://{nowhere}: connection refused"))
        .exit(3);
}

#[test]
fn socks_is_told_a_name_or_an_address() {
    const GRANTED: &[u8] = &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let server = Server::answering(OK);
    let port = server.address().port();
    let ports = port.to_be_bytes();
    let url = format!("http://api.example:{port}/");

    // By name, without a user.
    let named = [&[5, 1, 0, 3, 11][..], b"api.example", &ports].concat();
    let script: Script = vec![(3, &[5, 0][..]), (named.len(), GRANTED)].leak();
    let tunnel = Tunnel::start(server.address(), script);
    run(&url, &format!("proxy: socks5h://{}", tunnel.address), Project::new()).exit(0);
    assert_eq!(tunnel.read(), [vec![5, 1, 0], named.clone()]);

    // By the address that is resolved here, with a user.
    let addressed = [&[5, 1, 0, 1, 127, 0, 0, 1][..], &ports].concat();
    let login = [&[1, 2][..], b"me", &[6], b"secret"].concat();
    let script: Script = vec![
        (4, &[5, 2][..]),
        (login.len(), &[1, 0]),
        (addressed.len(), &[5, 0, 0, 3, 1, b'x', 0, 0]),
    ]
    .leak();
    let tunnel = Tunnel::start(server.address(), script);
    let yaml = format!(
        "proxy: 'socks5://me:secret@{}'\nresolve: {{ api.example: 127.0.0.1 }}",
        tunnel.address
    );
    run(&url, &yaml, Project::new()).exit(0);
    assert_eq!(tunnel.read(), [vec![5, 2, 0, 2], login, addressed]);
    let sent = format!("GET / HTTP/1.1\r\nHost: api.example:{port}\r\n\r\n");
    assert!(server.received().iter().all(|received| received.text == sent));
    assert_eq!(server.received().len(), 2);
}

#[test]
fn what_socks_refuses_is_said() {
    let dead: SocketAddr = ([127, 0, 0, 1], 1).into();
    let cases: [(&str, Script, &str); 6] = [
        ("", &[(3, &[5, 255])], "wants a user name and a password"),
        ("me:x@", &[(4, &[5, 255])], "refused the user name and password of its URL"),
        ("me:x@", &[(4, &[5, 2]), (6, &[1, 1])], "refused the user name and password of its URL"),
        ("", &[(3, b"HT")], "does not speak SOCKS 5: it answered with byte 72"),
        (
            "",
            &[(3, &[5, 0]), (16, &[5, 4, 0, 1, 0, 0, 0, 0, 0, 0])],
            "did not connect to a.example:80: the host is unreachable",
        ),
        ("", &[(3, &[5])], "opened no tunnel: "),
    ];
    for (user, script, message) in cases {
        let tunnel = Tunnel::start(dead, script);
        let yaml = format!("proxy: 'socks5h://{user}{}'", tunnel.address);
        run("http://a.example/", &yaml, Project::new())
            .stdout(&format!("the proxy socks5h://{} {message}", tunnel.address))
            .stdout("phase connect")
            .exit(3);
    }
}

#[test]
fn proxies_of_the_environment_are_used_unless_a_request_says_otherwise() {
    let (proxy, server) = (Server::answering(OK), Server::answering(OK));
    let at = address(&proxy);
    let project = || Project::new().env("http_proxy", &at).env("HTTP_PROXY", "127.0.0.1:1");
    run(&server.url("/a"), "", project()).exit(0);
    run(&server.url("/b"), "proxy: none", project()).exit(0);
    run(&server.url("/c"), "no_proxy: [a.example, 127.0.0.0/8]", project()).exit(0);
    run(&server.url("/d"), "", project().env("NO_PROXY", "127.0.0.1")).exit(0);
    run(&server.url("/e"), "no_proxy: []", project().env("NO_PROXY", "127.0.0.1")).exit(0);
    let paths = |server: &Server| -> Vec<String> {
        let lines = server.received().into_iter();
        lines.map(|one| one.text.lines().next().unwrap_or_default().to_owned()).collect()
    };
    let base = server.url("");
    assert_eq!(paths(&proxy), [format!("GET {base}/a HTTP/1.1"), format!("GET {base}/e HTTP/1.1")]);
    assert_eq!(paths(&server), ["GET /b HTTP/1.1", "GET /c HTTP/1.1", "GET /d HTTP/1.1"]);
    let broken = Project::new().env("http_proxy", "socks://p");
    run(&server.url("/"), "", broken)
        .stdout("the environment variable `http_proxy` does not name a proxy")
        .exit(3);
    // The demo is this process's own.
    let dead = Project::new().env("ALL_PROXY", "127.0.0.1:1");
    dead.spec("tests:\n  - { name: t, request: GET /health }\n").run([]).exit(0);
}

#[test]
fn a_host_is_where_the_spec_says() {
    let server = Server::answering(OK);
    let port = server.address().port();
    let url = format!("http://API.example:{port}/");
    for yaml in [
        "resolve: { api.example: 127.0.0.1 }".to_owned(),
        format!("resolve: {{ 'api.example:{port}': 127.0.0.1 }}"),
        format!("resolve: {{ 'api.example:1': 127.0.0.2, 'api.example:{port}': 127.0.0.1 }}"),
        "resolve: { api.example: ['::1', 127.0.0.1] }".to_owned(),
        "resolve: { api.example: '${{ \"127.0.0.1\" }}' }".to_owned(),
    ] {
        run(&url, &yaml, Project::new()).exit(0);
    }
    let sent = format!("GET / HTTP/1.1\r\nHost: api.example:{port}\r\n\r\n");
    assert_eq!(server.received().len(), 5);
    assert!(server.received().iter().all(|received| received.text == sent));
    run(&url, "resolve: { api.example: '${{ \"x\" }}' }", Project::new())
        .stdout("`x` is no address")
        .exit(3);
}

#[test]
fn layers_of_resolve_add_to_each_other() {
    let server = Server::answering(OK);
    let port = server.address().port();
    let spec = format!(
        "defaults: {{ resolve: {{ a.example: 127.0.0.1, b.example: 192.0.2.1 }} }}
tests:
  - name: t
    steps:
      - request: {{ url: 'http://a.example:{port}/', resolve: {{ b.example: 127.0.0.1 }} }}
      - request: {{ url: 'http://b.example:{port}/', resolve: {{ b.example: 127.0.0.1 }} }}
"
    );
    Project::new().spec(&spec).run([]).exit(0);
    assert_eq!(server.received().len(), 2);
}

#[cfg(unix)]
#[test]
fn a_socket_of_this_machine_is_asked_whatever_the_url_says() {
    use std::os::unix::net::UnixListener;

    let project = Project::new();
    let path = project.path().join("specs/api.sock");
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let listener = UnixListener::bind(&path).expect("a socket");
    let server = std::thread::spawn(move || {
        let mut heads = Vec::new();
        for _ in 0..2 {
            let (mut client, _) = listener.accept().expect("a client");
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                client.read_exact(&mut byte).expect("a head");
                head.push(byte[0]);
            }
            heads.push(String::from_utf8(head).expect("text"));
            client.write_all(OK.as_bytes()).expect("an answer");
        }
        heads
    });
    let absolute = path.display().to_string();
    let project = run("http://docker/v1", "unix_socket: api.sock", project).exit(0).again();
    // Over the proxy of the environment.
    let project = project.env("http_proxy", "127.0.0.1:1");
    let outcome = run("http://docker/v1", &format!("unix_socket: {absolute}"), project).exit(0);
    let sent = "GET /v1 HTTP/1.1\r\nHost: docker\r\n\r\n";
    assert_eq!(server.join().expect("the server"), [sent, sent]);
    run("http://docker/", "unix_socket: none.sock", outcome.again())
        .stdout("no connection to the socket ")
        .exit(3);
}
