//! The client against servers that do as they are told, byte by byte.

#[path = "support/raw.rs"]
mod raw;
#[path = "support/tls.rs"]
#[allow(dead_code, reason = "the stories use all of it")]
mod tls;

use std::io::Write as _;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use crosscheck::client::{Client, Options};
use crosscheck::exchange::{
    Connecting, Content, Exchange, Fault, Field, Fields, FilePart, Limits, Part, Phase, Request,
    TlsSettings,
};
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST};
use http::{HeaderValue, Method, StatusCode, Version};
use raw::{Peer, Server};

const EMPTY: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

fn field(name: &'static str, value: HeaderValue) -> Option<Field> {
    Field::new(name, value)
}

fn get(url: impl Into<String>) -> Request {
    Request {
        method: Method::GET,
        url: url.into(),
        headers: Fields::new(),
        body: Content::default(),
        timeout: Duration::from_secs(20),
        follow_redirect: true,
        follow_all_redirects: false,
        max_redirects: 20,
        connecting: None,
        guard: None,
        limits: None,
        receive: crosscheck::exchange::Receive::Content,
    }
}

fn post(url: impl Into<String>, body: &'static str) -> Request {
    Request { method: Method::POST, body: Bytes::from_static(body.as_bytes()).into(), ..get(url) }
}

async fn send(request: &Request) -> Result<Exchange, Fault> {
    Client::new(Options::default()).send(request).await
}

async fn fault(request: &Request) -> Fault {
    send(request).await.expect_err("a fault")
}

fn text(exchange: &Exchange) -> &str {
    std::str::from_utf8(&exchange.response.body).expect("text")
}

fn redirect(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

fn coded(coding: &str, content: &[u8]) -> Vec<u8> {
    let size = content.len();
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {size}\r\n\r\n");
    [head.as_bytes(), content].concat()
}

mod wire_form {
    use super::*;

    #[tokio::test]
    async fn a_get_is_sent_as_written_and_nothing_else() {
        let server = Server::answering(EMPTY);
        let mut request = get(server.url("/a/../b?q=%2e%zz ü#fragment"));
        request.headers.extend(field("x-b", HeaderValue::from_static("2")));
        request.headers.extend(field("x-a", HeaderValue::from_static("1")));
        request.headers.extend(field("x-b", HeaderValue::from_static("3")));
        let exchange = send(&request).await.unwrap();
        assert_eq!(exchange.remote, Some(server.address()));
        assert_eq!(
            server.received()[0].text,
            format!(
                "GET /a/../b?q=%2e%25zz%20%C3%BC HTTP/1.1\r\nHost: {}\r\nx-b: 2\r\nx-a: 1\r\n\
                 x-b: 3\r\n\r\n",
                server.address()
            )
        );
    }

    #[tokio::test]
    async fn a_body_is_framed_by_its_length() {
        let server = Server::answering(EMPTY);
        let host = server.address();
        send(&post(server.url("/"), "hello")).await.unwrap();
        for method in ["POST", "PUT", "PATCH", "GET", "DELETE", "HEAD", "PURGE"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            send(&Request { method, ..get(server.url("/")) }).await.unwrap();
        }
        let texts: Vec<String> = server.received().into_iter().map(|seen| seen.text).collect();
        assert_eq!(
            texts[0],
            format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello")
        );
        for (text, method) in texts[1..4].iter().zip(["POST", "PUT", "PATCH"]) {
            let expected =
                format!("{method} / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n");
            assert_eq!(*text, expected);
        }
        for (text, method) in texts[4..].iter().zip(["GET", "DELETE", "HEAD", "PURGE"]) {
            assert_eq!(*text, format!("{method} / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        }
    }

    #[tokio::test]
    async fn parts_and_files_are_one_body() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("upload.txt");
        std::fs::write(&path, "from disk").unwrap();
        let server = Server::answering(EMPTY);
        let file = FilePart { path: path.clone(), name: "upload.txt".to_owned(), size: 9 };
        let body = Content::from(vec![
            Part::Bytes(Bytes::from_static(b"<")),
            Part::File(file),
            Part::Bytes(Bytes::from_static(b">")),
        ]);
        let request = Request { body, ..post(server.url("/"), "") };
        send(&request).await.unwrap();
        let sent = server.received()[0].text.clone();
        assert!(sent.contains("Content-Length: 11\r\n"), "{sent}");
        assert!(sent.ends_with("\r\n\r\n<from disk>"), "{sent}");
        std::fs::write(&path, "longer than it was").unwrap();
        let fault = fault(&request).await;
        assert_eq!(fault.message, "`upload.txt` had 9 bytes and was changed while it was sent");
    }

    #[tokio::test]
    async fn a_host_that_was_written_is_the_host_that_is_sent() {
        let server = Server::answering(EMPTY);
        let mut request = get(server.url("/"));
        request.headers.insert(&HOST, HeaderValue::from_static("other.example"));
        send(&request).await.unwrap();
        assert_eq!(server.received()[0].text, "GET / HTTP/1.1\r\nHost: other.example\r\n\r\n");
    }

    #[tokio::test]
    async fn a_content_length_that_lies_is_refused() {
        let mut request = post("http://127.0.0.1:1/", "hello");
        request.headers.extend(field("content-length", HeaderValue::from_static("6")));
        let fault = fault(&request).await;
        assert_eq!(fault.phase, Phase::Request);
        assert_eq!(fault.message, "`Content-Length: 6` is not the body's size, 5");
    }

    #[tokio::test]
    async fn a_bad_url_is_a_fault_of_the_request() {
        for (url, message) in [
            ("ftp://a/", "the scheme `ftp` is neither `http` nor `https`"),
            ("http://a:99999/", "the port 99999 is not between 1 and 65535"),
            ("http://u:p@a/", "the URL contains a user name or password"),
            ("a/b", "the URL is not absolute"),
            ("", "the URL is not absolute"),
        ] {
            let fault = fault(&get(url)).await;
            assert_eq!((fault.phase, fault.message.as_str()), (Phase::Request, message));
            assert_eq!(fault.url, url.replace("u:p", "***"));
        }
    }
}

mod connections {
    use super::*;

    #[tokio::test]
    async fn a_connection_is_used_again() {
        let server = Server::answering(EMPTY);
        let client = Client::new(Options::default());
        let first = client.send(&get(server.url("/"))).await.unwrap();
        let second = client.send(&get(server.url("/"))).await.unwrap();
        assert!(first.timings.connect.is_some() && first.timings.dns.is_none());
        assert!(second.timings.connect.is_none());
        assert_eq!(second.remote, Some(server.address()));
        let seen: Vec<usize> = server.received().iter().map(|seen| seen.connection).collect();
        assert_eq!(seen, [0, 0]);
    }

    #[tokio::test]
    async fn a_connection_that_says_close_is_not_used_again() {
        let server =
            Server::answering("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        let client = Client::new(Options::default());
        client.send(&get(server.url("/"))).await.unwrap();
        client.send(&post(server.url("/"), "x")).await.unwrap();
        let seen: Vec<usize> = server.received().iter().map(|seen| seen.connection).collect();
        assert_eq!(seen, [0, 1]);
    }

    /// Answers once a connection; takes the second request of the first one and closes.
    fn closes_on_the_second(peer: &mut Peer) {
        peer.request();
        peer.write(EMPTY);
        if peer.connection == 0 {
            peer.request();
        } else {
            peer.wait_for_end();
        }
    }

    #[tokio::test]
    async fn a_get_on_a_stale_connection_is_sent_once_more() {
        let server = Server::start(closes_on_the_second);
        let client = Client::new(Options::default());
        for _ in 0..2 {
            client.send(&get(server.url("/"))).await.unwrap();
        }
        let seen: Vec<usize> = server.received().iter().map(|seen| seen.connection).collect();
        assert_eq!(seen, [0, 0, 1]);
    }

    #[tokio::test]
    async fn a_post_on_a_stale_connection_is_never_sent_twice() {
        for method in [Method::POST, Method::PATCH] {
            let server = Server::start(closes_on_the_second);
            let client = Client::new(Options::default());
            let request = Request { method, ..post(server.url("/"), "x") };
            client.send(&request).await.unwrap();
            let fault = client.send(&request).await.unwrap_err();
            assert_eq!(fault.phase, Phase::FirstByte);
            assert_eq!(fault.message, "the server closed the connection without an answer");
            assert_eq!(server.received().len(), 2);
        }
    }

    #[tokio::test]
    async fn a_post_does_not_use_a_connection_that_is_known_to_be_closed() {
        let (closed, is_closed) = mpsc::channel();
        let closed = Mutex::new(closed);
        let server = Server::start(move |peer| {
            peer.request();
            peer.write(EMPTY);
            peer.close();
            let _ = closed.lock().unwrap().send(());
        });
        let client = Client::new(Options::default());
        for _ in 0..20 {
            client.send(&post(server.url("/"), "x")).await.unwrap();
            // Blocks the only thread of the runtime, which therefore cannot see the end coming.
            is_closed.recv().unwrap();
        }
        assert_eq!(server.received().len(), 20);
    }

    #[tokio::test]
    async fn a_get_on_a_new_connection_is_not_sent_again() {
        let server = Server::start(|peer| {
            peer.request();
        });
        let fault = fault(&get(server.url("/"))).await;
        assert_eq!(fault.message, "the server closed the connection without an answer");
        assert_eq!(server.received().len(), 1);
    }

    #[tokio::test]
    async fn a_get_is_not_sent_again_once_an_answer_had_begun() {
        let server = Server::start(|peer| {
            peer.request();
            peer.write(EMPTY);
            peer.request();
            peer.write("HTTP/1.1 2");
        });
        let client = Client::new(Options::default());
        client.send(&get(server.url("/"))).await.unwrap();
        let fault = client.send(&get(server.url("/"))).await.unwrap_err();
        assert_eq!(fault.phase, Phase::FirstByte);
        assert_eq!(fault.message, "the connection ended inside the response head, 10 bytes in");
        assert_eq!(server.received().len(), 2);
    }

    #[tokio::test]
    async fn a_put_is_not_sent_again_after_an_informational_response() {
        let server = Server::start(|peer| {
            peer.request();
            peer.write(EMPTY);
            peer.request();
            peer.write("HTTP/1.1 103 Early Hints\r\n\r\n");
        });
        let client = Client::new(Options::default());
        let put = Request { method: Method::PUT, ..post(server.url("/"), "x") };
        client.send(&put).await.unwrap();
        let fault = client.send(&put).await.unwrap_err();
        assert_eq!(fault.message, "the connection ended inside the response head, 28 bytes in");
        assert_eq!(server.received().len(), 2);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn many_requests_at_once_get_their_own_answers() {
        let server = Server::start(|peer| {
            while let Some(request) = peer.request() {
                let path = request.split(' ').nth(1).unwrap_or_default();
                let size = path.len();
                peer.write(format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n{path}"));
            }
        });
        let client = Client::new(Options::default());
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..16 {
            let (client, base) = (client.clone(), server.url("/"));
            tasks.spawn(async move {
                for number in 0..50 {
                    let exchange =
                        client.send(&get(format!("{base}{task}/{number}"))).await.unwrap();
                    assert_eq!(text(&exchange), format!("/{task}/{number}"));
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        assert!(server.received().iter().all(|seen| seen.connection < 16));
    }

    #[tokio::test]
    async fn a_refused_connection_says_so() {
        let url = Server::answering(EMPTY).url("/");
        // The server is gone once its last connection was refused.
        while std::net::TcpStream::connect(&url[7..url.len() - 1]).is_ok() {}
        let fault = fault(&get(url.as_str())).await;
        assert_eq!(fault.phase, Phase::Connect);
        assert_eq!(
            fault.message,
            format!("no connection to {}: connection refused", &url[7..url.len() - 1])
        );
        assert_eq!(fault.help.as_deref(), Some("is the server running, and on this port?"));
    }

    #[tokio::test]
    async fn a_name_is_resolved_and_timed() {
        let server = Server::answering(EMPTY);
        let url = format!("http://localhost:{}/", server.address().port());
        let exchange = send(&get(url)).await.unwrap();
        assert!(exchange.timings.dns.is_some());
        let fault = fault(&get("http://nowhere.invalid/")).await;
        assert_eq!(fault.phase, Phase::Dns);
        let start = "the host `nowhere.invalid` cannot be resolved: ";
        assert!(fault.message.starts_with(start), "{}", fault.message);
    }
}

mod redirects {
    use super::*;

    #[tokio::test]
    async fn a_redirect_is_followed_and_recorded() {
        let server = Server::start(|peer| {
            while let Some(request) = peer.request() {
                peer.write(if request.starts_with("POST /form ") {
                    redirect(303, "done")
                } else {
                    EMPTY.to_owned()
                });
            }
        });
        let mut request = post(server.url("/form"), "a=1");
        request.headers.insert(&CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        let exchange = send(&request).await.unwrap();
        assert_eq!(exchange.request.method, Method::GET);
        assert_eq!(exchange.request.url, server.url("/done"));
        assert_eq!(exchange.hops.len(), 1);
        assert_eq!(exchange.hops[0].status, StatusCode::SEE_OTHER);
        assert_eq!(exchange.hops[0].url, server.url("/form"));
        let received = server.received();
        let expected = format!("GET /done HTTP/1.1\r\nHost: {}\r\n\r\n", server.address());
        assert_eq!(received[1].text, expected);
        assert_eq!(received[1].connection, 0, "the redirect's connection is used again");
    }

    #[tokio::test]
    async fn a_redirect_that_is_not_followed_is_the_response() {
        let server = Server::answering(redirect(302, "/x"));
        let request = Request { follow_redirect: false, ..get(server.url("/")) };
        assert_eq!(send(&request).await.unwrap().response.status, StatusCode::FOUND);
        let server = Server::answering("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
        let exchange = send(&get(server.url("/"))).await.unwrap();
        assert_eq!(exchange.response.status, StatusCode::FOUND);
    }

    #[tokio::test]
    async fn credentials_do_not_cross_ports_and_do_not_come_back() {
        for status in [301, 302, 303, 307, 308] {
            // There and back again: the first server sends to the second, which sends back.
            let home = Arc::new(Mutex::new(String::new()));
            let back = Arc::clone(&home);
            let other = Server::start(move |peer| {
                peer.request();
                let location = back.lock().unwrap().clone();
                peer.write(redirect(status, &location));
            });
            let there = other.url("/there");
            let first = Server::start(move |peer| {
                while let Some(request) = peer.request() {
                    peer.write(if request.contains(" /start ") {
                        redirect(status, &there)
                    } else {
                        EMPTY.to_owned()
                    });
                }
            });
            *home.lock().unwrap() = first.url("/home");
            let mut request = get(first.url("/start"));
            let mut key = HeaderValue::from_static("s3cret");
            key.set_sensitive(true);
            request.headers.extend(field("x-api-key", key));
            request.headers.insert(&AUTHORIZATION, HeaderValue::from_static("s3cret"));
            request.headers.insert(&COOKIE, HeaderValue::from_static("s3cret"));
            request.headers.extend(field("x-plain", HeaderValue::from_static("kept")));
            let exchange = send(&request).await.unwrap();
            assert_eq!(exchange.hops.len(), 2);
            let sent = first.received();
            assert_eq!(sent[0].text.matches("s3cret").count(), 3, "{status}");
            for leaked in [&other.received()[0].text, &sent[1].text] {
                assert!(!leaked.contains("s3cret"), "{status}: {leaked}");
                assert!(leaked.contains("x-plain: kept"), "{status}: {leaked}");
                assert!(!leaked.to_ascii_lowercase().contains("referer"), "{status}: {leaked}");
            }
        }
    }

    #[tokio::test]
    async fn too_many_redirects_show_the_way() {
        let server = Server::start(|peer| {
            let mut number = 0;
            while peer.request().is_some() {
                number += 1;
                peer.write(redirect(302, &format!("/{number}")));
            }
        });
        let fault = fault(&Request { max_redirects: 2, ..get(server.url("/0")) }).await;
        assert_eq!(fault.phase, Phase::Redirect);
        let urls: Vec<String> = (0..4).map(|number| server.url(&format!("/{number}"))).collect();
        assert_eq!(fault.message, format!("more than 2 redirects: {}", urls.join(" → ")));
        assert_eq!(fault.hops.len(), 2);
        assert_eq!(fault.url, server.url("/2"));
    }
}

mod bodies {
    use super::*;

    async fn body_fault(answer: impl Into<Vec<u8>>) -> (Phase, String) {
        let answer = answer.into();
        let server = Server::start(move |peer| {
            peer.request();
            peer.write(&answer);
        });
        let fault = fault(&get(server.url("/"))).await;
        (fault.phase, fault.message)
    }

    #[tokio::test]
    async fn a_body_comes_whole_whatever_its_framing() {
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\nhello",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n\
             HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        ] {
            let server = Server::start(move |peer| {
                peer.request();
                peer.write(answer);
            });
            let exchange = send(&get(server.url("/"))).await.unwrap();
            assert_eq!(text(&exchange), "hello");
            assert_eq!(exchange.response.wire_size, 5);
            assert_eq!(exchange.response.version, Version::HTTP_11);
        }
    }

    #[tokio::test]
    async fn a_large_body_comes_whole() {
        let body = "0123456789abcdef".repeat(100_000);
        let size = body.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n");
        let server = Server::answering(head + &body);
        let exchange = send(&get(server.url("/"))).await.unwrap();
        assert_eq!(text(&exchange), body);
    }

    #[tokio::test]
    async fn a_body_that_is_cut_off_says_how_far_it_got() {
        assert_eq!(
            body_fault("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello").await,
            (
                Phase::Body,
                "the body was cut off: 5 bytes of 10 bytes came before the connection ended".into()
            )
        );
        assert_eq!(
            body_fault("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n").await,
            (
                Phase::Body,
                "the chunked body was cut off after 5 bytes: the connection ended before the next \
                 chunk's size"
                    .into()
            )
        );
    }

    #[tokio::test]
    async fn a_bad_chunk_is_named() {
        let (phase, message) =
            body_fault("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")
                .await;
        assert_eq!(phase, Phase::Body);
        assert!(message.starts_with("the chunked body is malformed after 5 bytes: "), "{message}");
    }

    #[tokio::test]
    async fn what_is_no_http_says_so() {
        let (phase, message) = body_fault("SSH-2.0-OpenSSH_9.6\r\n").await;
        assert_eq!(phase, Phase::FirstByte);
        assert!(message.starts_with("the answer is not valid HTTP"), "{message}");
    }

    #[tokio::test]
    async fn limits_are_named_by_the_errors() {
        let limits = Limits {
            header_count: 10,
            headers: 16 * 1024,
            body: 1024,
            decoded_body: 2048,
            ..Limits::default()
        };
        let client = Client::new(Options { limits, ..Options::default() });
        let fields = "X: y\r\n".repeat(11);
        let long = format!("X: {}\r\n", "y".repeat(64 * 1024));
        let too_long = "z".repeat(1025);
        for (answer, phase, message) in [
            (
                format!("HTTP/1.1 200 OK\r\n{fields}\r\n").into_bytes(),
                Phase::FirstByte,
                "the response has more header fields than the limit of 10",
            ),
            (
                format!("HTTP/1.1 200 OK\r\n{long}\r\n").into_bytes(),
                Phase::FirstByte,
                "the response head is larger than the limit of 16 KiB",
            ),
            (
                format!("HTTP/1.1 200 OK\r\nContent-Length: 1025\r\n\r\n{too_long}").into_bytes(),
                Phase::Body,
                "the body is larger than the limit of 1 KiB",
            ),
            (
                format!("HTTP/1.1 200 OK\r\n\r\n{too_long}").into_bytes(),
                Phase::Body,
                "the body is larger than the limit of 1 KiB",
            ),
            (
                coded("gzip", &gzip(&[0; 2049])),
                Phase::Decode,
                "the decoded body is larger than the limit of 2 KiB, after 28 bytes of gzip",
            ),
            (
                coded("gzip, gzip, gzip, gzip, gzip, gzip", b"x"),
                Phase::Decode,
                "the content has more codings than the limit of 5",
            ),
        ] {
            let server = Server::start(move |peer| {
                peer.request();
                peer.write(&answer);
                peer.wait_for_end();
            });
            let fault = client.send(&get(server.url("/"))).await.unwrap_err();
            assert_eq!((fault.phase, fault.message.as_str()), (phase, message));
        }
    }

    #[tokio::test]
    async fn many_header_fields_are_fine() {
        let fields =
            (0..990).map(|number| format!("X-{number}: y\r\n")).collect::<Vec<_>>().concat();
        let server =
            Server::answering(format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 0\r\n\r\n"));
        let exchange = send(&get(server.url("/"))).await.unwrap();
        assert_eq!(exchange.response.headers.len(), 991);
    }

    #[tokio::test]
    async fn gzip_is_decoded_though_it_was_not_asked_for() {
        let encoded = gzip(b"hello");
        let size = encoded.len() as u64;
        let server = Server::answering(coded("gzip", &encoded));
        let exchange = send(&get(server.url("/"))).await.unwrap();
        assert_eq!(text(&exchange), "hello");
        assert_eq!(exchange.response.wire_size, size);
        assert_eq!(exchange.response.headers.get("content-encoding").unwrap(), "gzip");
        assert!(!server.received()[0].text.contains("accept"));
    }

    #[tokio::test]
    async fn broken_or_unknown_codings_are_faults_of_decoding() {
        let encoded = gzip(b"hello");
        for (answer, message) in [
            (
                coded("gzip", &encoded[..encoded.len() - 1]),
                "the gzip content is cut off after 5 bytes",
            ),
            (coded("gzip", b"nonsense that is long enough"), "the gzip content is corrupt after 0"),
            (coded("br", b"x"), "the br content is cut off after 0 bytes"),
            (coded("zstd", b"not zstd"), "the zstd content is corrupt after 0 bytes"),
            (coded("compress", b"x"), "the content coding `compress` is not known"),
        ] {
            let (phase, said) = body_fault(answer).await;
            assert_eq!(phase, Phase::Decode);
            assert!(said.starts_with(message), "{said}");
        }
    }

    #[tokio::test]
    async fn responses_without_content_have_none_to_decode() {
        let head = "Content-Encoding: gzip\r\nContent-Length: 100\r\n\r\n";
        for (method, status) in [(Method::HEAD, 200), (Method::GET, 304)] {
            let server = Server::answering(format!("HTTP/1.1 {status} X\r\n{head}"));
            let client = Client::new(Options::default());
            for _ in 0..2 {
                let request = Request { method: method.clone(), ..get(server.url("/")) };
                let exchange = client.send(&request).await.unwrap();
                assert_eq!(exchange.response.status.as_u16(), status);
                assert_eq!((text(&exchange), exchange.response.wire_size), ("", 0));
            }
            assert!(server.received().iter().all(|seen| seen.connection == 0));
        }
        let server = Server::answering("HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n");
        assert_eq!(text(&send(&get(server.url("/"))).await.unwrap()), "");
    }
}

mod timeouts {
    use super::*;

    fn brief(request: Request) -> Request {
        Request { timeout: Duration::from_millis(200), ..request }
    }

    #[tokio::test]
    async fn a_server_that_never_answers_is_a_fault_with_the_limit() {
        let server = Server::start(|peer| {
            peer.request();
            peer.wait_for_end();
        });
        let fault = fault(&brief(get(server.url("/")))).await;
        assert_eq!(fault.phase, Phase::FirstByte);
        assert_eq!(fault.message, "no response head after 200 ms");
        assert_eq!(fault.limit, Some(Duration::from_millis(200)));
    }

    #[tokio::test]
    async fn a_body_that_never_ends_says_how_much_had_come() {
        let server = Server::start(|peer| {
            peer.request();
            peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
            peer.wait_for_end();
        });
        let fault = fault(&brief(get(server.url("/")))).await;
        assert_eq!(fault.phase, Phase::Body);
        let message = "the body was not complete after 200 ms: 5 bytes of 10 bytes had come";
        assert_eq!(fault.message, message);
    }

    #[tokio::test]
    async fn a_request_that_is_not_taken_is_a_fault_of_sending() {
        let (done, finished) = mpsc::channel::<()>();
        let finished = Mutex::new(finished);
        let server = Server::start(move |_| {
            let _ = finished.lock().unwrap().recv();
        });
        let body = Bytes::from(vec![b'x'; 64 * 1024 * 1024]);
        let request = Request { body: body.into(), ..brief(post(server.url("/"), "")) };
        let fault = fault(&request).await;
        drop(done);
        assert_eq!(fault.phase, Phase::Send);
        let start = "the server did not take the request in 200 ms: ";
        assert!(fault.message.starts_with(start), "{}", fault.message);
    }

    #[tokio::test]
    async fn the_limit_spans_redirects() {
        let server = Server::start(|peer| {
            peer.request();
            peer.write(redirect(302, "/slow"));
            peer.wait_for_end();
        });
        let fault = fault(&brief(get(server.url("/")))).await;
        assert_eq!(fault.message, "no response head after 200 ms");
        assert_eq!(fault.hops.len(), 1);
        assert_eq!(fault.url, server.url("/slow"));
    }

    #[tokio::test]
    async fn a_connection_that_timed_out_is_not_used_again() {
        let server = Server::start(|peer| {
            if peer.connection == 0 {
                peer.request();
                peer.wait_for_end();
            } else {
                peer.request();
                peer.write(EMPTY);
            }
        });
        let client = Client::new(Options::default());
        client.send(&brief(get(server.url("/")))).await.unwrap_err();
        client.send(&get(server.url("/"))).await.unwrap();
        assert_eq!(server.received()[1].connection, 1);
    }
}

mod secure {
    use super::*;
    use tls::Secure;

    fn trusting(server: &Secure) -> Client {
        let trusted = vec![server.certificate.clone()].into();
        let tls = TlsSettings { trusted, ..TlsSettings::default() };
        Client::new(Options {
            connecting: Connecting { tls, ..Connecting::default() },
            ..Options::default()
        })
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_http2_connection_serves_all_requests() {
        let server = Secure::start(&["localhost"], &[b"h2", b"http/1.1"]).await;
        let client = trusting(&server);
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..20 {
            let (client, url) = (client.clone(), server.url(&format!("/a/../{number}?q")));
            tasks.spawn(async move {
                let mut request = post(url, "hello");
                request.headers.extend(field("x-a", HeaderValue::from_static("1")));
                let exchange = client.send(&request).await.unwrap();
                assert_eq!(exchange.response.version, Version::HTTP_2);
                text(&exchange).to_owned()
            });
        }
        let mut answers = tasks.join_all().await;
        answers.sort();
        let authority = server.url("").replace("https://", "");
        let mut expected: Vec<String> = (0..20)
            .map(|number| {
                format!(
                    "POST https://{authority}/a/../{number}?q\nx-a: 1\ncontent-length: 5\n\nhello"
                )
            })
            .collect();
        expected.sort();
        assert_eq!(answers, expected);
        assert_eq!(server.connections(), 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_lost_http2_connection_is_replaced_for_a_get_and_not_for_a_post() {
        for (method, answered) in [(Method::GET, true), (Method::POST, false)] {
            let server = Secure::start(&["localhost"], &[b"h2"]).await;
            let client = trusting(&server);
            client.send(&get(server.url("/"))).await.unwrap();
            // The first connection ends when it is asked for this.
            let request = Request { method, ..get(server.url("/hang-up-once")) };
            let result = client.send(&request).await;
            assert_eq!(result.is_ok(), answered, "{result:?}");
            assert_eq!(server.connections(), if answered { 2 } else { 1 });
            client.send(&request).await.unwrap();
            assert_eq!(server.connections(), 2);
        }
    }

    #[tokio::test]
    async fn what_a_server_that_says_farewell_did_not_look_at_goes_to_the_next_connection() {
        let server = Secure::reticent(&["localhost"], 2).await;
        let client = trusting(&server);
        for number in 0..6 {
            // Even a POST, and one on a connection that has served before.
            let exchange = client.send(&post(server.url("/"), "once")).await.unwrap();
            assert_eq!(exchange.response.status, 204);
            assert_eq!(server.connections(), number / 2 + 1);
        }
    }

    #[tokio::test]
    async fn a_server_that_only_says_farewell_is_not_asked_forever() {
        let server = Secure::reticent(&["localhost"], 0).await;
        let fault = trusting(&server).send(&get(server.url("/"))).await.unwrap_err();
        assert_eq!(fault.phase, Phase::FirstByte);
        assert_eq!(fault.message, "the server closed the connection without an answer");
        assert_eq!(server.connections(), 6);
    }

    #[tokio::test]
    async fn http1_over_tls_is_timed_and_used_again() {
        let server = Secure::start(&["localhost"], &[b"http/1.1"]).await;
        let client = trusting(&server);
        let first = client.send(&get(server.url("/"))).await.unwrap();
        assert_eq!(first.response.version, Version::HTTP_11);
        assert!(first.timings.tls.is_some());
        let second = client.send(&get(server.url("/"))).await.unwrap();
        assert!(second.timings.tls.is_none());
        assert_eq!(server.connections(), 1);
    }

    #[tokio::test]
    async fn a_certificate_that_nobody_vouches_for_is_a_fault_of_tls() {
        let server = Secure::start(&["localhost"], &[b"h2"]).await;
        let fault = fault(&get(server.url("/"))).await;
        assert_eq!(fault.phase, Phase::Tls);
        assert_eq!(fault.message, "the certificate of localhost is self-signed");
    }

    #[tokio::test]
    async fn a_certificate_for_another_host_names_its_hosts() {
        let server = Secure::start(&["a.example", "*.b.example"], &[b"h2"]).await;
        let fault = trusting(&server).send(&get(server.url("/"))).await.unwrap_err();
        assert_eq!(fault.phase, Phase::Tls);
        assert_eq!(
            fault.message,
            "the certificate is not valid for localhost, only for a.example, *.b.example"
        );
    }

    #[tokio::test]
    async fn a_server_without_tls_says_so() {
        let server = Server::start(|peer| {
            peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
            peer.wait_for_end();
        });
        let fault = fault(&get(format!("https://{}/", server.address()))).await;
        assert_eq!(fault.phase, Phase::Tls);
        assert_eq!(fault.message, "the server does not speak TLS on this port");
        assert_eq!(fault.help.as_deref(), Some("is it an `http://` URL?"));
    }
}
