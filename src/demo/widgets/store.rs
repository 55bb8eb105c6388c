//! The widgets of one demo API, by id. Each keeps the text it is shown as, made when it changes.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::super::clock;
use super::super::respond::Problem;
use super::widget::Draft;

/// The most widgets; then 507, so that a load test cannot eat the machine.
const MAX_WIDGETS: usize = 100_000;

/// When the first seed widget was made; each further one is a day younger.
const FIRST_CREATED: Duration = Duration::from_secs(1_767_605_400);

/// The widgets of one demo API.
#[derive(Debug)]
pub(in super::super) struct Store {
    inner: RwLock<Inner>,
}

#[derive(Debug)]
struct Inner {
    widgets: BTreeMap<u64, Arc<Widget>>,
    next_id: u64,
}

/// One widget at one revision.
#[derive(Debug)]
pub(super) struct Widget {
    /// Its number, never given twice.
    pub(super) id: u64,
    /// Its entity tag: id and revision.
    pub(super) etag: HeaderValue,
    /// Its JSON.
    pub(super) json: Bytes,
    draft: Draft,
    created: String,
    revision: u64,
}

impl Widget {
    fn new(id: u64, revision: u64, created: String, draft: Draft) -> Self {
        let json = draft.show(id, &created).to_string().into();
        let etag = HeaderValue::try_from(format!("\"{id}-{revision}\"")).expect("digits");
        Self { id, etag, json, draft, created, revision }
    }

    /// The fields that a client sets.
    pub(super) fn draft(&self) -> &Draft {
        &self.draft
    }
}

impl Store {
    /// A store with the seed widgets, ids 1 to 3.
    pub(in super::super) fn seeded() -> Self {
        let mut inner = Inner { widgets: BTreeMap::new(), next_id: 1 };
        let seeds = [
            json!({
                "name": "Left-handed screwdriver", "sku": "A-17", "qty": 10, "price": 12.5,
                "tags": ["tools", "left-handed"],
                "dimensions": { "width": 25, "height": 210.5, "depth": 25, "unit": "mm" },
            }),
            json!({
                "name": "Skyhook", "sku": "B-4", "qty": 0, "price": 99.95,
                "tags": ["tools", "lifting"],
                "note": "Needs a clear sky.",
            }),
            json!({
                "name": "Tartan paint", "sku": "C-101", "qty": 250, "price": 7,
                "dimensions": { "width": 10, "height": 12, "depth": 10, "unit": "cm" },
                "note": "Nicht für Außenflächen ☂",
            }),
        ];
        let mut created = FIRST_CREATED;
        for seed in seeds {
            let draft = Draft::read(seed).expect("the seeds are valid");
            inner.insert(clock::date_time(created), draft);
            created += Duration::from_secs(86_400);
        }
        Self { inner: RwLock::new(inner) }
    }

    /// The widget with this id.
    pub(super) fn get(&self, id: u64) -> Result<Arc<Widget>, Problem> {
        self.read().widgets.get(&id).cloned().ok_or_else(|| missing(id))
    }

    /// A run of the widgets that have `tag`, by ascending id, and how many there are in all.
    pub(super) fn page(
        &self,
        skip: usize,
        take: usize,
        tag: Option<&str>,
    ) -> (Vec<Arc<Widget>>, usize) {
        let inner = self.read();
        let Some(tag) = tag else {
            let page = inner.widgets.values().skip(skip).take(take).cloned().collect();
            return (page, inner.widgets.len());
        };
        let mut total = 0;
        let mut page = Vec::new();
        for widget in inner.widgets.values().filter(|widget| widget.draft.has_tag(tag)) {
            if total >= skip && page.len() < take {
                page.push(Arc::clone(widget));
            }
            total += 1;
        }
        (page, total)
    }

    /// Adds a widget.
    pub(super) fn create(&self, draft: Draft) -> Result<Arc<Widget>, Problem> {
        let created = clock::date_time(clock::now());
        let mut inner = self.write();
        if inner.widgets.len() >= MAX_WIDGETS {
            return Err(Problem::new(
                StatusCode::INSUFFICIENT_STORAGE,
                format!("The store holds at most {MAX_WIDGETS} widgets."),
            ));
        }
        Ok(inner.insert(created, draft))
    }

    /// Puts what `change` makes of a widget in its place.
    pub(super) fn change(
        &self,
        id: u64,
        change: impl FnOnce(&Widget) -> Result<Draft, Problem>,
    ) -> Result<Arc<Widget>, Problem> {
        let mut inner = self.write();
        let old = inner.widgets.get_mut(&id).ok_or_else(|| missing(id))?;
        let draft = change(old)?;
        *old = Arc::new(Widget::new(id, old.revision + 1, old.created.clone(), draft));
        Ok(Arc::clone(old))
    }

    /// Removes a widget, if `allow` does.
    pub(super) fn remove(
        &self,
        id: u64,
        allow: impl FnOnce(&Widget) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let mut inner = self.write();
        allow(inner.widgets.get(&id).ok_or_else(|| missing(id))?)?;
        inner.widgets.remove(&id);
        Ok(())
    }

    // Whole widgets are swapped in, so a panic leaves nothing half done: poison means nothing.

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn insert(&mut self, created: String, draft: Draft) -> Arc<Widget> {
        let id = self.next_id;
        self.next_id += 1;
        let widget = Arc::new(Widget::new(id, 1, created, draft));
        self.widgets.insert(id, Arc::clone(&widget));
        widget
    }
}

fn missing(id: u64) -> Problem {
    Problem::not_found(format!("There is no widget {id}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_are_always_the_same() {
        let store = Store::seeded();
        assert_eq!(
            store.get(1).unwrap().json,
            r#"{"id":1,"name":"Left-handed screwdriver","sku":"A-17","qty":10,"price":12.5,"tags":["tools","left-handed"],"dimensions":{"width":25,"height":210.5,"depth":25,"unit":"mm"},"note":null,"created":"2026-01-05T09:30:00Z"}"#
        );
        assert_eq!(
            store.get(2).unwrap().json,
            r#"{"id":2,"name":"Skyhook","sku":"B-4","qty":0,"price":99.95,"tags":["tools","lifting"],"dimensions":null,"note":"Needs a clear sky.","created":"2026-01-06T09:30:00Z"}"#
        );
        assert_eq!(
            store.get(3).unwrap().json,
            r#"{"id":3,"name":"Tartan paint","sku":"C-101","qty":250,"price":7,"tags":[],"dimensions":{"width":10,"height":12,"depth":10,"unit":"cm"},"note":"Nicht für Außenflächen ☂","created":"2026-01-07T09:30:00Z"}"#
        );
    }

    #[test]
    fn a_full_store_takes_no_more_and_an_id_is_never_given_twice() {
        let store = Store::seeded();
        let draft = Draft::read(json!({ "name": "One of many" })).unwrap();
        for _ in 3..MAX_WIDGETS {
            store.create(draft.clone()).unwrap();
        }
        assert_eq!(store.create(draft.clone()).unwrap_err().into_reply().status(), 507);
        store.remove(100_000, |_| Ok(())).unwrap();
        assert_eq!(store.create(draft).unwrap().id, 100_001);
    }
}
