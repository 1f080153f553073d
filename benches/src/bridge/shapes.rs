//! The measured code, which uses `tracing` only.

use std::hint::black_box;
use std::str::FromStr;

use tracing::field::Empty;
use tracing::{Instrument, Span, info, info_span, instrument};

use crate::work::{block_on, text, work, work_async};

/// The shape of a trace.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "of this workspace only")]
pub enum Shape {
    /// A root and 99 children without fields: the benchmark of tracing-opentelemetry.
    Children,
    /// A root and 99 children, each with an integer, a static text and an allocated text of 14
    /// bytes.
    Fields,
    /// A root and 99 children without fields, each with an event of two fields.
    Events,
    /// A request: `async`, seven spans with fields, three deep, some recorded later, three events.
    Request,
}

impl Shape {
    /// All shapes.
    pub const ALL: [Self; 4] = [Self::Children, Self::Fields, Self::Events, Self::Request];

    /// The name on the command line and in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Children => "children",
            Self::Fields => "fields",
            Self::Events => "events",
            Self::Request => "request",
        }
    }

    /// The number of spans of a trace.
    #[must_use]
    pub const fn spans(self) -> u32 {
        match self {
            Self::Children | Self::Fields | Self::Events => 100,
            Self::Request => 7,
        }
    }

    /// Records one trace.
    pub fn trace(self) {
        match self {
            Self::Children => children(|_| {
                let _entered = info_span!("child").entered();
            }),
            Self::Fields => children(|n| {
                let table = text();
                let _entered = info_span!("child", rows = n, engine = "sqlite", table).entered();
            }),
            Self::Events => children(|n| {
                let _entered = info_span!("child").entered();
                info!(rows = n, engine = "sqlite", "loaded");
            }),
            Self::Request => block_on(request("/orders/7")),
        }
    }
}

impl FromStr for Shape {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let shape = Self::ALL.into_iter().find(|shape| shape.name() == name);
        shape.ok_or(())
    }
}

fn children(child: impl Fn(i64)) {
    let _entered = info_span!("parent").entered();
    for n in 0..99 {
        child(black_box(n));
    }
}

async fn request(path: &str) {
    let span = info_span!(
        "request",
        otel.name = "GET /orders/{id}",
        otel.kind = "server",
        http.request.method = "GET",
        url.path = path,
        http.response.status_code = Empty,
    );
    async {
        authorize(7);
        let rows = load(path).await;
        info!(rows, "loaded");
        render(rows).await;
        Span::current().record("http.response.status_code", 200);
    }
    .instrument(span)
    .await;
}

#[instrument]
fn authorize(user: u64) {
    black_box(work(0));
    info!(granted = true, "authorized");
}

#[instrument(skip_all, fields(table = "orders", rows))]
async fn load(path: &str) -> i64 {
    let mut rows = 0;
    for n in 0..2 {
        rows += query(n).await;
    }
    Span::current().record("rows", rows);
    black_box(path);
    rows
}

#[instrument(fields(otel.kind = "client", db.system.name = "sqlite"))]
async fn query(n: i64) -> i64 {
    work_async(n, true).await
}

#[instrument]
async fn render(rows: i64) {
    encode(rows);
    info!("rendered");
}

#[instrument(skip_all)]
fn encode(rows: i64) {
    black_box(work(rows));
}
