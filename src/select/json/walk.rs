//! Following a path through a text.

use std::ops::Range;

use super::scanner::Scanner;
use super::steps::{FURTHEST, Step};

/// The texts of the values that a path selects, in order: of each object the last member of a name,
/// as in the tree. `None` where the text is not one that can be read here, or where it takes the
/// tree to select: every child of an object.
pub(in crate::select) fn select<'t>(text: &'t str, path: &[Step]) -> Option<Vec<&'t str>> {
    let mut walk = Walk { scanner: Scanner::new(text), found: Vec::new() };
    walk.value(path)?;
    walk.scanner.end()?;
    walk.found.into_iter().map(|place| text.get(place)).collect()
}

struct Walk<'t> {
    scanner: Scanner<'t>,
    found: Vec<Range<usize>>,
}

impl Walk<'_> {
    /// Reads a value and selects from it.
    fn value(&mut self, path: &[Step]) -> Option<()> {
        let first = self.scanner.peek()?;
        let Some((step, rest)) = path.split_first() else {
            let start = self.scanner.at;
            self.scanner.skip()?;
            self.found.push(start..self.scanner.at);
            return Some(());
        };
        match (step, first) {
            (Step::Name(name), b'{') => self.member(name, rest),
            (Step::Items { from, to, every }, b'[') => {
                let is_meant = |index| index >= *from && index < *to && (index - from) % every == 0;
                self.items(is_meant, rest)
            }
            (Step::Each, b'[') => self.items(|_| true, rest),
            (Step::Each, b'{') => None,
            (Step::FromEnd(distance), b'[') => self.item_from_end(*distance, rest),
            _ => self.scanner.skip(),
        }
    }

    fn member(&mut self, wanted: &str, rest: &[Step]) -> Option<()> {
        let before = self.found.len();
        let mut next = self.scanner.first_name()?;
        while let Some(name) = next {
            if self.scanner.is(&name, wanted) {
                self.found.truncate(before);
                self.value(rest)?;
            } else {
                self.scanner.skip()?;
            }
            next = self.scanner.next_name()?;
        }
        self.scanner.close();
        Some(())
    }

    fn items(&mut self, is_meant: impl Fn(usize) -> bool, rest: &[Step]) -> Option<()> {
        let mut index = 0;
        let mut more = self.scanner.first_item()?;
        while more {
            if is_meant(index) {
                self.value(rest)?;
            } else {
                self.scanner.skip()?;
            }
            index += 1;
            more = self.scanner.next_item()?;
        }
        self.scanner.close();
        Some(())
    }

    fn item_from_end(&mut self, distance: usize, rest: &[Step]) -> Option<()> {
        // Where the last items start, one behind the other in a circle.
        let mut starts = [0; FURTHEST];
        let mut count = 0;
        let mut more = self.scanner.first_item()?;
        while more {
            starts[count % FURTHEST] = self.scanner.at;
            self.scanner.skip()?;
            count += 1;
            more = self.scanner.next_item()?;
        }
        if (1..=count).contains(&distance) {
            let end = self.scanner.at;
            self.scanner.at = starts[(count - distance) % FURTHEST];
            self.value(rest)?;
            self.scanner.at = end;
        }
        self.scanner.close();
        Some(())
    }
}
