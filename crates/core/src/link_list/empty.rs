//! The macros for targets without link-time lists, and for Miri, which has no linker: every list is empty.

#[doc(hidden)]
#[macro_export]
macro_rules! __floe_link_list {
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: [$type:ty] = $section:literal;) => {
        $(#[$attribute])*
        $visibility static $name: $crate::__sdk::link_list::LinkList<$type> =
            $crate::__sdk::link_list::LinkList::empty();
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __floe_linked {
    ($section:literal $($item:tt)*) => {
        #[allow(dead_code, reason = "lists are empty on this target")]
        $($item)*
    };
}
