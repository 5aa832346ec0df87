//! Carries messages between the client and tower-lsp's service.
//!
//! tower-lsp has a transport of its own, which ends with the first message that it cannot read, waits for another message after
//! `exit`, and polls everything on one task. This one answers what cannot be read and goes on, leaves at `exit`, when the input ends or the
//! client's process is gone, and gives every request a task, so that a short one never waits for a long one.

mod frames;
mod parent;

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tower_lsp::ClientSocket;
use tower_lsp::jsonrpc::{Error, ErrorCode, Id, Request, Response};
use tower_service::Service;

/// How long requests under way may take to be answered after `exit`.
const GRACE: Duration = Duration::from_millis(500);
/// Messages that wait to be written.
const OUTGOING: usize = 1024;

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The client said `shutdown`, then `exit` or nothing more.
    Well,
    /// The client left without `shutdown`.
    Early,
}

/// What a message is.
enum Message {
    Request(Request),
    Response(Response),
    /// Neither; the answer says so.
    Invalid(Id),
}

/// Serves one client.
pub async fn serve<I, O, S>(input: I, output: O, mut service: S, socket: ClientSocket) -> Ended
where
    I: AsyncRead + Unpin,
    O: AsyncWrite + Unpin + Send + 'static,
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    let (out, outgoing) = mpsc::channel::<String>(OUTGOING);
    let writer = tokio::spawn(write_all(output, outgoing));
    let (mut asked, mut answers) = socket.split();
    let to_client = out.clone();
    let asking = tokio::spawn(async move {
        while let Some(request) = asked.next().await {
            if to_client.send(text(&request)).await.is_err() {
                break;
            }
        }
    });
    let mut input = BufReader::new(input);
    let mut tasks = JoinSet::new();
    let mut parent = parent::Watch::default();
    let mut ended = Ended::Early;
    let mut exit = false;
    while !exit {
        // The frame that is being read must survive the other branches: they end the session.
        let frame = tokio::select! {
            frame = frames::read(&mut input) => frame,
            () = parent.gone() => break,
        };
        let message = match frame {
            Ok(Some(Ok(value))) => message(value),
            Ok(Some(Err(bad))) => {
                let _ = out.send(error(Id::Null, ErrorCode::ParseError, &bad.to_string())).await;
                continue;
            }
            Ok(None) | Err(_) => break,
        };
        while tasks.try_join_next().is_some() {}
        match message {
            // tower-lsp leaves them without an answer.
            Message::Request(request) if request.id().is_some() && request.method().starts_with("$/") => {
                let id = request.id().cloned().unwrap_or(Id::Null);
                let _ = out.send(error(id, ErrorCode::MethodNotFound, "there is no such method")).await;
            }
            Message::Request(request) => {
                match request.method() {
                    "initialize" => parent.begin(request.params().and_then(|params| params.get("processId"))),
                    "shutdown" => ended = Ended::Well,
                    "exit" => exit = true,
                    _ => {}
                }
                tasks.spawn(answer(&mut service, request, out.clone()));
            }
            Message::Response(response) => {
                // An answer to a question that nobody asked.
                let _ = answers.send(response).await;
            }
            Message::Invalid(id) => {
                let _ = out.send(error(id, ErrorCode::InvalidRequest, "neither a request nor a response")).await;
            }
        }
    }
    if exit {
        // The answer to `shutdown` may still be on its way.
        let _ = tokio::time::timeout(GRACE, async { while tasks.join_next().await.is_some() {} }).await;
    }
    // Dropping what is under way ends its processes.
    tasks.shutdown().await;
    asking.abort();
    drop(out);
    let _ = tokio::time::timeout(GRACE, writer).await;
    ended
}

/// Hands a request to the service, now: order matters. The future writes the answer.
fn answer<S>(
    service: &mut S,
    request: Request,
    out: mpsc::Sender<String>,
) -> impl Future<Output = ()> + Send + 'static + use<S>
where
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    let id = request.id().cloned();
    let call = service.call(request);
    async move {
        let answer = match AssertUnwindSafe(call).catch_unwind().await {
            Ok(Ok(response)) => response.map(|response| text(&response)),
            // The service has ended.
            Ok(Err(_)) => id.map(|id| error(id, ErrorCode::InvalidRequest, "the session has ended")),
            Err(_) => id.map(|id| error(id, ErrorCode::InternalError, "the request failed")),
        };
        if let Some(answer) = answer {
            let _ = out.send(answer).await;
        }
    }
}

async fn write_all<O: AsyncWrite + Unpin>(mut output: O, mut outgoing: mpsc::Receiver<String>) {
    while let Some(message) = outgoing.recv().await {
        if frames::write(&mut output, &message).await.is_err() {
            // Nobody reads any more; the end of the input will say so, too.
            return;
        }
    }
}

fn message(mut value: Value) -> Message {
    let id = value.get("id").and_then(|id| serde_json::from_value(id.clone()).ok()).unwrap_or(Id::Null);
    let is_ours = value.get("jsonrpc").is_none_or(|version| version == "2.0");
    let Some(object) = value.as_object_mut().filter(|_| is_ours) else { return Message::Invalid(id) };
    if object.contains_key("method") {
        // Parameters are an object or an array; a `null` stands for none.
        if object.get("params").is_some_and(Value::is_null) {
            object.remove("params");
        }
        let params_fit = object.get("params").is_none_or(|params| params.is_object() || params.is_array());
        return match serde_json::from_value(value) {
            Ok(request) if params_fit => Message::Request(request),
            _ => Message::Invalid(id),
        };
    }
    match serde_json::from_value(value) {
        Ok(response) => Message::Response(response),
        Err(_) => Message::Invalid(id),
    }
}

fn text(message: &impl Serialize) -> String {
    serde_json::to_string(message).unwrap_or_else(|_| json!({"jsonrpc": "2.0", "method": "$/none"}).to_string())
}

fn error(id: Id, code: ErrorCode, message: &str) -> String {
    let error = Error { code, message: message.to_owned().into(), data: None };
    text(&Response::from_error(id, error))
}
