//! Measurements of a handle between two collections.
//!
//! They are spread over stripes, of which each thread uses one, so that threads do not wait for each other, and no
//! more than a number is written for most of them. [`Pending::drain`] passes them to the SDK.

use std::cell::Cell;
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use crate::metrics::instruments::{Kind, Measurement};

/// The number of stripes. More threads share them.
const STRIPES: usize = 8;

/// The maximum number of values of a histogram in one stripe. The thread that fills it aggregates them.
const MAX_VALUES: usize = 2048;

thread_local! {
    /// The stripe of this thread; [`STRIPES`] before it has one.
    static STRIPE: Cell<usize> = const { Cell::new(STRIPES) };
}

#[inline]
fn stripe() -> usize {
    STRIPE
        .try_with(|stripe| match stripe.get() {
            STRIPES => assign(stripe),
            at => at,
        })
        .unwrap_or_default()
}

#[cold]
fn assign(stripe: &Cell<usize>) -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);

    let at = NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES;
    stripe.set(at);
    at
}

/// The measurements of one kind of instrument.
pub(super) trait Pending: Debug + Default + Send + Sync + 'static {
    type Value: Copy;
    const KIND: Kind;

    fn measurement(value: Self::Value) -> Measurement;

    /// Keeps a measurement; `false` if there is no room.
    fn keep(&self, value: Self::Value) -> bool;

    /// Makes room for this thread.
    fn make_room(&self, _record: &dyn Fn(Measurement)) {}

    /// Records all that was kept.
    fn drain(&self, record: &dyn Fn(Measurement));
}

/// Keeps its content in a cache line that no other thread writes.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Stripe<T>(T);

/// The sum of each stripe.
macro_rules! sum {
    ($(#[$doc:meta])* $name:ident, $atomic:ident, $value:ident, $kind:ident, $measurement:ident) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(super) struct $name([Stripe<$atomic>; STRIPES]);

        impl Pending for $name {
            type Value = $value;
            const KIND: Kind = Kind::$kind;

            fn measurement(value: $value) -> Measurement {
                Measurement::$measurement(value)
            }

            #[inline]
            fn keep(&self, value: $value) -> bool {
                self.0[stripe()].0.fetch_add(value, Ordering::Relaxed);
                true
            }

            fn drain(&self, record: &dyn Fn(Measurement)) {
                for Stripe(sum) in &self.0 {
                    let value = sum.swap(0, Ordering::Relaxed);
                    if value != 0 {
                        record(Self::measurement(value));
                    }
                }
            }
        }
    };
}

sum!(
    /// What was added to a counter.
    Count, AtomicU64, u64, Counter, Count
);
sum!(
    /// What was added to an up-down counter.
    Change, AtomicI64, i64, UpDownCounter, Change
);

/// The last value of a gauge.
#[derive(Debug, Default)]
pub(super) struct Last {
    bits: AtomicU64,
    is_set: AtomicBool,
}

impl Pending for Last {
    type Value = f64;
    const KIND: Kind = Kind::Gauge;

    fn measurement(value: f64) -> Measurement {
        Measurement::Gauge(value)
    }

    #[inline]
    fn keep(&self, value: f64) -> bool {
        self.bits.store(value.to_bits(), Ordering::Relaxed);
        self.is_set.store(true, Ordering::Release);
        true
    }

    fn drain(&self, record: &dyn Fn(Measurement)) {
        if self.is_set.swap(false, Ordering::Acquire) {
            let value = f64::from_bits(self.bits.load(Ordering::Relaxed));
            record(Self::measurement(value));
        }
    }
}

/// The values of a histogram. The SDK takes one at a time, and only it knows the buckets that views give them.
#[derive(Debug, Default)]
pub(super) struct Values([Stripe<Mutex<Vec<f64>>>; STRIPES]);

impl Values {
    /// The values of a stripe, unless another thread uses them.
    fn try_lock(&self, at: usize) -> Option<MutexGuard<'_, Vec<f64>>> {
        match self.0[at % STRIPES].0.try_lock() {
            Ok(values) => Some(values),
            Err(TryLockError::Poisoned(values)) => Some(values.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl Pending for Values {
    type Value = f64;
    const KIND: Kind = Kind::Histogram;

    fn measurement(value: f64) -> Measurement {
        Measurement::Distribution(value)
    }

    #[inline]
    fn keep(&self, value: f64) -> bool {
        let Some(mut values) = self.try_lock(stripe()) else {
            return false;
        };
        let has_room = values.len() < MAX_VALUES;
        if has_room {
            values.push(value);
        }
        has_room
    }

    fn make_room(&self, record: &dyn Fn(Measurement)) {
        if let Some(mut values) = self.try_lock(stripe())
            && values.len() >= MAX_VALUES
        {
            record_all(&mut values, record);
        }
    }

    fn drain(&self, record: &dyn Fn(Measurement)) {
        for Stripe(values) in &self.0 {
            let mut values = values.lock().unwrap_or_else(PoisonError::into_inner);
            record_all(&mut values, record);
        }
    }
}

fn record_all(values: &mut Vec<f64>, record: &dyn Fn(Measurement)) {
    for value in values.drain(..) {
        record(Values::measurement(value));
    }
}
