// #[traced]
// #[must_use]
// async fn f(a: String) -> usize {
//     a.len()
// }

#[must_use]
async fn f(a: String) -> usize {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_async(
            ::floe_telemetry::__private::OpenedBy::Wrapper(&__FLOE_CALLSITE),
            async move {
                let _ = &a;
                if false {
                    return ::floe_telemetry::__private::never_made::<usize>();
                }
                if false { loop {} } else { a.len() }
            },
            ::floe_telemetry::__private::outcome::probe::<usize>().__floe_classify(),
        )
        .await
}
