// #[traced]
// async fn walk(depth: u8) -> u8 {
//     next::<u8>(walk(depth - 1)).await
// }

fn walk(depth: u8) -> impl ::core::future::Future<Output = u8> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "walk", "walk", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_async(
        ::floe_telemetry::__private::OpenedBy::Wrapper(&__FLOE_CALLSITE),
        {
            macro_rules! write_traced_boxed_for_recursion {
                ($body:tt) => {
                    async move $body
                };
            }
            write_traced_boxed_for_recursion!(
                { if false { return ::floe_telemetry::__private::never_made:: < u8 > ();
                } if false { loop {} } else { next::< u8 > (walk(depth - 1)). await } }
            )
        },
        ::floe_telemetry::__private::outcome::probe::<u8>().__floe_classify(),
    )
}
