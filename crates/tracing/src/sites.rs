//! The call sites of `tracing` spans, created once for each `Metadata`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use opentelemetry::trace::SpanKind;
use rustc_hash::FxHashMap;
use tracing::Metadata;

use super::fields::{KIND, NAME};
use crate::callsite::{CallSite, Level};
use crate::recorder::is_replaced;

#[derive(Debug)]
pub(super) struct Site {
    pub(super) callsite: CallSite,
    /// Whether the span has a field `otel.name` or `otel.kind`, which sets a property that rules match.
    pub(super) is_set_by_field: bool,
    /// Whether an integration records a span in the place of this one.
    pub(super) is_replaced: bool,
}

/// The sites by the address of the metadata. The program's source bounds their number.
static SITES: LazyLock<Mutex<HashMap<usize, &'static Site>>> = LazyLock::new(Mutex::default);

thread_local! {
    /// The call sites that this thread has used. They are found without the lock.
    static CACHE: RefCell<FxHashMap<usize, &'static Site>> = RefCell::default();
}

impl Site {
    /// Returns the site of `metadata`, which is static, so that its address identifies it.
    #[inline]
    pub(super) fn of(metadata: &'static Metadata<'static>) -> &'static Self {
        let address = std::ptr::from_ref(metadata).addr();
        let cached = CACHE.try_with(|cache| cache.try_borrow().ok()?.get(&address).copied());
        match cached {
            Ok(Some(site)) => site,
            _ => Self::look_up(address, metadata),
        }
    }

    #[cold]
    fn look_up(address: usize, metadata: &'static Metadata<'static>) -> &'static Self {
        let mut sites = SITES.lock().unwrap_or_else(PoisonError::into_inner);
        let site =
            *sites.entry(address).or_insert_with(|| Box::leak(Box::new(Self::new(metadata))));
        drop(sites);
        let _ = CACHE.try_with(|cache| {
            if let Ok(mut cache) = cache.try_borrow_mut() {
                cache.insert(address, site);
            }
        });
        site
    }

    fn new(metadata: &'static Metadata<'static>) -> Self {
        let callsite = CallSite::new(
            metadata.name(),
            "",
            metadata.module_path().unwrap_or_default(),
            metadata.file().unwrap_or_default(),
            metadata.line().unwrap_or_default(),
            SpanKind::Internal,
            Some(metadata.target()),
            None,
        )
        .with_level(level(*metadata.level()));
        Self {
            callsite,
            is_set_by_field: [NAME, KIND].iter().any(|it| metadata.fields().field(it).is_some()),
            is_replaced: is_replaced(metadata.target(), metadata.name()),
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
