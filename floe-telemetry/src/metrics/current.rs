//! Which meter provider the process uses.
//!
//! An OpenTelemetry instrument belongs to the provider that it was made of for ever. A recorder
//! outlives providers, so it asks here whether its instruments are still those of today.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use opentelemetry::metrics::MeterProvider;

type Provider = Arc<dyn MeterProvider + Send + Sync>;

static PROVIDER: RwLock<Option<Provider>> = RwLock::new(None);

/// Counts the providers that were ever there; 0 while there is none.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// The provider that is in use, and its number.
pub(super) struct Current {
    pub(super) generation: u64,
    pub(super) provider: Provider,
}

/// The number of the provider in use; 0 while there is none.
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

pub(super) fn current() -> Option<Current> {
    let provider = PROVIDER.read().unwrap_or_else(PoisonError::into_inner);
    Some(Current {
        generation: generation(),
        provider: Arc::clone(provider.as_ref()?),
    })
}

/// Puts a provider into use, or takes away the one that is.
#[cfg(feature = "provider")]
pub(super) fn switch(provider: Option<Provider>) {
    static EVER: AtomicU64 = AtomicU64::new(0);

    let mut slot = PROVIDER.write().unwrap_or_else(PoisonError::into_inner);
    let generation = match provider {
        Some(_) => EVER.fetch_add(1, Ordering::Relaxed) + 1,
        None => 0,
    };
    // Dropped after the lock is free: shutting a provider down may call the user's callbacks.
    let before = std::mem::replace(&mut *slot, provider);
    GENERATION.store(generation, Ordering::Release);
    drop(slot);
    drop(before);
}
