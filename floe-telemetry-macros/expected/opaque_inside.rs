// #[traced]
// fn opaque<'a>() -> Result<(Vec<impl Sized + 'a>, &'a [impl Copy]), Error> {
//     read()
// }

fn opaque<'a>() -> Result<(Vec<impl Sized + 'a>, &'a [impl Copy]), Error> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "opaque", "opaque", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_plain(
        &__FLOE_CALLSITE,
        move || -> Result<(Vec<_>, &'a [_]), Error> { read() },
        ::floe_telemetry::__private::outcome::probe::<Result<(Vec<_>, &'a [_]), Error>>()
            .__floe_classify(),
    )
}
