//! The connections to the receiver: a bounded number, so that no program keeps others from being heard.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::sleep;

use super::TICK;

/// How many connections are served. Fewer than the files that a program may open.
pub(super) const MOST_CONNECTIONS: usize = 256;

/// Those that have sent no whole request are before the others, and the one that was heard of longest ago is the first.
type Rank = (bool, u64);

/// The open connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Connections(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    next: u64,
    /// By which each of them is ended.
    open: BTreeMap<Rank, Arc<Notify>>,
}

impl Table {
    fn insert(&mut self, has_sent: bool, end: Arc<Notify>) -> Rank {
        self.next += 1;
        let rank = (has_sent, self.next);
        self.open.insert(rank, end);
        rank
    }
}

impl Connections {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes room for a connection.
    fn add(&self, end: Arc<Notify>) -> Connection {
        while self.table().open.len() >= MOST_CONNECTIONS && self.give_up(None) {}
        Connection { rank: Mutex::new(self.table().insert(false, end)), all: self.clone() }
    }

    /// Ends the first connection that is not this one. Returns whether there was one.
    fn give_up(&self, but: Option<Rank>) -> bool {
        let mut table = self.table();
        let first = table.open.keys().find(|rank| Some(**rank) != but).copied();
        let end = first.and_then(|first| table.open.remove(&first));
        end.inspect(|end| end.notify_one()).is_some()
    }
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Connection {
    all: Connections,
    rank: Mutex<Rank>,
}

impl Connection {
    fn rank(&self) -> MutexGuard<'_, Rank> {
        self.rank.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It has sent a whole request.
    pub(super) fn has_sent(&self) {
        let mut rank = self.rank();
        let mut table = self.all.table();
        // If it is not there, it is being given up.
        if let Some(end) = table.open.remove(&rank) {
            *rank = table.insert(true, end);
        }
    }

    /// Gives up another connection for the sake of this one. Returns whether there was one.
    pub(super) fn displace(&self) -> bool {
        let rank = *self.rank();
        self.all.give_up(Some(rank))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let rank = *self.rank();
        self.all.table().open.remove(&rank);
    }
}

/// Serves the connections to an address until the program ends. Each request has its [`Connection`] as an extension.
pub(super) async fn accept(listener: TcpListener, routes: Router, connections: Connections) {
    let mut server = Builder::new(TokioExecutor::new());
    // With it, hyper closes a connection whose next request does not come, or not whole, for 30 seconds.
    server.http1().timer(TokioTimer::new());
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Such as too many open files.
            sleep(TICK).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let end = Arc::new(Notify::new());
        let connection = Arc::new(connections.add(Arc::clone(&end)));
        let service = TowerToHyperService::new(routes.clone().layer(Extension(connection)));
        let server = server.clone();
        tokio::spawn(async move {
            let requests = pin!(server.serve_connection(TokioIo::new(stream), service));
            // The client reports connection errors.
            tokio::select! {
                _ = requests => {}
                () = end.notified() => {}
            }
        });
    }
}
