//! Baggage values that become attributes of a span: those of the keys in `baggage_attributes`.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::baggage::BaggageExt;
use opentelemetry::{Context, Key, KeyValue};

/// The generation of the list in use; 0 while no key is listed.
static IN_USE: AtomicU32 = AtomicU32::new(0);

/// Locked when a provider starts, and once by each thread after that.
static CURRENT: Mutex<KeyList> = Mutex::new(KeyList {
    generation: 0,
    keys: None,
});

#[derive(Clone, Debug, Default)]
struct KeyList {
    /// Unique for each list, and never 0.
    generation: u32,
    keys: Option<Arc<[Key]>>,
}

/// Replaces the listed keys for all threads.
#[cfg(feature = "provider")]
pub(super) fn set_keys(keys: impl IntoIterator<Item = String>) {
    let keys: Arc<[Key]> = keys.into_iter().map(Key::from).collect();
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    current.generation = current.generation.wrapping_add(1).max(1);
    let in_use = if keys.is_empty() {
        0
    } else {
        current.generation
    };
    current.keys = Some(keys);
    IN_USE.store(in_use, Ordering::Release);
}

/// Whether any key is listed.
#[inline]
pub(in crate::recorder) fn is_listed() -> bool {
    IN_USE.load(Ordering::Acquire) != 0
}

/// A thread's copy of the list.
#[derive(Debug, Default)]
pub(crate) struct CachedKeys(KeyList);

impl CachedKeys {
    /// Returns the values of the listed keys in the baggage of `cx`. `None` if there are none.
    #[inline]
    pub(in crate::recorder) fn values(&mut self, cx: &Context) -> Option<Arc<[KeyValue]>> {
        match IN_USE.load(Ordering::Acquire) {
            0 => None,
            generation => self.find(generation, cx),
        }
    }

    #[cold]
    fn find(&mut self, generation: u32, cx: &Context) -> Option<Arc<[KeyValue]>> {
        let baggage = cx.baggage();
        if baggage.is_empty() {
            return None;
        }
        if self.0.generation != generation {
            self.0 = CURRENT
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
        }
        let found: Vec<_> = (self.0.keys.iter().flat_map(|keys| keys.iter()))
            .filter_map(|key| {
                Some(KeyValue::new(
                    key.clone(),
                    baggage.get(key.as_str())?.clone(),
                ))
            })
            .collect();
        (!found.is_empty()).then(|| found.into())
    }
}
