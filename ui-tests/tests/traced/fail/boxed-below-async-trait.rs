use std::future::Future;
use std::pin::Pin;

use floe_telemetry::traced;

struct Catalog;

// The function that `#[async_trait]` generates for an `async fn`.
impl Catalog {
    #[traced(boxed)]
    fn create<'life0, 'async_trait>(
        &'life0 self,
    ) -> Pin<Box<dyn Future<Output = u8> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
    {
        Box::pin(async move { 1 })
    }
}

fn main() {}
