//! `aws_sigv4`: requests to Amazon's APIs, and to those that ask for the same, signed with a key that is
//! derived from a secret (Signature Version 4).

use std::fmt::Write as _;
use std::io;

use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{AUTHORIZATION, HOST};
use http::{HeaderName, StatusCode};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest as _, Sha256};

use super::{
    Context, Doing, Kind, Scheme, Text, authorize, done, header_value, is_written, keep, required,
};
use crate::exchange::{Content, Exchange, Origin, Part, Request, target};
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Keys, Reader};

/// The keys of `aws_sigv4`.
pub const AWS_SIGV4_KEYS: Keys = Keys {
    what: "`aws_sigv4`",
    key: "key",
    table: &[
        Key { name: "access_key", summary: "The id of the access key." },
        Key { name: "secret_key", summary: "The secret access key." },
        Key { name: "session_token", summary: "The token of temporary credentials." },
        Key { name: "region", summary: "The region, such as `eu-central-1`." },
        Key { name: "service", summary: "The service, such as `s3` or `execute-api`." },
    ],
};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "aws_sigv4",
        summary: "A signature as Amazon's APIs ask for it: `{ access_key, secret_key, session_token, region, service }`.",
    },
    compile,
};

#[derive(Debug)]
struct AwsSigV4 {
    access_key: Text,
    secret_key: Text,
    session_token: Option<Text>,
    region: Text,
    service: Text,
}

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Scheme>> {
    let fields = reader.fields(&entry.value, &AWS_SIGV4_KEYS)?;
    let text = |key: &str, reader: &mut Reader| {
        let node = required(key, &fields, entry, &AWS_SIGV4_KEYS, reader)?;
        Text::compile(node, &format!("`{key}`"), reader)
    };
    let (access_key, secret_key) = (text("access_key", reader), text("secret_key", reader));
    let (region, service) = (text("region", reader), text("service", reader));
    let token = fields.get("session_token");
    let token = token.map(|node| Text::compile(node, "`session_token`", reader));
    Some(Box::new(AwsSigV4 {
        access_key: access_key?,
        secret_key: secret_key?,
        session_token: token.map_or(Some(None), |text| text.map(Some))?,
        region: region?,
        service: service?,
    }))
}

/// What of a request is signed.
#[derive(Debug)]
pub(crate) struct Signing<'a> {
    pub(crate) method: &'a str,
    /// The path and the query, as they are sent.
    pub(crate) target: &'a str,
    /// The header fields that are signed: names in lower case, in any order.
    pub(crate) headers: Vec<(String, String)>,
    /// The digest of the content, in hexadecimal.
    pub(crate) payload: &'a str,
    /// `20150830T123600Z`.
    pub(crate) date: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
}

/// What stands as it is in what is signed.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const IN_PATH: &AsciiSet = &UNRESERVED.remove(b'/');

impl Signing<'_> {
    /// The day, region and service that the key is for.
    pub(crate) fn scope(&self) -> String {
        let day = self.date.get(..8).unwrap_or(self.date);
        format!("{day}/{}/{}/aws4_request", self.region, self.service)
    }

    /// The names of the signed fields.
    pub(crate) fn names(&self) -> String {
        self.fields().into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(";")
    }

    /// The fields in order, each name once.
    fn fields(&self) -> Vec<(&str, String)> {
        let mut fields: Vec<(&str, String)> = Vec::new();
        for (name, value) in &self.headers {
            let value = value.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            match fields.iter_mut().find(|(own, _)| own == name) {
                Some((_, all)) => {
                    all.push(',');
                    all.push_str(&value);
                }
                None => fields.push((name, value)),
            }
        }
        fields.sort();
        fields
    }

    fn canonical(&self) -> String {
        let (path, query) = self.target.split_once('?').unwrap_or((self.target, ""));
        // S3 has names with dots and slashes in them, and looks at the decoded path.
        let path = if self.service == "s3" {
            let path = percent_decode_str(path).collect::<Vec<u8>>();
            percent_encoding::percent_encode(&path, IN_PATH).to_string()
        } else {
            utf8_percent_encode(&normal(path), IN_PATH).to_string()
        };
        let mut parameters: Vec<(String, String)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (encoded(name), encoded(value))
            })
            .collect();
        parameters.sort();
        let query = parameters
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("&");
        let mut text = format!("{}\n{path}\n{query}\n", self.method);
        for (name, value) in self.fields() {
            let _ = writeln!(text, "{name}:{value}");
        }
        let _ = write!(text, "\n{}\n{}", self.names(), self.payload);
        text
    }

    /// The signature, in hexadecimal.
    pub(crate) fn signature(&self, secret: &str) -> String {
        let canonical = hex(&Sha256::digest(self.canonical()));
        let text = format!("AWS4-HMAC-SHA256\n{}\n{}\n{canonical}", self.date, self.scope());
        let mut key = format!("AWS4{secret}").into_bytes();
        for part in self.scope().split('/') {
            key = hmac(&key, part);
        }
        hex(&hmac(&key, &text))
    }
}

/// A part of a query, encoded as strictly as it is signed.
fn encoded(part: &str) -> String {
    let bytes = percent_decode_str(part).collect::<Vec<u8>>();
    percent_encoding::percent_encode(&bytes, UNRESERVED).to_string()
}

/// A path without `.`, `..` and empty segments (RFC 3986, section 6.2.2.3).
fn normal(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let end = if !segments.is_empty() && path.ends_with(['/', '.']) && is_folder(path) {
        "/"
    } else {
        ""
    };
    format!("/{}{end}", segments.join("/"))
}

fn is_folder(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("" | "." | ".."))
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The digest of a content; files are read piece by piece.
pub(crate) fn payload(content: &Content) -> io::Result<String> {
    let mut digest = Sha256::new();
    content.each(&mut |piece| digest.update(piece))?;
    Ok(hex(&digest.finalize()))
}

/// The field with the digest of the content, which S3 asks for.
const CONTENT_DIGEST: &str = "X-Amz-Content-Sha256";

/// Fields that are added or changed on the way, and are not signed.
const UNSIGNED: [&str; 11] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "user-agent",
    "x-amzn-trace-id",
];

impl AwsSigV4 {
    async fn sign(&self, request: &mut Request, context: Context<'_>) -> Rendered<()> {
        let scope = context.scope;
        let (secret, token) = (self.secret_key.render(scope)?, self.session_token.as_ref());
        keep(&secret, request, scope);
        if let Some(text) = token {
            let token = text.render(scope)?;
            keep(&token, request, scope);
            add("X-Amz-Security-Token", &token, text, request)?;
        }
        let (access, region) = (self.access_key.render(scope)?, self.region.render(scope)?);
        let service = self.service.render(scope)?;
        if is_written(request) {
            return Ok(());
        }
        let payload = digest_of(&request.body).await;
        let payload =
            payload.map_err(|error| Box::new(self.access_key.error(error.to_string())))?;
        let now = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
        add("X-Amz-Date", &now, &self.access_key, request)?;
        if service == "s3" {
            add(CONTENT_DIGEST, &payload, &self.access_key, request)?;
        }
        let text =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let date = request.headers.get("x-amz-date").map_or(now, text);
        let fields = request.headers.iter();
        let fields = fields.map(|field| (field.name().to_ascii_lowercase(), text(field.value())));
        let mut headers: Vec<_> =
            fields.filter(|(name, _)| !UNSIGNED.contains(&name.as_str())).collect();
        if let Some(origin) = Origin::of(&request.url).filter(|_| !request.headers.contains(HOST)) {
            headers.push(("host".to_owned(), origin.authority().to_owned()));
        }
        let (_, rest) = target::split(&request.url).unwrap_or_default();
        let signing = Signing {
            method: request.method.as_str(),
            target: &target::path_and_query(rest),
            headers,
            payload: &payload,
            date: &date,
            region: &region,
            service: &service,
        };
        let value = format!(
            "AWS4-HMAC-SHA256 Credential={access}/{}, SignedHeaders={}, Signature={}",
            signing.scope(),
            signing.names(),
            signing.signature(&secret)
        );
        authorize(&value, &self.access_key, request)
    }
}

/// Adds a header field that the spec does not write itself.
fn add(name: &'static str, value: &str, text: &Text, request: &mut Request) -> Rendered<()> {
    if !request.headers.contains(name)
        && let Ok(known) = HeaderName::from_bytes(name.as_bytes())
    {
        let mut value = header_value(value, text)?;
        value.set_sensitive(name == "X-Amz-Security-Token");
        request.headers.append(&known, value);
    }
    Ok(())
}

/// The digest of a content. Files are read where that holds up nobody.
async fn digest_of(content: &Content) -> io::Result<String> {
    let on_disk = matches!(content, Content::Parts(parts) if parts.iter().any(|part| matches!(part, Part::File(_))));
    if !on_disk {
        return payload(content);
    }
    let content = content.clone();
    let digest = tokio::task::spawn_blocking(move || payload(&content));
    digest.await.map_err(io::Error::other)?
}

impl Scheme for AwsSigV4 {
    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Doing<'a, ()> {
        Box::pin(self.sign(request, context))
    }

    /// What a redirect led to was sent with the signature of another URL. Refused for that, it is signed anew.
    fn answer<'a>(
        &'a self,
        exchange: &'a Exchange,
        context: Context<'a>,
    ) -> Doing<'a, Option<Request>> {
        let refused =
            matches!(exchange.response.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        let redirected = exchange.redirects().next().is_some();
        if !refused || !redirected || context.written || context.round > 0 {
            return done(Ok(None));
        }
        Box::pin(async move {
            let mut request = exchange.request.clone();
            request.headers.remove(AUTHORIZATION);
            // A redirect may have left the content behind.
            request.headers.remove(CONTENT_DIGEST);
            self.sign(&mut request, context).await?;
            Ok(Some(request))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn signature(
        [method, target, service, date, secret, payload]: [&str; 6],
        headers: &[(&str, &str)],
    ) -> String {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut headers: Vec<_> = headers.collect();
        headers.push(("x-amz-date".to_owned(), date.to_owned()));
        let region = "us-east-1";
        Signing { method, target, headers, payload, date, region, service }.signature(secret)
    }

    /// The suite of test vectors that Amazon publishes, and an example of its documentation.
    #[test]
    fn the_published_vectors_come_out() {
        let host = ("host", "example.amazonaws.com");
        let form = ("content-type", "application/x-www-form-urlencoded");
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let body =
            payload(&Content::from(bytes::Bytes::from_static(b"Param1=value1"))).expect("bytes");
        let vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
        for (name, method, target, payload, headers, expected) in [
            ("get-vanilla", "GET", "/", NOTHING, &[host][..], vanilla),
            ("get-slash", "GET", "//", NOTHING, &[host], vanilla),
            ("get-relative", "GET", "/example/..", NOTHING, &[host], vanilla),
            ("get-slash-dot-slash", "GET", "/./", NOTHING, &[host], vanilla),
            (
                "get-vanilla-query-order-key-case",
                "GET",
                "/?Param2=value2&Param1=value1",
                NOTHING,
                &[host],
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
            (
                "get-unreserved",
                "GET",
                "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
                NOTHING,
                &[host],
                "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
            ),
            (
                "get-header-value-trim",
                "GET",
                "/",
                NOTHING,
                &[host, ("my-header1", " value1"), ("my-header2", " \"a   b   c\"")],
                "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
            ),
            (
                "post-vanilla",
                "POST",
                "/",
                NOTHING,
                &[host],
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "post-x-www-form-urlencoded",
                "POST",
                "/",
                &body,
                &[form, host],
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
        ] {
            let of = [method, target, "service", "20150830T123600Z", secret, payload];
            assert_eq!(signature(of, headers), expected, "{name}");
        }
        let of = [
            "GET",
            "/?Action=ListUsers&Version=2010-05-08",
            "iam",
            "20150830T123600Z",
            secret,
            NOTHING,
        ];
        let headers = [
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("host", "iam.amazonaws.com"),
        ];
        let expected = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        assert_eq!(signature(of, &headers), expected);
    }

    /// The examples of S3's documentation.
    #[test]
    fn s3_has_a_canonical_form_of_its_own() {
        let host = ("host", "examplebucket.s3.amazonaws.com");
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let of =
            |method, target, payload| [method, target, "s3", "20130524T000000Z", secret, payload];
        let nothing = ("x-amz-content-sha256", NOTHING);
        let welcome = payload(&Content::from(bytes::Bytes::from_static(b"Welcome to Amazon S3.")));
        let welcome = welcome.expect("bytes");
        assert_eq!(
            signature(of("GET", "/test.txt", NOTHING), &[host, ("range", "bytes=0-9"), nothing]),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        for path in ["/test$file.text", "/test%24file.text"] {
            let headers = [
                ("date", "Fri, 24 May 2013 00:00:00 GMT"),
                host,
                ("x-amz-content-sha256", &welcome),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ];
            assert_eq!(
                signature(of("PUT", path, &welcome), &headers),
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
            );
        }
        for (target, expected) in [
            ("/?lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
            (
                "/?prefix=J&max-keys=2",
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
            ),
        ] {
            assert_eq!(signature(of("GET", target, NOTHING), &[host, nothing]), expected);
        }
    }

    #[test]
    fn paths_are_normalised_and_keep_their_end() {
        for (path, expected) in [
            ("/", "/"),
            ("//a//b/", "/a/b/"),
            ("/a/./b", "/a/b"),
            ("/a/b/..", "/a/"),
            ("/../a.", "/a."),
            ("/a/..", "/"),
        ] {
            assert_eq!(normal(path), expected, "{path}");
        }
    }
}
