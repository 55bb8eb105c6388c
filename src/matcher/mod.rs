//! Matchers: the one grammar for what a value must be, wherever a value is expected.
//!
//! A map whose keys start with `$` is a matcher, and all its keys must hold; anything else is a
//! literal. Each family has a file and each matcher a row in its table: the tables feed the
//! reader, the docs and the schema.

mod compare;
mod content;
mod format;
mod items;
mod judge;
mod kind;
mod list;
mod logic;
mod moment;
mod object;
mod operand;
mod pattern;
mod range;
mod schema;
mod slips;
mod text;
mod unordered;
pub mod value;

use std::fmt;

pub use content::{Fingerprint, sha256_hex};
pub use format::format_of;
pub use judge::{Actual, Judge};
pub use operand::{Operand, Unit};
pub use pattern::Pattern;
pub use range::CLOSE_TO_KEYS;
pub use schema::Schema;
pub use text::compile_regex;

use crate::mismatch::Path;
use crate::template::Rendered;
use crate::yaml::{Node, Reader};

/// A matcher that specs may use.
pub struct Matcher {
    /// Its key: `$gt`.
    pub name: &'static str,
    /// What it demands, in one sentence.
    pub summary: &'static str,
    /// A use of it, as YAML.
    pub example: &'static str,
    /// Compiles its operand; what is wrong is recorded in the reader.
    compile: fn(&Node, Unit, &mut Reader) -> Option<Box<dyn Check>>,
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A compiled matcher.
pub trait Check: fmt::Debug + Send + Sync {
    /// Judges a value. What does not hold is recorded in `judge`; an error is one of the spec.
    fn check(&self, actual: &Actual<'_>, at: &Path<'_>, judge: &mut Judge<'_>) -> Rendered<()>;

    /// What is demanded, in words that go on from "must be": `greater than 5`.
    fn describe(&self, judge: &Judge<'_>) -> String;

    /// Whether it looks at all selected values at once, rather than at one.
    fn wants_list(&self) -> bool {
        false
    }

    /// Whether it can hold where there is nothing.
    fn accepts_nothing(&self) -> bool {
        false
    }

    /// Whether its operand is a number: text that is one is then compared by its value.
    fn wants_number(&self) -> bool {
        false
    }
}

/// Every matcher, family by family.
pub fn matchers() -> impl Iterator<Item = &'static Matcher> + Clone {
    [
        compare::MATCHERS,
        range::MATCHERS,
        moment::MATCHERS,
        logic::MATCHERS,
        kind::MATCHERS,
        format::MATCHERS,
        text::MATCHERS,
        content::MATCHERS,
        schema::MATCHERS,
        list::MATCHERS,
        items::MATCHERS,
        unordered::MATCHERS,
        object::MATCHERS,
    ]
    .into_iter()
    .flatten()
}
