//! What spans say about why they were slow.

use serde::{Deserialize, Serialize};

use super::section::is_default;
use crate::json_schema::JsonSchema;

/// What spans of functions and futures record about their time. Default: nothing.
///
/// The attributes are added when a span ends. Times are in nanoseconds.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ProfileConfig {
    /// Whether the span of an `async fn`, of a future or of a stream has the number of its polls (`poll_count`), how
    /// long they took together (`busy_ns`) and the longest one (`max_poll_ns`), the time between them (`idle_ns`), and
    /// how much of it passed from a wake to the poll that followed it (`scheduled_ns`, `max_scheduled_ns`): the time
    /// in which the future could have run, and the threads of its runtime were busy. `queued_ns` is the time from the
    /// creation of the future to its first poll, with which the span begins.
    ///
    /// It needs no support by the runtime. A future is polled with a waker that notes the time of a wake and passes it
    /// on. What polls the future first decides who is woken, as without: a change of the waker is passed on, too.
    #[serde(skip_serializing_if = "is_default")]
    pub polls: bool,
    /// Whether a span has the processor time of its thread between its start and its end (`cpu_ns`), or, of a future,
    /// during its polls. On Linux; elsewhere it is ignored. A span that ends on another thread has none. Each reading
    /// is a system call of about 0.5 µs.
    #[serde(skip_serializing_if = "is_default")]
    pub thread_cpu_time: bool,
}
