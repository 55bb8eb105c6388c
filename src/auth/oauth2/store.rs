//! Tokens on disk, so that a login lasts longer than a run: a file for its owner alone.
//!
//! It is written whole or not at all, and read only where nobody else can read or replace it.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::outcome::Token;
use super::settings::Settings;
use crate::secret::Secret;

/// The largest file that is read.
const LARGEST: u64 = 16 * 1024 * 1024;

/// A file with tokens.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
}

/// What keeps everyone else from changing the file, as long as it is held.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "dropping it unlocks")] File);

impl Store {
    /// Tokens in a file, which need not be there yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The token of some settings, if there is one. What is wrong is said as a sentence.
    pub(super) fn get(&self, settings: &Settings) -> Result<Option<Token>, String> {
        let tokens = self.read()?;
        Ok(tokens.get(&key(settings)).and_then(token))
    }

    /// Keeps everyone else from changing the file, also in other processes.
    pub(super) async fn lock(&self) -> Result<Lock, String> {
        create(self.folder()).map_err(|error| self.failed("its folder cannot be made", &error))?;
        if is_open_to_all(self.folder()) {
            return Err(self.refused("others can write in its folder: `chmod 700` keeps them out"));
        }
        let mut path = self.path.clone().into_os_string();
        path.push(".lock");
        // Whoever has it may be asking a server: the threads that drive connections must not wait.
        let taken = tokio::task::spawn_blocking(move || -> io::Result<File> {
            let file = owned(Path::new(&path))?;
            file.lock()?;
            Ok(file)
        });
        let taken = taken.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        taken.map(Lock).map_err(|error| self.failed("it cannot be locked", &error))
    }

    /// Keeps the token of some settings.
    pub(super) fn put(
        &self,
        lock: &Lock,
        name: &str,
        settings: &Settings,
        token: &Token,
    ) -> Result<(), String> {
        let mut tokens = self.read()?;
        tokens.insert(key(settings), entry(name, token));
        self.write(lock, tokens)
    }

    /// Forgets the token of some settings; whether there was one.
    pub(super) fn remove(&self, lock: &Lock, settings: &Settings) -> Result<bool, String> {
        let mut tokens = self.read()?;
        let found = tokens.shift_remove(&key(settings)).is_some();
        if found {
            self.write(lock, tokens)?;
        }
        Ok(found)
    }

    /// Writes the file anew, without what is good for nothing any more.
    fn write(&self, _lock: &Lock, mut tokens: Map<String, Json>) -> Result<(), String> {
        let now = SystemTime::now();
        tokens.retain(|_, entry| {
            token(entry).is_some_and(|token| token.refresh.is_some() || token.is_fresh(now))
        });
        let text = format!("{:#}\n", json!({ "version": 1, "tokens": tokens }));
        // Made with the mode 0600; renamed, so that a link in its place is replaced, not followed.
        let write = || -> io::Result<()> {
            let mut builder = tempfile::Builder::new();
            let mut file = builder.prefix(".crosscheck-").tempfile_in(self.folder())?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&self.path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|error| self.failed("it cannot be written", &error))
    }

    fn folder(&self) -> &Path {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new("."))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file holds; nothing where there is none.
    fn read(&self) -> Result<Map<String, Json>, String> {
        let named = match fs::symlink_metadata(&self.path) {
            Ok(named) => named,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Map::new()),
            Err(error) => return Err(self.failed("it cannot be read", &error)),
        };
        if !named.is_file() {
            return Err(self.refused("it is no file but a link, a folder or a device"));
        }
        let file =
            File::open(&self.path).map_err(|error| self.failed("it cannot be read", &error))?;
        let opened = file.metadata().map_err(|error| self.failed("it cannot be read", &error))?;
        if !is_same(&named, &opened) {
            return Err(self.refused("it was replaced while it was opened"));
        }
        if is_open_to_others(&opened) {
            return Err(self.refused("others can read it: `chmod 600` makes it yours alone"));
        }
        let mut text = String::new();
        file.take(LARGEST)
            .read_to_string(&mut text)
            .map_err(|error| self.failed("it cannot be read", &error))?;
        match serde_json::from_str::<Json>(&text) {
            Ok(Json::Object(mut file)) => match file.remove("tokens") {
                Some(Json::Object(tokens)) => Ok(tokens),
                _ => Err(self.refused("it has no `tokens`")),
            },
            _ => Err(self.refused("it is no JSON")),
        }
    }

    fn failed(&self, what: &str, error: &io::Error) -> String {
        format!("the token cache `{}`: {what}: {error}", self.path.display())
    }

    fn refused(&self, what: &str) -> String {
        format!("the token cache `{}` is not used: {what}", self.path.display())
    }
}

/// By what a token is kept: all that it depends on but `password` and `client_secret`, which must not be
/// guessed from it.
fn key(settings: &Settings) -> String {
    let parts = json!([
        settings.flow.name(),
        settings.authorize_uri,
        settings.token_uri,
        settings.device_authorization_uri,
        settings.scope,
        settings.client_id,
        settings.username,
        settings.refresh_token,
        settings.authorize_params,
        settings.token_params,
    ]);
    let digest = Sha256::digest(parts.to_string());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn entry(name: &str, token: &Token) -> Json {
    let until = token.until.and_then(|until| until.duration_since(SystemTime::UNIX_EPOCH).ok());
    json!({
        "connection": name,
        "access_token": token.access.expose(),
        "refresh_token": token.refresh.as_ref().map(Secret::expose),
        "good_until": until.map(|until| until.as_secs()),
    })
}

fn token(entry: &Json) -> Option<Token> {
    let text = |name: &str| entry.get(name).and_then(Json::as_str).map(Secret::new);
    let until = entry.get("good_until").and_then(Json::as_u64);
    let until = until.map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    Some(Token { access: text("access_token")?, refresh: text("refresh_token"), id: None, until })
}

/// Makes a folder for its owner alone, where there is none.
fn create(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file for its owner alone, and makes it where there is none.
fn owned(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    one.file_type() == other.file_type()
}

#[cfg(unix)]
fn is_open_to_others(file: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.permissions().mode() & 0o077 != 0
}

/// Whether others can replace files of a folder; where it is sticky, only their own.
#[cfg(unix)]
fn is_open_to_all(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(folder).map_or(0, |folder| folder.permissions().mode());
    mode & 0o022 != 0 && mode & 0o1000 == 0
}

/// The folder of a user's data is the user's alone there.
#[cfg(not(unix))]
fn is_open_to_all(_folder: &Path) -> bool {
    false
}

/// The folder of a user's data is the user's alone there.
#[cfg(not(unix))]
fn is_open_to_others(_file: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::super::grant::tests::settings;
    use super::super::settings::Flow;
    use super::*;

    fn token(access: &str) -> Token {
        let until = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(7_000_000_000));
        Token { access: Secret::new(access), refresh: Some(Secret::new("again")), id: None, until }
    }

    #[tokio::test]
    async fn a_token_is_kept_by_all_that_it_depends_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::new(folder.path().join("new/tokens.json"));
        let (one, other) = (settings(Flow::Password), settings(Flow::DeviceCode));
        assert!(store.get(&one).expect("no file").is_none());
        let lock = store.lock().await.expect("locked");
        store.put(&lock, "api", &one, &token("first")).expect("written");
        store.put(&lock, "api", &one, &token("second")).expect("written");
        store.put(&lock, "other", &other, &token("third")).expect("written");
        let kept = store.get(&one).expect("read").expect("a token");
        assert_eq!((kept.access.expose(), kept.until), ("second", token("").until));
        assert_eq!(store.get(&other).expect("read").expect("a token").access.expose(), "third");
        assert!(store.remove(&lock, &one).expect("written"));
        assert!(!store.remove(&lock, &one).expect("read"));
        assert!(store.get(&one).expect("read").is_none());
        // One that has ended and cannot be renewed goes with the next that is written.
        let ended = Token { until: Some(SystemTime::UNIX_EPOCH), refresh: None, ..token("old") };
        store.put(&lock, "api", &one, &ended).expect("written");
        assert!(store.get(&one).expect("read").is_none());
        assert!(store.get(&other).expect("read").is_some());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_file_that_is_not_its_owner_s_alone_is_not_used() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/tokens.json");
        let store = Store::new(path.clone());
        let settings = settings(Flow::Password);
        let lock = store.lock().await.expect("locked");
        store.put(&lock, "api", &settings, &token("abcd")).expect("written");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&folder.path().join("new"))), (0o600, 0o700));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("changed");
        let error = store.get(&settings).expect_err("others can read it");
        assert!(error.contains("`chmod 600`"), "{error}");
        let link = folder.path().join("link.json");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changed");
        symlink(&path, &link).expect("a link");
        let error = Store::new(link).get(&settings).expect_err("a link");
        assert!(error.contains("a link"), "{error}");
        let folder = folder.path().join("open");
        fs::create_dir(&folder).expect("a folder");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).expect("changed");
        let error = Store::new(folder.join("t.json")).lock().await.expect_err("others can write");
        assert!(error.contains("`chmod 700`"), "{error}");
    }
}
