//! Shows one attribute at work: an order cannot be saved at checkout, and the terminal shows the trace.
//!
//! ```sh
//! cargo run -p tour
//! ```

mod warehouse;

use std::error::Error;
use std::io;
use std::net::SocketAddr;

use floe_telemetry::exporter::ConsoleExporter;
use floe_telemetry::{FloeAttributes, FutureExt as _, propagation, traced};
#[cfg(feature = "file")]
use floe_telemetry_otlp_file as _; // the exporter `otlp_file`
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[derive(FloeAttributes)]
#[floe(prefix = "order")] // the attributes `order.id`, `order.pairs` and, if there is one, `order.coupon`
struct Order {
    id: u64,
    pairs: u32,
    coupon: Option<&'static str>,
}

#[traced(floe_attributes = order)]
async fn check_out(order: &Order, warehouse: SocketAddr) -> Result<(), Box<dyn Error>> {
    let stock = tokio::spawn(reserve(order.pairs, warehouse).in_current_span()); // a task stays in the trace
    let total = price(order.pairs);
    stock.await??;
    save(order.id, total).await?;
    Ok(())
}

#[traced(attributes(pairs))]
fn price(pairs: u32) -> u32 {
    pairs * 4_900
}

#[traced(kind = client, attributes("server.address" = %warehouse.ip(), "server.port" = warehouse.port()))]
async fn reserve(pairs: u32, warehouse: SocketAddr) -> io::Result<String> {
    let headers = propagation::inject_headers(); // with `traceparent`, the warehouse continues the trace
    let question = format!("{pairs} {headers:?}\n");
    let mut connection = TcpStream::connect(warehouse).await?;
    connection.write_all(question.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[traced(attributes(id, total))]
async fn save(id: u64, total: u32) -> Result<(), String> {
    let database = "postgresql://shop:hunter2@127.0.0.1:1/orders"; // nobody listens there
    match TcpStream::connect("127.0.0.1:1").await {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("cannot save order {id} to {database}: {error}")),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // `floe_telemetry::init()` draws traces on a terminal only. The tour draws them in a pipe, too.
    let telemetry =
        floe_telemetry::builder().with_span_exporter(ConsoleExporter::stderr()).init()?;
    let order = Order { id: 4711, pairs: 3, coupon: None };
    let checking_out = check_out(&order, warehouse::open()?);
    let _ = tokio::runtime::Runtime::new()?.block_on(checking_out);
    drop(telemetry);
    print!("{}", include_str!("next.txt"));
    Ok(())
}
