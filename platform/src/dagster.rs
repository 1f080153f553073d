//! The commands that Dagster calls: a step that builds assets, a sensor, and the manifest of a dbt project.

mod product;
mod sensor;
mod step;

pub use self::product::DagsterProduct;
pub use self::sensor::Evaluation;
pub use self::step::DagsterStep;
