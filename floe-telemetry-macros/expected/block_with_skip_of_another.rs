// #[traced]
// impl S {
//     #[graphql(skip)]
//     fn f(&self) {
//         body()
//     }
//     #[cfg_attr(all(), graphql(skip))]
//     fn g(&self) {
//         body()
//     }
// }

impl S {
    #[::floe_telemetry::traced(__floe_of_type = "S", name = "S::f")]
    #[graphql(skip)]
    fn f(&self) {
        body()
    }
    #[::floe_telemetry::traced(__floe_of_type = "S", name = "S::g")]
    #[cfg_attr(all(), graphql(skip))]
    fn g(&self) {
        body()
    }
}
