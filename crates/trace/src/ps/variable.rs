//! Locates the thread-local variable of a process, by the rules of [thread-local storage for ELF].
//!
//! [thread-local storage for ELF]: https://www.akkadia.org/drepper/tls.pdf

use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use object::read::ReadCache;
use object::read::elf::{ElfFile64, ProgramHeader};
use object::{
    Endianness, Object, ObjectSymbol, RelocationFlags, RelocationTarget, SymbolIndex, elf,
};

use super::memory::Memory;

/// The maximum size of a program that is read.
const MAX_FILE: u64 = 2 << 30;

const SYMBOL: &str = "otel_thread_ctx_v1";

type Program<'a> = ElfFile64<'a, Endianness, &'a ReadCache<File>>;

/// The place of the variable in the storage of a thread.
#[derive(Clone, Copy, Debug)]
pub(super) enum Variable {
    /// An offset from the thread pointer.
    At(i64),
    /// An offset in the storage of a library, which a thread gets on first use.
    In { module: u64, offset: u64 },
}

impl Variable {
    /// The variable of a program, whose storage is directly before the thread pointer.
    pub(super) fn of_program(path: &Path) -> io::Result<Option<Self>> {
        look_into(path, |program, _, offset| {
            let endian = program.endian();
            let mut headers = program.elf_program_headers().iter();
            let storage = headers.find(|header| header.p_type(endian) == elf::PT_TLS)?;
            let align = storage.p_align(endian).max(1);
            let size = storage.p_memsz(endian).checked_next_multiple_of(align)?;
            let size = i64::try_from(size).ok()?;
            Some(Self::At(i64::try_from(offset).ok()?.checked_sub(size)?))
        })
    }

    /// The variable of a library mapped at an address, located by the access code that the dynamic linker has resolved.
    pub(super) fn of_library(path: &Path, start: u64, memory: &Memory) -> io::Result<Option<Self>> {
        look_into(path, |library, symbol, _| {
            let endian = library.endian();
            let mut headers = library.elf_program_headers().iter();
            let first = headers.find(|header| header.p_type(endian) == elf::PT_LOAD)?;
            let base = start.wrapping_sub(first.p_vaddr(endian) & !0xfff);
            let mut accesses = library.dynamic_relocations()?.filter_map(|(at, relocation)| {
                let RelocationFlags::Elf { r_type } = relocation.flags() else {
                    return None;
                };
                let is_of = relocation.target() == RelocationTarget::Symbol(symbol);
                is_of.then(|| (base.wrapping_add(at), r_type))
            });
            accesses.find_map(|(at, kind)| match kind {
                elf::R_X86_64_TLSDESC => {
                    Self::described(memory.word(at.wrapping_add(8)).ok()?, memory)
                }
                elf::R_X86_64_DTPMOD64 => Self::indexed(at, memory),
                elf::R_X86_64_TPOFF64 => Some(Self::At(memory.word(at).ok()?.cast_signed())),
                _ => None,
            })
        })
    }

    /// The argument of a descriptor: a negative offset from the thread pointer, or a pointer to an index.
    fn described(argument: u64, memory: &Memory) -> Option<Self> {
        match argument.cast_signed() {
            distance @ ..0 => Some(Self::At(distance)),
            0 => None,
            _ => Self::indexed(argument, memory),
        }
    }

    /// An index in memory: a module and the offset in its storage.
    fn indexed(at: u64, memory: &Memory) -> Option<Self> {
        let (module, offset) = (memory.word(at).ok()?, memory.word(at.wrapping_add(8)).ok()?);
        (module != 0).then_some(Self::In { module, offset })
    }

    /// The address of the variable of a thread; `None` if the thread has no storage for it yet.
    pub(super) fn address(self, thread_pointer: u64, memory: &Memory) -> Option<u64> {
        match self {
            Self::At(distance) => Some(thread_pointer.wrapping_add_signed(distance)),
            Self::In { module, offset } => {
                // The table of the C library of GNU: an entry of two words for each module.
                let table = memory.word(thread_pointer.wrapping_add(8)).ok()?;
                let entry = table.wrapping_add(module.wrapping_mul(16));
                match memory.word(entry).ok()? {
                    0 | u64::MAX => None,
                    storage => Some(storage.wrapping_add(offset)),
                }
            }
        }
    }
}

/// Looks for the symbol of the variable in a file, and passes its index and its value to a function. Returns `None` for
/// a file that is no program, too.
fn look_into(
    path: &Path,
    find: impl FnOnce(&Program<'_>, SymbolIndex, u64) -> Option<Variable>,
) -> io::Result<Option<Variable>> {
    // Opening a pipe must not wait for a writer.
    let file = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > MAX_FILE {
        return Ok(None);
    }
    let file = ReadCache::new(file);
    let Ok(program) = Program::parse(&file) else {
        return Ok(None);
    };
    let mut symbols = program.dynamic_symbols();
    let symbol = symbols.find(|of| of.name() == Ok(SYMBOL) && !of.is_undefined());
    let symbol = symbol.map(|symbol| (symbol.index(), symbol.address()));
    Ok(symbol.and_then(|(symbol, value)| find(&program, symbol, value)))
}
