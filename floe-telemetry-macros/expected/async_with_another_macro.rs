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
            ::floe_telemetry::__private::OpenedBy::Wrapper(&__FLOE_CALLSITE),
            async move {
                if false {
                    return ::floe_telemetry::__private::never_made::<Result<()>>();
                }
                if false { loop {} } else { run().await }
            },
            ::floe_telemetry::__private::outcome::probe::<Result<()>>().__floe_classify(),
        )
        .await
}
