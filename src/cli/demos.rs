//! The embedded demo APIs of a run: one of each release that a target is.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use crate::demo::Demo;
use crate::settings::Release;

/// Those that are running; they end with this.
#[derive(Debug, Default)]
pub(super) struct Demos(Vec<(Release, Demo)>);

impl Demos {
    /// Starts those that are wanted.
    pub(super) async fn start(wanted: impl Fn(Release) -> bool) -> io::Result<Self> {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut own = Self::default();
        if wanted(Release::Current) {
            own.0.push((Release::Current, Demo::start(anywhere).await?));
        }
        if wanted(Release::Next) {
            own.0.push((Release::Next, Demo::start_next(anywhere).await?));
        }
        Ok(own)
    }

    /// Where a release is, if it runs.
    pub(super) fn url(&self, release: Release) -> Option<String> {
        self.0.iter().find(|(own, _)| *own == release).map(|(_, demo)| demo.base_url())
    }

    /// Where they listen.
    pub(super) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.0.iter().map(|(_, demo)| demo.address())
    }
}
