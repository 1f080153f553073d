// #[traced]
// /// Documented.
// #[must_use]
// pub(crate) unsafe extern "C" fn signature<'a, T, const N: usize>(
//     mut self: Box<Self>,
//     (first, _): (&'a T, u8),
//     rest: [T; N],
// ) -> Option<&'a T>
// where
//     T: Ord + 'a,
// {
//     #![allow(unused)]
//     Some(first)
// }

/// Documented.
#[must_use]
#[allow(unused)]
#[allow(unused_assignments)]
pub(crate) unsafe extern "C" fn signature<'a, T, const N: usize>(
    mut self: Box<Self>,
    (first, _): (&'a T, u8),
    rest: [T; N],
) -> Option<&'a T>
where
    T: Ord + 'a,
{
    enum __FloeHere {}
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "signature", "signature", ::core::line!(), Internal,
        with_path(::core::any::type_name:: < __FloeHere >)
    );
    ::floe_telemetry::__private::call(
        ::floe_telemetry::__private::enter(
            &__FLOE_CALLSITE,
            ::floe_telemetry::__private::Current,
            ::floe_telemetry::__private::None,
        ),
        move || -> Option<&'a T> {
            let _ = &self;
            #[allow(clippy::shadow_same)]
            let rest = rest;
            if false { loop {} } else { Some(first) }
        },
        ::floe_telemetry::__private::outcome::probe::<Option<&'a T>>().__floe_classify(),
    )
}
