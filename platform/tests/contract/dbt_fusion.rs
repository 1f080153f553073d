//! The contract of the plugin `fusion` (dbt).

use crate::{Contract, dbt_core};

pub(crate) fn contract() -> Contract {
    dbt_core::of_dbt("fusion", "2.0.4", "stand-in")
}
