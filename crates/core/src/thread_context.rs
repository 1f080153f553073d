//! The current span of each thread, for readers outside of the process.

pub(crate) use floe_thread_context::{
    Attached, Attributes, NO_ATTRIBUTES, OpenSpan, StaticAttributes, attach, attributes_of, forked,
    is_on,
};
