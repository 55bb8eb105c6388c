//! Files that a spec names: found from its folder, and read only below the project's root.

use std::path::{Path, PathBuf};

use super::Asked;

/// Where the files of a spec are looked for.
#[derive(Debug, Clone)]
pub struct Files {
    /// The spec's folder: relative paths start there.
    pub folder: PathBuf,
    /// The project's root: nothing above it is read.
    pub root: PathBuf,
    /// Where it is kept what is asked for, if somebody wants to know.
    pub asked: Option<Asked>,
}

impl Default for Files {
    /// The working directory.
    fn default() -> Self {
        Self { folder: PathBuf::from("."), root: PathBuf::from("."), asked: None }
    }
}

impl Files {
    /// The files that a spec at `spec` may name, in the project below `root`.
    pub fn of(spec: &Path, root: &Path) -> Self {
        let folder = spec.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_owned);
        Self { folder, root: root.to_owned(), asked: None }
    }

    /// Where a file that the spec names really is, with `..` and symbolic links resolved. What is
    /// not there or lies above the root is said in words.
    pub fn find(&self, name: &str) -> Result<PathBuf, String> {
        let path = self.folder.join(name);
        if let Some(asked) = &self.asked {
            asked.read(&path);
        }
        let path = path.canonicalize().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => format!("there is no file `{name}`"),
            _ => format!("`{name}` cannot be read: {error}"),
        })?;
        self.below_root(path)
    }

    /// Whether a resolved path lies below the root.
    pub fn below_root(&self, path: PathBuf) -> Result<PathBuf, String> {
        let root = self.real_root()?;
        if path.starts_with(&root) {
            if let Some(asked) = &self.asked {
                asked.read(&path);
            }
            Ok(path)
        } else {
            Err("the file lies outside of the project's root".to_owned())
        }
    }

    /// The files of another folder, asked for by the same spec.
    pub fn beside(&self, folder: PathBuf) -> Self {
        Self { folder, ..self.clone() }
    }

    /// The root with symbolic links resolved.
    pub fn real_root(&self) -> Result<PathBuf, String> {
        self.root.canonicalize().map_err(|error| format!("the root cannot be read: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_kept_found_or_not() {
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path().canonicalize().expect("a path");
        std::fs::write(root.join("own"), "o").expect("a file");
        let asked = Asked::default();
        let files = Files { asked: Some(asked.clone()), ..Files::of(&root.join("a.yaml"), &root) };
        assert!(files.find("own").is_ok() && files.find("missing").is_err());
        assert!(files.beside(root.join("sub")).find("other").is_err());
        let expected = ["missing", "own", "sub/other"].map(|name| root.join(name));
        assert_eq!(asked.paths().read.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn nothing_above_the_root_is_found() {
        let outside = tempfile::tempdir().expect("a folder");
        let root = outside.path().join("project");
        std::fs::create_dir_all(root.join("specs")).expect("folders");
        std::fs::write(outside.path().join("secret"), "s").expect("a file");
        std::fs::write(root.join("own"), "o").expect("a file");
        #[cfg(unix)]
        std::os::unix::fs::symlink(outside.path().join("secret"), root.join("specs/link"))
            .expect("a link");
        let files = Files::of(&root.join("specs/a.yaml"), &root);
        assert!(files.find("../own").is_ok());
        let absolute = outside.path().join("secret").display().to_string();
        for name in ["../../secret", "link", "../specs/../../secret", &absolute] {
            assert!(files.find(name).is_err_and(|error| error.contains("outside")), "{name}");
        }
        assert!(files.find("missing").is_err_and(|error| error.contains("no file")));
    }
}
