use floe_telemetry::traced;

async fn tick() {}

#[traced]
async fn late() -> ! {
    tick().await;
}

#[traced]
async fn value() -> ! {
    tick().await;
    1
}

#[traced(boxed)]
async fn boxed() -> ! {
    loop {
        tick().await;
        break;
    }
}

#[traced]
async fn right() -> ! {
    loop {
        tick().await;
    }
}

#[traced]
async fn exit() -> ! {
    tick().await;
    std::process::exit(1)
}

#[traced]
async fn awaited() -> ! {
    right().await
}

fn main() {}
