//! Noise: where the base differs from itself when it is asked again.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::answer::{Answer, Body};
use super::headers;
use super::judge::Difference;
use super::shape::{Shape, type_of};
use crate::diff::{Changes, Delta, Place, What, equal};

/// What stands in place of noise.
const NOISE: &str = "<noise>";

/// What differs between the answers of one server to one request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Noise {
    /// Whether the status does.
    pub(super) status: bool,
    pub(super) headers: headers::Noisy,
    /// Whether the body's format does, or a text that has no places in it.
    pub(super) body: bool,
    pub(super) json: NoisyJson,
    /// The longest that an answer took, in all.
    pub(super) slowest: std::time::Duration,
}

/// Places of a JSON body, with every index as `[*]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct NoisyJson {
    places: BTreeMap<Place, Noisy>,
}

/// What is known of a place.
#[derive(Debug, Clone, Default, PartialEq)]
struct Noisy {
    shape: Shape,
    /// Whether there is nothing at times.
    optional: bool,
}

impl Noise {
    /// What differs between the first answer of the base and the others.
    pub fn learn(first: &Answer, samples: &[&Answer]) -> Self {
        let mut noise = Self {
            status: samples.iter().any(|sample| sample.status != first.status),
            headers: headers::Noisy::learn(first, samples),
            slowest: samples.iter().map(|sample| sample.time).fold(first.time, Ord::max),
            ..Self::default()
        };
        let mut bodies = Vec::new();
        for sample in samples {
            match (&first.body, &sample.body) {
                (Body::Json(_), Body::Json(other)) => bodies.push(other),
                (own, other) => noise.body |= own != other,
            }
        }
        if let Some(json) = first.json() {
            noise.json = NoisyJson::learn(json, &bodies);
        }
        noise
    }

    /// The places, as they are written after `--ignore` and `redact`.
    pub fn places(&self) -> Vec<String> {
        let mut places = Vec::new();
        places.extend(self.status.then(|| "status".to_owned()));
        places.extend(self.headers.names().map(|name| format!("header {name}")));
        places.extend(self.body.then(|| "body".to_owned()));
        places.extend(self.json.places.keys().map(ToString::to_string));
        places
    }

    /// Each place, with the matcher that would redact it, as YAML, where one value stands there.
    pub fn redactions(&self) -> Vec<(String, Option<String>)> {
        let matcher = |at: &str| {
            let json = self.json.places.iter().find(|(place, _)| place.to_string() == at);
            match json {
                Some((_, noisy)) if noisy.optional => None,
                Some((_, noisy)) => noisy.shape.matcher(),
                None => at.starts_with("header ").then(|| "{ $type: string }".to_owned()),
            }
        };
        self.places().into_iter().map(|at| (at.clone(), matcher(&at))).collect()
    }
}

impl NoisyJson {
    fn learn(first: &Json, others: &[&Json]) -> Self {
        let mut found = BTreeMap::new();
        for other in others {
            differing(first, other, &Place::default(), &mut found);
        }
        let all: BTreeSet<Place> = found.keys().cloned().collect();
        // What lies in a place that is noise itself is of its shape.
        let outer = found.into_iter().filter(|(place, _)| {
            let mut above = std::iter::successors(place.parent(), Place::parent);
            !above.any(|above| all.contains(&above))
        });
        let mut own = Self {
            places: outer
                .map(|(place, optional)| (place, Noisy { optional, ..Noisy::default() }))
                .collect(),
        };
        if !own.places.is_empty() {
            for value in std::iter::once(&first).chain(others) {
                let mut shapes = Vec::new();
                own.visit(value, &mut |place, value, _| shapes.push((place.clone(), value)));
                for (place, value) in shapes {
                    if let Some(noisy) = own.places.get_mut(&place) {
                        noisy.shape.learn(value);
                    }
                }
            }
        }
        own
    }

    /// Shows every value that stands at a place of noise, with the place as it is in the body.
    fn visit<'j>(&self, json: &'j Json, see: &mut dyn FnMut(&Place, &'j Json, &Place)) {
        if !self.places.is_empty() {
            self.walk(json, &Place::default(), &Place::default(), see);
        }
    }

    fn walk<'j>(
        &self,
        value: &'j Json,
        folded: &Place,
        place: &Place,
        see: &mut dyn FnMut(&Place, &'j Json, &Place),
    ) {
        if self.places.contains_key(folded) {
            see(folded, value, place);
            return;
        }
        match value {
            Json::Object(members) => {
                for (key, value) in members {
                    self.walk(value, &folded.key(key), &place.key(key), see);
                }
            }
            Json::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    let inner = place.index(index);
                    self.walk(value, &folded.index(0).folded(), &inner, see);
                }
            }
            _ => {}
        }
    }

    /// A body without its noise: items of lists are then aligned by what counts.
    fn quiet<'j>(&self, json: &'j Json) -> Cow<'j, Json> {
        if self.places.is_empty() {
            return Cow::Borrowed(json);
        }
        let mut own = json.clone();
        if self.silence(&mut own, &Place::default()) {
            own = Json::Null;
        }
        Cow::Owned(own)
    }

    /// Puts something that is always the same in place of noise; whether the value itself is to be
    /// left out, as it is missing at times.
    fn silence(&self, value: &mut Json, folded: &Place) -> bool {
        if let Some(noisy) = self.places.get(folded) {
            *value = Json::from(NOISE);
            return noisy.optional;
        }
        match value {
            Json::Object(members) => {
                members.retain(|key, value| !self.silence(value, &folded.key(key)));
            }
            Json::Array(items) => {
                let inner = folded.index(0).folded();
                items.retain_mut(|item| !self.silence(item, &inner));
            }
            _ => {}
        }
        false
    }

    /// How two bodies differ, noise left out as far as it has the same shape. How many differences are
    /// not listed is returned.
    pub(super) fn compare(&self, base: &Json, other: &Json, out: &mut Vec<Difference>) -> usize {
        let (quiet_base, quiet_other) = (self.quiet(base), self.quiet(other));
        let Changes { list, more } = Delta::between(&quiet_base, &quiet_other).changes();
        for change in list {
            let note = (change.what == What::TypeChanged).then(|| {
                let kind = |value: Option<&Json>| value.map_or("nothing", type_of);
                format!("{} instead of {}", kind(change.new), kind(change.old))
            });
            out.push(Difference {
                at: change.place.to_string(),
                what: change.what,
                base: change.old.cloned(),
                other: change.new.cloned(),
                note,
            });
        }
        self.visit(other, &mut |folded, value, place| {
            let mut misfits = Vec::new();
            if let Some(noisy) = self.places.get(folded) {
                noisy.shape.check(value, place, &mut misfits);
            }
            for misfit in misfits {
                let what = match (&misfit.wanted, misfit.found) {
                    (None, _) => What::Added,
                    (_, None) => What::Removed,
                    _ => What::TypeChanged,
                };
                let kind = misfit.found.map_or("nothing", type_of);
                let note = misfit.wanted.as_ref().map(|wanted| {
                    format!("{kind} instead of {wanted}, where only types are compared")
                });
                out.push(Difference {
                    at: misfit.place.to_string(),
                    what,
                    base: misfit.wanted.map(|wanted| Json::from(format!("<{wanted}>"))),
                    other: misfit.found.cloned(),
                    note,
                });
            }
        });
        more
    }
}

/// Adds the places where two bodies differ, their indices folded, and whether there is nothing at one
/// of the two. Items of lists that are as long are taken one by one: a server that is asked twice
/// gives them in the same order.
fn differing(one: &Json, other: &Json, folded: &Place, out: &mut BTreeMap<Place, bool>) {
    match (one, other) {
        (Json::Object(members), Json::Object(others)) => {
            for (key, value) in members {
                match others.get(key) {
                    Some(other) => differing(value, other, &folded.key(key), out),
                    None => drop(out.insert(folded.key(key), true)),
                }
            }
            for key in others.keys().filter(|key| !members.contains_key(*key)) {
                out.insert(folded.key(key), true);
            }
        }
        (Json::Array(items), Json::Array(others)) => {
            let inner = folded.index(0).folded();
            if items.len() == others.len() {
                for (item, other) in items.iter().zip(others) {
                    differing(item, other, &inner, out);
                }
            } else {
                out.insert(inner, true);
            }
        }
        (one, other) => {
            if !equal(one, other) {
                out.entry(folded.clone()).or_default();
            }
        }
    }
}
