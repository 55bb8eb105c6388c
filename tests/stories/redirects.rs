//! The redirect matrix: every way to another origin × every status × every carrier of a credential.
//! Nothing that belongs to the first origin reaches another one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock, PoisonError};

use crate::door::{self, Knock, Knocks};
use crate::project::{Outcome, Project};

const STATUSES: [u16; 7] = [301, 302, 303, 307, 308, 300, 201];

/// A secret of the config, and credentials that a spec writes down.
const SECRET: &str = "s3cret-of-the-config";
const WRITTEN: &str = "written-credential";
/// `ada:written-credential` and the pair with the secret, in Base64.
const PAIR: &str = "YWRhOndyaXR0ZW4tY3JlZGVudGlhbA==";
/// Text that no other origin may see.
const CARRIED: [&str; 3] = [SECRET, WRITTEN, PAIR];

/// What carries a credential: its name, the options that write it, and a method for them.
const CARRIERS: [(&str, &str); 14] = [
    ("Authorization", "headers: { Authorization: Token written-credential }"),
    ("Cookie", "headers: { Cookie: sid=written-credential }"),
    ("shared cookie", "share_cookies: true"),
    ("Basic", "username: ada, password: written-credential"),
    ("Bearer", "headers: { Authorization: 'Bearer ${{ secrets.key }}' }"),
    ("written X-Api-Key", "headers: { X-Api-Key: written-credential }"),
    ("X-Api-Key", "headers: { X-Api-Key: '${{ secrets.key }}' }"),
    ("auth basic", "auth: { basic: { username: ada, password: written-credential } }"),
    ("auth bearer", "auth: { bearer: written-credential }"),
    ("auth header", "auth: { api_key: { in: header, name: X-Custom, value: written-credential } }"),
    ("auth cookie", "auth: { api_key: { in: cookie, name: sid, value: written-credential } }"),
    ("auth query", "auth: { api_key: { in: query, name: key, value: written-credential } }"),
    ("query", "query: { key: '${{ secrets.key }}' }"),
    ("body", "method: POST, json: { key: '${{ secrets.key }}' }"),
];

/// The servers, and the way that the requests of each test are sent.
struct World {
    knocks: Knocks,
    plan: Arc<OnceLock<Vec<Row>>>,
    one: u16,
    other: u16,
}

/// One test of the matrix.
struct Row {
    way: &'static str,
    status: u16,
    carrier: &'static str,
    options: &'static str,
    /// The origins that it is asked at, one after another, as `Location` names them.
    stops: Vec<String>,
}

impl Row {
    fn name(&self) -> String {
        format!("{}, {}, {}", self.way, self.status, self.carrier)
    }

    /// Whether a `Location` hides where it leads to, and is not followed (RFC 9110, section 4.2.4).
    fn is_obscure(&self) -> bool {
        self.way.contains("userinfo")
    }

    /// Whether the next request would have to take the secret along.
    fn takes_secret(&self) -> bool {
        match self.carrier {
            // The servers put the query of a request into `Location`.
            "query" | "auth query" => true,
            "body" => matches!(self.status, 300 | 307 | 308),
            _ => false,
        }
    }
}

impl World {
    fn new() -> Self {
        let knocks = Knocks::default();
        let plan = Arc::<OnceLock<Vec<Row>>>::default();
        let open = || {
            let plan = Arc::clone(&plan);
            door::open(&knocks, move |knock| answer(knock, plan.wait()))
        };
        let (one, other) = (open(), open());
        Self { knocks, plan, one, other }
    }

    /// The stops on each way, the first one in the normal form of an origin.
    fn ways(&self) -> Vec<(&'static str, Vec<String>)> {
        let (one, other) = (self.one, self.other);
        let (a, b) = (format!("http://127.0.0.1:{one}"), format!("http://127.0.0.1:{other}"));
        let (up, down) = (format!("http://site.test:{one}"), format!("http://www.site.test:{one}"));
        vec![
            ("cross host", vec![a.clone(), format!("http://localhost:{one}")]),
            ("cross port", vec![a.clone(), b.clone()]),
            ("https to http", vec![format!("https://127.0.0.1:{one}"), a.clone()]),
            ("a, b, a", vec![a.clone(), b.clone(), a.clone()]),
            ("a, b, b", vec![a.clone(), b.clone(), b.clone()]),
            ("subdomain up", vec![down.clone(), up.clone()]),
            ("subdomain down", vec![up, down]),
            ("protocol-relative", vec![a.clone(), format!("//127.0.0.1:{other}")]),
            ("userinfo", vec![a.clone(), format!("http://eve:pw@127.0.0.1:{other}")]),
            ("a host as userinfo", vec![a, format!("http://127.0.0.1:{one}@127.0.0.1:{other}")]),
        ]
    }

    /// Runs all of the matrix at once, with more options for each request.
    fn run(&self, more: &str) -> Outcome {
        let mut rows = Vec::new();
        for (way, stops) in self.ways() {
            for status in STATUSES {
                for (carrier, options) in CARRIERS {
                    rows.push(Row { way, status, carrier, options, stops: stops.clone() });
                }
            }
        }
        let mut spec = "defaults: { follow_all_redirects: true, reject_unverified_certificates: false, resolve: { site.test: 127.0.0.1, www.site.test: 127.0.0.1 } }\ntests:\n".to_owned();
        for (number, row) in rows.iter().enumerate() {
            let _ = writeln!(
                spec,
                "  - name: {}\n    steps:\n      - request: {{ url: '{}/{number}/set', share_cookies: true }}\n        expect: 200\n      - request: {{ url: '{}/{number}/0', {}{more} }}\n        expect: 200",
                row.name(),
                row.stops[0],
                row.stops[0],
                row.options
            );
        }
        assert!(self.plan.set(rows).is_ok(), "runs once");
        Project::new()
            .config("secrets: { key: { env: KEY } }\n")
            .env("KEY", SECRET)
            .spec(&spec)
            .run(["--jobs", "8", "--junit", "junit.xml"])
    }

    /// The requests of each row, without those that ask for a cookie.
    fn requests(&self) -> BTreeMap<usize, Vec<Knock>> {
        let mut requests = BTreeMap::<usize, Vec<Knock>>::new();
        for knock in self.knocks.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let (number, stop) = place(knock);
            if stop != "set" {
                requests.entry(number).or_default().push(knock.clone());
            }
        }
        requests
    }
}

/// Which row a request is of, and which stop of its way it is.
fn place(knock: &Knock) -> (usize, String) {
    let path = knock.target().split('?').next().unwrap_or_default();
    let mut parts = path.split('/').skip(1);
    let number = parts.next().and_then(|number| number.parse().ok()).expect("a row");
    (number, parts.next().unwrap_or_default().to_owned())
}

fn answer(knock: &Knock, plan: &[Row]) -> String {
    let (number, stop) = place(knock);
    if stop == "set" {
        return format!(
            "HTTP/1.1 200 OK\r\nSet-Cookie: sid={WRITTEN}; Path=/\r\nContent-Length: 0\r\n\r\n"
        );
    }
    let row = &plan[number];
    let next = stop.parse::<usize>().expect("a stop") + 1;
    match row.stops.get(next) {
        Some(to) => {
            let query = knock.target().split_once('?').map_or("", |(_, query)| query);
            format!(
                "HTTP/1.1 {} Elsewhere\r\nLocation: {to}/{number}/{next}?{query}\r\nContent-Length: 0\r\n\r\n",
                row.status
            )
        }
        None => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned(),
    }
}

/// What of the credentials stands in a request.
fn carried(knock: &Knock) -> Option<&'static str> {
    CARRIED.into_iter().find(|text| knock.text.contains(text))
}

#[test]
fn no_credential_reaches_another_origin() {
    let world = World::new();
    let outcome = world.run("");
    let junit = outcome.read("junit.xml");
    let requests = world.requests();
    let (mut leaks, mut refused) = (Vec::new(), 0);
    let rows = world.plan.get().expect("the rows");
    for (number, row) in rows.iter().enumerate() {
        let name = row.name();
        let requests = requests.get(&number).unwrap_or_else(|| panic!("{name}: not sent"));
        let (first, rest) = requests.split_first().expect("a request");
        assert!(carried(first).is_some(), "{name}: {}", first.text);
        assert_eq!(first.origin(), row.stops[0], "{name}");
        for request in rest {
            // What was dropped is not restored on the way back; a cookie goes home by its own rules.
            let comes_home = request.origin() == row.stops[0] && row.carrier == "shared cookie";
            if let Some(text) = carried(request).filter(|_| !comes_home) {
                leaks.push(format!("{name}: {text} in\n{}", request.text));
            }
            assert!(!request.text.contains("Referer"), "{name}");
        }
        let testcase = junit.split("<testcase ").find(|case| case.contains(&format!("\"{name}")));
        let testcase = testcase.unwrap_or_else(|| panic!("{name} is not in the report"));
        if row.is_obscure() {
            refused += 1;
            assert_eq!(rest.len(), 0, "{name}");
            assert!(testcase.contains("user name"), "{name}: {testcase}");
        } else if row.takes_secret() {
            refused += 1;
            assert_eq!(rest.len(), 0, "{name}");
            assert!(testcase.contains("to another origin"), "{name}: {testcase}");
            assert!(testcase.contains("redirect_trust"), "{name}: {testcase}");
        } else {
            assert_eq!(rest.len(), row.stops.len() - 1, "{name}: {testcase}");
            assert!(!testcase.contains("<error"), "{name}: {testcase}");
        }
    }
    println!("{} rows, {refused} refused, {} leaks", rows.len(), leaks.len());
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
    assert_eq!((rows.len(), refused), (980, 332));
    assert!(!junit.contains(SECRET), "the report shows the secret");
    outcome.stdout("980 cases: 648 passed, 332 errored").exit(3);
}

#[test]
fn an_origin_that_is_trusted_has_it_all() {
    let world = World::new();
    let (one, other) = (world.one, world.other);
    let trusted = format!(
        ", redirect_trust: ['http://127.0.0.1:{one}', 'http://localhost:{one}', 'http://127.0.0.1:{other}', 'http://site.test:{one}', 'http://www.site.test:{one}']"
    );
    let outcome = world.run(&trusted);
    let requests = world.requests();
    for (number, row) in world.plan.get().expect("the rows").iter().enumerate() {
        let name = row.name();
        let requests = &requests[&number];
        if row.is_obscure() {
            assert_eq!(requests.len(), 1, "{name}");
            continue;
        }
        assert_eq!(requests.len(), row.stops.len(), "{name}");
        let last = requests.last().expect("a request");
        let host = |origin: &str| {
            let rest = origin.split("//").nth(1).unwrap_or_default();
            rest.rsplit('@').next().unwrap_or_default().split(':').next().map(str::to_owned)
        };
        let expected = match row.carrier {
            // It is for one host, whoever is trusted.
            "shared cookie" => host(&row.stops[0]) == host(row.stops.last().expect("a stop")),
            // A GET has none.
            "body" => matches!(row.status, 300 | 307 | 308),
            _ => true,
        };
        assert_eq!(carried(last).is_some(), expected, "{name}: {}", last.text);
    }
    outcome.stdout("980 cases: 784 passed, 196 errored").exit(3);
}
