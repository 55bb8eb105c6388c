//! TLS: a configuration that is built when the first https URL needs it, and what went wrong in plain
//! words.

mod verify;

use std::cell::Cell;
use std::error::Error as StdError;
use std::io;
use std::sync::{Arc, OnceLock};

use rustls::client::ResolvesClientCert;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, InvalidMessage, OtherError, PeerIncompatible,
    SignatureScheme, SupportedProtocolVersion,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;

use super::fault::{Problem, about_certificate, chain, printable, reason};
use super::stream::{Asked, Peer};
use crate::exchange::{HttpVersion, Phase, Pin, TlsSettings, TlsVersion};
use verify::{Unknown, Unpinned, Verifier};

/// TLS as the settings say.
pub(super) struct Tls {
    settings: TlsSettings,
    version: Option<HttpVersion>,
    connector: OnceLock<Result<TlsConnector, String>>,
}

impl Tls {
    pub(super) fn new(settings: TlsSettings, version: Option<HttpVersion>) -> Self {
        Self { settings, version, connector: OnceLock::new() }
    }

    /// Shakes hands with `host` over a connection that stands, and writes down who that is.
    pub(super) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        host: &Host<String>,
        stream: S,
        peer: &mut Peer,
    ) -> Result<TlsStream<S>, Problem> {
        let connector = self
            .connector
            .get_or_init(|| Ok(Arc::new(configure(&self.settings, self.version)?).into()))
            .as_ref()
            .map_err(|message| Problem::new(Phase::Tls, message.clone()))?;
        let name = match &self.settings.server_name {
            Some(name) => named(name)?,
            None => server_name(host)?,
        };
        let shown = name.to_str().into_owned();
        let shaken = ASKED.scope(Cell::new(Asked::No), async {
            let shaken = connector.connect(name, stream).await;
            (shaken, ASKED.with(Cell::get))
        });
        let (shaken, asked) = shaken.await;
        let stream = shaken.map_err(|error| {
            // The alert may be lost with the connection, if the server has already closed that.
            let ended = alert(&error).is_some() || error.kind() != io::ErrorKind::InvalidData;
            match (asked, alert(&error)) {
                (Asked::Unanswered, _) if ended => wants_certificate(),
                (Asked::Shown, Some(alert)) if is_about_certificate(alert) => {
                    refuses_certificate(alert)
                }
                (Asked::Shown, None) if ended => {
                    about_certificate(explain(&error, &shown, self), asked)
                }
                _ => explain(&error, &shown, self),
            }
        })?;
        peer.asked = asked;
        peer.certificates = stream.get_ref().1.peer_certificates().map(Arc::from);
        Ok(stream)
    }
}

tokio::task_local! {
    /// Whether the server of the handshake that this task is in asked for a certificate. rustls tells
    /// it to no one but the resolver, which all connections of a configuration share.
    static ASKED: Cell<Asked>;
}

/// Shows a certificate, if there is one, and notes that it was asked for it.
#[derive(Debug)]
struct Shows(Option<Arc<CertifiedKey>>);

impl ResolvesClientCert for Shows {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        // Whose certificates the server would like is a hint: what it makes of this one, it says itself.
        let fits = |key: &&Arc<CertifiedKey>| key.key.choose_scheme(schemes).is_some();
        let shown = self.0.as_ref().filter(fits).cloned();
        let asked = if shown.is_some() { Asked::Shown } else { Asked::Unanswered };
        let _ = ASKED.try_with(|noted| noted.set(asked));
        shown
    }

    fn has_certs(&self) -> bool {
        self.0.is_some()
    }
}

/// What a server says in farewell over TLS.
pub(super) fn alert(error: &io::Error) -> Option<AlertDescription> {
    match error.get_ref()?.downcast_ref()? {
        rustls::Error::AlertReceived(alert) => Some(*alert),
        _ => None,
    }
}

/// The server does not go on without a certificate of the client's.
pub(super) fn wants_certificate() -> Problem {
    tls("the server wants a client certificate, and was shown none")
}

/// Whether a server says by an alert that it does not take a certificate (RFC 8446, section 6.2).
pub(super) fn is_about_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError
    )
}

/// The server does not take the certificate of the client's.
pub(super) fn refuses_certificate(alert: AlertDescription) -> Problem {
    let help = match alert {
        AlertDescription::UnknownCA => {
            "it does not know who issued it: `certificate` holds those that vouch for it, too"
        }
        AlertDescription::CertificateExpired => "it has expired: have it issued anew",
        _ => "is it issued by whom the server trusts, and for clients?",
    };
    tls(format!("the server refused the client certificate that it was shown: {alert:?}"))
        .help(help)
}

/// The versions that are offered.
fn versions(settings: &TlsSettings) -> Vec<&'static SupportedProtocolVersion> {
    [(TlsVersion::Tls13, &rustls::version::TLS13), (TlsVersion::Tls12, &rustls::version::TLS12)]
        .into_iter()
        .filter(|(version, _)| {
            settings.min.is_none_or(|min| *version >= min)
                && settings.max.is_none_or(|max| *version <= max)
        })
        .map(|(_, version)| version)
        .collect()
}

fn configure(settings: &TlsSettings, version: Option<HttpVersion>) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = Verifier::new(settings.clone(), Arc::clone(&provider));
    let identity = settings.identity.as_ref().map(|identity| Arc::clone(identity.key()));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions(settings))
        .map_err(|error| format!("TLS cannot be set up: {error}"))?
        // The verifier checks as rustls's own does, against more than one set of roots.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(Arc::new(Shows(identity)));
    let protocols: &[&[u8]] = match version {
        None => &[b"h2", b"http/1.1"],
        Some(HttpVersion::Http2) => &[b"h2"],
        Some(HttpVersion::Http11) => &[b"http/1.1"],
        // Servers that know no name for it refuse those who say one.
        Some(HttpVersion::Http10) => &[],
    };
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

/// The name that a request asks for in place of its host.
fn named(name: &str) -> Result<ServerName<'static>, Problem> {
    ServerName::try_from(name.to_owned()).map_err(|_| {
        tls(format!("`{name}` is not a name TLS can ask for"))
            .help("`tls.server_name` is a host's name or an address, without a port")
    })
}

fn server_name(host: &Host<String>) -> Result<ServerName<'static>, Problem> {
    match host {
        // A name's trailing dot is DNS's own and never in a certificate.
        Host::Domain(name) => ServerName::try_from(name.trim_end_matches('.').to_owned())
            .map_err(|_| tls(format!("`{name}` is not a name TLS can ask for"))),
        Host::Ipv4(address) => Ok(ServerName::IpAddress((*address).into())),
        Host::Ipv6(address) => Ok(ServerName::IpAddress((*address).into())),
    }
}

fn explain(error: &io::Error, host: &str, spoken: &Tls) -> Problem {
    let Some(cause) = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>())
    else {
        return if error.kind() == io::ErrorKind::UnexpectedEof {
            tls("the server closed the connection during the TLS handshake")
                .help("does it speak TLS on this port?")
        } else {
            tls(format!("the TLS handshake failed: {}", reason(error)))
        };
    };
    match cause {
        rustls::Error::InvalidCertificate(certificate) => bad_certificate(certificate, host),
        rustls::Error::InvalidMessage(
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge,
        ) => tls("the server does not speak TLS on this port").help("is it an `http://` URL?"),
        rustls::Error::InvalidMessage(what) => {
            tls(format!("the server's part of the TLS handshake is malformed: {what:?}"))
        }
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) => {
            no_version(&spoken.settings)
        }
        rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => no_version(&spoken.settings),
        rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
            no_protocol(spoken.version)
        }
        rustls::Error::AlertReceived(alert) => {
            tls(format!("the server refused the TLS handshake: {alert:?}"))
        }
        rustls::Error::PeerIncompatible(what) => tls(format!(
            "the server and this client have no TLS version or cipher in common: {what:?}"
        )),
        other => tls(format!("the TLS handshake failed: {}", chain(other))),
    }
}

/// The server speaks none of the versions that were offered.
fn no_version(settings: &TlsSettings) -> Problem {
    let offered = match (settings.min, settings.max) {
        (Some(TlsVersion::Tls13), _) => "1.3, the only version that was offered",
        (_, Some(TlsVersion::Tls12)) => "1.2, the only version that was offered",
        _ => "1.2 or 1.3",
    };
    let problem = tls(format!("the server does not speak TLS {offered}"));
    if settings.min.is_some() || settings.max.is_some() {
        return problem.help("`tls.min` and `tls.max` say which versions are offered");
    }
    problem
}

/// The server speaks none of the protocols that were offered by ALPN (RFC 7301, section 3.2).
fn no_protocol(version: Option<HttpVersion>) -> Problem {
    let (what, wanted) = match version {
        Some(HttpVersion::Http2) => ("HTTP/2", "2"),
        Some(HttpVersion::Http11) => ("HTTP/1.1", "1.1"),
        _ => return tls("the server speaks neither HTTP/2 nor HTTP/1.1"),
    };
    tls(format!("the server does not speak {what}")).help(format!(
        "`http_version: {wanted}` takes nothing else; without it, the server chooses"
    ))
}

fn tls(message: impl Into<String>) -> Problem {
    Problem::new(Phase::Tls, message)
}

fn bad_certificate(error: &CertificateError, host: &str) -> Problem {
    match error {
        CertificateError::Expired => tls(format!("the certificate of {host} has expired")),
        CertificateError::ExpiredContext { time, not_after } => {
            tls(format!("the certificate of {host} expired {} ago", between(*not_after, *time)))
        }
        CertificateError::NotValidYet => tls(format!("the certificate of {host} is not yet valid"))
            .help("is this machine's clock right?"),
        CertificateError::NotValidYetContext { time, not_before } => tls(format!(
            "the certificate of {host} is not yet valid: it will be in {}",
            between(*time, *not_before)
        ))
        .help("is this machine's clock right?"),
        CertificateError::NotValidForName => {
            tls(format!("the certificate is not valid for {host}"))
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names = if presented.is_empty() {
                "no name".to_owned()
            } else {
                presented.iter().map(|name| plain_name(name)).collect::<Vec<_>>().join(", ")
            };
            tls(format!("the certificate is not valid for {host}, only for {names}"))
                .help("ask for one of those names, or have the certificate issued for this one")
        }
        CertificateError::UnknownIssuer => unknown(None, host),
        CertificateError::Revoked => tls(format!("the certificate of {host} was revoked")),
        CertificateError::BadSignature => {
            tls(format!("the certificate of {host} is not signed by its issuer's key"))
        }
        CertificateError::BadEncoding => tls(format!("the certificate of {host} cannot be read")),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            tls(format!("the certificate of {host} is not meant for servers"))
        }
        CertificateError::Other(other) if other.0.is::<Unpinned>() => unpinned(other, host),
        CertificateError::Other(other) if other.0.is::<Unknown>() => {
            unknown(other.0.downcast_ref(), host)
        }
        CertificateError::Other(other) if other.source().is_some_and(is_authority) => tls(format!(
            "the certificate of {host} is a certificate authority's own, not a server's"
        ))
        .help("issue a server certificate from it, without `CA:TRUE`"),
        other => tls(format!("the certificate of {host} is not valid: {other}")),
    }
}

/// Nobody who is trusted vouches for the certificate.
fn unknown(error: Option<&Unknown>, host: &str) -> Problem {
    match error {
        Some(Unknown(None)) => tls(format!("the certificate of {host} is self-signed"))
            .help("trust it with `self_signed_certificate`, if it is the right one"),
        error => {
            let issuer = error.and_then(|Unknown(issuer)| issuer.as_deref()).unwrap_or_default();
            let issuer = printable(issuer.as_bytes());
            tls(format!("the certificate of {host} comes from an unknown issuer: {issuer}"))
                .help("trust the issuer with `self_signed_certificate` or `SSL_CERT_FILE`")
        }
    }
}

/// None of the pins is in the chain.
fn unpinned(error: &OtherError, host: &str) -> Problem {
    let seen: &[Pin] = error.0.downcast_ref().map_or(&[], |Unpinned(seen)| seen);
    let seen = seen.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    tls(format!("no key of {host} is one of `tls.pins`: its chain has {seen}"))
        .help("pin one of these, if the server is the right one; the first one is its own")
}

/// Whether webpki found a CA where a server's certificate belongs. Its error type is not ours to
/// name, but its text is that of the variant.
fn is_authority(error: &(dyn StdError + 'static)) -> bool {
    error.to_string() == "CaUsedAsEndEntity"
}

/// webpki names a name by its kind: `DnsName("a.example")` is shown as `a.example`.
fn plain_name(name: &str) -> &str {
    name.split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'))
        .map_or(name, |inner| inner.trim_matches('"'))
}

/// The time from one moment to a later one, in its largest unit.
fn between(from: UnixTime, to: UnixTime) -> String {
    let seconds = to.as_secs().saturating_sub(from.as_secs());
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_expired_certificate_says_since_when() {
        let at = |days: u64| UnixTime::since_unix_epoch(Duration::from_secs(days * 86_400));
        let error = CertificateError::ExpiredContext { time: at(110), not_after: at(10) };
        let problem = bad_certificate(&error, "a.example");
        assert_eq!(problem.message, "the certificate of a.example expired 100 days ago");
        let error = CertificateError::NotValidYetContext { time: at(9), not_before: at(10) };
        let problem = bad_certificate(&error, "a.example");
        assert_eq!(
            problem.message,
            "the certificate of a.example is not yet valid: it will be in 24 hours"
        );
        assert_eq!(problem.help.as_deref(), Some("is this machine's clock right?"));
    }
}
