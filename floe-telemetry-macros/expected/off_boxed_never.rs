// #[traced(boxed)]
// async fn f(n: u8) -> ! {
//     f(n).await
// }

fn f(n: u8) -> impl ::core::future::Future<Output = ::floe_telemetry::__private::Never> {
    ::floe_telemetry::__private::Box::pin(
        ::floe_telemetry::__private::never(async move {
            let __floe_return: ::floe_telemetry::__private::Never = if false {
                loop {}
            } else {
                f(n).await
            };
            #[allow(unreachable_code)] return __floe_return;
        }),
    )
}
