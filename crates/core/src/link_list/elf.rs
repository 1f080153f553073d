//! The macros for ELF, where the linker defines symbols at the bounds of every section whose name is an identifier.

/// Declares a list: `static NAME: [Type] = "section";`.
///
/// The section's name is an identifier that contains the version of the declaring crate. It has at most 15 bytes,
/// because Mach-O permits 16, and the name of the guards' section has one more byte.
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_link_list {
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: [$type:ty] = $section:literal;) => {
        $crate::__floe_link_list_between! {
            $(#[$attribute])* $visibility static $name: [$type] = $section;
            "", "", "__start_", "__stop_"
        }
    };
}

/// Adds a static to the list of that name: `"section" static NAME: Type = …;`.
///
/// Only a list's own macro may use it, because that macro fixes the type of the elements. Every annotated function
/// contains the expansion, so the expansion is kept small.
#[doc(hidden)]
#[macro_export]
macro_rules! __floe_linked {
    ($section:literal $($item:tt)*) => {
        #[used]
        #[unsafe(link_section = $section)]
        $($item)*
    };
}
