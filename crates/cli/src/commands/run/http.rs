//! Alerts posted to a server, one request each, as Falco's `http_output` does.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ureq::Agent;

use crate::Result;
use crate::error::CliError;

/// How patient the posting is.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// Alerts that may wait.
    queue: usize,
    /// For room in a full queue. A replay can wait; a server that takes nothing must not hold it up for ever.
    room: Duration,
    /// For a connection, and for a whole request.
    connect: Duration,
    request: Duration,
    /// Requests for an alert, and the pause after the first one that fails; it doubles.
    tries: u32,
    pause: Duration,
    /// For the alerts that wait when the replay is over.
    end: Duration,
}

const PATIENCE: Patience = Patience {
    queue: 4096,
    room: Duration::from_secs(5),
    connect: Duration::from_secs(5),
    request: Duration::from_secs(10),
    tries: 4,
    pause: Duration::from_millis(100),
    end: Duration::from_secs(30),
};

/// Posts alerts from a thread of its own.
pub struct Poster {
    url: String,
    queue: SyncSender<Vec<u8>>,
    thread: JoinHandle<Posted>,
    room: Duration,
    end: Duration,
    closing: Closing,
    /// Alerts that found no room.
    dropped: u64,
    /// Whether the last one found none: the next does not wait for it again.
    full: bool,
}

/// When the thread must give up, once the replay is over.
type Closing = Arc<OnceLock<Instant>>;

/// What became of the alerts.
#[derive(Debug, Default)]
struct Posted {
    delivered: u64,
    failed: u64,
    /// Why the last one failed.
    reason: String,
}

impl Poster {
    /// For a server. JSON alerts go out as such, others as plain text.
    pub fn new(url: &str, json: bool) -> Result<Self> {
        Self::with_patience(url, json, PATIENCE)
    }

    fn with_patience(url: &str, json: bool, patience: Patience) -> Result<Self> {
        if url.starts_with("https:") && !cfg!(feature = "https") {
            return Err(CliError::Usage("this falco-rs was built without `https`".into()));
        }
        if url.parse::<ureq::http::Uri>().ok().and_then(|uri| uri.host().map(|h| !h.is_empty())) != Some(true) {
            return Err(CliError::Usage(format!("`{url}` is no URL")));
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(patience.connect))
            .timeout_global(Some(patience.request))
            .max_redirects(0)
            .user_agent(concat!("falco-rs/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        let (queue, alerts) = sync_channel(patience.queue);
        let content = if json { "application/json" } else { "text/plain" };
        let to = url.to_owned();
        let closing = Closing::default();
        let courier = Courier { agent, url: to, content, patience, closing: Arc::clone(&closing) };
        let thread = thread::spawn(move || courier.deliver(&alerts));
        let Patience { room, end, .. } = patience;
        Ok(Self { url: url.to_owned(), queue, thread, room, end, closing, dropped: 0, full: false })
    }

    /// Puts an alert in the queue.
    pub fn post(&mut self, line: &[u8]) {
        let mut message = line.to_vec();
        let waiting = Instant::now();
        loop {
            match self.queue.try_send(message) {
                Ok(()) => {
                    self.full = false;
                    return;
                }
                Err(TrySendError::Full(back)) if !self.full && waiting.elapsed() < self.room => {
                    message = back;
                    thread::sleep(Duration::from_millis(2));
                }
                Err(_) => {
                    self.full = true;
                    self.dropped += 1;
                    return;
                }
            }
        }
    }

    /// Waits until the queue is empty, for a while, and says if alerts were lost.
    pub fn finish(self) -> Result<()> {
        let _ = self.closing.set(Instant::now() + self.end);
        drop(self.queue);
        let posted = self.thread.join().unwrap_or_default();
        let lost = posted.failed + self.dropped;
        if lost == 0 {
            return Ok(());
        }
        let reason = match posted.reason {
            reason if reason.is_empty() => "the server does not keep up".to_owned(),
            reason => reason,
        };
        Err(CliError::Undelivered { url: self.url, lost, all: lost + posted.delivered, reason })
    }
}

/// What the thread works with.
struct Courier {
    agent: Agent,
    url: String,
    content: &'static str,
    patience: Patience,
    closing: Closing,
}

/// Why an alert was not taken.
struct Failure {
    reason: String,
    /// Whether it might be taken later.
    again: bool,
}

impl Courier {
    fn deliver(&self, alerts: &Receiver<Vec<u8>>) -> Posted {
        let mut posted = Posted::default();
        let mut down = false;
        for alert in alerts {
            // A server that is down gets one request for each alert until it answers again.
            let tries = if down { 1 } else { self.patience.tries };
            match self.attempt(&alert, tries) {
                Ok(()) => {
                    posted.delivered += 1;
                    down = false;
                }
                Err(failure) => {
                    posted.failed += 1;
                    posted.reason = failure.reason;
                    down = failure.again;
                }
            }
        }
        posted
    }

    fn attempt(&self, alert: &[u8], tries: u32) -> std::result::Result<(), Failure> {
        let mut pause = self.patience.pause;
        let mut failure = Failure { reason: "the server does not keep up".into(), again: true };
        for round in 0..tries {
            if self.closing.get().is_some_and(|end| Instant::now() >= *end) {
                break;
            }
            if round > 0 {
                thread::sleep(pause);
                pause *= 2;
            }
            failure = match self.agent.post(&self.url).header("Content-Type", self.content).send(alert) {
                Ok(mut response) => {
                    let status = response.status();
                    // Read to its end, so that the connection can be used again.
                    let _ = response.body_mut().with_config().limit(1 << 20).read_to_vec();
                    if status.is_success() {
                        return Ok(());
                    }
                    let again = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
                    Failure { reason: format!("the server answers {status}"), again }
                }
                Err(error) => Failure { reason: error.to_string(), again: true },
            };
            if !failure.again {
                break;
            }
        }
        Err(failure)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::Mutex;

    use super::*;

    /// Answers each request with the next of the statuses, the last one again and again. Keeps the bodies.
    fn server(statuses: &'static [u16]) -> (String, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/alerts", listener.local_addr().unwrap());
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bodies);
        thread::spawn(move || {
            let mut count = 0;
            for stream in listener.incoming() {
                serve(&stream.unwrap(), statuses, &mut count, &kept);
            }
        });
        (url, bodies)
    }

    fn serve(stream: &TcpStream, statuses: &[u16], count: &mut usize, bodies: &Mutex<Vec<String>>) {
        let mut input = BufReader::new(stream);
        loop {
            let (mut length, mut line) = (0, String::new());
            loop {
                line.clear();
                if input.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                let lower = line.to_ascii_lowercase();
                if let Some(n) = lower.strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
                if line == "\r\n" {
                    break;
                }
            }
            let mut body = vec![0; length];
            input.read_exact(&mut body).unwrap();
            bodies.lock().unwrap().push(String::from_utf8(body).unwrap());
            let status = statuses[(*count).min(statuses.len() - 1)];
            *count += 1;
            write!(&mut &*stream, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n").unwrap();
        }
    }

    fn hasty() -> Patience {
        let ms = Duration::from_millis;
        Patience {
            queue: 2,
            room: ms(200),
            pause: ms(1),
            connect: ms(500),
            request: ms(500),
            end: ms(2000),
            ..PATIENCE
        }
    }

    fn post(url: &str, lines: &[&str]) -> Result<()> {
        let mut poster = Poster::with_patience(url, true, hasty())?;
        lines.iter().for_each(|line| poster.post(line.as_bytes()));
        poster.finish()
    }

    #[test]
    fn alerts_arrive_in_order() {
        let (url, bodies) = server(&[200]);
        post(&url, &["{1}", "{2}", "{3}", "{4}", "{5}"]).unwrap();
        assert_eq!(*bodies.lock().unwrap(), ["{1}", "{2}", "{3}", "{4}", "{5}"]);
    }

    #[test]
    fn a_server_in_trouble_is_asked_again() {
        let (url, bodies) = server(&[503, 429, 204]);
        post(&url, &["{1}", "{2}"]).unwrap();
        assert_eq!(*bodies.lock().unwrap(), ["{1}", "{1}", "{1}", "{2}"]);
    }

    #[test]
    fn what_is_refused_is_counted_and_not_repeated() {
        let (url, bodies) = server(&[200, 404, 200]);
        let error = post(&url, &["{1}", "{2}", "{3}"]).unwrap_err().to_string();
        assert_eq!(error, format!("1 of 3 alerts did not reach `{url}`: the server answers 404 Not Found"));
        assert_eq!(bodies.lock().unwrap().len(), 3);
    }

    #[test]
    fn a_server_that_is_not_there_costs_no_more_than_its_time() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let error = post(&url, &["x"; 50]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("50 of 50 alerts did not reach `{url}`: ")), "{error}");
    }

    #[test]
    fn a_server_that_never_answers_fills_the_queue_and_then_no_more() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let error = post(&url, &["x"; 500]).unwrap_err().to_string();
        assert!(error.starts_with("500 of 500 alerts did not reach"), "{error}");
    }

    #[test]
    fn what_is_no_url_is_said_at_once() {
        for url in ["http://", "http:// x", "https://:1"] {
            assert!(matches!(Poster::new(url, true), Err(CliError::Usage(_))), "{url}");
        }
    }
}
