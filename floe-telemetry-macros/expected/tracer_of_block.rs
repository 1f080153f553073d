// #[traced(tracer = TRACER)]
// impl Billing {
//     fn charge() {}
//     #[traced(tracer = "acme.refunds")]
//     fn refund() {}
// }

impl Billing {
    #[::floe_telemetry::traced(
        __floe_of_type = "Billing",
        name = "Billing::charge",
        tracer = TRACER,
    )]
    fn charge() {}
    #[::floe_telemetry::traced(
        __floe_of_type = "Billing",
        name = "Billing::refund",
        tracer = "acme.refunds"
    )]
    fn refund() {}
}
