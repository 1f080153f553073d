use floe_telemetry::traced;

#[traced]
#[unsafe(naked)]
extern "C" fn alone() {
    core::arch::naked_asm!("")
}

struct Thread;

// In a block it is left out.
#[traced]
impl Thread {
    #[unsafe(naked)]
    extern "C" fn switch() {
        core::arch::naked_asm!("")
    }
}

fn main() {}
