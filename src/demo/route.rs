//! The one table of routes: it dispatches requests, and `GET /` and the documentation show it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use http::header::ALLOW;
use http::request::Parts;
use http::{HeaderValue, Request, StatusCode};
use hyper::body::Incoming;

use super::call::{self, Call, Parameters};
use super::respond::{Problem, Reply, empty};
use super::state::State;
use super::{auth, catalog, content, cookies, echo, fault, files, mtls, oauth, redirect, widgets};

/// Answers a request.
type Answer = fn(&Call<'_>) -> Result<Reply, Problem>;

/// Answers a request after some time.
type LateAnswer = fn(&Call<'_>) -> Result<(Duration, Reply), Problem>;

/// One thing the demo API can do.
pub struct Route {
    /// The request method, or `ANY`. HEAD works where GET does.
    pub method: &'static str,
    /// The path; `{name}` is one segment of it, `{name*}` all that is left.
    pub path: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
    handler: Handler,
}

/// How a route answers. It is a part of the route, so that none can be without.
enum Handler {
    Now(Answer),
    Later(LateAnswer),
}

impl fmt::Debug for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.method, self.path)
    }
}

impl Route {
    /// Whether requests of this method are answered.
    fn takes(&self, method: &str) -> bool {
        self.method == method || self.method == "ANY" || (self.method == "GET" && method == "HEAD")
    }
}

const fn now(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    answer: Answer,
) -> Route {
    Route { method, path, summary, handler: Handler::Now(answer) }
}

const fn later(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    answer: LateAnswer,
) -> Route {
    Route { method, path, summary, handler: Handler::Later(answer) }
}

/// Everything the demo API can do. The first route that fits answers.
#[rustfmt::skip] // A table reads best with a row a line.
pub const ROUTES: &[Route] = &[
    now("GET", "/", "Name, version and routes of this API.", content::index),
    now("GET", "/health", "Says that all is well.", content::health),
    now("GET", "/widgets", "A page of the widgets, by id; `page`, `per_page`, `tag`.", widgets::list),
    now("POST", "/widgets", "Creates a widget.", widgets::create),
    now("GET", "/widgets/{id}", "One widget, with an ETag.", widgets::read),
    now("PUT", "/widgets/{id}", "Replaces a widget.", widgets::replace),
    now("PATCH", "/widgets/{id}", "Changes a widget by a JSON merge patch.", widgets::patch),
    now("DELETE", "/widgets/{id}", "Removes a widget.", widgets::delete),
    now("GET", "/catalog", "What is for sale; the next release of this API answers otherwise.", catalog::list),
    now("GET", "/catalog/{sku}", "One article; the next release has withdrawn one.", catalog::read),
    now("ANY", "/echo", "Tells the request as it came.", echo::echo),
    now("ANY", "/echo/{rest*}", "Tells the request as it came, whatever the path.", echo::echo),
    now("GET", "/json", "A document with every type of JSON.", content::json_document),
    now("GET", "/xml", "Orders as XML.", content::xml),
    now("GET", "/html", "A small page.", content::html),
    now("GET", "/text", "A few lines of text.", content::text),
    now("GET", "/problem", "A problem as of RFC 9457.", content::problem),
    now("GET", "/items/{n}", "A list of n items, up to 10,000.", content::items),
    now("GET", "/bytes/{n}", "So many bytes, up to 16 MiB.", content::bytes),
    now("GET", "/stream/{n}", "So many JSON lines in chunks, up to 100,000.", content::stream),
    now("GET", "/gzip", "JSON, coded with gzip.", content::gzip),
    now("GET", "/deflate", "JSON, coded with deflate.", content::deflate),
    now("GET", "/headers", "Sends header fields that repeat.", content::headers),
    now("GET", "/uuid", "A UUID that is new each time.", content::uuid),
    now("GET", "/time", "The time of day.", content::time),
    now("GET", "/files/{name}", "A file: report.csv, logo.png or notes.txt.", files::file),
    now("GET", "/redirect/{n}", "Redirects so many times, up to 1,000, then to `/echo`.", redirect::chain),
    now("ANY", "/redirect-to", "Redirects to `url` with `status`, by default 302.", redirect::to),
    now("GET", "/cookies", "The cookies of the request.", cookies::show),
    now("GET", "/cookies/raw", "Sends each `line` as a `Set-Cookie`, as it stands.", cookies::raw),
    now("GET", "/cookies/set", "Sets each parameter as a cookie, then shows them.", cookies::set),
    now("GET", "/cookies/delete", "Deletes each named cookie, then shows the rest.", cookies::delete),
    now("GET", "/basic-auth/{user}/{password}", "Asks for this user and password.", auth::basic),
    now("GET", "/bearer/{token}", "Asks for this bearer token.", auth::bearer),
    now("GET", "/api-key/{place}/{key}", "Asks for this key in a `header` (`X-Api-Key`), the `query` or a `cookie` (`api_key`).", auth::api_key),
    now("ANY", "/digest-auth/{user}/{password}", "Asks for a digest of this password; `algorithm`, `qop`, `userhash`, `uses` of a nonce.", auth::digest),
    now("ANY", "/aws-sigv4/{access_key}/{secret_key}", "Asks for a signature with this key, as Amazon's APIs do.", auth::aws_sigv4),
    now("GET", "/jwt/{secret}", "Asks for a JSON Web Token signed with this secret, and shows it.", auth::jwt),
    now("GET", "/mtls", "Starts this API with TLS as well, for clients that show a certificate, and says where.", mtls::place),
    now("GET", "/mtls/client", "Who the client is, by its certificate.", mtls::client),
    now("POST", "/oauth/token", "A token, or why there is none (RFC 6749): the client is `demo-client` with `demo secret`, the user `ada` with `correct horse`.", oauth::token),
    now("GET", "/oauth/authorize", "Asks the user, and goes back to `redirect_uri` with a code or a token; with `prompt=none` at once.", oauth::authorize),
    now("POST", "/oauth/authorize", "What the user said there.", oauth::decide),
    now("POST", "/oauth/device", "A code for a device (RFC 8628), which is good when it was entered at `/oauth/verify`.", oauth::device),
    now("GET", "/oauth/verify", "Where the user enters the code of a device.", oauth::enter),
    now("POST", "/oauth/verify", "What the user entered there.", oauth::verify),
    now("GET", "/oauth/me", "What a token of `/oauth/token` stands for; `Authorization`, `access_token` or `token`.", oauth::me),
    now("ANY", "/status/{code}", "Answers with this status, 200 to 999.", fault::status),
    later("GET", "/delay/{ms}", "Answers after so many milliseconds, up to 30,000.", fault::delay),
    now("GET", "/flaky/{key}", "Answers 503 the first `fails` times, by default 2.", fault::flaky),
    now("GET", "/jobs/{key}", "A job that is pending twice, then done.", fault::job),
];

/// Answers a request. Nothing that a request holds makes this fail.
pub(super) async fn dispatch(state: &State, request: Request<Incoming>) -> Reply {
    let (head, body) = request.into_parts();
    // Read first and always, so that the connection is fit for the next request.
    let body = match call::read(&head, body).await {
        Ok(body) => body,
        Err(problem) => return problem.into_reply(),
    };
    let answered = match find(&head) {
        Ok((route, parameters)) => {
            let call = Call { state, head: &head, body, parameters };
            run(&route.handler, &call)
        }
        Err(reply) => return reply,
    };
    match answered {
        Ok((Duration::ZERO, reply)) => reply,
        Ok((wait, reply)) => {
            tokio::time::sleep(wait).await;
            reply
        }
        Err(problem) => problem.into_reply(),
    }
}

/// Calls a handler. A panic in it is a 500 to its client and nothing to anyone else.
fn run(handler: &Handler, call: &Call<'_>) -> Result<(Duration, Reply), Problem> {
    catch_unwind(AssertUnwindSafe(|| match handler {
        Handler::Now(answer) => answer(call).map(|reply| (Duration::ZERO, reply)),
        Handler::Later(answer) => answer(call),
    }))
    .unwrap_or_else(|_panic| {
        Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "The demo API has a bug here."))
    })
}

/// The route that answers, or else what is to be said.
#[expect(clippy::result_large_err, reason = "both sides are the answer, and neither is rare")]
fn find(head: &Parts) -> Result<(&'static Route, Parameters<'_>), Reply> {
    let (method, path) = (head.method.as_str(), head.uri.path());
    let mut allowed = String::new();
    for route in ROUTES {
        let Some(parameters) = fit(route.path, path) else { continue };
        if route.takes(method) {
            return Ok((route, parameters));
        }
        allowed += route.method;
        allowed += if route.method == "GET" { ", HEAD, " } else { ", " };
    }
    if allowed.is_empty() {
        return Err(Problem::not_found("There is nothing at this path.").into_reply());
    }
    allowed += "OPTIONS";
    let allowed = HeaderValue::try_from(allowed).expect("methods are tokens");
    if method == "OPTIONS" {
        let mut reply = empty(StatusCode::NO_CONTENT);
        reply.headers_mut().insert(ALLOW, allowed);
        return Err(reply);
    }
    let detail = format!("{method} is not among the methods of this path.");
    Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
        .with_header(ALLOW, allowed)
        .into_reply())
}

/// The parameters of `path`, if it fits `pattern`.
fn fit<'a>(mut pattern: &'static str, mut path: &'a str) -> Option<Parameters<'a>> {
    let mut parameters = Parameters::default();
    let mut free = parameters.iter_mut();
    loop {
        let (expected, more_pattern) = cut(pattern);
        let (actual, more_path) = cut(path);
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            None if expected != actual => return None,
            None => {}
            Some(name) => {
                if let Some(name) = name.strip_suffix('*') {
                    *free.next()? = (name, path);
                    return Some(parameters);
                }
                if actual.is_empty() {
                    return None;
                }
                *free.next()? = (name, actual);
            }
        }
        match (more_pattern, more_path) {
            (None, None) => return Some(parameters),
            (Some(more_pattern), Some(more_path)) => (pattern, path) = (more_pattern, more_path),
            _ => return None,
        }
    }
}

/// The first segment, and the rest where there is one.
fn cut(path: &str) -> (&str, Option<&str>) {
    path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::demo;
    use super::*;

    #[test]
    fn patterns_fit_paths_segment_by_segment() {
        assert!(fit("/", "/").is_some());
        assert!(fit("/widgets", "/widgets").is_some());
        assert!(fit("/widgets", "/widgets/").is_none());
        assert!(fit("/widgets/{id}", "/widgets/").is_none());
        assert!(fit("/widgets/{id}", "/widgets/1/2").is_none());
        assert_eq!(fit("/widgets/{id}", "/widgets/1").unwrap()[0], ("id", "1"));
        assert_eq!(fit("/a/{b}/{c}", "/a/1/2").unwrap(), [("b", "1"), ("c", "2")]);
        assert_eq!(fit("/echo/{rest*}", "/echo/a/b/").unwrap()[0], ("rest", "a/b/"));
    }

    #[test]
    fn every_route_fits_its_own_path() {
        for route in ROUTES {
            assert!(fit(route.path, route.path).is_some(), "{route:?} has too many parameters");
        }
    }

    #[test]
    fn every_route_is_documented() {
        let page = include_str!("../../docs/DEMO.md");
        for route in ROUTES {
            let row = format!("| `{} {}` | {} |", route.method, route.path, route.summary);
            assert!(page.contains(&row), "docs/DEMO.md lacks: {row}");
        }
    }

    #[tokio::test]
    async fn the_index_lists_every_route() {
        let (_demo, mut client) = demo().await;
        let index = client.get("/").await.json();
        assert_eq!(index["name"], "crosscheck demo");
        assert_eq!(index["routes"].as_array().unwrap().len(), ROUTES.len());
        assert_eq!(index["routes"][1]["path"], "/health");
    }

    #[tokio::test]
    async fn every_route_answers_its_own_path_without_a_fault_of_the_server() {
        let (_demo, mut client) = demo().await;
        for route in ROUTES {
            let method = if route.method == "ANY" { "GET" } else { route.method };
            let target = route.path.replace(['{', '}', '*'], "");
            let answer = client.send(method, &target, &[], b"").await;
            assert!(answer.status < 500 || route.path == "/flaky/{key}", "{route:?}: {answer:?}");
        }
    }

    #[tokio::test]
    async fn an_unknown_path_is_a_problem() {
        let (_demo, mut client) = demo().await;
        let answer = client.get("/nowhere").await;
        assert_eq!((answer.status, answer.json()["title"].as_str()), (404, Some("Not Found")));
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }

    #[tokio::test]
    async fn a_wrong_method_is_told_the_right_ones() {
        let (_demo, mut client) = demo().await;
        let answer = client.send("DELETE", "/widgets", &[], b"").await;
        assert_eq!(answer.status, 405);
        assert_eq!(answer.header("allow"), "GET, HEAD, POST, OPTIONS");
        let answer = client.send("OPTIONS", "/widgets/1", &[], b"").await;
        assert_eq!(answer.status, 204);
        assert_eq!(answer.header("allow"), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
    }

    #[tokio::test]
    async fn head_answers_as_get_does_without_the_body() {
        let (_demo, mut client) = demo().await;
        let (get, head) =
            (client.get("/widgets/1").await, client.send("HEAD", "/widgets/1", &[], b"").await);
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(head.headers, get.headers);
    }

    #[tokio::test]
    async fn a_panic_in_a_handler_is_a_500() {
        let state = State::seeded();
        let (head, ()) = Request::new(()).into_parts();
        let call = Call {
            state: &state,
            head: &head,
            body: bytes::Bytes::new(),
            parameters: Parameters::default(),
        };
        let answered = run(&Handler::Now(|_| panic!("on purpose")), &call);
        assert_eq!(answered.unwrap_err().into_reply().status(), 500);
    }
}
