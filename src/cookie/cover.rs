//! `Set-Cookie` as it may be shown. A cookie's value is what a session is taken over with; its name and
//! attributes are what people look for.

use std::borrow::Cow;

use crate::secret::MASK;

/// The value of a `Set-Cookie` field with the cookie's own value covered. One that is empty, as it is to
/// delete a cookie, says so.
pub fn covered(field: &str) -> Cow<'_, str> {
    let (pair, attributes) = match field.find(';') {
        Some(end) => field.split_at(end),
        None => (field, ""),
    };
    // Without `=` it is a value without a name.
    let (name, value) = match pair.find('=') {
        Some(end) => pair.split_at(end + 1),
        None => ("", pair),
    };
    if matches!(value.trim(), "" | "\"\"") {
        return Cow::Borrowed(field);
    }
    Cow::Owned(format!("{name}{MASK}{attributes}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_covered_and_nothing_else() {
        for (field, shown) in [
            ("sid=abc", "sid=***"),
            ("sid=a=b; Path=/; HttpOnly", "sid=***; Path=/; HttpOnly"),
            ("sid=\"a b\" ; Secure", "sid=***; Secure"),
            ("abc; Path=/", "***; Path=/"),
            ("=abc", "=***"),
        ] {
            assert_eq!(covered(field), shown);
        }
    }

    #[test]
    fn a_cookie_that_is_deleted_is_seen_to_be() {
        for field in ["", "sid=", "sid=; Max-Age=0", "sid=\"\"; Path=/", " ; Path=/"] {
            assert_eq!(covered(field), field);
        }
    }
}
