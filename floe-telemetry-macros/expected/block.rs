// #[traced(kind = client, attributes(self.id), boxed)]
// impl<T: Ord> Store for self::Memory<T> {
//     const SIZE: usize = 3;
//     type Item = T;
//     /// Documented.
//     pub fn load(&self) -> u8 {
//         self.get().await
//     }
//     #[traced(name = "save", attributes(n))]
//     async fn save(&self, n: u8) {}
//     #[traced(skip)]
//     fn len(&self) -> usize {
//         0
//     }
//     #[graphql(skip)]
//     fn other(&self) {}
//     const fn size() -> usize {
//         Self::SIZE
//     }
// }

impl<T: Ord> Store for self::Memory<T> {
    const SIZE: usize = 3;
    type Item = T;
    #[::floe_telemetry::traced(
        __floe_of_type = "Memory",
        name = "Memory::load",
        kind = client,
        attributes(self.id),
    )]
    /// Documented.
    pub fn load(&self) -> u8 {
        self.get().await
    }
    #[::floe_telemetry::traced(
        __floe_of_type = "Memory",
        kind = client,
        boxed,
        name = "save",
        attributes(n)
    )]
    async fn save(&self, n: u8) {}
    fn len(&self) -> usize {
        0
    }
    #[::floe_telemetry::traced(
        __floe_of_type = "Memory",
        name = "Memory::other",
        kind = client,
        attributes(self.id),
    )]
    #[graphql(skip)]
    fn other(&self) {}
    const fn size() -> usize {
        Self::SIZE
    }
}
