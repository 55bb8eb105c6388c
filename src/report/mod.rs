//! Reports: what people and CI systems see of a run. Each is one observer of the same events.

pub mod account;
mod body;
pub mod console;
pub mod explain;
pub mod junit;
mod wire;
mod write;
mod xml;

pub use body::Room;
pub use console::{Console, Style};
pub use junit::Junit;
pub use write::replace;
