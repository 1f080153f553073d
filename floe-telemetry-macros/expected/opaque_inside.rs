// #[traced]
// fn opaque<'a>() -> Result<(Vec<impl Sized + 'a>, &'a [impl Copy]), Error> {
//     read()
// }

fn opaque<'a>() -> Result<(Vec<impl Sized + 'a>, &'a [impl Copy]), Error> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "opaque", "opaque", ::core::line!(), Internal
    );
    let __floe_span = ::floe_telemetry::__private::enter(
        &__FLOE_CALLSITE,
        ::floe_telemetry::__private::Current,
        ::floe_telemetry::__private::None,
    );
    ::floe_telemetry::__private::call(
        __floe_span,
        move || -> Result<(Vec<_>, &'a [_]), Error> { read() },
        ::floe_telemetry::__private::outcome::probe::<Result<(Vec<_>, &'a [_]), Error>>()
            .__floe_classify(),
    )
}
