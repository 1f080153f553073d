// #[traced(error_if = is_bad, boxed, parent = cx)]
// impl S {
//     fn list(&self, cx: Context) -> BoxStream<'_, u8> {
//         list()
//     }
//     #[traced(root)]
//     async fn get(&self) -> u8 {
//         1
//     }
//     fn put(&self, cx: Context) {}
// }

impl S {
    #[::floe_telemetry::traced(__floe_of_type = "S", name = "S::list", parent = cx)]
    fn list(&self, cx: Context) -> BoxStream<'_, u8> {
        list()
    }
    #[::floe_telemetry::traced(
        __floe_of_type = "S",
        name = "S::get",
        error_if = is_bad,
        boxed,
        root
    )]
    async fn get(&self) -> u8 {
        1
    }
    #[::floe_telemetry::traced(
        __floe_of_type = "S",
        name = "S::put",
        error_if = is_bad,
        parent = cx,
    )]
    fn put(&self, cx: Context) {}
}
