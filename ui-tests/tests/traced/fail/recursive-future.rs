use floe_telemetry::traced;

#[traced]
async fn walk(depth: u32) -> u32 {
    if depth == 0 { 0 } else { walk(depth - 1).await + 1 }
}

struct Node {
    next: Option<Box<Node>>,
}

impl Node {
    #[traced(attributes(depth))]
    async fn walk(&self, depth: u32) -> u32 {
        match &self.next {
            Some(next) => next.walk(depth + 1).await,
            None => depth,
        }
    }
}

#[must_use]
#[traced]
async fn count<T>(depth: u32, value: T) -> u32 {
    if depth == 0 { 0 } else { count::<T>(depth - 1, value).await + 1 }
}

fn main() {}
