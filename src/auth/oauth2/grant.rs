//! Token requests (RFC 6749, sections 4 to 6): what is sent to `token_uri`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::settings::{ClientAuth, Flow, Parameters, Settings};

/// The grant of RFC 8628, section 3.4.
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// What is offered for a token.
#[derive(Clone, Copy)]
pub(super) enum Grant<'a> {
    /// What the settings themselves hold: the client's or a user's credentials.
    Own,
    /// RFC 6749, section 6.
    Refresh(&'a str),
    /// What a login ended with (RFC 6749, section 4.1.3), with the proof that it was ours (RFC 7636,
    /// section 4.5).
    Code { code: &'a str, redirect_uri: &'a str, verifier: &'a str },
    /// What a person allows elsewhere (RFC 8628, section 3.4).
    Device(&'a str),
}

/// A token request: the fields that say who the client is, and the content.
pub(super) struct TokenRequest {
    /// `Authorization`, where the client says there who it is.
    pub(super) authorization: Option<String>,
    /// The content, of `application/x-www-form-urlencoded`.
    pub(super) form: String,
}

impl Grant<'_> {
    /// The request for a token.
    pub(super) fn request(self, settings: &Settings) -> TokenRequest {
        let (mut pairs, extra) = match self {
            Grant::Own => (own(settings), &settings.token_params),
            Grant::Refresh(token) => (
                vec![
                    ("grant_type", "refresh_token".to_owned()),
                    ("refresh_token", token.to_owned()),
                ],
                &settings.refresh_params,
            ),
            Grant::Code { code, redirect_uri, verifier } => (
                vec![
                    ("grant_type", "authorization_code".to_owned()),
                    ("code", code.to_owned()),
                    ("redirect_uri", redirect_uri.to_owned()),
                    ("code_verifier", verifier.to_owned()),
                ],
                &settings.token_params,
            ),
            Grant::Device(code) => (
                vec![("grant_type", DEVICE_CODE.to_owned()), ("device_code", code.to_owned())],
                &settings.token_params,
            ),
        };
        let authorization = identify(&mut pairs, settings);
        TokenRequest { authorization, form: form(&pairs, extra) }
    }
}

/// The request for a code that a person enters elsewhere (RFC 8628, section 3.1).
pub(super) fn device_authorization(settings: &Settings) -> TokenRequest {
    let mut pairs = Vec::new();
    if !settings.scope.is_empty() {
        pairs.push(("scope", settings.scope.clone()));
    }
    let authorization = identify(&mut pairs, settings);
    TokenRequest { authorization, form: form(&pairs, &Parameters::new()) }
}

/// Says who the client is: in the content, or in the header field that it gives.
fn identify(pairs: &mut Vec<(&'static str, String)>, settings: &Settings) -> Option<String> {
    match &settings.client_secret {
        Some(secret) if settings.client_auth == ClientAuth::Basic => {
            Some(basic(&settings.client_id, secret))
        }
        secret => {
            pairs.push(("client_id", settings.client_id.clone()));
            pairs.extend(secret.iter().map(|secret| ("client_secret", secret.clone())));
            None
        }
    }
}

fn own(settings: &Settings) -> Vec<(&'static str, String)> {
    let mut pairs = match settings.flow {
        Flow::Password => vec![
            ("grant_type", "password".to_owned()),
            ("username", settings.username.clone()),
            ("password", settings.password.clone()),
        ],
        _ => vec![("grant_type", "client_credentials".to_owned())],
    };
    if !settings.scope.is_empty() {
        pairs.push(("scope", settings.scope.clone()));
    }
    pairs
}

/// The client's Basic credentials: both parts are form-encoded first (RFC 6749, section 2.3.1).
fn basic(id: &str, secret: &str) -> String {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

/// The standard parameters with what the settings add, replace and take away.
fn form(pairs: &[(&'static str, String)], extra: &Parameters) -> String {
    let mut out = Serializer::new(String::new());
    let replaced = |name: &str| extra.iter().any(|(own, _)| own == name);
    for (name, value) in pairs.iter().filter(|(name, _)| !replaced(name)) {
        out.append_pair(name, value);
    }
    for (name, value) in extra {
        if let Some(value) = value {
            out.append_pair(name, value);
        }
    }
    out.finish()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn settings(flow: Flow) -> Settings {
        Settings {
            flow,
            authorize_uri: String::new(),
            token_uri: "http://h/token".into(),
            device_authorization_uri: String::new(),
            scope: "read write".into(),
            client_id: "me:you".into(),
            client_secret: Some("s+ c/r".into()),
            username: "ada".into(),
            password: "a&b".into(),
            refresh_token: None,
            authorize_params: Vec::new(),
            token_params: vec![("audience".into(), Some("x".into())), ("scope".into(), None)],
            refresh_params: vec![("grant_type".into(), Some("own".into()))],
            headers: Vec::new(),
            issuer: None,
            redirect_uri: None,
            client_auth: ClientAuth::Body,
        }
    }

    #[test]
    fn each_grant_has_its_parameters_with_those_that_are_added_and_replaced() {
        let mut settings = settings(Flow::Password);
        let request = Grant::Own.request(&settings);
        assert_eq!(
            request.form,
            "grant_type=password&username=ada&password=a%26b&client_id=me%3Ayou&client_secret=s%2B+c%2Fr&audience=x"
        );
        assert_eq!(request.authorization, None);
        settings.client_auth = ClientAuth::Basic;
        let request = Grant::Refresh("r t").request(&settings);
        assert_eq!(request.form, "refresh_token=r+t&grant_type=own");
        // me%3Ayou:s%2B+c%2Fr
        assert_eq!(request.authorization.as_deref(), Some("Basic bWUlM0F5b3U6cyUyQitjJTJGcg=="));
        settings.client_secret = None;
        settings.flow = Flow::ClientCredentials;
        let request = Grant::Own.request(&settings);
        assert_eq!(request.form, "grant_type=client_credentials&client_id=me%3Ayou&audience=x");
        assert_eq!(request.authorization, None);
        let grant = Grant::Code { code: "c/d", redirect_uri: "http://127.0.0.1:1/", verifier: "v" };
        assert_eq!(
            grant.request(&settings).form,
            "grant_type=authorization_code&code=c%2Fd&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2F&code_verifier=v&client_id=me%3Ayou&audience=x"
        );
        assert_eq!(
            Grant::Device("d").request(&settings).form,
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=d&client_id=me%3Ayou&audience=x"
        );
        assert_eq!(device_authorization(&settings).form, "scope=read+write&client_id=me%3Ayou");
    }
}
