//! `crosscheck demo`.

use super::args;
use super::exit::Exit;
use super::session::show;
use crate::demo::Demo;
use crate::diagnostic::Diagnostic;
use crate::report::Style;

pub(super) fn demo(command: &args::Demo) -> Exit {
    let style = Style { color: false };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            show(&[Diagnostic::general(format!("the demo cannot be started: {error}"))], style);
            return Exit::Internal;
        }
    };
    runtime.block_on(async {
        let demo = match Demo::start(command.listen).await {
            Ok(demo) => demo,
            Err(error) => {
                let message = format!("the demo cannot listen on {}: {error}", command.listen);
                let help = "take another address with `--listen`; port 0 means a free one";
                return show(&[Diagnostic::general(message).help(help)], style);
            }
        };
        let url = demo.base_url();
        let exit = super::print(&format!(
            "The demo API listens on {url}\n\n  curl {url}/widgets\n\nCtrl-C ends it.\n"
        ));
        demo.serve_until(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await;
        exit
    })
}
