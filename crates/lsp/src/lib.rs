//! The language server: translates the Language Server Protocol to `falco-ide` and back.
//!
//! It owns the documents (ropey ropes), the position encoding and the order of things; it knows nothing of grammar or rules.
//! Start reading at `server::Server` for what is served, `requests` for how each request is answered, `ordered` for why an edit can never overtake another, `store`
//! for documents and snapshots, `transport` for how messages come and go, `publisher` for how diagnostics go out.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod capabilities;
mod config;
mod convert;
mod custom;
mod document;
mod encoding;
mod finding_pages;
pub mod jobs;
mod ordered;
mod publisher;
mod requests;
mod server;
mod store;
mod transport;
mod workspace;

use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::LspService;

pub use transport::Ended;
pub use workspace::OsDisk;

/// Serves one client over the given streams until it says `exit` or goes away.
pub async fn serve<I, O>(input: I, output: O) -> Ended
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin + Send + 'static,
{
    let store = store::SharedStore::default();
    let service = LspService::build(|client| server::Server::new(client, store.clone()));
    let (service, socket) = custom::register(service).finish();
    transport::serve(input, output, ordered::Ordered::new(service, store), socket).await
}

/// Serves standard input and output; blocks until the client leaves.
///
/// # Errors
/// When the asynchronous runtime cannot start.
pub fn serve_stdio() -> std::io::Result<Ended> {
    let runtime = runtime()?;
    let ended = runtime.block_on(serve(tokio::io::stdin(), tokio::io::stdout()));
    // A blocked read of standard input must not keep the process alive once the client is gone.
    runtime.shutdown_background();
    Ok(ended)
}

/// Waits for one client on a TCP port of the loopback interface; for debugging.
///
/// # Errors
/// When the port cannot be had.
pub fn serve_socket(port: u16) -> std::io::Result<Ended> {
    let runtime = runtime()?;
    let ended = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        let (stream, _) = listener.accept().await?;
        let (input, output) = tokio::io::split(stream);
        std::io::Result::Ok(serve(input, output).await)
    });
    runtime.shutdown_background();
    ended
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_io().enable_time().build()
}
