//! The paved path: what most files that annotate functions need.
//!
//! ```
//! use floe_telemetry::prelude::*;
//! ```

#[doc(no_inline)]
pub use crate::{
    FloeAttributes, FloeSpanAttributes, FutureExt, Mode, create_span, get_current_span, traced,
};
