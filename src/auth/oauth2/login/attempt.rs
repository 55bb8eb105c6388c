//! One login in a browser: where it begins (RFC 6749, sections 4.1.1 and 4.2.1, RFC 7636), and what its
//! end says (RFC 6749, sections 4.1.2 and 4.2.2, RFC 9207).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::super::outcome::{self, Refusal, Token};
use super::super::settings::{Flow, Settings};
use crate::exchange::Origin;

/// Parameters of a redirect back.
pub(super) type Parameters = Vec<(String, String)>;

/// A login that has begun.
pub(super) struct Attempt<'a> {
    settings: &'a Settings,
    redirect_uri: &'a str,
    /// What only the one who began knows, and the browser brings back.
    state: String,
    /// What only the one who began knows, and the token endpoint is told at the end.
    pub(super) verifier: String,
}

/// What a browser brought back.
#[derive(Debug, PartialEq)]
pub(super) enum Reading {
    /// It is of another login, or of none.
    Foreign,
    /// The server says no.
    Refused(Refusal),
    /// It is not the server that was asked, or speaks another language.
    Unsound(String),
    /// What a token is had by.
    Code(String),
    /// The token itself.
    Token(Box<Token>),
}

impl<'a> Attempt<'a> {
    /// A login with secrets of its own.
    pub(super) fn new(settings: &'a Settings, redirect_uri: &'a str) -> Self {
        let random = || {
            let bytes: [u8; 32] = rand::random();
            URL_SAFE_NO_PAD.encode(bytes)
        };
        Self { settings, redirect_uri, state: random(), verifier: random() }
    }

    /// Where the person logs in.
    pub(super) fn url(&self) -> String {
        let settings = self.settings;
        let implicit = settings.flow == Flow::Implicit;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&self.verifier));
        let mut standard = vec![
            ("response_type", if implicit { "token" } else { "code" }),
            ("client_id", &settings.client_id),
            ("redirect_uri", self.redirect_uri),
        ];
        if !settings.scope.is_empty() {
            standard.push(("scope", &settings.scope));
        }
        standard.push(("state", &self.state));
        if !implicit {
            standard.extend([("code_challenge", &*challenge), ("code_challenge_method", "S256")]);
        }
        let extra = &settings.authorize_params;
        let replaced = |name: &str| extra.iter().any(|(own, _)| own == name);
        let standard = standard.into_iter().filter(|(name, _)| !replaced(name));
        let extra = extra.iter().filter_map(|(name, value)| Some((&**name, value.as_deref()?)));
        match Url::parse(&settings.authorize_uri) {
            Ok(mut url) => {
                url.query_pairs_mut().extend_pairs(standard.chain(extra));
                url.into()
            }
            // It was checked when it was rendered.
            Err(_) => settings.authorize_uri.clone(),
        }
    }

    /// Reads what a browser brought back.
    pub(super) fn read(&self, parameters: &Parameters) -> Reading {
        let value = |name: &str| {
            let found = parameters.iter().find(|(own, _)| own == name);
            found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
        };
        if value("state") != Some(&*self.state) {
            return Reading::Foreign;
        }
        if let Err(why) = self.check_issuer(value("iss")) {
            return Reading::Unsound(why);
        }
        if let Some(error) = value("error") {
            let who = "the login was refused";
            let more = [value("error_description"), value("error_uri")];
            return Reading::Refused(outcome::refused(who, error, more[0], more[1]));
        }
        if self.settings.flow == Flow::Implicit {
            return token(parameters);
        }
        match value("code") {
            Some(code) => Reading::Code(code.to_owned()),
            None => Reading::Unsound("the login came back with no `code`".to_owned()),
        }
    }

    /// Whether the one who answers is the one who was asked (RFC 9207, section 2.4). Where the config does
    /// not name the issuer, it is in the origin of the authorization endpoint.
    fn check_issuer(&self, issuer: Option<&str>) -> Result<(), String> {
        let settings = self.settings;
        let other = |issuer: &str, wanted: &str| {
            Err(format!("the login came back from `{issuer}`, and was begun at `{wanted}`"))
        };
        match (&settings.issuer, issuer) {
            (None, None) => Ok(()),
            (Some(wanted), Some(issuer)) if wanted == issuer => Ok(()),
            (Some(wanted), Some(issuer)) => {
                Err(format!("the login came back from `{issuer}`, and `issuer` is `{wanted}`"))
            }
            (Some(wanted), None) => Err(format!(
                "the login came back without `iss`, and `issuer` says that it is of `{wanted}`"
            )),
            (None, Some(issuer)) => {
                let begun = Origin::of(&settings.authorize_uri);
                if begun.is_some() && Origin::of(issuer) == begun {
                    return Ok(());
                }
                let begun = Url::parse(&settings.authorize_uri);
                other(
                    issuer,
                    &begun.map_or_else(|_| String::new(), |url| url.origin().ascii_serialization()),
                )
            }
        }
    }
}

/// A token that comes without a token request (RFC 6749, section 4.2.2).
fn token(parameters: &Parameters) -> Reading {
    let fields: Map<String, Json> =
        parameters.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let body = Json::Object(fields).to_string();
    match outcome::read(200, body.as_bytes(), std::time::SystemTime::now()) {
        // Who has no secret gets no refresh token.
        Ok(token) => Reading::Token(Box::new(Token { refresh: None, ..token })),
        Err(_) => Reading::Unsound("the login came back with no `access_token`".to_owned()),
    }
}

/// The parameters of a query, a fragment or a form.
pub(super) fn parameters(text: &[u8]) -> Parameters {
    let pairs = url::form_urlencoded::parse(text);
    pairs.map(|(name, value)| (Cow::into_owned(name), Cow::into_owned(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::grant::tests::settings;
    use super::*;

    const BACK: &str = "http://127.0.0.1:1/callback";

    fn browser(flow: Flow) -> Settings {
        Settings {
            authorize_uri: "https://login.example/authorize?tenant=a%20b".into(),
            authorize_params: vec![("prompt".into(), Some("login".into())), ("scope".into(), None)],
            ..settings(flow)
        }
    }

    /// What a browser would bring back.
    fn back(attempt: &Attempt<'_>, text: &str) -> Reading {
        attempt.read(&parameters(text.replace("STATE", &attempt.state).as_bytes()))
    }

    #[test]
    fn a_login_begins_with_a_challenge_and_a_state_of_its_own() {
        let settings = browser(Flow::AuthorizationCode);
        let (one, other) = (Attempt::new(&settings, BACK), Attempt::new(&settings, BACK));
        assert_ne!(one.state, other.state);
        assert_ne!(one.verifier, other.verifier);
        // RFC 7636, section 4.1.
        assert!(one.verifier.len() >= 43);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&one.verifier));
        assert_eq!(
            one.url(),
            format!(
                "https://login.example/authorize?tenant=a%20b&response_type=code&client_id=me%3Ayou&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback&state={}&code_challenge={challenge}&code_challenge_method=S256&prompt=login",
                one.state
            )
        );
        let settings = browser(Flow::Implicit);
        let url = Attempt::new(&settings, BACK).url();
        assert!(url.contains("response_type=token&") && !url.contains("challenge"), "{url}");
    }

    #[test]
    fn what_comes_back_is_of_this_login_and_of_its_server() {
        let settings = browser(Flow::AuthorizationCode);
        let attempt = Attempt::new(&settings, BACK);
        let code = Reading::Code("c".into());
        assert_eq!(back(&attempt, "state=STATE&code=c"), code);
        assert_eq!(back(&attempt, "state=STATE&code=c&iss=https%3A%2F%2Flogin.example%2Fx"), code);
        for foreign in ["code=c", "state=&code=c", "state=STATEx&code=c", "state=x&error=e"] {
            assert_eq!(back(&attempt, foreign), Reading::Foreign, "{foreign}");
        }
        let unsound = |text: &str| match back(&attempt, text) {
            Reading::Unsound(why) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            unsound("state=STATE&code=c&iss=https://evil.example"),
            "the login came back from `https://evil.example`, and was begun at `https://login.example`"
        );
        assert_eq!(unsound("state=STATE"), "the login came back with no `code`");
        let Reading::Refused(refusal) =
            back(&attempt, "state=STATE&error=access_denied&error_description=not+today")
        else {
            panic!("refused");
        };
        assert_eq!(refusal.message, "the login was refused: `access_denied`, not today");
    }

    #[test]
    fn an_issuer_that_is_named_must_be_the_one() {
        let issuer = Some("https://id.example/a".to_owned());
        let settings = Settings { issuer, ..browser(Flow::AuthorizationCode) };
        let attempt = Attempt::new(&settings, BACK);
        for (sent, good) in [
            ("&iss=https://id.example/a", true),
            ("&iss=https://login.example", false),
            ("", false),
        ] {
            let reading = back(&attempt, &format!("state=STATE&code=c{sent}"));
            assert_eq!(matches!(reading, Reading::Code(_)), good, "{sent}");
        }
    }

    #[test]
    fn a_fragment_has_the_token_and_no_other() {
        let settings = browser(Flow::Implicit);
        let attempt = Attempt::new(&settings, BACK);
        let text = "state=STATE&access_token=abcd&expires_in=3600&refresh_token=no";
        let Reading::Token(token) = back(&attempt, text) else { panic!("a token") };
        assert_eq!(token.access.expose(), "abcd");
        assert!(token.refresh.is_none() && token.until.is_some());
        assert!(matches!(back(&attempt, "state=STATE&code=c"), Reading::Unsound(_)));
    }
}
