//! Where a program has the variable of its threads.

use std::fs::File;
use std::io;
use std::path::Path;

use object::read::ReadCache;
use object::read::elf::{ElfFile64, ProgramHeader};
use object::{Object, ObjectSymbol, elf};

const SYMBOL: &str = "otel_thread_ctx_v1";

/// The place of the variable, relative to the thread pointer: the storage of the program is right before it. `None` if
/// the program has none.
pub(crate) fn offset(program: &Path) -> io::Result<Option<i64>> {
    let file = ReadCache::new(File::open(program)?);
    let Ok(program) = ElfFile64::<object::Endianness, _>::parse(&file) else {
        return Ok(None);
    };
    let mut symbols = program.dynamic_symbols();
    let Some(symbol) = symbols.find(|of| of.name() == Ok(SYMBOL) && !of.is_undefined()) else {
        return Ok(None);
    };
    let endian = program.endian();
    let headers = program.elf_program_headers().iter();
    let storage = headers
        .clone()
        .find(|header| header.p_type(endian) == elf::PT_TLS);
    let size = storage.and_then(|of| {
        let align = of.p_align(endian).max(1);
        of.p_memsz(endian).checked_next_multiple_of(align)
    });
    let offset = size.and_then(|size| {
        let size = i64::try_from(size).ok()?;
        i64::try_from(symbol.address()).ok()?.checked_sub(size)
    });
    Ok(offset)
}
