//! What the browser shows at the end of a login. The pages need nothing from anywhere else, and take what
//! the address bar holds out of the browser's history.

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    /// The status it comes with.
    pub(super) status: u16,
    title: String,
    text: String,
    script: &'static str,
}

const GREEN: &str = "#2e7d32";
const RED: &str = "#c62828";

/// The code, or the token, is nobody else's business.
const FORGET: &str = "history.replaceState(null, '', location.pathname)";

/// Hands over what only a browser sees of its address (RFC 6749, section 4.2.2).
const HAND_OVER: &str = "
const show = (title, text) => {
  document.getElementById('title').textContent = title;
  document.getElementById('text').textContent = text;
};
const body = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
fetch(location.pathname, {
  method: 'POST',
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body,
}).then((answer) => answer.text()).then((html) => {
  const page = new DOMParser().parseFromString(html, 'text/html');
  show(page.getElementById('title').textContent, page.getElementById('text').textContent);
}).catch(() => show('crosscheck has gone', 'Begin again with crosscheck login.'));
";

impl Page {
    /// The login is done.
    pub(super) fn done(connection: &str) -> Self {
        let text = "You can close this tab and go back to the terminal.";
        Self::new(200, format!("Logged in to {connection}"), text)
    }

    /// The login came to nothing.
    pub(super) fn failed(why: &str) -> Self {
        // Names are marked for the terminal.
        let why = why.replace('`', "");
        let text = format!("{why}. You can close this tab; the terminal says the same.");
        Self::new(400, "The login failed", text)
    }

    /// What came is of no login that is waited for.
    pub(super) fn foreign() -> Self {
        let text = "crosscheck waits for another one, and goes on waiting. You can close this tab.";
        Self::new(400, "This is not the login that was begun", text)
    }

    /// There is nothing at that address.
    pub(super) fn nothing() -> Self {
        Self::new(404, "There is nothing here", "crosscheck waits for a login, at another address.")
    }

    /// What came in the fragment is brought.
    pub(super) fn hand_over() -> Self {
        let page = Self::new(200, "One moment …", "The login is handed over.");
        Self { script: HAND_OVER, ..page }
    }

    fn new(status: u16, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { status, title: title.into(), text: text.into(), script: FORGET }
    }

    /// The page as HTML. `nonce` lets its own style and script be used, and no other.
    pub(super) fn html(&self, nonce: &str) -> String {
        let color = if self.status == 200 { GREEN } else { RED };
        include_str!("page.html")
            .replace("{{nonce}}", nonce)
            .replace("{{color}}", color)
            .replace("{{script}}", self.script)
            .replace("{{title}}", &escaped(&self.title))
            .replace("{{text}}", &escaped(&self.text))
    }

    /// The policy of the page (W3C Content Security Policy, level 3).
    pub(super) fn policy(nonce: &str) -> String {
        format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    }
}

/// A text within HTML.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('{', "&#123;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_text_and_no_markup() {
        let html = Page::failed("<script>alert(1)</script>{{nonce}}").html("n");
        assert!(
            html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&#123;&#123;nonce}}"),
            "{html}"
        );
    }
}
