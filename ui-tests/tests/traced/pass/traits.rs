use floe_telemetry::traced;

trait Store {
    type Item<'a>
    where
        Self: 'a;

    fn first<'a>(&'a mut self) -> Self::Item<'a>;

    #[traced]
    fn size(&self) -> usize {
        3
    }

    async fn load(&self, key: &str) -> Option<String>;
}

struct Memory(Vec<String>);

impl Store for Memory {
    type Item<'a> = &'a mut String;

    #[traced]
    fn first<'a>(&'a mut self) -> Self::Item<'a> {
        &mut self.0[0]
    }

    #[traced(attributes(key))]
    async fn load(&self, key: &str) -> Option<String> {
        self.0.iter().find(|item| *item == key).cloned()
    }
}

impl Memory {
    #[traced]
    fn open() -> Result<Self, String> {
        Ok(Self(vec![String::new()]))
    }

    #[traced]
    fn boxed(self: Box<Self>) -> usize {
        self.0.len()
    }

    #[traced]
    async fn shared(self: std::sync::Arc<Self>) -> usize {
        self.0.len()
    }
}

fn main() {
    let mut memory = Memory::open().unwrap();
    memory.first().push('a');
    memory.size();
    drop(memory.load("a"));
    Box::new(memory).boxed();
    drop(std::sync::Arc::new(Memory(Vec::new())).shared());
}
