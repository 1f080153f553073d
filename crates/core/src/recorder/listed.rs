//! Where readers outside of the process find a span while it is open.

pub(super) use floe_thread_context::OpenSpan as Listed;
