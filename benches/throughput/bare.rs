//! The floor: a hyper client that sends GETs over connections of its own and reads each body to its
//! end. It knows no specs, judges nothing and reports nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Builder;

use crate::Failure;

/// `AUTHORITY PATH CONNECTIONS REQUESTS`.
pub(crate) fn main(words: &[&str]) -> Result<(), Failure> {
    let [authority, path, connections, requests] = words else {
        return Err("bare AUTHORITY PATH CONNECTIONS REQUESTS".into());
    };
    let connections: usize = connections.parse()?;
    let left = Arc::new(AtomicUsize::new(requests.parse()?));
    // What is fastest for the work: a thread more is start-up that one connection never earns back.
    let runtime = match connections {
        1 => Builder::new_current_thread().enable_all().build()?,
        _ => Builder::new_multi_thread().enable_all().build()?,
    };
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for _ in 1..connections {
            tasks.push(tokio::spawn(drive((*authority).into(), (*path).into(), Arc::clone(&left))));
        }
        drive((*authority).into(), (*path).into(), left).await?;
        for task in tasks {
            task.await??;
        }
        Ok(())
    })
}

/// One connection: request after request until none is left.
async fn drive(authority: String, path: String, left: Arc<AtomicUsize>) -> Result<(), Failure> {
    let stream = TcpStream::connect(&authority).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    while left
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
        .is_ok()
    {
        sender.ready().await?;
        let request =
            http::Request::get(&path).header("host", &authority).body(Empty::<Bytes>::new())?;
        let mut response = sender.send_request(request).await?;
        if !response.status().is_success() {
            return Err(format!("{path} answered {}", response.status()).into());
        }
        while let Some(frame) = response.frame().await {
            frame?;
        }
    }
    Ok(())
}
