/// Documented.
#[must_use]
#[track_caller]
#[allow(unused)]
pub(crate) unsafe extern "C" fn signature<'a, T, const N: usize>(
    mut self: Box<Self>,
    (first, _): (&'a T, u8),
    rest: [T; N],
) -> Option<&'a T>
where
    T: Ord + 'a,
{
    #[::floe_telemetry::__private::linkme::distributed_slice(
        ::floe_telemetry::__private::CALLSITES
    )]
    #[linkme(crate = ::floe_telemetry::__private::linkme)]
    static __FLOE_CALLSITE: ::floe_telemetry::__private::CallSite = ::floe_telemetry::__private::CallSite::new(
        "signature",
        "signature",
        ::core::module_path!(),
        ::core::file!(),
        ::core::line!(),
        ::floe_telemetry::__private::SpanKind::Internal,
    );
    let __floe_span = ::floe_telemetry::__private::enter_plain(&__FLOE_CALLSITE);
    ::floe_telemetry::__private::call(
        __floe_span,
        move || -> Option<&'a T> {
            let _ = &self;
            let rest = rest;
            '__floe_body: { Some(first) }
        },
        |__floe_return| {
            use ::floe_telemetry::__private::outcome::prelude::*;
            (&&&&&&::floe_telemetry::__private::outcome::Inspect(__floe_return))
                .__floe_outcome()
        },
    )
}
