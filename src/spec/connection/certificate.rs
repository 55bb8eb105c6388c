//! `self_signed_certificate`: a file with certificates, read when the spec is.

use std::path::PathBuf;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject as _};
use x509_parser::parse_x509_certificate;

use crate::exchange::Trusted;
use crate::yaml::{Node, Reader};

/// What a file of certificates is small beside, in bytes: all roots of a system are a quarter of that.
const LARGEST: u64 = 1024 * 1024;

/// Reads the certificates of the file that a node names; what is wrong is recorded in `reader`.
pub(super) fn read(node: &Node, reader: &mut Reader) -> Option<Trusted> {
    let name = reader.string(node, "`self_signed_certificate`")?;
    if name.contains("${{") {
        let error =
            reader.error(node.span, "the name of a certificate's file cannot be a template");
        reader.report(error.help(
            "it is read before anything is sent: give each target its own, under its `defaults`",
        ));
        return None;
    }
    match load(name, reader).and_then(|bytes| certificates(name, &bytes)) {
        Ok(certificates) => Some(certificates.into()),
        Err((message, help)) => {
            let error = reader.error(node.span, message);
            reader.report(error.help(help));
            None
        }
    }
}

/// A message, and what to do about it.
type Mistake = (String, &'static str);

const WHERE: &str =
    "a file is named relative to the one that names it, and lies below the project's root";
const WHAT: &str = "it must hold certificates in PEM (`-----BEGIN CERTIFICATE-----`) or one in DER";

fn load(name: &str, reader: &Reader) -> Result<Vec<u8>, Mistake> {
    let read = |path: PathBuf| {
        let about = path.metadata().map_err(|error| error.to_string())?;
        if !about.is_file() {
            return Err("it is not a file".to_owned());
        }
        if about.len() > LARGEST {
            return Err("it is too large for a file of certificates".to_owned());
        }
        std::fs::read(path).map_err(|error| error.to_string())
    };
    let path = reader.files.find(name).map_err(|message| (message, WHERE))?;
    read(path).map_err(|why| (format!("`{name}` cannot be read: {why}"), WHERE))
}

/// What is wrong with a file in PEM (RFC 7468), in words.
fn broken(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "is broken PEM: a part of it has no end",
        pem::Error::Base64Decode(_) => "is broken PEM: a part of it is no Base64",
        _ => "is broken PEM",
    }
}

fn certificates(name: &str, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, Mistake> {
    let mistake = |what: &str| (format!("`{name}` {what}"), WHAT);
    let is_pem = bytes.windows(11).any(|start| start == b"-----BEGIN ");
    let certificates = if is_pem {
        CertificateDer::pem_slice_iter(bytes)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| mistake(broken(&error)))?
    } else {
        vec![CertificateDer::from(bytes.to_vec())]
    };
    if certificates.is_empty() {
        return Err(mistake("holds no certificate"));
    }
    for certificate in &certificates {
        let sound = parse_x509_certificate(certificate).is_ok_and(|(rest, _)| rest.is_empty());
        if !sound && !is_pem {
            return Err(mistake("is neither PEM nor a certificate in DER"));
        }
        if !sound {
            return Err(mistake("holds something that is called a certificate and is none"));
        }
    }
    Ok(certificates)
}
