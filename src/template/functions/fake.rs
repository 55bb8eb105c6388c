//! Made-up data: names, addresses, words. Domains and numbers are those kept for examples
//! (RFC 2606, and 555-01xx), so that nothing sent by a test reaches anyone.

use std::sync::Arc;

use minijinja::value::{Object, Value};
use minijinja::{Error, ErrorKind, State};
use rand::RngExt as _;

/// What `fake` makes up.
#[rustfmt::skip]
pub const KINDS: &[&str] = &[
    "name", "first_name", "last_name", "email", "username", "phone", "company", "street", "city",
    "postcode", "country", "url", "ipv4", "word", "sentence", "paragraph",
];

#[rustfmt::skip]
const FIRST: &[&str] = &[
    "Ada", "Alan", "Barbara", "Chloé", "Dorothy", "Edsger", "Frances", "Grace", "Hedy", "Jürgen",
    "Karl", "Katherine", "Linus", "Margaret", "Mary", "Niklaus", "Radia", "Søren", "Tim", "Zoë",
];
#[rustfmt::skip]
const LAST: &[&str] = &[
    "Allen", "Berg", "Clarke", "Dupont", "Engel", "Fischer", "Garcia", "Hamilton", "Ito", "Jensen",
    "Keller", "Lovelace", "Müller", "Novak", "O'Brien", "Perlman", "Rossi", "Silva", "Turing", "Wirth",
];
#[rustfmt::skip]
const CITIES: &[&str] = &[
    "Aarhus", "Bergen", "Cork", "Dresden", "Évora", "Ghent", "Graz", "Kraków", "Leeds", "Lyon",
    "Malmö", "Nagoya", "Padua", "Quebec", "Riga", "Seville", "Tartu", "Turku", "Utrecht", "Zürich",
];
#[rustfmt::skip]
const COUNTRIES: &[&str] = &[
    "Austria", "Belgium", "Canada", "Denmark", "Estonia", "Finland", "France", "Germany", "Ireland",
    "Italy", "Japan", "Latvia", "Netherlands", "Norway", "Poland", "Portugal", "Spain", "Sweden",
];
#[rustfmt::skip]
const STREETS: &[&str] = &[
    "Bridge Street", "Canal Road", "Castle Lane", "Church Street", "Garden Avenue", "Harbour Street",
    "High Street", "Linden Avenue", "Market Square", "Mill Lane", "Orchard Road", "Station Road",
];
#[rustfmt::skip]
const TRADES: &[&str] = &["Tools", "Foods", "Freight", "Instruments", "Optics", "Paper", "Textiles"];
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "amber", "anchor", "basket", "birch", "candle", "cedar", "cloud", "copper", "ember", "fern",
    "glass", "harbour", "hazel", "island", "ivory", "kettle", "lantern", "linen", "maple", "marble",
    "meadow", "mirror", "orchard", "paper", "pebble", "plum", "quartz", "river", "saddle", "silver",
    "spruce", "stone", "thistle", "timber", "velvet", "walnut", "willow", "window", "winter", "wool",
];

#[derive(Debug)]
struct Fake;

/// The value that `fake` stands for.
pub(super) fn object() -> Value {
    Value::from_object(Fake)
}

impl Object for Fake {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        make(key.as_str()?).map(Value::from)
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        name: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let invalid = |what: String| Error::new(ErrorKind::InvalidOperation, what);
        if !args.is_empty() {
            return Err(invalid(format!("`fake.{name}` takes no arguments")));
        }
        make(name).map(Value::from).ok_or_else(|| invalid(format!("`fake` has no `{name}`")))
    }
}

fn pick(list: &[&'static str]) -> &'static str {
    list[rand::rng().random_range(0..list.len())]
}

fn number(low: u32, high: u32) -> u32 {
    rand::rng().random_range(low..=high)
}

/// A name as an address can hold it.
fn plain(name: &str) -> String {
    let letters = name.chars().filter_map(|c| match c.to_ascii_lowercase() {
        'é' | 'ë' => Some('e'),
        'ø' => Some('o'),
        'ü' => Some('u'),
        c => c.is_ascii_alphabetic().then_some(c),
    });
    letters.collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
}

fn words(low: u32, high: u32) -> String {
    let words: Vec<_> = (0..number(low, high)).map(|_| pick(WORDS)).collect();
    words.join(" ")
}

fn sentence() -> String {
    format!("{}.", capital(&words(5, 9)))
}

/// One of the [`KINDS`], made up anew.
fn make(kind: &str) -> Option<String> {
    Some(match kind {
        "name" => format!("{} {}", pick(FIRST), pick(LAST)),
        "first_name" => pick(FIRST).to_owned(),
        "last_name" => pick(LAST).to_owned(),
        "email" => {
            let (first, last) = (plain(pick(FIRST)), plain(pick(LAST)));
            format!("{first}.{last}.{}@example.com", number(1_000, 999_999))
        }
        "username" => format!("{}{}", plain(pick(FIRST)), number(1_000, 999_999)),
        "phone" => format!("+1-{}-555-01{:02}", number(201, 989), number(0, 99)),
        "company" => format!("{} {}", pick(LAST), pick(TRADES)),
        "street" => format!("{} {}", number(1, 199), pick(STREETS)),
        "city" => pick(CITIES).to_owned(),
        "postcode" => format!("{:05}", number(1_000, 99_999)),
        "country" => pick(COUNTRIES).to_owned(),
        "url" => format!("https://example.com/{}-{}", pick(WORDS), pick(WORDS)),
        // A network kept for documentation (RFC 5737).
        "ipv4" => format!("192.0.2.{}", number(1, 254)),
        "word" => pick(WORDS).to_owned(),
        "sentence" => sentence(),
        "paragraph" => (0..number(3, 5)).map(|_| sentence()).collect::<Vec<_>>().join(" "),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_made_of_printable_text() {
        for kind in KINDS {
            let text = make(kind).expect(kind);
            assert!(!text.is_empty() && !text.chars().any(char::is_control), "{kind}: {text}");
        }
        assert_eq!(make("nmae"), None);
    }

    #[test]
    fn addresses_are_plain_ascii() {
        for _ in 0..200 {
            let email = make("email").expect("made");
            assert!(email.is_ascii() && email.ends_with("@example.com"), "{email}");
        }
    }
}
