//! Header fields (RFC 9110, section 5) in the order and with the names that they were written or
//! received with.
//!
//! A map would lose the order across names and the letters' case. Messages have a dozen fields, and
//! looking through a short list is faster than hashing.

use bytes::Bytes;
use http::HeaderValue;
use http::header::HeaderName;

/// A header section: field lines in order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<Field>);

/// One field line.
#[derive(Clone)]
pub struct Field {
    name: Bytes,
    value: HeaderValue,
}

impl Field {
    /// A field line; `name` is a token of RFC 9110, section 5.6.2, as it is to be written. `None`
    /// where it is not.
    pub fn new(name: impl Into<Bytes>, value: HeaderValue) -> Option<Self> {
        let name = name.into();
        is_token(&name).then_some(Self { name, value })
    }

    /// The field name as it was written.
    pub fn name(&self) -> &str {
        std::str::from_utf8(&self.name).unwrap_or_default()
    }

    /// The field value.
    pub fn value(&self) -> &HeaderValue {
        &self.value
    }

    /// Whether this is a field of that name. Names are case-insensitive (RFC 9110, section 5.1).
    pub fn is(&self, name: impl AsRef<str>) -> bool {
        self.name.eq_ignore_ascii_case(name.as_ref().as_bytes())
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.is(other.name()) && self.value == other.value
    }
}

impl Eq for Field {}

/// Shows no value that is marked sensitive.
impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {:?}", self.name(), self.value)
    }
}

impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

impl Fields {
    /// An empty section.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty section with room for that many lines.
    pub fn with_capacity(lines: usize) -> Self {
        Self(Vec::with_capacity(lines))
    }

    /// How many field lines there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no field line.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lines in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Field> {
        self.0.iter()
    }

    /// The first value of a name.
    pub fn get(&self, name: impl AsRef<str>) -> Option<&HeaderValue> {
        self.0.iter().find(|field| field.is(&name)).map(Field::value)
    }

    /// All values of a name, in order.
    pub fn get_all<'f>(
        &'f self,
        name: impl AsRef<str> + 'f,
    ) -> impl Iterator<Item = &'f HeaderValue> {
        self.0.iter().filter(move |field| field.is(&name)).map(Field::value)
    }

    /// Whether there is a field of that name.
    pub fn contains(&self, name: impl AsRef<str>) -> bool {
        self.get(name).is_some()
    }

    /// Adds a line at the end.
    pub fn push(&mut self, field: Field) {
        self.0.push(field);
    }

    /// Adds a line at the end, with the standard's spelling of the name.
    pub fn append(&mut self, name: &HeaderName, value: HeaderValue) {
        self.0.push(Field { name: canonical(name), value });
    }

    /// Replaces all fields of that name by one line at the end.
    pub fn insert(&mut self, name: &HeaderName, value: HeaderValue) {
        self.remove(name);
        self.append(name, value);
    }

    /// Removes all fields of a name.
    pub fn remove(&mut self, name: impl AsRef<str>) {
        self.0.retain(|field| !field.is(&name));
    }

    /// Keeps only what `keep` says.
    pub fn retain(&mut self, keep: impl FnMut(&Field) -> bool) {
        self.0.retain(keep);
    }
}

impl<'f> IntoIterator for &'f Fields {
    type Item = &'f Field;
    type IntoIter = std::slice::Iter<'f, Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Field> for Fields {
    fn from_iter<I: IntoIterator<Item = Field>>(lines: I) -> Self {
        Self(lines.into_iter().collect())
    }
}

impl Extend<Field> for Fields {
    fn extend<I: IntoIterator<Item = Field>>(&mut self, lines: I) {
        self.0.extend(lines);
    }
}

/// The fields of a library's map: its order, its lower-case names.
impl From<http::HeaderMap> for Fields {
    fn from(map: http::HeaderMap) -> Self {
        let mut fields = Self::with_capacity(map.len());
        let mut last = Bytes::new();
        for (name, value) in map {
            // Only the first value of a name comes with the name.
            if let Some(name) = name {
                last = Bytes::copy_from_slice(name.as_str().as_bytes());
            }
            fields.0.push(Field { name: last.clone(), value });
        }
        fields
    }
}

/// A name that this program writes itself, as the RFCs spell it.
fn canonical(name: &HeaderName) -> Bytes {
    use http::header;
    let known = [
        (header::HOST, "Host"),
        (header::CONTENT_LENGTH, "Content-Length"),
        (header::CONTENT_TYPE, "Content-Type"),
        (header::AUTHORIZATION, "Authorization"),
        (header::COOKIE, "Cookie"),
        (header::ACCEPT_ENCODING, "Accept-Encoding"),
        (header::TRANSFER_ENCODING, "Transfer-Encoding"),
    ];
    known.iter().find(|(own, _)| own == name).map_or_else(
        || Bytes::copy_from_slice(name.as_str().as_bytes()),
        |(_, spelling)| Bytes::from_static(spelling.as_bytes()),
    )
}

/// RFC 9110, section 5.6.2.
fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &'static str, value: &'static str) -> Field {
        Field::new(name, HeaderValue::from_static(value)).unwrap()
    }

    #[test]
    fn order_and_case_stay_and_names_are_found_in_any_case() {
        let fields: Fields =
            [field("X-B", "1"), field("x-a", "2"), field("x-b", "3")].into_iter().collect();
        let names: Vec<&str> = fields.iter().map(Field::name).collect();
        assert_eq!(names, ["X-B", "x-a", "x-b"]);
        assert_eq!(fields.get_all("X-b").collect::<Vec<_>>(), ["1", "3"]);
        assert_eq!(fields.get("X-A").unwrap(), "2");
        assert!(fields.get("x").is_none());
    }

    #[test]
    fn only_tokens_are_names() {
        for name in ["", "a b", "a:", "ä", "a\r\n"] {
            assert!(Field::new(name, HeaderValue::from_static("x")).is_none(), "{name}");
        }
    }
}
