//! The stack frames of a recursion.

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

#[traced]
#[inline(never)]
fn unit(depth: u8, addresses: &mut Vec<usize>) {
    addresses.push(address(&depth));
    if depth > 0 {
        unit(depth - 1, addresses);
    }
}

#[traced]
#[inline(never)]
fn sized(depth: u8, addresses: &mut Vec<usize>) -> Option<u8> {
    addresses.push(address(&depth));
    if depth == 0 { Some(0) } else { Some(sized(depth - 1, addresses)? + 1) }
}

const MANY: usize = 16 * 1024;

struct Bytes([u8; MANY]);

#[traced]
#[inline(never)]
fn moved(depth: u8, mut bytes: Bytes, addresses: &mut Vec<usize>) -> u8 {
    addresses.push(address(&depth));
    bytes.0[usize::from(depth)] = depth;
    if depth == 0 { bytes.0[3] } else { moved(depth - 1, bytes, addresses) }
}

pub(crate) fn observe(log: &mut Log) {
    log.frame("down", 1, |addresses| assert_eq!(down(3, addresses), 3));
    log.frame("down_with_attribute", 1, |addresses| {
        assert_eq!(down_with_attribute(3, addresses), 3);
    });
    log.frame("unit", 1, |addresses| unit(3, addresses));
    log.frame("sized", 1, |addresses| assert_eq!(sized(3, addresses), Some(3)));
    log.frame("moved", MANY, |addresses| {
        assert_eq!(moved(3, Bytes([1; MANY]), addresses), 3);
    });
}
