//! `client_certificate`: who the client is to a server that asks in the TLS handshake (RFC 8446, section
//! 4.4.2). It belongs to the connection, not to the request.

use std::sync::Arc;

use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use pkcs8::EncryptedPrivateKeyInfoRef;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::sync::Mutex;

use super::{Context, Doing, Kind, Scheme, Text, done, file, keep};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::exchange::{Identity, NoIdentity, Request};
use crate::secret::Secret;
use crate::template::Rendered;
use crate::yaml::{Entry, Fields, Key, Keys, Node, Reader};

/// The keys of `client_certificate`.
pub const CLIENT_CERTIFICATE_KEYS: Keys = Keys {
    what: "`client_certificate`",
    key: "key",
    table: &[
        Key {
            name: "certificate",
            summary: "A file with the certificate in PEM, followed by those that vouch for it; relative to the file that names it.",
        },
        Key {
            name: "key",
            summary: "A file with the private key in PEM; not needed where `certificate` holds it, too.",
        },
        Key {
            name: "pkcs12",
            summary: "A PKCS#12 file (`.p12`, `.pfx`) with both, in place of `certificate` and `key`.",
        },
        Key { name: "passphrase", summary: "What the key or the PKCS#12 file is encrypted with." },
    ],
};

pub(super) const KIND: Kind = Kind {
    key: Key {
        name: "client_certificate",
        summary: "A certificate for servers that ask for one (mTLS): `{ certificate, key }` or `{ pkcs12, passphrase }`. It goes with any other scheme.",
    },
    compile,
};

#[derive(Debug)]
struct ClientCertificate {
    held: Held,
    passphrase: Option<Text>,
    source: Arc<Source>,
}

/// What the files hold.
#[derive(Debug)]
enum Held {
    /// All of it, ready.
    Ready(Identity),
    /// Something that a passphrase opens, with the one that did last: it takes some time.
    Locked(Arc<Locked>, Mutex<Option<(Secret, Identity)>>),
}

/// What a passphrase opens.
#[derive(Debug)]
struct Locked {
    content: Content,
    /// The file, as it is named and where.
    name: String,
    span: Span,
}

#[derive(Debug)]
enum Content {
    Key { certificates: Vec<CertificateDer<'static>>, key: Vec<u8> },
    Pkcs12(Vec<u8>),
}

/// A message, and what to do about it.
type Mistake = (String, &'static str);

const MATCHING: &str = "the key must be that of the first certificate: `openssl x509 -pubkey` and `openssl pkey -pubout` show the same for both";
const KIND_OF_KEY: &str = "RSA, ECDSA (P-256, P-384, P-521) and Ed25519 keys work";

fn compile(entry: &Entry, reader: &mut Reader) -> Option<Box<dyn Scheme>> {
    let fields = reader.fields(&entry.value, &CLIENT_CERTIFICATE_KEYS)?;
    let passphrase =
        fields.get("passphrase").map(|node| Text::compile(node, "`passphrase`", reader));
    let (certificate, pkcs12) = (fields.entry("certificate"), fields.entry("pkcs12"));
    if let (Some(pkcs12), Some(other)) = (pkcs12, certificate.or(fields.entry("key"))) {
        let message = format!("a `pkcs12` file holds all: `{}` is too much", other.key);
        let error = reader.error(other.key_span, message);
        reader.report(error.related(pkcs12.key_span, "`pkcs12` is here").help("take one away"));
        return None;
    }
    let held = match (pkcs12, certificate) {
        (Some(entry), _) => of_pkcs12(&entry.value, reader),
        (None, Some(entry)) => of_pem(&entry.value, &fields, reader),
        (None, None) => {
            if !fields.unknown(&CLIENT_CERTIFICATE_KEYS) {
                let message =
                    "`client_certificate` has neither a `certificate` nor a `pkcs12` file";
                let error = reader.error(reader.place(entry), message);
                reader.report(error.help("write `{ certificate: FILE, key: FILE }`, or `{ pkcs12: FILE, passphrase: … }`"));
            }
            None
        }
    };
    let (held, passphrase) = (held?, passphrase.map_or(Some(None), |text| text.map(Some))?);
    match (&held, &passphrase) {
        (Held::Ready(_), Some(_)) => {
            let place = fields.entry("passphrase").map_or(entry.key_span, |entry| entry.key_span);
            let error = reader.error(place, "the key is not encrypted, and needs no `passphrase`");
            reader.report(error.help("take it away"));
            return None;
        }
        (Held::Locked(locked, _), None) => {
            let message = format!("`{}` is encrypted, and there is no `passphrase`", locked.name);
            let error = reader.error(locked.span, message);
            reader.report(
                error.help("write `passphrase: ${{ secrets.NAME }}`; an empty one is `\"\"`"),
            );
            return None;
        }
        _ => {}
    }
    Some(Box::new(ClientCertificate { held, passphrase, source: Arc::clone(&reader.source) }))
}

fn of_pkcs12(node: &Node, reader: &mut Reader) -> Option<Held> {
    let bytes = file::read(node, "`pkcs12`", reader)?;
    let name = node.as_str().unwrap_or_default().to_owned();
    // It is a sequence in DER.
    if bytes.first() != Some(&0x30) {
        let error = reader.error(node.span, format!("`{name}` is not a PKCS#12 file"));
        reader.report(if bytes.starts_with(b"-----BEGIN ") {
            error.help("it is PEM: name it under `certificate`, and the key's file under `key`")
        } else {
            error.help("`openssl pkcs12 -export -in CERTIFICATE -inkey KEY -out FILE` makes one")
        });
        return None;
    }
    let locked = Locked { content: Content::Pkcs12(bytes), name, span: node.span };
    Some(Held::Locked(Arc::new(locked), Mutex::default()))
}

fn of_pem(node: &Node, fields: &Fields<'_>, reader: &mut Reader) -> Option<Held> {
    let bytes = file::read(node, "`certificate`", reader)?;
    let name = node.as_str().unwrap_or_default();
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(&bytes).filter_map(Result::ok).collect();
    let sound = |certificate: &CertificateDer<'_>| {
        x509_parser::parse_x509_certificate(certificate).is_ok_and(|(rest, _)| rest.is_empty())
    };
    if certificates.is_empty() || !certificates.iter().all(sound) {
        let error = reader.error(node.span, format!("`{name}` holds no certificate in PEM"));
        reader.report(error.help("it starts with `-----BEGIN CERTIFICATE-----`; a `.p12` or `.pfx` file is named under `pkcs12`"));
        return None;
    }
    let (place, bytes) = match fields.get("key") {
        Some(key) => (key, file::read(key, "`key`", reader)?),
        None => (node, bytes),
    };
    let name = place.as_str().unwrap_or_default();
    let found = key_in(name, &bytes).and_then(|key| match key {
        Found::Plain(key) => ready(name, certificates, &key).map(Held::Ready),
        Found::Encrypted(key) => {
            let content = Content::Key { certificates, key };
            let locked = Locked { content, name: name.to_owned(), span: place.span };
            Ok(Held::Locked(Arc::new(locked), Mutex::default()))
        }
    });
    found
        .map_err(|(message, help)| {
            let error = reader.error(place.span, message);
            reader.report(error.help(help));
        })
        .ok()
}

/// A private key of a file.
enum Found {
    Plain(PrivateKeyDer<'static>),
    /// PKCS#8 in DER (RFC 5958, section 3).
    Encrypted(Vec<u8>),
}

fn key_in(name: &str, bytes: &[u8]) -> Result<Found, Mistake> {
    let text = String::from_utf8_lossy(bytes);
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        let message = format!("the key in `{name}` is encrypted in the old way of OpenSSL");
        return Err((message, "make it PKCS#8: `openssl pkcs8 -topk8 -in KEY -out NEW`"));
    }
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
        return encrypted(&text).map(Found::Encrypted).ok_or_else(|| {
            (
                format!("`{name}` is broken PEM"),
                "make it anew: `openssl pkcs8 -topk8 -in KEY -out NEW`",
            )
        });
    }
    PrivateKeyDer::from_pem_slice(bytes).map(Found::Plain).map_err(|_| {
        (
            format!("`{name}` holds no private key in PEM"),
            "it starts with `-----BEGIN PRIVATE KEY-----`; the file with the key is named under `key`",
        )
    })
}

/// The bytes of an encrypted key in PEM (RFC 7468, section 11).
fn encrypted(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once("-----BEGIN ENCRYPTED PRIVATE KEY-----")?;
    let (inner, _) = rest.split_once("-----END ENCRYPTED PRIVATE KEY-----")?;
    crate::template::base64_bytes(&inner.split_whitespace().collect::<String>()).ok()
}

fn ready(
    name: &str,
    certificates: Vec<CertificateDer<'static>>,
    key: &PrivateKeyDer<'static>,
) -> Result<Identity, Mistake> {
    Identity::new(certificates, key).map_err(|why| match why {
        NoIdentity::Key => {
            (format!("the key in `{name}` is of a kind that TLS does not sign with"), KIND_OF_KEY)
        }
        NoIdentity::Mismatch => {
            (format!("the key in `{name}` does not belong to the certificate"), MATCHING)
        }
    })
}

impl Locked {
    /// What a passphrase makes of it.
    fn open(&self, passphrase: &str) -> Result<Identity, Mistake> {
        let name = &self.name;
        let wrong =
            || (format!("the passphrase does not open `{name}`"), "is it that of this file?");
        match &self.content {
            Content::Key { certificates, key } => {
                let read = EncryptedPrivateKeyInfoRef::try_from(key.as_slice()).map_err(|_| {
                    (
                        format!("the key in `{name}` is encrypted in a way that is not known"),
                        "make it anew: `openssl pkcs8 -topk8 -in KEY -out NEW`",
                    )
                })?;
                let plain = read.decrypt(passphrase).map_err(|_| wrong())?;
                let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(plain.as_bytes().to_vec()));
                ready(name, certificates.clone(), &key)
            }
            Content::Pkcs12(bytes) => {
                let store = KeyStore::from_pkcs12(bytes, passphrase, Pkcs12ImportPolicy::Relaxed);
                let store = store.map_err(|error| match error {
                    p12_keystore::error::Error::MacError(_)
                    | p12_keystore::error::Error::UnpadError
                    | p12_keystore::error::Error::Pkcs5Error(_) => wrong(),
                    error => (
                        format!("`{name}` cannot be read as PKCS#12: {error}"),
                        "`openssl pkcs12 -in FILE -info` shows what is in it, and `-export` makes it anew",
                    ),
                })?;
                let Some((_, chain)) = store.private_key_chain() else {
                    let message = format!("`{name}` holds no private key");
                    return Err((
                        message,
                        "`openssl pkcs12 -export -in CERTIFICATE -inkey KEY` puts both into one",
                    ));
                };
                let certificates = chain.certs().iter();
                let certificates: Vec<_> = certificates
                    .map(|certificate| CertificateDer::from(certificate.as_der().to_vec()))
                    .collect();
                if certificates.is_empty() {
                    let message =
                        format!("`{name}` holds a private key, and no certificate for it");
                    return Err((
                        message,
                        "`openssl pkcs12 -export -in CERTIFICATE -inkey KEY` puts both into one",
                    ));
                }
                let key = chain.key().as_der().to_vec();
                ready(name, certificates, &PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key)))
            }
        }
    }
}

impl ClientCertificate {
    async fn unlocked(
        &self,
        locked: &Arc<Locked>,
        last: &Mutex<Option<(Secret, Identity)>>,
        request: &mut Request,
        context: Context<'_>,
    ) -> Rendered<Identity> {
        let passphrase = self.passphrase.as_ref().map(|text| text.render(context.scope));
        let passphrase = passphrase.transpose()?.unwrap_or_default().into_owned();
        keep(&passphrase, request, context.scope);
        // Who comes meanwhile waits rather than do the same work.
        let mut last = last.lock().await;
        if let Some((known, identity)) = &*last
            && known.expose() == passphrase
        {
            return Ok(identity.clone());
        }
        let (inner, text) = (Arc::clone(locked), passphrase.clone());
        let opened = tokio::task::spawn_blocking(move || inner.open(&text)).await;
        let opened = opened.unwrap_or_else(|error| {
            Err((format!("`{}` cannot be opened: {error}", locked.name), "is it sound?"))
        });
        let identity = opened.map_err(|(message, help)| {
            Box::new(Diagnostic::at(&self.source, locked.span, message).help(help))
        })?;
        *last = Some((Secret::new(passphrase), identity.clone()));
        Ok(identity)
    }
}

/// Has the request's connection show an identity.
fn show(identity: Identity, request: &mut Request) {
    let connecting = request.connecting.get_or_insert_default();
    Arc::make_mut(connecting).tls.identity = Some(identity);
}

impl Scheme for ClientCertificate {
    fn prepare<'a>(&'a self, request: &'a mut Request, context: Context<'a>) -> Doing<'a, ()> {
        match &self.held {
            Held::Ready(identity) => {
                show(identity.clone(), request);
                done(Ok(()))
            }
            Held::Locked(locked, last) => Box::pin(async move {
                let identity = self.unlocked(locked, last, request, context).await?;
                show(identity, request);
                Ok(())
            }),
        }
    }
}
