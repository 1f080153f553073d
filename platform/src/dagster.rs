//! The commands that Dagster calls: a step that builds an asset, and a sensor.

mod sensor;
mod step;

pub use self::sensor::{DagsterSensor, Evaluation};
pub use self::step::DagsterStep;
