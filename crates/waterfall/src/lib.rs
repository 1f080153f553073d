#![doc = include_str!("../README.md")]

mod attribute;
mod beside;
mod color;
mod critical_path;
mod duration;
mod place;
mod tree;
mod waterfall;

pub use crate::attribute::attribute;
pub use crate::beside::beside;
pub use crate::color::uses_color;
pub use crate::critical_path::{Step, critical_path};
pub use crate::duration::duration;
pub use crate::place::place;
pub use crate::tree::{Labels, Mark, Tree};
pub use crate::waterfall::{Options, clip, waterfall};
