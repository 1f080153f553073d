//! Numbers that a gauge or a histogram accepts.

use std::time::Duration;

/// A number that a gauge or a histogram accepts, recorded as `f64`. A [`Duration`] is recorded in seconds.
pub trait MetricNumber: Copy {
    /// Converts the number to the nearest `f64`.
    fn to_f64(self) -> f64;
}

macro_rules! lossless {
    ($($ty:ty),*) => {$(
        impl MetricNumber for $ty {
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
        }
    )*};
}

macro_rules! rounded {
    ($($ty:ty),*) => {$(
        impl MetricNumber for $ty {
            #[expect(clippy::cast_precision_loss, reason = "the documentation promises the nearest `f64`")]
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}

lossless!(f32, f64, i8, i16, i32, u8, u16, u32);
rounded!(i64, isize, u64, usize);

impl MetricNumber for Duration {
    fn to_f64(self) -> f64 {
        self.as_secs_f64()
    }
}
