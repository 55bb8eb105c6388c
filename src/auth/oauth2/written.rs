//! `oauth2` as it is written: read strictly, so that no key is there in vain.

use std::borrow::Cow;

use http::HeaderName;
use serde_json::Value as Json;

use super::super::{Text, required};
use super::login::check_redirect_uri;
use super::settings::{ClientAuth, Flow, Parameters, Settings};
use crate::template::{Rendered, Scope};
use crate::yaml::{Entry, Fields, Key, Keys, Node, Reader, Value};

/// The keys of `oauth2`.
#[rustfmt::skip] // A table reads best with a row a line.
pub const OAUTH2_KEYS: Keys = Keys {
    what: "`oauth2`",
    key: "key",
    table: &[
        Key { name: "flow", summary: "How the token is had: `client_credentials`, `password`, `authorization_code`, `device_code` or `implicit`." },
        Key { name: "authorize_uri", summary: "The authorization endpoint, where a person logs in: for `authorization_code` and `implicit`." },
        Key { name: "token_uri", summary: "The token endpoint, which every flow but `implicit` asks." },
        Key { name: "device_authorization_uri", summary: "The device authorization endpoint (RFC 8628), for `device_code`." },
        Key { name: "scopes", summary: "The scopes that are asked for: a list, or a text." },
        Key { name: "scope_separator", summary: "What stands between them; by default a space." },
        Key { name: "client_id", summary: "The client's id." },
        Key { name: "client_secret", summary: "The client's secret; a public client has none." },
        Key { name: "username", summary: "The user, for `password`." },
        Key { name: "password", summary: "The user's password, for `password`." },
        Key { name: "refresh_token", summary: "A refresh token to begin with, so that nobody has to log in, as in CI." },
        Key { name: "authorize_params", summary: "Parameters of the authorization request: added to the standard ones, in their place, or with `null` left out." },
        Key { name: "token_params", summary: "The same of the token request." },
        Key { name: "refresh_params", summary: "The same of the token request that refreshes." },
        Key { name: "headers", summary: "Header fields of token requests." },
        Key { name: "redirect_uri", summary: "Where the person is sent back to: `http://127.0.0.1:PORT/…`; by default a free port." },
        Key { name: "issuer", summary: "Who must have sent the person back (RFC 9207), where `iss` is not in the origin of `authorize_uri`." },
        Key { name: "token_placement", summary: "Where the token is sent: `header` (default), `query` or `both`." },
        Key { name: "header_token_name", summary: "What stands before the token in `Authorization`; by default `Bearer`." },
        Key { name: "query_token_name", summary: "The parameter that has the token; by default `access_token`." },
        Key { name: "client_auth", summary: "Where the client's id and secret are sent to the token endpoint: `body` (default) or `basic`." },
    ],
};

/// Keys that only some flows have, and which ones.
const ONLY: &[(&str, &[Flow])] = &[
    ("authorize_uri", &[Flow::AuthorizationCode, Flow::Implicit]),
    ("authorize_params", &[Flow::AuthorizationCode, Flow::Implicit]),
    ("redirect_uri", &[Flow::AuthorizationCode, Flow::Implicit]),
    ("issuer", &[Flow::AuthorizationCode, Flow::Implicit]),
    ("device_authorization_uri", &[Flow::DeviceCode]),
    ("username", &[Flow::Password]),
    ("password", &[Flow::Password]),
    ("token_uri", ASKING),
    ("client_secret", ASKING),
    ("token_params", ASKING),
    ("headers", ASKING),
    ("client_auth", ASKING),
    ("refresh_token", REFRESHING),
    ("refresh_params", REFRESHING),
];

/// Flows with a token request.
const ASKING: &[Flow] =
    &[Flow::ClientCredentials, Flow::Password, Flow::AuthorizationCode, Flow::DeviceCode];
/// Flows that may end in a refresh token (RFC 6749, sections 4.2.2 and 4.4.3).
const REFRESHING: &[Flow] = &[Flow::Password, Flow::AuthorizationCode, Flow::DeviceCode];

/// Parameters that make a login safe, and are no one else's.
const OURS: &[&str] = &["state", "code_challenge", "code_challenge_method"];

/// Where a token is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    Header,
    Query,
    Both,
}

/// `oauth2`, compiled.
#[derive(Debug)]
pub(crate) struct Written {
    /// The connection that it is, where it is one.
    pub(super) connection: Option<String>,
    pub(super) flow: Flow,
    /// Where it stands, for errors.
    pub(super) place: Text,
    pub(super) authorize_uri: Option<Text>,
    pub(super) token_uri: Option<Text>,
    pub(super) device_authorization_uri: Option<Text>,
    scopes: Vec<Text>,
    separator: Option<Text>,
    pub(super) client_id: Text,
    pub(super) client_secret: Option<Text>,
    pub(super) username: Option<Text>,
    pub(super) password: Option<Text>,
    pub(super) refresh_token: Option<Text>,
    authorize_params: Vec<(String, Option<Text>)>,
    token_params: Vec<(String, Option<Text>)>,
    refresh_params: Vec<(String, Option<Text>)>,
    headers: Vec<(String, Text)>,
    pub(super) issuer: Option<Text>,
    pub(super) redirect_uri: Option<Text>,
    pub(super) placement: Placement,
    pub(super) header_name: String,
    pub(super) query_name: String,
    client_auth: ClientAuth,
}

impl Written {
    /// Compiles `oauth2`; what is wrong with it is recorded in `reader`.
    pub(super) fn compile(entry: &Entry, reader: &mut Reader) -> Option<Self> {
        let before = reader.diagnostics.len();
        let fields = reader.fields(&entry.value, &OAUTH2_KEYS)?;
        let node = required("flow", &fields, entry, &OAUTH2_KEYS, reader)?;
        let flow = choice(node, "`flow`", &Flow::ALL, reader)?;
        check(flow, &fields, entry, reader);
        let text = |key: &str, reader: &mut Reader| {
            fields.get(key).and_then(|node| Text::compile(node, &format!("`{key}`"), reader))
        };
        let params = |key: &str, reader: &mut Reader| params(key, fields.get(key), reader);
        let placements =
            [("header", Placement::Header), ("query", Placement::Query), ("both", Placement::Both)];
        let ways = [("body", ClientAuth::Body), ("basic", ClientAuth::Basic)];
        let placement = fields.get("token_placement").map_or(Some(Placement::Header), |node| {
            choice(node, "`token_placement`", &placements, reader)
        });
        let client_auth = fields
            .get("client_auth")
            .map_or(Some(ClientAuth::Body), |node| choice(node, "`client_auth`", &ways, reader));
        let header_name = name("header_token_name", &fields, "Bearer", reader);
        let query_name = name("query_token_name", &fields, "access_token", reader);
        let client_id = required("client_id", &fields, entry, &OAUTH2_KEYS, reader)
            .and_then(|node| Text::compile(node, "`client_id`", reader));
        let written = Self {
            connection: reader.connection.as_deref().map(str::to_owned),
            flow,
            place: Text::of_place(&reader.source, entry.key_span),
            authorize_uri: uri("authorize_uri", &fields, reader),
            token_uri: uri("token_uri", &fields, reader),
            device_authorization_uri: uri("device_authorization_uri", &fields, reader),
            scopes: fields.get("scopes").map_or_else(Vec::new, |node| scopes(node, reader)),
            separator: text("scope_separator", reader),
            client_secret: text("client_secret", reader),
            username: text("username", reader),
            password: text("password", reader),
            refresh_token: text("refresh_token", reader),
            authorize_params: params("authorize_params", reader),
            token_params: params("token_params", reader),
            refresh_params: params("refresh_params", reader),
            headers: headers(fields.get("headers"), reader),
            issuer: text("issuer", reader),
            redirect_uri: redirect_uri(&fields, reader),
            placement: placement?,
            header_name: header_name?,
            query_name: query_name?,
            client_auth: client_auth?,
            client_id: client_id?,
        };
        written.check_names(&fields, reader);
        (reader.diagnostics.len() == before).then_some(written)
    }

    /// A name of a place where the token is not sent would say nothing.
    fn check_names(&self, fields: &Fields<'_>, reader: &mut Reader) {
        let unused = match self.placement {
            Placement::Header => "query_token_name",
            Placement::Query => "header_token_name",
            Placement::Both => return,
        };
        if let Some(entry) = fields.entry(unused) {
            let message = format!("`{unused}` says nothing, as the token is not sent there");
            let error = reader.error(entry.key_span, message);
            reader.report(
                error.help("`token_placement` says where it is sent: `header`, `query` or `both`"),
            );
        }
    }

    /// Renders what a token depends on; credentials among it are masked from now on.
    pub(super) fn render(&self, scope: &Scope) -> Rendered<Settings> {
        let some = |text: &Option<Text>| {
            text.as_ref().map(|text| text.render(scope).map(Cow::into_owned)).transpose()
        };
        let secret = |text: &Option<Text>| {
            let text = some(text)?;
            if let Some(text) = &text {
                scope.hide(&Json::from(text.as_str()));
            }
            Rendered::Ok(text)
        };
        let all = |params: &[(String, Option<Text>)]| -> Rendered<Parameters> {
            params.iter().map(|(name, value)| Ok((name.clone(), some(value)?))).collect()
        };
        let uri = |text: &Option<Text>| {
            let Some(text) = text else { return Ok(String::new()) };
            let uri = text.render(scope)?.into_owned();
            if is_absolute(&uri) { Ok(uri) } else { Err(Box::new(not_absolute(text, &uri))) }
        };
        let separator = some(&self.separator)?;
        let scopes: Vec<_> =
            self.scopes.iter().map(|text| text.render(scope)).collect::<Rendered<_>>()?;
        let headers = self.headers.iter().map(|(name, text)| {
            let value = text.render(scope)?.into_owned();
            // What a token endpoint wants to be told is nobody else's business.
            scope.hide(&Json::from(value.as_str()));
            Ok((name.clone(), value))
        });
        let settings = Settings {
            flow: self.flow,
            authorize_uri: uri(&self.authorize_uri)?,
            token_uri: uri(&self.token_uri)?,
            device_authorization_uri: uri(&self.device_authorization_uri)?,
            scope: scopes.join(separator.as_deref().unwrap_or(" ")),
            client_id: self.client_id.render(scope)?.into_owned(),
            client_secret: secret(&self.client_secret)?,
            username: some(&self.username)?.unwrap_or_default(),
            password: secret(&self.password)?.unwrap_or_default(),
            refresh_token: self.refresh_token(scope)?,
            authorize_params: all(&self.authorize_params)?,
            token_params: all(&self.token_params)?,
            refresh_params: all(&self.refresh_params)?,
            headers: headers.collect::<Rendered<_>>()?,
            issuer: some(&self.issuer)?,
            redirect_uri: some(&self.redirect_uri)?,
            client_auth: self.client_auth,
        };
        Ok(settings)
    }
}

impl Written {
    /// The refresh token to begin with. One that is a secret which is not there is none: in CI there is
    /// one, and at the desk somebody logs in, by the same config.
    fn refresh_token(&self, scope: &Scope) -> Rendered<Option<String>> {
        let text = self.refresh_token.as_ref();
        let can_log_in = self.flow.needs_a_person() && self.connection.is_some();
        let Some(text) = text.filter(|text| !(can_log_in && text.missing_secret(scope).is_some()))
        else {
            return Ok(None);
        };
        let token = text.render(scope)?.into_owned();
        scope.hide(&Json::from(token.as_str()));
        Ok(Some(token).filter(|token| !token.is_empty()))
    }

    /// A login would be needed in the middle of a run.
    pub(super) fn nobody(&self, scope: &Scope) -> crate::diagnostic::Diagnostic {
        let name = self.connection.as_deref().unwrap_or_default();
        let message = format!("the connection `{name}` needs a person to log in");
        let error = self.place.error(message).help(format!(
            "`crosscheck login {name}` logs in once; runs renew the token from then on"
        ));
        let missing = self.refresh_token.as_ref().and_then(|text| text.missing_secret(scope));
        match (self.flow, missing) {
            (Flow::Implicit, _) => error,
            (_, Some(secret)) => error.help(format!(
                "in CI, where nobody can: set the secret `{secret}`, which `refresh_token` names"
            )),
            (flow, None) => error.help(format!("in CI, where nobody can: {}", alone(flow))),
        }
    }
}

/// One of a few words; anything else is recorded in `reader`.
fn choice<T: Copy>(
    node: &Node,
    what: &str,
    choices: &[(&'static str, T)],
    reader: &mut Reader,
) -> Option<T> {
    let text = node.as_str().unwrap_or_default();
    let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<_> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
        let error = reader.error(node.span, format!("{what} must be one of {}", names.join(", ")));
        reader.report(error.suggest(text, choices.iter().map(|(name, _)| *name)));
    }
    found
}

/// Records keys that a flow does not have, and those that it lacks.
fn check(flow: Flow, fields: &Fields<'_>, entry: &Entry, reader: &mut Reader) {
    for (key, flows) in ONLY {
        let Some(wrong) = fields.entry(key).filter(|_| !flows.contains(&flow)) else { continue };
        let names: Vec<_> = flows.iter().map(|flow| format!("`{}`", flow.name())).collect();
        let message = format!("the flow `{}` has no `{key}`", flow.name());
        let error = reader.error(wrong.key_span, message);
        reader.report(error.help(format!("flows that have it: {}", names.join(", "))));
    }
    let needs: &[&str] = match flow {
        Flow::AuthorizationCode => &["authorize_uri", "token_uri"],
        Flow::Implicit => &["authorize_uri"],
        Flow::ClientCredentials => &["token_uri"],
        Flow::Password => &["token_uri", "username", "password"],
        Flow::DeviceCode => &["device_authorization_uri", "token_uri"],
    };
    for key in needs.iter().filter(|key| fields.get(key).is_none()) {
        let message = format!("the flow `{}` needs a `{key}`", flow.name());
        let error = reader.error(reader.place(entry), message);
        reader.report(error);
    }
    if fields.get("client_auth").and_then(Node::as_str) == Some("basic")
        && let (Some(way), None) = (fields.entry("client_auth"), fields.get("client_secret"))
    {
        let error = reader.error(way.key_span, "`client_auth: basic` sends a `client_secret`");
        reader.report(error.help("a client without a secret says its id in the body"));
    }
    if flow.needs_a_person() && reader.connection.is_none() && fields.get("refresh_token").is_none()
    {
        let message = format!("the flow `{}` needs a person, and nobody can be asked", flow.name());
        let error = reader.error(reader.place(entry), message);
        reader.report(error.help(alone(flow)).help(
            "under `connections` in the config, `crosscheck login NAME` can log in: `auth: { connection: NAME }` uses it",
        ));
    }
}

/// What to do where nobody can log in.
fn alone(flow: Flow) -> &'static str {
    match flow {
        Flow::Implicit => {
            "it has no refresh token either (RFC 6749, section 4.2.2): where the server has it, take `authorization_code`"
        }
        _ => {
            "give it a refresh token: `refresh_token: ${{ secrets.NAME }}`, with NAME under `secrets` in the config"
        }
    }
}

fn is_absolute(uri: &str) -> bool {
    url::Url::parse(uri).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn not_absolute(text: &Text, uri: &str) -> crate::diagnostic::Diagnostic {
    let error = text.error(format!("`{uri}` is not an absolute http or https URL"));
    error.help("write it whole: `${{ target.base_url }}` is where the target is")
}

/// A URL, which is absolute.
fn uri(key: &str, fields: &Fields<'_>, reader: &mut Reader) -> Option<Text> {
    let text = Text::compile(fields.get(key)?, &format!("`{key}`"), reader)?;
    if let Some(uri) = text.literal().filter(|uri| !is_absolute(uri)) {
        let error = not_absolute(&text, uri);
        reader.report(error);
        return None;
    }
    Some(text)
}

/// Where browsers are sent back to: on this machine, where it is listened.
fn redirect_uri(fields: &Fields<'_>, reader: &mut Reader) -> Option<Text> {
    let text = Text::compile(fields.get("redirect_uri")?, "`redirect_uri`", reader)?;
    if let Some(uri) = text.literal()
        && let Err(why) = check_redirect_uri(uri)
    {
        let error = text.error(format!("nobody can come back to `{uri}`: {why}"));
        reader.report(error.help(
            "take `http://127.0.0.1/…` (RFC 8252, section 7.3), with a port where the server asks for one",
        ));
        return None;
    }
    Some(text)
}

fn scopes(node: &Node, reader: &mut Reader) -> Vec<Text> {
    let items = match &node.value {
        Value::Sequence(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    items.iter().filter_map(|item| Text::compile(item, "a scope", reader)).collect()
}

fn params(key: &str, node: Option<&Node>, reader: &mut Reader) -> Vec<(String, Option<Text>)> {
    let what = format!("`{key}`");
    let entries = node.and_then(|node| reader.mapping(node, &what)).unwrap_or_default();
    let mut params = Vec::new();
    for entry in entries {
        if OURS.contains(&&*entry.key) {
            let message = format!("`{}` is made for each login, and no one else's", entry.key);
            let error = reader.error(entry.key_span, message);
            reader.report(
                error.help("it keeps others from using the code (RFC 9700, section 2.1.1)"),
            );
        }
        let value = match entry.value.value {
            Value::Null => Some(None),
            _ => Text::compile(&entry.value, "a parameter", reader).map(Some),
        };
        params.extend(value.map(|value| (entry.key.to_string(), value)));
    }
    params
}

fn headers(node: Option<&Node>, reader: &mut Reader) -> Vec<(String, Text)> {
    let entries = node.and_then(|node| reader.mapping(node, "`headers`")).unwrap_or_default();
    let mut headers = Vec::new();
    for entry in entries {
        if entry.key.parse::<HeaderName>().is_err() {
            let message = format!("`{}` is not the name of a header", entry.key);
            let error = reader.error(entry.key_span, message);
            reader.report(error.help("a name is made of letters, digits and `-`"));
        }
        let value = Text::compile(&entry.value, "a header", reader);
        headers.extend(value.map(|value| (entry.key.to_string(), value)));
    }
    headers
}

/// A name that is no template.
fn name(key: &str, fields: &Fields<'_>, fallback: &str, reader: &mut Reader) -> Option<String> {
    let Some(node) = fields.get(key) else { return Some(fallback.to_owned()) };
    let text = reader.string(node, &format!("`{key}`"))?;
    let wrong = if text.contains("${{") {
        "a name cannot be a template"
    } else if text.is_empty() && key == "query_token_name" {
        "the name is empty"
    } else if key == "header_token_name" && text.contains(|c: char| !c.is_ascii_graphic()) {
        "the name of a scheme is one word (RFC 9110, section 11.1)"
    } else {
        return Some(text.to_owned());
    };
    let error = reader.error(node.span, wrong);
    reader.report(error);
    None
}
