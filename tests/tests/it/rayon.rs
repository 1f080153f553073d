//! Tasks of rayon that follow the recipes of `docs/tasks.md` stay in the trace.

use floe_telemetry::testing::Spans;
use floe_telemetry::{in_current_span, propagation, testing, traced};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

#[traced(name = format!("table {table}"))]
fn load(table: usize) {
    let context = propagation::current_context();
    let rows = (0..50).into_par_iter().with_max_len(1);
    rows.for_each_init(|| context.clone().attach(), |_, _| read(table));
}

#[traced(name = format!("row of {table}"))]
fn read(table: usize) {}

#[traced]
fn import(run: impl FnOnce()) {
    run();
}

fn assert_rows(spans: &Spans, tables: usize) {
    for table in 0..tables {
        let above = format!("table {table}");
        spans.single(&above).assert_child_of("import");
        let rows: Vec<_> = spans.named(&format!("row of {table}")).collect();
        assert_eq!(rows.len(), 50);
        for row in rows {
            row.assert_child_of(&above);
        }
    }
}

/// A thread that waits for the outer loop runs jobs of inner loops, so its current span is the span of another table.
#[test]
fn the_span_around_a_loop_is_the_parent_on_each_thread() {
    let pool = pool(4);
    let spans = testing::capture(|| {
        import(|| {
            let context = propagation::current_context();
            pool.install(|| {
                let tables = (0..20).into_par_iter().with_max_len(1);
                tables.for_each_init(|| context.clone().attach(), |_, table| load(table));
            });
        });
    });

    assert_rows(&spans, 20);
}

/// The closure of a scope also runs on a thread of the pool.
#[test]
fn the_span_that_spawns_is_the_parent() {
    let pool = pool(2);
    let spans = testing::capture(|| {
        import(|| {
            let context = propagation::current_context();
            pool.scope(|scope| {
                let _current = context.attach();
                for table in 0..4 {
                    let task = in_current_span(move || load(table));
                    scope.spawn(|_| task());
                }
            });
        });
    });

    assert_rows(&spans, 4);
}
