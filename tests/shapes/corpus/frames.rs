//! The stack frame of a recursion.

use super::traced;
use crate::log::{Log, address};

#[traced]
#[inline(never)]
fn down(depth: u8, addresses: &mut Vec<usize>) -> u8 {
    addresses.push(address(&depth));
    if depth == 0 { 0 } else { down(depth - 1, addresses) + 1 }
}

#[traced(attributes(depth))]
#[inline(never)]
fn down_with_attribute(depth: u8, addresses: &mut Vec<usize>) -> u8 {
    addresses.push(address(&depth));
    if depth == 0 { 0 } else { down_with_attribute(depth - 1, addresses) + 1 }
}

pub(crate) fn observe(log: &mut Log) {
    log.frame("down", |addresses| assert_eq!(down(3, addresses), 3));
    log.frame("down_with_attribute", |addresses| {
        assert_eq!(down_with_attribute(3, addresses), 3);
    });
}
