//! The macros for Mach-O, whose linker defines symbols at the bounds of sections on request.

#[doc(hidden)]
#[macro_export]
macro_rules! __floe_link_list {
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: [$type:ty] = $section:literal;) => {
        $crate::__floe_link_list_between! {
            $(#[$attribute])* $visibility static $name: [$type] = $section;
            "__DATA,", ",regular,no_dead_strip", "\x01section$start$__DATA$", "\x01section$end$__DATA$"
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __floe_linked {
    ($section:literal $($item:tt)*) => {
        #[used]
        #[unsafe(link_section = ::core::concat!("__DATA,", $section, ",regular,no_dead_strip"))]
        $($item)*
    };
}
