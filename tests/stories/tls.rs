//! TLS as requests ask for it: whom they trust, which versions and keys they want.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::CertificateParams;
use tokio::runtime::{Builder, Runtime};

use crate::project::{Outcome, Project};
use crate::secure::{Authority, Secure, Setup, authority, expired, params};

/// A server over TLS with the threads that it runs on.
pub(crate) struct Site {
    _runtime: Runtime,
    pub(crate) server: Secure,
}

impl Site {
    pub(crate) fn start(setup: Setup<'_>) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let server = runtime.block_on(Secure::listen(setup));
        Self { _runtime: runtime, server }
    }

    /// A server whose certificate for `localhost` an authority has issued.
    pub(crate) fn of(issuer: &Authority) -> Self {
        Self::start(Setup { issuer: Some(issuer), ..Setup::new(&["localhost"]) })
    }

    /// A project that asks for `/`, with the options in `yaml`. It must not depend on what this
    /// machine trusts.
    pub(crate) fn project(&self, yaml: &str) -> Project {
        let yaml: String = yaml.lines().map(|line| format!("      {line}\n")).collect();
        let spec = format!("tests:\n  - name: t\n    request:\n      url: /\n{yaml}");
        let config = format!("targets: {{ site: {{ base_url: '{}' }} }}\n", self.server.url(""));
        Project::new().config(&config).spec(&spec).file("specs/ca.pem", &stranger().pem)
    }

    fn run(&self, yaml: &str) -> Outcome {
        self.project(yaml).run([])
    }

    /// Runs with an authority's certificate in `specs/ca.pem`.
    pub(crate) fn trusting(&self, pem: &str, yaml: &str) -> Outcome {
        let yaml = format!("self_signed_certificate: ca.pem\n{yaml}");
        self.project(&yaml).file("specs/ca.pem", pem).run([])
    }
}

/// Someone whom nobody knows.
pub(crate) fn stranger() -> Authority {
    Authority::new("stranger")
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

const UNKNOWN: &str = "the certificate of localhost comes from an unknown issuer: CN=";

#[test]
fn a_certificate_that_is_named_is_trusted_and_another_is_not() {
    let known = Authority::new("known");
    let site = Site::of(&known);
    site.run("").stdout(UNKNOWN).exit(3);
    site.trusting(&stranger().pem, "").stdout(UNKNOWN).exit(3);
    site.trusting(&known.pem, "").exit(0);
    // Several in one file, with text around them.
    let several = format!("# two\n{}\n{}", stranger().pem, known.pem);
    site.trusting(&several, "").exit(0);
    // DER has no marks.
    let yaml = "self_signed_certificate: ca.der";
    site.project(yaml).file("specs/ca.der", &known.certificate).run([]).exit(0);
}

#[test]
fn a_self_signed_certificate_is_trusted_by_itself() {
    // `openssl req -x509` makes them authorities.
    for params in [params(&["localhost"]), authority(params(&["localhost"]))] {
        let site = Site::start(Setup { params, ..Setup::new(&[]) });
        site.trusting(&pem(&site.server.certificate), "").exit(0);
        site.run("").exit(3);
    }
}

#[test]
fn a_certificate_that_is_named_must_still_be_valid() {
    let own = |params: CertificateParams| {
        let site = Site::start(Setup { params, ..Setup::new(&[]) });
        site.trusting(&pem(&site.server.certificate), "").exit(3)
    };
    own(expired(params(&["localhost"]))).stdout("the certificate of localhost expired ");
    own(params(&["a.example"]))
        .stdout("the certificate is not valid for localhost, only for a.example");
}

#[test]
fn any_certificate_will_do_where_that_is_said() {
    let site = Site::start(Setup { params: expired(params(&["a.example"])), ..Setup::new(&[]) });
    site.run("").exit(3);
    site.run("reject_unverified_certificates: true").exit(3);
    site.run("reject_unverified_certificates: false").exit(0);
}

#[test]
fn options_of_tls_are_laid_under_requests_by_target_and_file() {
    let known = Authority::new("known");
    let site = Site::of(&known);
    let config = format!(
        "targets: {{ site: {{ base_url: '{}', defaults: {{ self_signed_certificate: certificates/ca.pem, tls: {{ max: 1.2 }} }} }} }}\n",
        site.server.url("")
    );
    let project = site.project("").config(&config).file("certificates/ca.pem", &known.pem);
    let outcome = project.run([]).exit(0);
    // Keys of `tls` add to each other.
    let spec =
        "defaults: { tls: { server_name: a.example } }\ntests:\n  - { name: t, request: GET / }\n";
    outcome
        .again()
        .spec(spec)
        .run([])
        .stdout("the certificate is not valid for a.example, only for localhost")
        .exit(3);
}

#[test]
fn versions_are_offered_as_the_request_says() {
    let known = Authority::new("known");
    for (version, own, other) in
        [(&rustls::version::TLS12, "1.2", "1.3"), (&rustls::version::TLS13, "1.3", "1.2")]
    {
        let versions = [version];
        let setup =
            Setup { issuer: Some(&known), versions: &versions, ..Setup::new(&["localhost"]) };
        let site = Site::start(setup);
        site.trusting(&known.pem, "").exit(0);
        site.trusting(&known.pem, &format!("tls: {{ min: {own}, max: {own} }}")).exit(0);
        site.trusting(&known.pem, &format!("tls: {{ min: {other}, max: {other} }}"))
            .stdout(&format!(
                "the server does not speak TLS {other}, the only version that was offered"
            ))
            .exit(3);
    }
}

#[test]
fn another_name_is_asked_for() {
    let known = Authority::new("known");
    let site = Site::start(Setup { issuer: Some(&known), ..Setup::new(&["a.example"]) });
    site.trusting(&known.pem, "").exit(3);
    site.trusting(&known.pem, "tls: { server_name: a.example }").exit(0);
}

#[test]
fn a_key_that_is_not_pinned_is_shown_and_can_be() {
    let known = Authority::new("known");
    let site = Site::of(&known);
    let wrong = format!("tls: {{ pins: sha256/{} }}", STANDARD.encode([0; 32]));
    let outcome = site
        .trusting(&known.pem, &wrong)
        .stdout("no key of localhost is one of `tls.pins`: its chain has sha256/")
        .exit(3);
    let seen = outcome.stdout.split("its chain has ").nth(1).expect("pins");
    let pin = seen.split_whitespace().next().expect("a pin");
    site.trusting(&known.pem, &format!("tls: {{ pins: ['{pin}'] }}")).exit(0);
    // Where nothing else is checked, the key is.
    let any = "reject_unverified_certificates: false\ntls";
    site.run(&format!("{any}: {{ pins: ['{pin}'] }}")).exit(0);
    site.run(&wrong.replace("tls", any)).stdout("no key of localhost").exit(3);
}

#[test]
fn a_pinned_authority_must_have_issued_the_certificate_and_not_only_be_sent_along() {
    let (known, pinned) = (Authority::new("known"), Authority::new("pinned"));
    let along = [pinned.certificate.clone()];
    let setup = || Setup { along: &along, ..Setup::new(&["localhost"]) };
    let both = format!("{}{}", known.pem, pinned.pem);
    let pin = pin(&pinned);
    let yaml = format!("tls: {{ pins: {pin} }}");
    let site = Site::start(Setup { issuer: Some(&known), ..setup() });
    site.trusting(&both, &yaml).stdout("no key of localhost is one of `tls.pins`").exit(3);
    let site = Site::start(Setup { issuer: Some(&pinned), ..setup() });
    site.trusting(&both, &yaml).exit(0);
    // An authority that is not sent is known by what is trusted.
    Site::of(&pinned).trusting(&both, &yaml).exit(0);
}

/// The pin of an authority, as another reader of certificates sees it.
fn pin(authority: &Authority) -> String {
    use sha2::Digest as _;
    let (_, certificate) =
        x509_parser::parse_x509_certificate(&authority.certificate).expect("a certificate");
    let digest = sha2::Sha256::digest(certificate.public_key().raw);
    format!("sha256/{}", STANDARD.encode(digest))
}

#[test]
fn connections_are_shared_only_by_requests_with_the_same_settings() {
    let known = Authority::new("known");
    let site = Site::of(&known);
    let spec = "defaults: { self_signed_certificate: ca.pem }
tests:
  - { name: a, request: GET / }
  - { name: b, request: GET / }
  - { name: c, request: { url: /, reject_unverified_certificates: false } }
  - { name: d, request: { url: /, reject_unverified_certificates: true } }
  - { name: e, request: { url: /, tls: { max: 1.2 } } }
  - { name: f, request: { url: /, reject_unverified_certificates: false } }
";
    site.project("").spec(spec).file("specs/ca.pem", &known.pem).run(["--jobs", "1"]).exit(0);
    assert_eq!(site.server.connections(), 3);
}

/// The system's certificates are a pipe: who reads them is seen, and only then gets an answer.
#[cfg(unix)]
#[test]
fn the_systems_certificates_are_read_only_where_the_named_ones_do_not_help() {
    use std::process::Command;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    let known = Authority::new("known");
    let site = Site::of(&known);
    for (yaml, reads) in [("self_signed_certificate: ca.pem", false), ("", true)] {
        let project = site.project(yaml).file("specs/ca.pem", &known.pem);
        let pipe = project.path().join("system.pem");
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        let read = Arc::<AtomicBool>::default();
        let (path, text, seen) = (pipe.clone(), known.pem.clone(), Arc::clone(&read));
        let writer = std::thread::spawn(move || {
            // Opening it waits for a reader.
            let mut file = std::fs::OpenOptions::new().write(true).open(path).expect("a pipe");
            seen.store(true, Ordering::Release);
            let _ = std::io::Write::write_all(&mut file, text.as_bytes());
        });
        project.env("SSL_CERT_FILE", &pipe.display().to_string()).run([]).exit(0);
        assert_eq!(read.load(Ordering::Acquire), reads, "{yaml}");
        if !reads {
            drop(writer);
            continue;
        }
        writer.join().expect("the writer");
    }
}
