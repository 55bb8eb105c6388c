//! The widget store: create, read, list, change, remove.

mod handlers;
mod store;
mod widget;

pub(super) use self::handlers::{create, delete, list, patch, read, replace};
pub(super) use self::store::Store;
