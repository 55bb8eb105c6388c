//! A JSONPath as it is followed through the text of a body, without a tree of all of it.

use std::cell::Cell;

use serde_json::Value as Json;
use serde_json_path::JsonPath;

use super::json::{self, Step};

/// The start of a path, which is followed through the text, and what selects further from each of
/// the values that stand there.
#[derive(Debug)]
pub(super) struct Trail {
    steps: Vec<Step>,
    rest: Rest,
}

#[derive(Debug)]
enum Rest {
    Nothing,
    /// Segments, as a path of their own.
    Path(JsonPath),
    /// The same of those that start with a filter. It filters lists of one item: every child of
    /// what the steps before it lead to.
    Filter(JsonPath),
}

impl Trail {
    /// The trail of a path that was compiled; `None` where that would lead through the whole tree.
    pub(super) fn of(path: &str) -> Option<Self> {
        let (mut steps, rest) = json::steps(path);
        if rest.is_empty() {
            return (!steps.is_empty()).then_some(Self { steps, rest: Rest::Nothing });
        }
        // The root of a filter is that of the whole body.
        if rest.contains('$') {
            return None;
        }
        let path = JsonPath::parse(&format!("${rest}")).ok()?;
        if json::is_lone_filter(rest) {
            steps.push(Step::Each);
            return Some(Self { steps, rest: Rest::Filter(path) });
        }
        (!steps.is_empty()).then_some(Self { steps, rest: Rest::Path(path) })
    }

    /// The values that the path selects from a text, in order. `None` where the text is no JSON, or
    /// one that takes the tree.
    pub(super) fn follow(&self, text: &str, effort: &Effort) -> Option<Vec<Json>> {
        let found = json::select(text, &self.steps)?;
        effort.add(text, &found);
        let values = found.into_iter().map(json::tree);
        match &self.rest {
            Rest::Nothing => values.collect(),
            Rest::Path(path) => {
                let mut selected = Vec::new();
                for value in values {
                    selected.extend(path.query(&value?).iter().copied().cloned());
                }
                Some(selected)
            }
            Rest::Filter(path) => {
                let mut selected = Vec::new();
                for value in values {
                    let list = Json::Array(vec![value?]);
                    selected.extend(path.query(&list).iter().copied().cloned());
                }
                Some(selected)
            }
        }
    }
}

/// What was done with a text so far, that a tree of it would have saved.
#[derive(Debug, Default)]
pub(super) struct Effort(Cell<usize>);

impl Effort {
    /// How often a text can be read in the time that it takes to build its tree.
    const OFTEN: usize = 8;

    fn add(&self, text: &str, built: &[&str]) {
        let built: usize = built.iter().map(|text| text.len()).sum();
        let more = text.len().saturating_add(built.saturating_mul(Self::OFTEN));
        self.0.set(self.0.get().saturating_add(more));
    }

    /// Whether it came to as much as the tree: one that selects often should have one.
    pub(super) fn is_worth_a_tree(&self, text: &str) -> bool {
        self.0.get() >= text.len().saturating_mul(Self::OFTEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of the paths of one kind are followed through a text before it gets a tree.
    fn followed(path: &str, text: &str) -> usize {
        let trail = Trail::of(path).expect("a trail");
        let effort = Effort::default();
        (0..100)
            .take_while(|_| !effort.is_worth_a_tree(text) && trail.follow(text, &effort).is_some())
            .count()
    }

    #[test]
    fn a_body_that_is_selected_from_often_gets_a_tree() {
        let text = format!("{{\"a\": 1, \"b\": [{}0]}}", "0, ".repeat(1_000));
        assert_eq!(followed("$.a", &text), Effort::OFTEN);
        assert_eq!(followed("$.b[7]", &text), Effort::OFTEN);
        assert_eq!(followed("$.b[*]", &text), 3);
        assert_eq!(followed("$.b", &text), 1);
        assert_eq!(followed("$.b[?@ > 1]", &text), 3);
        assert_eq!(followed("$.a", "{\"a\": "), 0);
    }
}
