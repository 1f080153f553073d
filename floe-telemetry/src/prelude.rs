//! The items that most annotated files use.
//!
//! ```
//! use floe_telemetry::prelude::*;
//! ```

#[doc(no_inline)]
pub use crate::{
    FloeAttributes, FutureExt, create_span, get_current_span, in_current_span, set_attribute, span,
    traced,
};
