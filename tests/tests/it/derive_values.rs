//! The types of the values that `#[derive(FloeAttributes)]` records.

use std::borrow::Cow;

use floe_telemetry::{FloeAttributes, Mode};
use opentelemetry::{Array, Value};

use super::derive::{pairs, recorded};

#[derive(FloeAttributes)]
struct Scalars {
    truth: bool,
    small: i8,
    wide: u64,
    size: usize,
    widest: i128,
    float: f32,
    double: f64,
    absent: Option<u8>,
    present: Option<Box<i64>>,
}

#[test]
fn values_keep_their_types() {
    let scalars = Scalars {
        truth: true,
        small: -1,
        wide: 7,
        size: 8,
        widest: -9,
        float: 0.5,
        double: 1e300,
        absent: None,
        present: Some(Box::new(i64::MIN)),
    };

    let expected = [
        ("truth", true.into()),
        ("small", Value::I64(-1)),
        ("wide", Value::I64(7)),
        ("size", Value::I64(8)),
        ("widest", Value::I64(-9)),
        ("float", Value::F64(0.5)),
        ("double", Value::F64(1e300)),
        ("present", Value::I64(i64::MIN)),
    ];
    assert_eq!(recorded(&scalars), pairs(expected));
}

#[test]
fn large_integers_become_text_and_nan_stays_a_float() {
    let scalars = Scalars {
        truth: false,
        small: 0,
        wide: u64::MAX,
        size: 0,
        widest: i128::MIN,
        float: f32::INFINITY,
        double: f64::NAN,
        absent: Some(1),
        present: None,
    };

    let recorded = recorded(&scalars);
    assert_eq!(recorded[2].1, "18446744073709551615".into());
    assert_eq!(recorded[4].1, "-170141183460469231731687303715884105728".into());
    assert_eq!(recorded[5].1, Value::F64(f64::INFINITY));
    assert!(matches!(recorded[6].1, Value::F64(value) if value.is_nan()));
    assert_eq!(recorded.last(), Some(&("absent".to_owned(), Value::I64(1))));
}

#[derive(FloeAttributes)]
struct Arrays<'a> {
    flags: Vec<bool>,
    counts: &'a [u32],
    ratios: [f32; 2],
    names: Vec<&'a str>,
    owned: Vec<Cow<'a, str>>,
    modes: [Mode; 2],
    sizes: Vec<u64>,
    gaps: Vec<Option<i64>>,
    table: [[i64; 2]; 2],
    empty: Vec<String>,
}

#[test]
fn arrays_have_elements_of_one_type() {
    let mut arrays = Arrays {
        flags: vec![true, false],
        counts: &[1, 2],
        ratios: [0.5, 1.0],
        names: vec!["a", "b"],
        owned: vec!["c".into()],
        modes: [Mode::Dev, Mode::Prod],
        sizes: vec![1, 2],
        gaps: vec![Some(1), None, Some(3)],
        table: [[1, 2], [3, 4]],
        empty: Vec::new(),
    };

    let strings = |texts: &[&'static str]| {
        Value::Array(Array::String(texts.iter().map(|text| (*text).into()).collect()))
    };

    let mut expected = pairs([
        ("flags", Value::Array(Array::Bool(vec![true, false]))),
        ("counts", Value::Array(Array::I64(vec![1, 2]))),
        ("ratios", Value::Array(Array::F64(vec![0.5, 1.0]))),
        ("names", strings(&["a", "b"])),
        ("owned", strings(&["c"])),
        ("modes", strings(&["dev", "prod"])),
        ("sizes", Value::Array(Array::I64(vec![1, 2]))),
        ("gaps", Value::Array(Array::I64(vec![1, 3]))),
        ("table", strings(&["[1,2]", "[3,4]"])),
        ("empty", strings(&[])),
    ]);
    assert_eq!(recorded(&arrays), expected);
    arrays.sizes.push(u64::MAX);
    expected[6].1 = strings(&["1", "2", "18446744073709551615"]);
    assert_eq!(recorded(&arrays), expected);
}
