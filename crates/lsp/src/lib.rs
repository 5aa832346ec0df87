//! The language server: translates the Language Server Protocol to `falco-ide` and back.
//!
//! It owns the documents (ropey ropes), the position encoding and the order of things; it knows nothing of grammar or rules.
//! Start reading at `server::Server` for what is served, `requests` for how each request is answered, `ordered` for why an edit can never overtake another, `store`
//! for documents and snapshots, `publisher` for how diagnostics go out.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod capabilities;
mod convert;
mod custom;
mod document;
mod encoding;
pub mod jobs;
mod ordered;
mod publisher;
mod requests;
mod server;
mod store;
mod workspace;

use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp::LspService;

/// Serves one client over the given streams until it says `exit` or goes away.
pub async fn serve<I, O>(input: I, output: O)
where
    I: AsyncRead + Unpin,
    O: AsyncWrite,
{
    let store = store::SharedStore::default();
    let service = LspService::build(|client| server::Server::new(client, store.clone()));
    let (service, socket) = custom::register(service).finish();
    // Jobs wait for their processes; there must be room for everything else beside them.
    let server = tower_lsp::Server::new(input, output, socket).concurrency_level(64);
    server.serve(ordered::Ordered::new(service, store)).await;
}

/// Serves standard input and output; blocks until the client leaves.
///
/// # Errors
/// When the asynchronous runtime cannot start.
pub fn serve_stdio() -> std::io::Result<()> {
    let runtime = runtime()?;
    runtime.block_on(serve(tokio::io::stdin(), tokio::io::stdout()));
    // A blocked read of standard input must not keep the process alive once the client is gone.
    runtime.shutdown_background();
    Ok(())
}

/// Waits for one client on a TCP port of the loopback interface; for debugging.
///
/// # Errors
/// When the port cannot be had.
pub fn serve_socket(port: u16) -> std::io::Result<()> {
    let runtime = runtime()?;
    let result = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        let (stream, _) = listener.accept().await?;
        let (input, output) = tokio::io::split(stream);
        serve(input, output).await;
        Ok(())
    });
    runtime.shutdown_background();
    result
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_io().enable_time().build()
}
