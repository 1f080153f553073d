//! What is known of a span of `tracing` before it is opened, once for each place in the source.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use opentelemetry::trace::SpanKind;
use rustc_hash::FxHashMap;
use tracing::Metadata;

use super::fields::NAME;
use crate::callsite::{CallSite, Level};

/// A place in the source that opens spans.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) callsite: CallSite,
    /// The name is among the fields.
    pub(super) is_named_by_field: bool,
}

type Enricher<S> = HashMap<usize, &'static Site, S>;

/// All that were seen. There are as many as there are such places in the program.
static SITES: LazyLock<Mutex<Enricher<std::hash::RandomState>>> = LazyLock::new(Mutex::default);

thread_local! {
    /// Those that this thread has seen.
    static SEEN: RefCell<FxHashMap<usize, &'static Site>> = RefCell::default();
}

impl Site {
    /// The place that `metadata` is of: it is a static, so its address tells it from others.
    #[inline]
    pub(super) fn of(metadata: &'static Metadata<'static>) -> &'static Self {
        let address = std::ptr::from_ref(metadata).addr();
        let seen = SEEN.try_with(|seen| seen.try_borrow().ok()?.get(&address).copied());
        match seen {
            Ok(Some(site)) => site,
            _ => Self::look_up(address, metadata),
        }
    }

    #[cold]
    fn look_up(address: usize, metadata: &'static Metadata<'static>) -> &'static Self {
        let mut sites = SITES.lock().unwrap_or_else(PoisonError::into_inner);
        let site = *sites
            .entry(address)
            .or_insert_with(|| Box::leak(Box::new(Self::new(metadata))));
        drop(sites);
        let _ = SEEN.try_with(|seen| {
            if let Ok(mut seen) = seen.try_borrow_mut() {
                seen.insert(address, site);
            }
        });
        site
    }

    fn new(metadata: &'static Metadata<'static>) -> Self {
        Self {
            callsite: CallSite::new(
                metadata.name(),
                "",
                metadata.target(),
                metadata.file().unwrap_or_default(),
                metadata.line().unwrap_or_default(),
                SpanKind::Internal,
                Some(metadata.target()),
                None,
            )
            .with_level(level(*metadata.level())),
            is_named_by_field: metadata.fields().field(NAME).is_some(),
        }
    }
}

fn level(level: tracing::Level) -> Level {
    match level {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warn,
        tracing::Level::INFO => Level::Info,
        tracing::Level::DEBUG => Level::Debug,
        tracing::Level::TRACE => Level::Trace,
    }
}
