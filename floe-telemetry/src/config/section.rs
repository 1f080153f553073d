//! Shared code of the configuration's sections: their `with_…` methods, and the omission of default
//! sections when a configuration is written.

/// Whether a section has only default values. Such a section is not written, so that documents without
/// the section remain unchanged.
pub(super) fn is_default<T: Default + PartialEq>(section: &T) -> bool {
    *section == T::default()
}

/// Defines builder methods, each of which sets a field.
///
/// The parameter of `field: T` has the type of the field, that of `field: into T` is an `impl Into<T>`. With
/// `field: some T` and `field: some into T` the field is an `Option`, with `field: list T` a collection that
/// is set from an iterator.
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
