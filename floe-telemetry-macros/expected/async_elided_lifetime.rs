// #[traced]
// async fn f(names: impl Iterator<Item = &str>, n: u8) -> usize {
//     count(names).await
// }

async fn f(names: impl Iterator<Item = &str>, n: u8) -> usize {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "f", "f", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_async(
            ::floe_telemetry::__private::OpenedBy::Wrapper(&__FLOE_CALLSITE),
            async move {
                let _ = &names;
                if false {
                    return ::floe_telemetry::__private::never_made::<usize>();
                }
                if false { loop {} } else { count(names).await }
            },
            ::floe_telemetry::__private::outcome::probe::<usize>().__floe_classify(),
        )
        .await
}
