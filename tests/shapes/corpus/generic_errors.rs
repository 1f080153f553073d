//! Errors around a type parameter that implement `Error` only if the parameter is `'static`, as thiserror derives it
//! for a source, and as other crates write it for `Any`.

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Debug, Display, Formatter};
use std::future::Future;
use std::pin::Pin;

use super::traced;
use crate::log::Log;

/// Implements `Error` as `#[derive(Error)] #[error("cannot load")] struct Load<E>(#[source] E);` does.
#[derive(Debug)]
struct Load<E>(E);

impl<E> Display for Load<E> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("cannot load")
    }
}

impl<E: Error + 'static> Error for Load<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// Implements `Error` like `ReuniteError` of the `futures` crate.
struct Reunite<T>(T);

impl<T> Debug for Reunite<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Reunite")
    }
}

impl<T> Display for Reunite<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("the halves are not of one")
    }
}

impl<T: Any> Error for Reunite<T> {}

trait Store {
    type Error: Error;

    fn get(&self) -> Result<u8, Self::Error>;
}

#[traced]
fn load<S: Store>(store: &S) -> Result<u8, Load<S::Error>> {
    store.get().map_err(Load)
}

#[traced]
async fn load_later<S: Store>(store: &S) -> Result<u8, Load<S::Error>> {
    store.get().map_err(Load)
}

#[traced]
fn load_in_future<E: Error>(error: E) -> impl Future<Output = Result<u8, Load<E>>> {
    async move { Err(Load(error)) }
}

#[traced]
fn load_in_box<'a, E: Error + 'a>(error: E) -> Pin<Box<dyn Future<Output = Result<u8, Load<E>>> + 'a>> {
    Box::pin(async move { Err(Load(error)) })
}

#[traced(error_if = |result| result.is_err())]
fn load_all<E: Error>(all: Vec<Result<u8, E>>) -> Result<Vec<u8>, Load<E>> {
    all.into_iter().collect::<Result<_, _>>().map_err(Load)
}

#[traced]
fn of_static<E: Error + 'static>(error: E) -> Result<(), Load<E>> {
    Err(Load(error))
}

#[derive(Debug)]
struct Missing<'a>(&'a str);

impl Display for Missing<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "missing {}", self.0)
    }
}

impl Error for Missing<'_> {}

#[traced]
fn borrowed<'a>(name: &'a str) -> Result<u8, Load<Missing<'a>>> {
    Err(Load(Missing(name)))
}

#[traced]
async fn borrowed_later(name: &str) -> Result<u8, Load<Missing<'_>>> {
    Err(Load(Missing(name)))
}

#[traced]
fn reference(name: &str) -> Result<u8, Load<&str>> {
    Err(Load(name))
}

struct Half<T>(T);

impl<T> Half<T> {
    #[traced]
    fn reunite(self, other: Self) -> Result<(T, T), Reunite<T>> {
        drop(other);
        Err(Reunite(self.0))
    }
}

#[traced]
impl<T: Clone> Half<T> {
    async fn reunite_later(&self) -> Result<T, Reunite<T>> {
        Err(Reunite(self.0.clone()))
    }
}

/// A cache whose parameters have names of more than one letter.
struct Cache<Repo>(Repo);

impl<Repo: Store> Cache<Repo> {
    #[traced]
    fn get(&self) -> Result<u8, Load<Repo::Error>> {
        self.0.get().map_err(Load)
    }

    #[traced(error_if = |_| false)]
    fn get_expected(&self) -> Result<u8, Load<<Repo as Store>::Error>> {
        self.0.get().map_err(Load)
    }
}

#[traced]
impl<Repo: Store> Cache<Repo> {
    async fn get_later(&self) -> Result<u8, Load<Repo::Error>> {
        self.0.get().map_err(Load)
    }

    /// Only the block declares `Repo`.
    fn reunite(self) -> Result<u8, Reunite<Repo>> {
        Err(Reunite(self.0))
    }
}

struct Broken<'a>(&'a str);

#[derive(Debug)]
struct Refused;

impl Display for Refused {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl Error for Refused {}

impl Store for Broken<'_> {
    type Error = Refused;

    fn get(&self) -> Result<u8, Refused> {
        self.0.parse().map_err(|_| Refused)
    }
}

pub(crate) fn observe(log: &mut Log) {
    log.call("borrowed", |_| borrowed("a").map_err(|it| it.to_string()));
    log.future("borrowed_later", |_| async { borrowed_later("a").await.map_err(|it| it.to_string()) });
    log.call("reference", |_| reference("a").map_err(|it| it.to_string()));
    let text = |error: &dyn Display| error.to_string();
    log.value("load", load(&Broken("x")).map_err(|it| text(&it)));
    log.value("load_ok", load(&Broken("7")).map_err(|it| text(&it)));
    log.future("load_later", |_| async { load_later(&Broken("x")).await.is_err() });
    log.future("load_in_future", |_| async { load_in_future(Refused).await.is_err() });
    log.future("load_in_box", |_| async { load_in_box(Refused).await.is_err() });
    log.value("get", Cache(Broken("x")).get().map_err(|it| text(&it)));
    log.value("get_expected", Cache(Broken("x")).get_expected().map_err(|it| text(&it)));
    log.future("get_later", |_| async { Cache(Broken("x")).get_later().await.is_err() });
    log.value("reunite_cache", Cache(Broken("x")).reunite().map_err(|it| text(&it)));
    log.value("load_all", load_all(vec![Ok(1), Err(Refused)]).map_err(|it| text(&it)));
    log.value("of_static", of_static(Refused).map_err(|it| text(&it)));
    log.value("reunite", Half(1).reunite(Half(2)).map_err(|it| text(&it)));
    log.future("reunite_later", |_| async { Half(1).reunite_later().await.is_err() });
}
