//! What a request sends as its content: bytes in memory, or parts of which some lie on disk.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

/// The content of a request (RFC 9110, section 6.4). Cheap to clone.
#[derive(Debug, Clone)]
pub enum Content {
    /// All of it, in memory.
    Whole(Bytes),
    /// Parts that follow each other without anything in between.
    Parts(Arc<[Part]>),
}

/// A piece of a content.
#[derive(Debug, Clone)]
pub enum Part {
    /// Bytes in memory.
    Bytes(Bytes),
    /// A file as a whole.
    File(FilePart),
}

/// A file that is read while it is sent.
#[derive(Debug, Clone)]
pub struct FilePart {
    /// Where it really is.
    pub path: PathBuf,
    /// What the spec calls it, for messages and reports.
    pub name: String,
    /// Its bytes when the request was built: what `Content-Length` has promised. A file that has
    /// become longer or shorter since is an error.
    pub size: u64,
}

impl Content {
    /// How many bytes will be sent.
    pub fn len(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Parts(parts) => parts.iter().map(Part::len).sum(),
        }
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks at all of it, piece by piece; files are read as it goes.
    pub fn each(&self, look: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let parts = match self {
            Self::Whole(bytes) => {
                look(bytes);
                return Ok(());
            }
            Self::Parts(parts) => parts,
        };
        for part in &**parts {
            match part {
                Part::Bytes(bytes) => look(bytes),
                Part::File(file) => file.each(look)?,
            }
        }
        Ok(())
    }

    /// All of it in memory: what transports take that cannot read from disk as they go.
    pub fn read(&self) -> io::Result<Bytes> {
        let parts = match self {
            Self::Whole(bytes) => return Ok(bytes.clone()),
            Self::Parts(parts) => parts,
        };
        let mut whole = BytesMut::with_capacity(usize::try_from(self.len()).unwrap_or_default());
        for part in &**parts {
            match part {
                Part::Bytes(bytes) => whole.extend_from_slice(bytes),
                Part::File(file) => whole.extend_from_slice(&file.read()?),
            }
        }
        Ok(whole.freeze())
    }
}

impl Default for Content {
    /// Nothing.
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(bytes)
    }
}

impl From<Vec<Part>> for Content {
    fn from(parts: Vec<Part>) -> Self {
        Self::Parts(parts.into())
    }
}

impl Part {
    /// How many bytes it has.
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(file) => file.size,
        }
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl FilePart {
    /// The file's bytes, as many as were promised.
    fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        // One byte more tells whether it has grown.
        let read = self.open()?.take(self.size + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.unreadable(&error))?;
        if bytes.len() as u64 == self.size { Ok(bytes) } else { Err(self.changed()) }
    }

    /// Looks at the file's bytes, as many as were promised.
    fn each(&self, look: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let mut file = self.open()?;
        let (mut piece, mut left) = (vec![0; 64 * 1024], self.size);
        loop {
            let read = file.read(&mut piece).map_err(|error| self.unreadable(&error))?;
            if read == 0 {
                return if left == 0 { Ok(()) } else { Err(self.changed()) };
            }
            left = left.checked_sub(read as u64).ok_or_else(|| self.changed())?;
            look(&piece[..read]);
        }
    }

    /// Opens the file.
    pub fn open(&self) -> io::Result<File> {
        File::open(&self.path).map_err(|error| self.unreadable(&error))
    }

    /// The error of a file that cannot be read, with its name.
    pub fn unreadable(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("`{}` cannot be read: {error}", self.name))
    }

    /// The error of a file that is not as long as it was when the request was built.
    pub fn changed(&self) -> io::Error {
        let message =
            format!("`{}` had {} bytes and was changed while it was sent", self.name, self.size);
        io::Error::new(io::ErrorKind::InvalidData, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_one_after_the_other_and_must_keep_their_size() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a");
        std::fs::write(&path, "file").expect("a file");
        let file = FilePart { path: path.clone(), name: "a".to_owned(), size: 4 };
        let content = Content::from(vec![
            Part::Bytes(Bytes::from_static(b"<")),
            Part::File(file),
            Part::Bytes(Bytes::from_static(b">")),
        ]);
        assert_eq!((content.len(), content.is_empty()), (6, false));
        assert_eq!(content.read().expect("read"), "<file>");
        let mut seen = Vec::new();
        content.each(&mut |piece| seen.extend_from_slice(piece)).expect("read");
        assert_eq!(seen, b"<file>");
        for other in ["longer", "s"] {
            std::fs::write(&path, other).expect("a file");
            let error = content.read().expect_err("changed");
            let again = content.each(&mut |_| {}).expect_err("changed");
            assert_eq!(again.to_string(), error.to_string());
            assert_eq!(error.to_string(), "`a` had 4 bytes and was changed while it was sent");
        }
        std::fs::remove_file(&path).expect("removed");
        let error = content.read().expect_err("gone").to_string();
        assert!(error.starts_with("`a` cannot be read: "), "{error}");
        assert!(Content::default().is_empty());
    }
}
