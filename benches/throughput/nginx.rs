//! An nginx of the bench's own, on a free loopback port.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;

/// What every small answer is: 500 bytes of JSON.
pub(crate) fn small() -> String {
    let head =
        r#"{"id":17,"name":"widget","price":12.5,"tags":["a","b"],"owner":{"name":"Ada"},"note":""#;
    let tail = r#""}"#;
    format!("{head}{}{tail}", "x".repeat(500 - head.len() - tail.len()))
}

/// What the large answer is: a little more than a megabyte of JSON.
fn large() -> String {
    let item = |id: usize| {
        format!(r#"{{"id":{id},"name":"widget {id}","price":12.5,"tags":["a","b"],"ok":true}}"#)
    };
    let items: Vec<String> = (0..14_500).map(item).collect();
    format!(r#"{{"items":[{}]}}"#, items.join(","))
}

/// A running server; dropping it ends it.
pub(crate) struct Nginx {
    child: Child,
    port: u16,
}

impl Nginx {
    /// Starts a server whose files lie in `folder`.
    pub(crate) fn start(folder: &Path) -> Result<Self, Failure> {
        // Given back at once; nobody else on this machine takes ports from here in between.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        fs::write(folder.join("large.json"), large())?;
        fs::write(folder.join("nginx.conf"), config(folder, port))?;
        let child = Command::new("nginx")
            .arg("-p")
            .arg(folder)
            .arg("-c")
            .arg(folder.join("nginx.conf"))
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("nginx cannot be started ({error}): install it first"))?;
        let server = Self { child, port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if start.elapsed() > Duration::from_secs(10) {
                return Err("nginx does not listen".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(server)
    }

    /// `host:port`.
    pub(crate) fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM, so that the master takes its workers along.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn config(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    format!(
        "daemon off;
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    default_type application/json;
    sendfile on;
    tcp_nodelay on;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root {folder};
        location /items/ {{ return 200 '{}'; }}
        location = /large.json {{ }}
    }}
}}
",
        small()
    )
}
