//! The macros for COFF (Windows). The linker sorts sections by the suffix after `$`, so it places the
//! elements, in `$b`, between the bounds in `$a` and `$c`. The bounds have the size of an element,
//! because a zero-sized static occupies a byte with some code generation backends.

#[doc(hidden)]
#[macro_export]
macro_rules! __floe_link_list {
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: [$type:ty] = $section:literal;) => {
        $(#[$attribute])*
        $visibility static $name: $crate::__sdk::link_list::LinkList<$type> = {
            const _: () = ::core::assert!($section.len() <= 15, "the name of a link-time list has at most 15 bytes");
            // SAFETY: this static is the first of the section, and nothing reads it.
            #[unsafe(link_section = ::core::concat!(".", $section, "$a"))]
            static START: $crate::__sdk::link_list::Bound<$type> = $crate::__sdk::link_list::Bound::new();
            // SAFETY: this static is the last of the section, and nothing reads it.
            #[unsafe(link_section = ::core::concat!(".", $section, "$c"))]
            static STOP: $crate::__sdk::link_list::Bound<$type> = $crate::__sdk::link_list::Bound::new();
            // SAFETY: the section of the guards contains nothing but `usize`.
            #[unsafe(link_section = ::core::concat!(".", $section, "g$a"))]
            static GUARD_START: ::core::primitive::usize = 0;
            // SAFETY: as above.
            #[unsafe(link_section = ::core::concat!(".", $section, "g$c"))]
            static GUARD_STOP: ::core::primitive::usize = 0;
            // SAFETY: as above.
            #[used]
            #[unsafe(link_section = ::core::concat!(".", $section, "g$b"))]
            static GUARD: ::core::primitive::usize = 1;
            // SAFETY: by its name, the section belongs to this list. Elements are added only by the
            // list's own macro, which fixes their type. Another copy of this declaration adds a
            // second guard and further bounds. The elements begin behind the first bound.
            unsafe {
                $crate::__sdk::link_list::LinkList::new(
                    (&raw const START).cast::<$type>().wrapping_add(1),
                    (&raw const STOP).cast(),
                    (&raw const GUARD_START).wrapping_add(1),
                    &raw const GUARD_STOP,
                )
            }
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __floe_linked {
    ($section:literal $($item:tt)*) => {
        #[used]
        #[unsafe(link_section = ::core::concat!(".", $section, "$b"))]
        $($item)*
    };
}
