//! Numbers that a gauge or a histogram takes.

use std::time::Duration;

/// A number that a gauge or a histogram takes. All are recorded as `f64`; a [`Duration`] in
/// seconds.
pub trait MetricNumber: Copy {
    /// The number, as near as `f64` comes.
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
            #[expect(clippy::cast_precision_loss, reason = "documented: as near as `f64` comes")]
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
