//! Which way connections to an origin take: straight there, through a proxy, or to a local socket.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use super::fault::Problem;
use super::url::Place;
use crate::exchange::{Connecting, Except, HttpVersion, Phase, Proxy, Through};

/// The proxies that the environment names, as curl reads them.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    http: Option<Named>,
    https: Option<Named>,
    except: Arc<[Except]>,
}

/// A proxy of the environment, or what is wrong with it: that is only said to who would use it.
type Named = Result<Arc<Proxy>, String>;

impl Proxies {
    /// Reads `http_proxy` (in lower case alone: `HTTP_PROXY` is what a CGI program is told of a
    /// request's `Proxy` field), `https_proxy`, `all_proxy` and `no_proxy`.
    pub fn read<'e>(variable: impl Fn(&str) -> Option<&'e str>) -> Self {
        let one = |names: &[&str]| {
            let (name, text) = names.iter().find_map(|name| {
                let text = variable(name).filter(|text| !text.is_empty())?;
                Some((*name, text))
            })?;
            let parsed = Proxy::parse(text.trim()).map(Arc::new);
            Some(parsed.map_err(|why| {
                format!("the environment variable `{name}` does not name a proxy: {why}")
            }))
        };
        let except = ["no_proxy", "NO_PROXY"].iter().find_map(|name| variable(name));
        let except = except.unwrap_or_default().split([',', ' ']).map(str::trim);
        Self {
            http: one(&["http_proxy", "all_proxy", "ALL_PROXY"]),
            https: one(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            // What cannot be read covers no host.
            except: except.filter_map(|text| Except::parse(text).ok()).collect(),
        }
    }

    /// The same, but a host at a port is asked without a proxy.
    pub fn without(mut self, host: IpAddr, port: u16) -> Self {
        let one = Except::Name(host.to_string(), Some(port));
        self.except = self.except.iter().cloned().chain([one]).collect();
        self
    }
}

/// The way to an origin.
pub(super) enum Route {
    /// The addresses of its host.
    Direct,
    /// A socket of this machine.
    Socket(Arc<Path>),
    /// A proxy.
    Proxy(Arc<Proxy>),
}

impl Route {
    /// The way that a request takes to a place.
    pub(super) fn of(
        place: &Place,
        connecting: &Connecting,
        proxies: &Proxies,
    ) -> Result<Self, Problem> {
        if let Some(path) = &connecting.unix_socket {
            return Ok(Self::Socket(Arc::clone(path)));
        }
        let choice = &connecting.proxy;
        let except = choice.except.as_ref().unwrap_or(&proxies.except);
        if except.iter().any(|rule| rule.covers(&place.host, place.port)) {
            return Ok(Self::Direct);
        }
        let of_environment = if place.https { &proxies.https } else { &proxies.http };
        match (&choice.proxy, of_environment) {
            (Through::Proxy(proxy), _) | (Through::Environment, Some(Ok(proxy))) => {
                Ok(Self::Proxy(Arc::clone(proxy)))
            }
            (Through::Environment, Some(Err(message))) => {
                Err(Problem::new(Phase::Connect, message.clone())
                    .help("mend it, or send the request without a proxy: `proxy: none`"))
            }
            (Through::Nothing, _) | (Through::Environment, None) => Ok(Self::Direct),
        }
    }

    /// How a request to a place is written where an HTTP proxy is to send it on.
    pub(super) fn via(&self, place: &Place, version: Option<HttpVersion>) -> Option<Via> {
        let Self::Proxy(proxy) = self else { return None };
        if !proxy.kind.is_http() || tunnels(place, version) {
            return None;
        }
        let prefix = format!("http://{}", place.authority()).into_boxed_str();
        Some(Via { prefix, authorization: authorization(proxy), proxy: Arc::clone(proxy) })
    }
}

/// Whether an HTTP proxy has to open a tunnel (RFC 9110, section 9.3.6).
pub(super) fn tunnels(place: &Place, version: Option<HttpVersion>) -> bool {
    place.https || version == Some(HttpVersion::Http2)
}

/// `Proxy-Authorization` for a proxy that has a user (RFC 7617).
pub(super) fn authorization(proxy: &Proxy) -> Option<HeaderValue> {
    let (name, password) = proxy.user.as_ref()?;
    let pair = STANDARD.encode(format!("{name}:{password}"));
    let mut value = HeaderValue::try_from(format!("Basic {pair}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// What a request has that a proxy sends on (RFC 9112, section 3.2.2).
pub(super) struct Via {
    /// What stands before the path.
    pub(super) prefix: Box<str>,
    /// `Proxy-Authorization`, where the request writes none.
    pub(super) authorization: Option<HeaderValue>,
    pub(super) proxy: Arc<Proxy>,
}

/// A proxy lets nobody through that it does not know.
pub(super) fn unauthorized(proxy: &Proxy) -> Problem {
    let problem = |message| Problem::new(Phase::Connect, message);
    if proxy.user.is_some() {
        return problem(format!("the proxy {proxy} refused the user name and password of its URL"));
    }
    problem(format!("the proxy {proxy} wants a user name and a password"))
        .help("they stand in the proxy's URL: `http://user:password@host:port`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::url;
    use crate::exchange::ProxyChoice;

    fn proxies(variables: &[(&'static str, &'static str)]) -> Proxies {
        Proxies::read(|name| variables.iter().find(|(own, _)| *own == name).map(|(_, text)| *text))
    }

    fn route(url: &str, connecting: &Connecting, proxies: &Proxies) -> String {
        match Route::of(&url::place(url).unwrap(), connecting, proxies) {
            Ok(Route::Direct) => "direct".to_owned(),
            Ok(Route::Socket(path)) => path.display().to_string(),
            Ok(Route::Proxy(proxy)) => proxy.to_string(),
            Err(problem) => problem.message,
        }
    }

    #[test]
    fn the_environment_is_read_as_curl_reads_it() {
        let usual = Connecting::default();
        for (variables, http, https) in [
            (&[][..], "direct", "direct"),
            (&[("http_proxy", "p:1")], "http://p:1", "direct"),
            // A CGI program's environment has it from the request.
            (&[("HTTP_PROXY", "p:1")], "direct", "direct"),
            (&[("HTTPS_PROXY", "p:1")], "direct", "http://p:1"),
            (&[("https_proxy", "p:1"), ("HTTPS_PROXY", "p:2")], "direct", "http://p:1"),
            (&[("ALL_PROXY", "socks5://p:1")], "socks5://p:1", "socks5://p:1"),
            (&[("all_proxy", "p:1"), ("http_proxy", "p:2")], "http://p:2", "http://p:1"),
            (&[("http_proxy", ""), ("ALL_PROXY", "p:1")], "http://p:1", "http://p:1"),
            (&[("ALL_PROXY", "p:1"), ("NO_PROXY", "b.example, a.example")], "direct", "direct"),
            (&[("ALL_PROXY", "p:1"), ("NO_PROXY", "b.example")], "http://p:1", "http://p:1"),
        ] {
            let proxies = proxies(variables);
            assert_eq!(route("http://x.a.example", &usual, &proxies), http, "{variables:?}");
            assert_eq!(route("https://x.a.example", &usual, &proxies), https, "{variables:?}");
        }
        let broken = proxies(&[("http_proxy", "socks://p")]);
        assert_eq!(
            route("http://a", &usual, &broken),
            "the environment variable `http_proxy` does not name a proxy: \
             the scheme `socks` is none of `http`, `https`, `socks5` and `socks5h`"
        );
        assert_eq!(route("https://a", &usual, &broken), "direct");
        let demo = proxies(&[("http_proxy", "p:1")]).without([127, 0, 0, 1].into(), 4010);
        assert_eq!(route("http://127.0.0.1:4010", &usual, &demo), "direct");
        assert_eq!(route("http://127.0.0.1:4011", &usual, &demo), "http://p:1");
    }

    #[test]
    fn a_request_goes_before_the_environment() {
        let environment = proxies(&[("ALL_PROXY", "p:1"), ("NO_PROXY", "c")]);
        let through = |proxy| Connecting {
            proxy: ProxyChoice { proxy, except: None },
            ..Connecting::default()
        };
        let own = || Through::Proxy(Arc::new(Proxy::parse("own:2").unwrap()));
        assert_eq!(route("http://a", &through(Through::Nothing), &environment), "direct");
        assert_eq!(route("http://a", &through(own()), &environment), "http://own:2");
        assert_eq!(route("http://c", &through(own()), &environment), "direct");
        let mut but_a = through(Through::Environment);
        but_a.proxy.except = Some([Except::parse("a").unwrap()].into());
        assert_eq!(route("http://a", &but_a, &environment), "direct");
        assert_eq!(route("http://c", &but_a, &environment), "http://p:1");
        let socket = Connecting { unix_socket: Some(Path::new("/s").into()), ..through(own()) };
        assert_eq!(route("http://a", &socket, &environment), "/s");
    }
}
