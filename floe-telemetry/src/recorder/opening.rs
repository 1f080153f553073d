//! The name, attributes and links that the user's expressions give a span at its start.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry::Key;

use super::exception::panic_message;
use super::name::ToName;
use super::parent::ToLinks;
use super::recording::Recording;
use crate::attributes::{FloeAttributes, IntoAttributes, ToAttributeValue};
use crate::keys;

/// A span that is about to start. Expansions of `#[traced]` set its name, attributes and links.
#[derive(Debug)]
pub struct Opening(pub(super) Box<Recording>);

/// Precedes the message of a panic in a warning.
pub(crate) const PANICKED: &str = " panicked: ";

/// Sets the name, attributes and links that a span has from its start. It is not `FnMut`, so that the
/// expressions of an attribute cannot change the arguments of the function.
pub(super) type Fill<'a> = &'a dyn Fn(&mut Opening);

impl Opening {
    /// Sets the name to a copy of the text.
    #[inline]
    pub fn name(&mut self, name: &(impl ToName + ?Sized)) {
        self.0.record.set_name(Cow::Owned(name.to_name()));
    }

    /// Sets the name to a text, without copying it if it is an owned string.
    #[inline]
    pub fn name_from(&mut self, name: impl ToName) {
        self.0.record.set_name(Cow::Owned(name.into_name()));
    }

    /// Sets the name to a constant.
    #[inline]
    pub fn name_const(&mut self, name: impl Into<Cow<'static, str>>) {
        self.0.record.set_name(name.into());
    }

    /// Sets an attribute.
    #[inline]
    pub fn attribute(&mut self, key: impl Into<Key>, value: &(impl ToAttributeValue + ?Sized)) {
        value.set_in(&mut self.0.record.attributes, key);
    }

    /// Sets an attribute to a value, which is moved and not copied.
    #[inline]
    pub fn attribute_from(&mut self, key: impl Into<Key>, value: impl ToAttributeValue) {
        value.move_into(&mut self.0.record.attributes, key);
    }

    /// Sets an attribute to text that is known at compile time.
    #[inline]
    pub fn attribute_static(&mut self, key: impl Into<Key>, value: &'static str) {
        self.0.record.attributes.push_static(key, value);
    }

    /// Sets an attribute to the `Display` text of a value.
    pub fn display(&mut self, key: impl Into<Key>, value: &(impl Display + ?Sized)) {
        self.attribute_from(key, value.to_string());
    }

    /// Sets an attribute to the `Debug` text of a value.
    pub fn debug(&mut self, key: impl Into<Key>, value: &(impl Debug + ?Sized)) {
        self.attribute_from(key, format!("{value:?}"));
    }

    /// Sets the attributes of a derived type.
    #[inline]
    pub fn floe_attributes(&mut self, attributes: &impl FloeAttributes) {
        attributes.record(&mut self.0.record.attributes);
    }

    /// Links to other spans.
    pub fn links(&mut self, links: &(impl ToLinks + ?Sized)) {
        links.each_link(&mut |link| self.0.record.add_link(link));
    }

    /// Sets the attributes that the user's `attributes_fn` returns. If it fails, sets `floe.warning`.
    pub fn attributes_fn<A: IntoAttributes>(&mut self, make: impl FnOnce() -> A) {
        match catch_unwind(AssertUnwindSafe(|| {
            make().into_attributes(&mut self.0.record.attributes)
        })) {
            Ok(Ok(())) => {}
            Ok(Err(error)) => self.warn(&format!("attributes_fn failed: {error}")),
            Err(payload) => self.warn(&format!(
                "attributes_fn{PANICKED}{}",
                panic_message(&*payload)
            )),
        }
    }

    #[cold]
    fn warn(&mut self, warning: &str) {
        self.0.record.attributes.set(keys::FLOE_WARNING, warning);
    }
}

/// Evaluates the user's expressions. A panic in them is recorded in `floe.warning`.
#[inline]
pub(super) fn fill_in(recording: Box<Recording>, fill: Fill<'_>) -> Box<Recording> {
    let mut opening = Opening(recording);
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| fill(&mut opening))) {
        opening.warn(&format!("attributes{PANICKED}{}", panic_message(&*payload)));
    }
    opening.0
}
