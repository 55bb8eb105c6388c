//! JSON Web Tokens (RFC 7519) with signatures (RFC 7515): made, taken apart, and their keys read.
//!
//! Header and claims are put together here, so that numbers keep their digits and keys their order; the
//! library signs.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, AlgorithmFamily, EncodingKey, crypto};
use serde_json::{Map, Value as Json};

/// The algorithms that tokens are signed with (RFC 7518, section 3.1; RFC 8037).
pub const ALGORITHMS: [&str; 12] = [
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
    "ES384", "EdDSA",
];

/// An algorithm with a key that fits it.
#[derive(Clone)]
pub struct Signer {
    algorithm: Algorithm,
    name: &'static str,
    key: EncodingKey,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.name)
    }
}

/// What is wrong, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong with the key or the algorithm, in a sentence without a full stop.
    pub message: String,
    /// What to do about it, if anything is known.
    pub help: Option<String>,
}

impl Mistake {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Signer {
    /// A signer by the algorithm's name and its key: a secret for HMAC, a private key in PEM for the
    /// others.
    pub fn new(algorithm: &str, key: &[u8]) -> Result<Self, Mistake> {
        let name = ALGORITHMS.into_iter().find(|name| *name == algorithm);
        let Some((name, algorithm)) = name.zip(algorithm.parse::<Algorithm>().ok()) else {
            let mistake = Mistake::new(format!("`{algorithm}` is no algorithm to sign with"));
            return Err(mistake.help(format!("those that there are: {}", ALGORITHMS.join(", "))));
        };
        let read = match algorithm.family() {
            AlgorithmFamily::Hmac if key.is_empty() => {
                return Err(Mistake::new("the secret is empty"));
            }
            AlgorithmFamily::Hmac => Ok(EncodingKey::from_secret(key)),
            AlgorithmFamily::Rsa => EncodingKey::from_rsa_pem(key),
            AlgorithmFamily::Ec => EncodingKey::from_ec_pem(key),
            AlgorithmFamily::Ed => EncodingKey::from_ed_pem(key),
        };
        // Some keys are only seen to be unfit when they are used.
        let tried = read.and_then(|read| crypto::sign(b"", &read, algorithm).map(|_| read));
        let key = tried.map_err(|_| unfit(name, key))?;
        Ok(Self { algorithm, name, key })
    }

    /// A token with these claims. The header has the algorithm and the type first; members of `more` come
    /// after them, or in their place.
    pub fn sign(&self, more: &Map<String, Json>, claims: &Json) -> Result<String, Mistake> {
        let mut header = Map::new();
        header.insert("alg".to_owned(), Json::from(self.name));
        header.insert("typ".to_owned(), Json::from("JWT"));
        for (name, value) in more {
            header.insert(name.clone(), value.clone());
        }
        let part = |json: String| URL_SAFE_NO_PAD.encode(json);
        let signed =
            format!("{}.{}", part(Json::Object(header).to_string()), part(claims.to_string()));
        let signature = crypto::sign(signed.as_bytes(), &self.key, self.algorithm)
            .map_err(|error| Mistake::new(format!("the token cannot be signed: {error}")))?;
        Ok(format!("{signed}.{signature}"))
    }
}

/// Why a key cannot be read.
fn unfit(name: &str, key: &[u8]) -> Mistake {
    let text = String::from_utf8_lossy(key);
    let label = text.split("-----BEGIN ").nth(1).and_then(|rest| rest.split("-----").next());
    let algorithm = name.parse().unwrap_or_default();
    match label {
        None => Mistake::new(format!("{name} signs with a private key in PEM, and this is none"))
            .help("it starts with `-----BEGIN PRIVATE KEY-----`; a secret goes with HS256, HS384 and HS512"),
        Some("ENCRYPTED PRIVATE KEY") => Mistake::new("the key is encrypted")
            .help("take the passphrase off: `openssl pkcs8 -topk8 -nocrypt -in KEY -out PLAIN`"),
        Some("EC PRIVATE KEY") => Mistake::new("the key is in the form of SEC 1")
            .help("make it PKCS#8: `openssl pkcs8 -topk8 -nocrypt -in KEY -out PKCS8`"),
        Some(label) if label.contains("PUBLIC") || label == "CERTIFICATE" => {
            Mistake::new("a public key signs nothing").help("the private key that belongs to it does")
        }
        Some(_) => Mistake::new(format!("the key is none that {name} signs with")).help(wanted(algorithm)),
    }
}

/// The key that an algorithm wants.
fn wanted(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::ES256 => {
            "it signs with a key on the curve P-256 (`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`)"
        }
        Algorithm::ES384 => {
            "it signs with a key on the curve P-384 (`openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384`)"
        }
        Algorithm::EdDSA => "it signs with a key of Ed25519 (`openssl genpkey -algorithm ED25519`)",
        _ => "it signs with an RSA key of 2048 bits or more (`openssl genpkey -algorithm RSA`)",
    }
}

/// The header and the claims of a token, as they are: the signature is not looked at.
pub fn decode(token: &str) -> Result<(Json, Json), String> {
    let parts: Vec<_> = token.trim().split('.').collect();
    let [header, claims, _] = parts[..] else {
        return Err(format!("it has {} parts, not three with dots between", parts.len()));
    };
    let part = |what: &str, text: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('='));
        let bytes = bytes.map_err(|error| format!("its {what} is no Base64: {error}"))?;
        serde_json::from_slice(&bytes).map_err(|error| format!("its {what} is no JSON: {error}"))
    };
    Ok((part("header", header)?, part("claims", claims)?))
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::DecodingKey;
    use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};
    use serde_json::json;

    use super::*;

    const RSA: (&str, &str) = (
        include_str!("../fixtures/keys/rs256.pem"),
        include_str!("../fixtures/keys/rs256.pub.pem"),
    );

    #[test]
    fn a_token_is_that_of_the_standard() {
        // RFC 7515, appendix A.1, but for the white space of its JSON: the token of jwt.io.
        let signer = Signer::new("HS256", b"your-256-bit-secret").expect("a signer");
        let claims = json!({ "sub": "1234567890", "name": "John Doe", "iat": 1_516_239_022 });
        let token = signer.sign(&Map::new(), &claims).expect("a token");
        assert_eq!(
            token,
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
        );
        assert_eq!(decode(&token), Ok((json!({ "alg": "HS256", "typ": "JWT" }), claims)));
    }

    #[test]
    fn every_algorithm_signs_what_its_public_key_verifies() {
        for name in ALGORITHMS {
            let pair = |algorithm| {
                let pair = KeyPair::generate_for(algorithm).expect("a key pair");
                (pair.serialize_pem(), pair.public_key_pem())
            };
            let (secret, public) = match (&name[..2], name) {
                ("HS", _) => ("secret".to_owned(), String::new()),
                ("RS" | "PS", _) => (RSA.0.to_owned(), RSA.1.to_owned()),
                (_, "ES256") => pair(&PKCS_ECDSA_P256_SHA256),
                (_, "ES384") => pair(&PKCS_ECDSA_P384_SHA384),
                _ => pair(&PKCS_ED25519),
            };
            let public = public.as_bytes();
            let verifies = match &name[..2] {
                "HS" => Ok(DecodingKey::from_secret(b"secret")),
                "RS" | "PS" => DecodingKey::from_rsa_pem(public),
                "ES" => DecodingKey::from_ec_pem(public),
                _ => DecodingKey::from_ed_pem(public),
            };
            let verifies = verifies.expect("a public key");
            let signer = Signer::new(name, secret.as_bytes()).expect(name);
            let more = json!({ "kid": "1", "typ": "at+jwt" });
            let token = signer.sign(more.as_object().expect("a map"), &json!({})).expect(name);
            let (signed, signature) = token.rsplit_once('.').expect("a token");
            let algorithm = name.parse().expect(name);
            let sound = crypto::verify(signature, signed.as_bytes(), &verifies, algorithm);
            assert_eq!(sound, Ok(true), "{name}");
            let header = json!({ "alg": name, "typ": "at+jwt", "kid": "1" });
            assert_eq!(decode(&token).expect("a token").0.to_string(), header.to_string());
        }
    }

    #[test]
    fn a_key_of_another_kind_says_so() {
        let p256 = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("a key pair");
        let (private, public) = (p256.serialize_pem(), p256.public_key_pem());
        let sec1 = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";
        let locked = sec1.replace("EC PRIVATE", "ENCRYPTED PRIVATE");
        for (algorithm, key, message) in [
            ("none", "", "`none` is no algorithm to sign with"),
            ("hs256", "secret", "`hs256` is no algorithm to sign with"),
            ("HS256", "", "the secret is empty"),
            ("RS256", "secret", "RS256 signs with a private key in PEM, and this is none"),
            ("RS256", &private, "the key is none that RS256 signs with"),
            ("ES384", &private, "the key is none that ES384 signs with"),
            ("EdDSA", &private, "the key is none that EdDSA signs with"),
            ("ES256", &public, "a public key signs nothing"),
            ("PS256", RSA.1, "a public key signs nothing"),
            ("ES256", RSA.0, "the key is none that ES256 signs with"),
            ("ES256", sec1, "the key is in the form of SEC 1"),
            ("ES256", &locked, "the key is encrypted"),
        ] {
            let mistake = Signer::new(algorithm, key.as_bytes()).expect_err(algorithm);
            assert_eq!(mistake.message, message, "{algorithm}");
        }
    }
}
