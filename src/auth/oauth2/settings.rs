//! What is said of an OAuth 2.0 client, rendered: what tokens are kept by.

use std::fmt;

/// How a token is had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Flow {
    /// RFC 6749, section 4.1, with PKCE (RFC 7636).
    AuthorizationCode,
    /// RFC 6749, section 4.2; deprecated by RFC 9700, section 2.1.2.
    Implicit,
    /// RFC 6749, section 4.4.
    ClientCredentials,
    /// RFC 6749, section 4.3.
    Password,
    /// RFC 8628.
    DeviceCode,
}

impl Flow {
    /// Every flow by its name.
    pub(super) const ALL: [(&'static str, Self); 5] = [
        ("authorization_code", Self::AuthorizationCode),
        ("implicit", Self::Implicit),
        ("client_credentials", Self::ClientCredentials),
        ("password", Self::Password),
        ("device_code", Self::DeviceCode),
    ];

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, flow)| *flow == self).map_or("", |(name, _)| name)
    }

    /// Whether somebody has to log in.
    pub(super) fn needs_a_person(self) -> bool {
        matches!(self, Self::AuthorizationCode | Self::Implicit | Self::DeviceCode)
    }
}

/// The names of the flows.
pub const FLOWS: [&str; Flow::ALL.len()] = {
    let mut names = [""; Flow::ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = Flow::ALL[at].0;
        at += 1;
    }
    names
};

/// Where a client says who it is (RFC 6749, section 2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum ClientAuth {
    Body,
    Basic,
}

/// Parameters that are added to the standard ones, replace them, or, without a value, take them away.
pub(super) type Parameters = Vec<(String, Option<String>)>;

/// Everything that a token depends on. Requests that agree in it share their token.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Settings {
    pub(super) flow: Flow,
    pub(super) authorize_uri: String,
    pub(super) token_uri: String,
    pub(super) device_authorization_uri: String,
    pub(super) scope: String,
    pub(super) client_id: String,
    pub(super) client_secret: Option<String>,
    pub(super) username: String,
    pub(super) password: String,
    pub(super) refresh_token: Option<String>,
    pub(super) authorize_params: Parameters,
    pub(super) token_params: Parameters,
    pub(super) refresh_params: Parameters,
    pub(super) headers: Vec<(String, String)>,
    /// Who issues the codes of logins, where that is said (RFC 9207).
    pub(super) issuer: Option<String>,
    pub(super) redirect_uri: Option<String>,
    pub(super) client_auth: ClientAuth,
}

/// Shows nothing that may be a credential.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("flow", &self.flow).finish_non_exhaustive()
    }
}
