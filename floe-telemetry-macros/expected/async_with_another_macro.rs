// #[traced]
// #[tokio::main]
// async fn main() -> Result<()> {
//     run().await
// }

#[tokio::main]
async fn main() -> Result<()> {
    ::floe_telemetry::__private::callsite!(
        __FLOE_CALLSITE, "main", "main", ::core::line!(), Internal
    );
    ::floe_telemetry::__private::call_async(
            &__FLOE_CALLSITE,
            async move {
                if false {
                    let __floe_never: Result<()> = loop {};
                    #[allow(unreachable_code)] return __floe_never;
                }
                if false { loop {} } else { run().await }
            },
            ::floe_telemetry::__private::outcome::probe::<Result<()>>().__floe_look(),
        )
        .await
}
