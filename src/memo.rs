//! What was compiled once and is asked for again: the same JSONPath or regex stands in a thousand
//! tests.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// Entries of one kind. Beyond them nothing is kept, so that a million different texts do not fill
/// the memory.
const MOST: usize = 10_000;

type Compiled = Arc<dyn Any + Send + Sync>;

/// Compiled things by their kind and their text. Shared by all files of a run.
#[derive(Default)]
pub struct Memo {
    kinds: RwLock<HashMap<TypeId, HashMap<Box<str>, Compiled>>>,
}

impl Memo {
    /// What `text` compiles to: made now, or as it was made the last time. `None`, where it cannot
    /// be compiled, is not remembered: each place has an error of its own.
    pub fn get<T, F>(&self, text: &str, compile: F) -> Option<Arc<T>>
    where
        T: Send + Sync + 'static,
        F: FnOnce() -> Option<T>,
    {
        let kind = TypeId::of::<T>();
        let kinds = self.kinds.read().unwrap_or_else(PoisonError::into_inner);
        let known = kinds.get(&kind).and_then(|known| known.get(text)).map(Arc::clone);
        drop(kinds);
        if let Some(found) = known.and_then(|known| known.downcast().ok()) {
            return Some(found);
        }
        let made = Arc::new(compile()?);
        let mut kinds = self.kinds.write().unwrap_or_else(PoisonError::into_inner);
        let known = kinds.entry(kind).or_default();
        if known.len() < MOST {
            known.insert(text.into(), Arc::clone(&made) as Compiled);
        }
        Some(made)
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memo").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_is_compiled_once_a_kind() {
        let memo = Memo::default();
        let first = memo.get("1", || Some(1_u32)).unwrap();
        assert!(Arc::ptr_eq(&first, &memo.get("1", || unreachable!("compiled again")).unwrap()));
        assert_eq!(*memo.get("1", || Some("one")).unwrap(), "one");
        assert!(memo.get::<u32, _>("x", || None).is_none());
        assert_eq!(*memo.get("x", || Some(2_u32)).unwrap(), 2);
    }
}
