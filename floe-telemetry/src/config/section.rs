//! What the sections of the configuration have in common: their `with_…` methods, and that a section
//! which was added later is written only if it is set.

/// Whether a section has its defaults. Such a section is not written, so that documents without it
/// stay as they are.
pub(super) fn is_default<T: Default + PartialEq>(section: &T) -> bool {
    *section == T::default()
}

/// Writes a method that takes `self`, sets a field and gives `self` back.
///
/// `field: T` takes the field's own type, `field: into T` whatever becomes one, `field: some T` and
/// `field: some into T` the content of an `Option`, `field: list T` anything that has such items.
macro_rules! setters {
    ($type:ident { $($method:ident($field:ident: $($kind:tt)+);)+ }) => {
        impl $type {
            $(setters! { @method $method $field $($kind)+ })+
        }
    };
    (@method $method:ident $field:ident into $value:ty) => {
        setters! { @write $method $field (impl Into<$value>) $field.into() }
    };
    (@method $method:ident $field:ident some into $value:ty) => {
        setters! { @write $method $field (impl Into<$value>) Some($field.into()) }
    };
    (@method $method:ident $field:ident some list into $value:ty) => {
        setters! {
            @write $method $field (impl IntoIterator<Item = impl Into<$value>>)
            Some($field.into_iter().map(Into::into).collect())
        }
    };
    (@method $method:ident $field:ident some list $value:ty) => {
        setters! {
            @write $method $field (impl IntoIterator<Item = $value>) Some($field.into_iter().collect())
        }
    };
    (@method $method:ident $field:ident some $value:ty) => {
        setters! { @write $method $field ($value) Some($field) }
    };
    (@method $method:ident $field:ident list into $value:ty) => {
        setters! {
            @write $method $field (impl IntoIterator<Item = impl Into<$value>>)
            $field.into_iter().map(Into::into).collect()
        }
    };
    (@method $method:ident $field:ident list $value:ty) => {
        setters! {
            @write $method $field (impl IntoIterator<Item = $value>) $field.into_iter().collect()
        }
    };
    (@method $method:ident $field:ident $value:ty) => {
        setters! { @write $method $field ($value) $field }
    };
    (@write $method:ident $field:ident ($argument:ty) $value:expr) => {
        #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
        #[must_use]
        pub fn $method(mut self, $field: $argument) -> Self {
            self.$field = $value;
            self
        }
    };
}
