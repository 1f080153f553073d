#![doc = include_str!("../README.md")]

mod published;

pub use self::published::*;
