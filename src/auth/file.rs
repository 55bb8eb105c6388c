//! Files with keys and certificates, read with the spec that names them.

use crate::yaml::{Node, Reader};

/// What any of them is small beside, in bytes.
const LARGEST: u64 = 1024 * 1024;

const WHERE: &str =
    "a file is named relative to the one that names it, and lies below the project's root";

/// The bytes of the file that a node names; what is wrong with it is recorded in `reader`.
pub(super) fn read(node: &Node, what: &str, reader: &mut Reader) -> Option<Vec<u8>> {
    let name = reader.string(node, what)?;
    if name.contains("${{") {
        let error = reader.error(node.span, format!("{what} cannot be a template"));
        reader.report(error.help("the file is read before anything is sent"));
        return None;
    }
    let bytes = reader.files.find(name).and_then(|path| {
        let read = || {
            let about = path.metadata().map_err(|error| error.to_string())?;
            if !about.is_file() {
                return Err("it is not a file".to_owned());
            }
            if about.len() > LARGEST {
                return Err("it is too large for a file of keys".to_owned());
            }
            std::fs::read(&path).map_err(|error| error.to_string())
        };
        read().map_err(|why| format!("`{name}` cannot be read: {why}"))
    });
    bytes
        .map_err(|message| {
            let error = reader.error(node.span, message);
            reader.report(error.help(WHERE));
        })
        .ok()
}
