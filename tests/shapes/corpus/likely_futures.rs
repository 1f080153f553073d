//! Return types and bodies that resemble those of futures. The compiler decides whether they are.

use std::fmt::Debug;
use std::future::{Future, ready};
use std::marker::PhantomPinned;
use std::pin::Pin;

use super::traced;
use crate::log::{Log, Noisy, pause};

type Parsed = Pin<Box<dyn Future<Output = Result<u8, String>>>>;

#[traced]
fn by_body(text: &'static str) -> Parsed {
    let text = text.trim();
    Box::pin(async move {
        pause().await;
        text.parse::<u8>().map_err(|error| error.to_string())
    })
}

#[traced]
fn by_body_with_return(is_zero: bool) -> Parsed {
    if is_zero {
        return Box::pin(ready(Err("zero".to_owned())));
    }
    Box::pin(async { Ok(1) })
}

#[traced]
fn pinned_opaque(first: Noisy) -> Pin<Box<impl Future<Output = usize>>> {
    Box::pin(async move {
        pause().await;
        first.len()
    })
}

mod own {
    use std::fmt::Debug;

    /// A type with the name of an alias of the `futures` crate.
    #[derive(Debug)]
    pub(crate) struct BoxFuture<T>(pub(crate) T);

    /// The trait of connections with and without TLS.
    pub(crate) trait Stream: Debug {}

    impl Stream for u8 {}

    /// The trait of a program that settles contracts.
    pub(crate) trait Future: Debug {
        type Item;
    }

    impl Future for u16 {
        type Item = u8;
    }
}

#[traced]
fn own_type(n: u8) -> own::BoxFuture<Result<u8, String>> {
    own::BoxFuture(Ok(n))
}

#[traced]
fn own_stream(n: u8) -> Result<Box<dyn own::Stream>, String> {
    Ok(Box::new(n))
}

#[traced]
fn own_opaque_stream(n: u8) -> impl own::Stream {
    n
}

#[traced]
fn own_future(n: u16) -> impl own::Future<Item = u8> + Debug {
    n
}

#[derive(Debug)]
struct Linked {
    n: u8,
    _pinned: PhantomPinned,
}

impl Linked {
    #[traced]
    fn new(n: u8) -> Pin<Box<Self>> {
        Box::pin(Self { n, _pinned: PhantomPinned })
    }
}

trait Chain {
    type Link;
}

struct Countdown;

impl Chain for Countdown {
    type Link = Link;
}

/// An alias that contains itself, by the type of a trait.
type Later = Pin<Box<dyn Future<Output = <Countdown as Chain>::Link>>>;

struct Link(Option<Later>);

#[traced]
fn recursive(n: u8) -> Later {
    let next = n.checked_sub(1);
    Box::pin(async move {
        pause().await;
        Link(next.map(recursive))
    })
}

macro_rules! parsed {
    () => { Parsed };
}

#[traced]
fn by_macro() -> parsed!() {
    by_body(" 7")
}

pub(crate) fn observe(log: &mut Log) {
    for text in [" 7", "x"] {
        log.future("by_body", move |_| by_body(text));
    }
    for is_zero in [true, false] {
        log.future("by_body_with_return", move |_| by_body_with_return(is_zero));
    }
    log.future("recursive", |_| async {
        let next = recursive(1).await.0.unwrap();
        next.await.0.is_none()
    });
    log.future("by_macro", |_| by_macro());
    log.future("pinned_opaque", |log| pinned_opaque(log.noisy("a")));
    log.call("own_type", |_| own_type(1));
    log.call("own_stream", |_| own_stream(1));
    log.call("own_opaque_stream", |_| format!("{:?}", own_opaque_stream(1)));
    log.call("own_future", |_| format!("{:?}", own_future(1)));
    log.call("new", |_| Linked::new(1).n);
}
