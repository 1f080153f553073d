use std::future::Future;
use std::rc::Rc;

use floe_telemetry::traced;

trait Table {
    fn rows(&self) -> u8;
    async fn count(&self) -> u8;
    async fn drop_rows(&self, name: &str) -> u8;
    fn scan(&self) -> impl Future<Output = u8> + Send;
}

struct Orders;

#[traced]
impl Table for Orders {
    fn rows(&self) -> u16 {
        1
    }

    async fn count(&self) -> u16 {
        1
    }

    async fn drop_rows(&self, name: String) -> u8 {
        name.len() as u8
    }

    async fn scan(&self) -> u8 {
        let rows = Rc::new(1);
        std::future::ready(()).await;
        *rows
    }
}

fn main() {}
