//! Types whose fields are attributes, and the values that `attributes_fn` may return.

use std::fmt::Display;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use opentelemetry::{Key, KeyValue};

use super::{AttributeList, ToAttributeValue};

/// A type whose fields are attributes under fixed keys. Implement it with
/// `#[derive(FloeAttributes)]`.
///
/// ```
/// use floe_telemetry::FloeAttributes;
///
/// #[derive(FloeAttributes)]
/// #[floe(prefix = "alert")]
/// struct Alert<'a> {
///     channel: &'a str,
///     #[floe(key = "alert.destination")]
///     to: &'a str,
///     #[floe(skip)]
///     body: String,
///     attempts: Option<u32>,
/// }
///
/// let alert = Alert { channel: "slack", to: "#ops", body: "…".into(), attempts: None };
/// let keys: Vec<_> = alert.to_otel_dict().into_iter().map(|kv| kv.key.to_string()).collect();
/// assert_eq!(keys, ["alert.channel", "alert.destination"]);
/// assert_eq!(Alert::KEYS, ["alert.channel", "alert.destination", "alert.attempts"]);
/// assert_eq!(Alert::CHANNEL, "alert.channel");
/// ```
///
/// A duplicate key is a compile error, also if it comes from a nested type:
///
/// ```compile_fail
/// use floe_telemetry::FloeAttributes;
///
/// #[derive(FloeAttributes)]
/// struct Source { rows: u64 }
///
/// #[derive(FloeAttributes)]
/// struct Load<T> {
///     rows: T,
///     #[floe(flatten)] // compiles if the keys of `Source` have a prefix
///     source: Source,
/// }
///
/// Load { rows: 1, source: Source { rows: 2 } }.to_otel_dict();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no floe attributes",
    label = "does not implement `FloeAttributes`",
    note = "put `#[derive(FloeAttributes)]` on the type",
    note = "a single value needs a key: `#[traced(attributes(…))]`, or `#[floe(key = \"…\")]` on a field"
)]
pub trait FloeAttributes {
    /// The keys of all attributes that the type can record.
    const KEYS: &'static [&'static str];

    /// Adds the attributes to `list`.
    fn record(&self, list: &mut AttributeList);

    /// Returns the attributes as OpenTelemetry key-values, without the fields that are `None`.
    fn to_otel_dict(&self) -> Vec<KeyValue> {
        let mut list = AttributeList::default();
        self.record(&mut list);
        list.as_slice().iter().cloned().map(KeyValue::from).collect()
    }
}

macro_rules! pointers {
    ($($ty:ty)*) => {$(
        // With `?Sized`, the compiler reports that `str` has no attributes, instead of that its size is unknown.
        impl<T: FloeAttributes + ?Sized> FloeAttributes for $ty {
            const KEYS: &'static [&'static str] = T::KEYS;

            fn record(&self, list: &mut AttributeList) {
                T::record(self, list);
            }
        }
    )*};
}
pointers!(&T Box<T> Rc<T> Arc<T>);

impl<T: FloeAttributes> FloeAttributes for LazyLock<T> {
    const KEYS: &'static [&'static str] = T::KEYS;

    fn record(&self, list: &mut AttributeList) {
        T::record(self, list);
    }
}

impl<T: FloeAttributes> FloeAttributes for Option<T> {
    const KEYS: &'static [&'static str] = T::KEYS;

    fn record(&self, list: &mut AttributeList) {
        if let Some(value) = self {
            value.record(list);
        }
    }
}

/// A return type of `attributes_fn`: key-values, a [`FloeAttributes`] type, or a `Result` with one of them.
#[diagnostic::on_unimplemented(
    message = "`attributes_fn` cannot return `{Self}`",
    label = "neither key-values, nor a type with `#[derive(FloeAttributes)]`, nor a `Result` of these",
    note = "return for example `[(\"rows\", rows.len())]` or `vec![KeyValue::new(\"rows\", 3)]`"
)]
pub trait IntoAttributes {
    /// Adds the attributes to `list`.
    ///
    /// # Errors
    ///
    /// Returns the message of the error that `attributes_fn` returned.
    fn into_attributes(self, list: &mut AttributeList) -> Result<(), String>;
}

impl<T: FloeAttributes> IntoAttributes for T {
    fn into_attributes(self, list: &mut AttributeList) -> Result<(), String> {
        self.record(list);
        Ok(())
    }
}

impl IntoAttributes for Vec<KeyValue> {
    fn into_attributes(self, list: &mut AttributeList) -> Result<(), String> {
        list.extend(self);
        Ok(())
    }
}

impl<const N: usize> IntoAttributes for [KeyValue; N] {
    fn into_attributes(self, list: &mut AttributeList) -> Result<(), String> {
        list.extend(self);
        Ok(())
    }
}

impl<K: Into<Key>, V: ToAttributeValue, const N: usize> IntoAttributes for [(K, V); N] {
    fn into_attributes(self, list: &mut AttributeList) -> Result<(), String> {
        for (key, value) in self {
            list.set(key, &value);
        }

        Ok(())
    }
}

impl<K: Into<Key>, V: ToAttributeValue> IntoAttributes for Vec<(K, V)> {
    fn into_attributes(self, list: &mut AttributeList) -> Result<(), String> {
        for (key, value) in self {
            list.set(key, &value);
        }

        Ok(())
    }
}

impl<A: IntoAttributes, E: Display> IntoAttributes for Result<A, E> {
    fn into_attributes(self, list: &mut AttributeList) -> Result<(), String> {
        match self {
            Ok(attributes) => attributes.into_attributes(list),
            Err(error) => Err(error.to_string()),
        }
    }
}
