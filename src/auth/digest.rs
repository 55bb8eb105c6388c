//! `digest`: proof of a password that is not sent (RFC 7616).

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io;

use bytes::Bytes;
use http::StatusCode;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use md5::Md5;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Sha256, Sha512_256};

use super::challenge::{self, Challenge};
use super::memory::{Asked, Memory};
use super::{Context, Doing, Kind, Scheme, Text, authorize, done, keep, required};
use crate::exchange::{Content, Exchange, Origin, Part, Request, target};
use crate::template::Rendered;
use crate::yaml::{Entry, Key, Keys, Reader};

/// The keys of `digest`.
pub const DIGEST_KEYS: Keys = Keys {
    what: "`digest`",
    key: "key",
    table: &[
        Key { name: "username", summary: "The user name." },
        Key { name: "password", summary: "The password; by default empty." },
    ],
};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "digest",
        summary: "Proof of a password, when a server asks for it (RFC 7616): `{ username, password }`.",
    },
    compile,
};

#[derive(Debug)]
struct Digest {
    username: Text,
    password: Option<Text>,
}

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Scheme>> {
    let fields = reader.fields(&entry.value, &DIGEST_KEYS)?;
    let username = required("username", &fields, entry, &DIGEST_KEYS, reader)
        .and_then(|node| Text::compile(node, "`username`", reader));
    let password = fields.get("password").map(|node| Text::compile(node, "`password`", reader));
    let password = password.map_or(Some(None), |text| text.map(Some));
    Some(Box::new(Digest { username: username?, password: password? }))
}

/// The algorithms, the strongest one last (RFC 7616, section 6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Algorithm {
    Md5,
    Sha256,
    Sha512_256,
}

impl Algorithm {
    /// An algorithm by its name, and whether it is of the kind that keeps a session.
    pub(crate) fn named(name: &str) -> Option<(Self, bool)> {
        let name = name.to_ascii_lowercase();
        let (name, session) = match name.strip_suffix("-sess") {
            Some(name) => (name, true),
            None => (name.as_str(), false),
        };
        let algorithm = match name {
            "md5" => Self::Md5,
            "sha-256" => Self::Sha256,
            "sha-512-256" => Self::Sha512_256,
            _ => return None,
        };
        Some((algorithm, session))
    }

    /// The digest of a text, in hexadecimal.
    pub(crate) fn hash(self, text: &str) -> String {
        self.hash_bytes(Bytes::copy_from_slice(text.as_bytes()))
    }

    /// The digest of bytes, in hexadecimal.
    pub(crate) fn hash_bytes(self, bytes: Bytes) -> String {
        // Only files can fail to be read.
        self.hash_content(&Content::from(bytes)).unwrap_or_default()
    }

    /// The digest of a content, in hexadecimal; files are read piece by piece.
    fn hash_content(self, content: &Content) -> io::Result<String> {
        fn of<D: sha2::Digest>(content: &Content) -> io::Result<String> {
            let mut digest = D::new();
            content.each(&mut |piece| digest.update(piece))?;
            let digest = digest.finalize();
            Ok(digest.iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            }))
        }
        match self {
            Self::Md5 => of::<Md5>(content),
            Self::Sha256 => of::<Sha256>(content),
            Self::Sha512_256 => of::<Sha512_256>(content),
        }
    }
}

/// What is proven, by the algorithm of a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quality {
    /// As before RFC 2617: without a count.
    None,
    Auth,
    /// The content, too.
    AuthInt,
}

/// The algorithm and the quality of protection of a challenge, where both are known.
fn understood(challenge: &Challenge) -> Option<(Algorithm, bool, Quality)> {
    challenge.get("nonce")?;
    let (algorithm, session) = Algorithm::named(challenge.get("algorithm").unwrap_or("MD5"))?;
    let Some(offered) = challenge.get("qop") else {
        // A session needs the client's nonce, which goes with a quality.
        return (!session).then_some((algorithm, session, Quality::None));
    };
    let offers = |name: &str| offered.split(',').any(|own| own.trim().eq_ignore_ascii_case(name));
    let quality = if offers("auth") {
        Quality::Auth
    } else if offers("auth-int") {
        Quality::AuthInt
    } else {
        return None;
    };
    Some((algorithm, session, quality))
}

/// The strongest of the challenges that are understood.
fn strongest(exchange: &Exchange) -> Option<Challenge> {
    let fields = exchange.response.headers.get_all(WWW_AUTHENTICATE);
    let offered =
        fields.flat_map(|value| challenge::parse(&String::from_utf8_lossy(value.as_bytes())));
    let known =
        offered.filter(|challenge| challenge.is("digest") && understood(challenge).is_some());
    // Of equals the first one.
    let mut known: Vec<_> = known.collect();
    known.sort_by_key(|challenge| Reverse(understood(challenge).map(|(algorithm, ..)| algorithm)));
    known.into_iter().next()
}

/// What the proof of one request is made of.
struct Proof<'a> {
    username: &'a str,
    password: &'a str,
    method: &'a str,
    uri: &'a str,
    asked: &'a Asked,
    /// The digest of the content, where that is proven.
    content: &'a str,
}

impl Proof<'_> {
    /// The value of `Authorization` (RFC 7616, section 3.4).
    fn value(&self) -> Option<String> {
        let challenge = &self.asked.challenge;
        let (algorithm, session, quality) = understood(challenge)?;
        let (realm, nonce) = (challenge.get("realm").unwrap_or_default(), challenge.get("nonce")?);
        let (cnonce, count) = (&self.asked.cnonce, format!("{:08x}", self.asked.count));
        let h = |text: String| algorithm.hash(&text);
        let mut a1 = h(format!("{}:{realm}:{}", self.username, self.password));
        if session {
            a1 = h(format!("{a1}:{}:{cnonce}", self.asked.first_nonce));
        }
        let (qop, a2) = match quality {
            Quality::AuthInt => {
                ("auth-int", format!("{}:{}:{}", self.method, self.uri, self.content))
            }
            _ => ("auth", format!("{}:{}", self.method, self.uri)),
        };
        let a2 = h(a2);
        let response = match quality {
            Quality::None => h(format!("{a1}:{nonce}:{a2}")),
            _ => h(format!("{a1}:{nonce}:{count}:{cnonce}:{qop}:{a2}")),
        };
        let mut value = String::from("Digest ");
        if challenge.says("userhash") {
            let user = h(format!("{}:{realm}", self.username));
            let _ = write!(value, "username=\"{user}\", userhash=true");
        } else if self.username.is_ascii() {
            let _ = write!(value, "username={}", quoted(self.username));
        } else {
            // RFC 8187.
            let user = utf8_percent_encode(self.username, NON_ALPHANUMERIC);
            let _ = write!(value, "username*=UTF-8''{user}");
        }
        let _ = write!(
            value,
            ", realm={}, nonce={}, uri={}, response=\"{response}\"",
            quoted(realm),
            quoted(nonce),
            quoted(self.uri)
        );
        if let Some(name) = challenge.get("algorithm") {
            let _ = write!(value, ", algorithm={name}");
        }
        if let Some(opaque) = challenge.get("opaque") {
            let _ = write!(value, ", opaque={}", quoted(opaque));
        }
        if quality != Quality::None {
            let _ = write!(value, ", qop={qop}, nc={count}, cnonce=\"{cnonce}\"");
        }
        Some(value)
    }
}

/// A quoted string (RFC 9110, section 5.6.4).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Digest {
    /// Adds the proof that was asked for.
    async fn prove(
        &self,
        asked: &Asked,
        request: &mut Request,
        context: Context<'_>,
    ) -> Rendered<()> {
        let username = self.username.render(context.scope)?;
        let password = self.password.as_ref().map(|text| text.render(context.scope)).transpose()?;
        let password = password.unwrap_or_default();
        keep(&password, request, context.scope);
        let Some((algorithm, _, quality)) = understood(&asked.challenge) else { return Ok(()) };
        let content = match quality {
            Quality::AuthInt => digest_of(&request.body, algorithm).await,
            _ => Ok(String::new()),
        };
        let content = content.map_err(|error| Box::new(self.username.error(error.to_string())))?;
        let (_, rest) = target::split(&request.url).unwrap_or_default();
        let proof = Proof {
            username: &username,
            password: &password,
            method: request.method.as_str(),
            uri: &target::path_and_query(rest),
            asked,
            content: &content,
        };
        match proof.value() {
            Some(value) => authorize(&value, &self.username, request),
            None => Ok(()),
        }
    }
}

/// The digest of a content. Files are read where that holds up nobody.
async fn digest_of(content: &Content, algorithm: Algorithm) -> io::Result<String> {
    let on_disk = matches!(content, Content::Parts(parts) if parts.iter().any(|part| matches!(part, Part::File(_))));
    if !on_disk {
        return algorithm.hash_content(content);
    }
    let content = content.clone();
    let digest = tokio::task::spawn_blocking(move || algorithm.hash_content(&content));
    digest.await.map_err(io::Error::other)?
}

impl Scheme for Digest {
    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Doing<'a, ()> {
        // Before anything is asked, there is nothing to prove.
        let known = Origin::of(&request.url).and_then(|origin| context.memory.again(&origin));
        match known {
            Some(asked) if !context.written => {
                Box::pin(async move { self.prove(&asked, request, context).await })
            }
            _ => done(Ok(())),
        }
    }

    fn answer<'a>(
        &'a self,
        exchange: &'a Exchange,
        context: Context<'a>,
    ) -> Doing<'a, Option<Request>> {
        let Some(origin) = Origin::of(&exchange.request.url) else { return done(Ok(None)) };
        if exchange.response.status != StatusCode::UNAUTHORIZED {
            next_nonce(exchange, &origin, context.memory);
            return done(Ok(None));
        }
        let challenge = strongest(exchange).filter(|challenge| {
            // What was proven for this very challenge, and refused, is wrong; a nonce may be too old.
            context.round == 0 || challenge.says("stale")
        });
        let Some(challenge) = challenge.filter(|_| !context.written) else {
            return done(Ok(None));
        };
        let asked = context.memory.asked(&origin, challenge);
        let mut request = exchange.request.clone();
        request.headers.remove(AUTHORIZATION);
        Box::pin(async move {
            self.prove(&asked, &mut request, context).await?;
            Ok(Some(request))
        })
    }
}

/// Takes the nonce that a server wants to have next (RFC 7616, section 3.5).
fn next_nonce(exchange: &Exchange, origin: &Origin, memory: &Memory) {
    if let Some(value) = exchange.response.headers.get("authentication-info")
        && let Some(info) = challenge::parse(&String::from_utf8_lossy(value.as_bytes())).first()
        && let Some(nonce) = info.get("nextnonce")
    {
        memory.renew(origin, nonce);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(challenge: &str, cnonce: &str, [username, password, uri]: [&str; 3]) -> String {
        let challenge = challenge::parse(challenge).remove(0);
        let first_nonce = challenge.get("nonce").unwrap_or_default().into();
        let asked =
            Asked { challenge: challenge.into(), first_nonce, cnonce: cnonce.into(), count: 1 };
        let proof = Proof {
            username,
            password,
            method: "GET",
            uri,
            asked: &asked,
            content: "d41d8cd98f00b204e9800998ecf8427e",
        };
        proof.value().expect("a challenge that is understood")
    }

    #[test]
    fn the_examples_of_the_rfc_come_out() {
        // RFC 7616, section 3.9.1.
        let challenge = r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=ALGORITHM, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;
        for (algorithm, response) in [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let value = proof(
                &challenge.replace("ALGORITHM", algorithm),
                "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                ["Mufasa", "Circle of Life", "/dir/index.html"],
            );
            assert_eq!(
                value,
                format!(
                    r#"Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", response="{response}", algorithm={algorithm}, opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", qop=auth, nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ""#
                )
            );
        }
        // Section 3.9.2, with SHA-512/256 as FIPS 180-4 has it, where the RFC cut SHA-512: its erratum has
        // the name, and OpenSSL gives the response.
        let challenge = r#"Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", charset=UTF-8, userhash=true"#;
        let value = proof(
            challenge,
            "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm",
            ["Jäsøn Doe", "Secret, or not?", "/doe.json"],
        );
        assert!(value.contains("username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\", userhash=true"), "{value}");
        assert!(
            value.contains(
                "response=\"7a4e1192babbba02e91182d2895bfdbf7adafc6e48d4e517ca301974843d840c\""
            ),
            "{value}"
        );
    }

    #[test]
    fn what_stood_before_the_rfc_still_works() {
        // RFC 2069, section 2.4, with the erratum's response.
        let challenge = r#"Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#;
        let value = proof(challenge, "", ["Mufasa", "CircleOfLife", "/dir/index.html"]);
        assert!(value.contains("response=\"1949323746fe6a43ef61f9606e7febea\""), "{value}");
        assert!(!value.contains("qop") && !value.contains("nc=") && !value.contains("algorithm"));
    }

    #[test]
    fn a_name_beyond_ascii_and_quotes_are_written_as_the_rfc_says() {
        let challenge = r#"Digest realm="a \"b\" \\", nonce="n", qop=auth"#;
        let value = proof(challenge, "c", ["Jäsøn", "p", "/?a=\"b\""]);
        assert!(
            value.contains("username*=UTF-8''J%C3%A4s%C3%B8n, realm=\"a \\\"b\\\" \\\\\""),
            "{value}"
        );
        assert!(value.contains(r#"uri="/?a=\"b\"""#), "{value}");
    }

    #[test]
    fn only_what_is_understood_is_answered() {
        let understands = |text: &str| understood(&challenge::parse(text)[0]).is_some();
        for (text, expected) in [
            ("Digest nonce=n", true),
            ("Digest nonce=n, qop=auth-int, algorithm=sha-256-sess", true),
            ("Digest nonce=n, algorithm=MD5-sess", false),
            ("Digest nonce=n, algorithm=SHA-1", false),
            ("Digest nonce=n, qop=other", false),
            ("Digest realm=r", false),
        ] {
            assert_eq!(understands(text), expected, "{text}");
        }
    }
}
