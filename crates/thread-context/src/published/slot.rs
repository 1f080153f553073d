//! The variable `otel_thread_ctx_v1` of each thread, which Rust cannot declare: it must be a dynamic symbol with this
//! name, and stable Rust gives a thread-local variable neither a name nor the access that readers expect ([thread-local
//! variable
//! resolution](https://github.com/open-telemetry/opentelemetry-specification/blob/main/oteps/profiles/4947-thread-ctx.md#thread-local-variable-resolution)).

#![expect(unsafe_code, reason = "the address of a thread-local variable that assembly defines")]

use std::arch::{asm, global_asm};
use std::sync::atomic::{AtomicPtr, Ordering};

pub(crate) const EXISTS: bool = true;

// The symbol is weak, so that a program with a second writer, such as another version of this crate, can be linked.
global_asm!(
    ".pushsection .tbss,\"awT\",@nobits",
    ".weak otel_thread_ctx_v1",
    ".type otel_thread_ctx_v1, @object",
    ".size otel_thread_ctx_v1, 8",
    ".balign 8",
    "otel_thread_ctx_v1:",
    ".zero 8",
    ".popsection",
);

/// Stores the address of this thread's visible record.
#[inline]
pub(crate) fn set(record: *const ()) {
    slot().store(record.cast_mut(), Ordering::Relaxed);
}

pub(crate) fn address() -> *const () {
    std::ptr::from_ref(slot()).cast()
}

#[cfg(test)]
pub(crate) fn get() -> *const () {
    slot().load(Ordering::Relaxed)
}

#[inline]
fn slot<'thread>() -> &'thread AtomicPtr<()> {
    // Linkers replace exactly these instructions by a constant where they know the place of the variable, as in a
    // program. The function that is called otherwise keeps all registers but those named here, by its
    // specification. When the function of glibc before 2.40 allocates the variable, it does not keep the vector registers.
    let slot: *mut *mut ();
    // SAFETY: this is the sequence of TLSDESC, whose result is the address of the variable of this thread. It is
    // aligned, and it exists for as long as the thread does, which is longer than any use of the reference, since only
    // `set` of this thread has it. No other code of the program accesses the variable except by the same sequence, and
    // another writer than this crate stores a pointer, too.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!(
            "lea rax, [rip + otel_thread_ctx_v1@tlsdesc]",
            "call [rax + otel_thread_ctx_v1@tlscall]",
            "add rax, qword ptr fs:[0]",
            out("rax") slot,
            clobber_abi("sysv64"),
        );
        #[cfg(target_arch = "aarch64")]
        asm!(
            "adrp x0, :tlsdesc:otel_thread_ctx_v1",
            "ldr x1, [x0, :tlsdesc_lo12:otel_thread_ctx_v1]",
            "add x0, x0, :tlsdesc_lo12:otel_thread_ctx_v1",
            ".tlsdesccall otel_thread_ctx_v1",
            "blr x1",
            "mrs x8, tpidr_el0",
            "add x0, x8, x0",
            out("x0") slot,
            out("x1") _,
            out("x8") _,
            out("x30") _,
            clobber_abi("C"),
        );

        AtomicPtr::from_ptr(slot)
    }
}
