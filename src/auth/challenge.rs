//! What a server asks for (RFC 9110, section 11.6.1): schemes with their parameters, of which several may
//! stand in one field.

/// A scheme that a server offers, or the credentials of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// The scheme, as it was written.
    pub(crate) scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The value of a parameter. Names are case-insensitive.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Gives a parameter another value.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.parameters.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self.parameters.push((name.to_owned(), value.to_owned()));
    }

    /// Whether a parameter is `true`.
    pub(crate) fn says(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Whether it is of a scheme.
    pub(crate) fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }
}

/// The challenges of a field, in order. What cannot be read ends the list.
pub(crate) fn parse(text: &str) -> Vec<Challenge> {
    let mut scan = Scan { rest: text };
    let mut found: Vec<Challenge> = Vec::new();
    loop {
        scan.skip(|c| c.is_ascii_whitespace() || c == ',');
        let word = scan.take(is_token);
        if word.is_empty() {
            return found;
        }
        if let Some(value) = scan.value() {
            // A parameter of the scheme before it; without one, it is a list of parameters alone.
            if found.is_empty() {
                found.push(Challenge::default());
            }
            if let Some(last) = found.last_mut() {
                last.parameters.push((word.to_owned(), value));
            }
            continue;
        }
        found.push(Challenge { scheme: word.to_owned(), parameters: Vec::new() });
        scan.token68();
    }
}

struct Scan<'t> {
    rest: &'t str,
}

impl<'t> Scan<'t> {
    fn take(&mut self, of: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !of(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn skip(&mut self, of: impl Fn(char) -> bool) {
        self.take(of);
    }

    /// `= value`, if that comes next: a token or a quoted string (RFC 9110, section 5.6.4).
    fn value(&mut self) -> Option<String> {
        let after = self.rest.trim_start().strip_prefix('=')?.trim_start();
        self.rest = after;
        let Some(quoted) = after.strip_prefix('"') else {
            return Some(self.take(|c| c != ',' && !c.is_ascii_whitespace()).to_owned());
        };
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '"' => {
                    self.rest = &quoted[at + 1..];
                    return Some(value);
                }
                '\\' => value.extend(characters.next().map(|(_, c)| c)),
                c => value.push(c),
            }
        }
        self.rest = "";
        Some(value)
    }

    /// Skips credentials without names, as `Negotiate` has them.
    fn token68(&mut self) {
        let is_68 = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
        let rest = self.rest.trim_start();
        let after = rest.trim_start_matches(is_68).trim_start_matches('=').trim_start();
        if rest.len() < self.rest.len() && (after.is_empty() || after.starts_with(',')) {
            self.rest = after;
        }
    }
}

/// RFC 9110, section 5.6.2.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let shown = |challenge: Challenge| {
            let parameters: Vec<_> = challenge
                .parameters
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            format!("{} {}", challenge.scheme, parameters.join("|"))
        };
        parse(text).into_iter().map(shown).collect()
    }

    #[test]
    fn challenges_of_one_field_are_told_apart() {
        for (text, expected) in [
            ("", &[][..]),
            ("Basic", &["Basic "]),
            (r#"Basic realm="a, \"b\" \\ =c""#, &[r#"Basic realm=a, "b" \ =c"#]),
            (
                r#"Basic realm="a", Digest realm="b",qop="auth,auth-int" , nonce = x,stale=TRUE"#,
                &["Basic realm=a", "Digest realm=b|qop=auth,auth-int|nonce=x|stale=TRUE"],
            ),
            (r#"Negotiate YWJj==, Digest nonce="n""#, &["Negotiate ", "Digest nonce=n"]),
            (r#"Negotiate, Digest nonce="n""#, &["Negotiate ", "Digest nonce=n"]),
            (
                r#"Newauth realm="apps", type=1, title="Login", Basic realm="s""#,
                &["Newauth realm=apps|type=1|title=Login", "Basic realm=s"],
            ),
            (r#"nextnonce="n", qop=auth"#, &[" nextnonce=n|qop=auth"]),
            (r#"Digest nonce="unclosed"#, &["Digest nonce=unclosed"]),
            (", ,", &[]),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        let challenge = &parse("Digest STALE=True, Realm=x")[0];
        assert!(challenge.is("digest") && challenge.says("stale") && !challenge.says("realm"));
    }
}
