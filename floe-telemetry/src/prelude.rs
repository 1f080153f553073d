//! The items that most annotated files use.
//!
//! ```
//! use floe_telemetry::prelude::*;
//! ```

#[doc(no_inline)]
pub use crate::{
    FloeAttributes, FloeSpanAttributes, FutureExt, Mode, create_span, get_current_span, traced,
};
