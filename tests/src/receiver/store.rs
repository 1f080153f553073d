//! The received data, shared between the server's thread and the test.

use std::fmt::Write as _;
use std::sync::{Condvar, Mutex, MutexGuard};

use hyper::{HeaderMap, Uri};

use super::export::Export;
use super::log::{self, ReceivedLog};
use super::metric::{self, ReceivedPoint};
use super::request::{ReceivedRequest, Response};
use super::span::{self, ReceivedSpan};
use crate::{TIMEOUT, tree};

#[derive(Debug, Default)]
pub(super) struct Store {
    state: Mutex<State>,
    arrived: Condvar,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) requests: Vec<ReceivedRequest>,
    pub(super) spans: Vec<ReceivedSpan>,
    pub(super) points: Vec<ReceivedPoint>,
    pub(super) logs: Vec<ReceivedLog>,
    pub(super) response: Response,
}

impl Store {
    /// Stores a request and returns its response, in one step. Therefore a test that waits for the request can change
    /// later responses without changing this one.
    pub(super) fn record(&self, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Response {
        let request = ReceivedRequest::new(uri, headers, body);
        let mut state = self.lock();
        state.requests.push(request);
        self.arrived.notify_all();
        state.response.clone()
    }

    /// Stores the items of a request, except the first `rejected` spans or log records.
    pub(super) fn keep(&self, export: Export, rejected: i64) {
        let rejected = usize::try_from(rejected).unwrap_or(0);
        let mut state = self.lock();
        match export {
            Export::Spans(it) => {
                state.spans.extend(span::from_request(it).into_iter().skip(rejected));
            }
            Export::Logs(it) => state.logs.extend(log::from_request(it).into_iter().skip(rejected)),
            Export::Points(it) => state.points.extend(metric::from_request(it)),
        }

        drop(state);
        self.arrived.notify_all();
    }

    #[track_caller]
    pub(super) fn wait_for<T>(&self, n: usize, items: impl Fn(&State) -> Vec<T>) -> Vec<T> {
        let are_missing = |state: &mut State| items(state).len() < n;
        let waited = self.arrived.wait_timeout_while(self.lock(), TIMEOUT, are_missing);
        let (state, _) = waited.expect("no panic under the lock");
        let found = items(&state);
        let arrived = state.describe();
        drop(state);
        assert!(found.len() >= n, "waited {TIMEOUT:?} for {n}: {arrived}");
        found
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic under the lock")
    }
}

impl State {
    /// Returns all requests except those with metrics or logs, which are exported at any time.
    pub(super) fn span_requests(&self) -> Vec<ReceivedRequest> {
        let requests = self.requests.iter().filter(|request| {
            let path = request.path.to_lowercase();
            !path.contains("metrics") && !path.contains("logs")
        });

        requests.cloned().collect()
    }

    fn describe(&self) -> String {
        let mut text = format!("{} spans arrived\n{}", self.spans.len(), tree(&self.spans));
        let _ = write!(text, "\nin {} requests", self.requests.len());
        for request in &self.requests {
            let _ = write!(text, "\n{} ({} bytes)", request.path, request.body.len());
        }
        text
    }
}
