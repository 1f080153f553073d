//! The thread of a receiver.

use std::future::Future;
use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};

use tokio::runtime;
use tokio::sync::oneshot;

#[derive(Debug)]
pub(super) struct Serving {
    /// The sender, whose drop is the signal to stop.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    pub(super) fn start<F: Future<Output = ()>>(
        serve: impl FnOnce() -> F + Send + 'static,
    ) -> Self {
        // The runtime has one thread, so that dropping the runtime drops every connection.
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .expect("a runtime for the receiver");
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("otlp-receiver".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = serve() => {}
                        _ = stopped => {}
                    }
                });
            })
            .expect("a thread for the receiver");
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop = None;
        let ended = self.thread.take().map_or(Ok(()), JoinHandle::join);
        // A failed server must not look like an exporter that sent nothing. If the test itself panics, only the test's
        // message is shown, because a second panic would abort the process.
        if let Err(panic) = ended
            && !thread::panicking()
        {
            resume_unwind(panic);
        }
    }
}
