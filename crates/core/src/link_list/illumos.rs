//! The macros for illumos, whose linker defines symbols at the bounds of sections that begin with
//! `set_`.

#[doc(hidden)]
#[macro_export]
macro_rules! __floe_link_list {
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: [$type:ty] = $section:literal;) => {
        $crate::__floe_link_list_between! {
            $(#[$attribute])* $visibility static $name: [$type] = $section;
            "set_", "", "__start_set_", "__stop_set_"
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __floe_linked {
    ($section:literal $($item:tt)*) => {
        #[used]
        #[unsafe(link_section = ::core::concat!("set_", $section))]
        $($item)*
    };
}
