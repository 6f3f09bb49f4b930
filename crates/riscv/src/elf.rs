//! A strict reader of the one kind of ELF file that this machine runs.

use alloc::vec::Vec;

use crate::map::{DATA_START, INPUT};

/// Why a file is not a program for this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A header or a segment ends behind the end of the file.
    #[error("the ELF file ends within its {0}")]
    Truncated(&'static str),
    /// Something in the file's header is not as it must be.
    #[error("the ELF file's {field} is {got:#x}, but must be {expected:#x}")]
    Header {
        /// The field's name.
        field: &'static str,
        /// What it must be.
        expected: u32,
        /// What it is.
        got: u32,
    },
    /// A segment that asks for something a bare program cannot have.
    #[error("the ELF file has a segment of type {0:#x}: link it statically, without TLS")]
    SegmentType(u32),
    /// A segment whose size, place or permissions break the machine's memory map.
    #[error("the segment at {address:#x} {problem}")]
    Segment {
        /// Where it begins.
        address: u32,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The entry point is not an aligned address within the executable segment.
    #[error("the entry point {0:#x} is not an instruction's address")]
    Entry(u32),
    /// The input does not fit between its first address and its last.
    #[error("the input is {length} bytes long; at most {most} fit")]
    InputTooLong {
        /// How long it is.
        length: usize,
        /// How long it may be.
        most: usize,
    },
}

const HEADER_SIZE: usize = 52;
const SEGMENT_SIZE: usize = 32;
const MAX_SEGMENTS: u32 = 64;

const PT_NULL: u32 = 0;
const PT_LOAD: u32 = 1;
const PT_NOTE: u32 = 4;
const PT_PHDR: u32 = 6;
const PT_GNU_STACK: u32 = 0x6474_e551;
const PT_GNU_RELRO: u32 = 0x6474_e552;
const PT_RISCV_ATTRIBUTES: u32 = 0x7000_0003;

const PF_X: u32 = 1;
const PF_W: u32 = 2;

/// Bytes that belong to an address. What follows them is zero.
#[derive(Debug)]
pub(crate) struct Segment<'a> {
    pub(crate) address: u32,
    pub(crate) bytes: &'a [u8],
    memory_size: u32,
    flags: u32,
}

/// What a program wants in memory before its first instruction.
#[derive(Debug)]
pub(crate) struct Image<'a> {
    pub(crate) entry: u32,
    pub(crate) segments: Vec<Segment<'a>>,
    /// The one executable segment.
    pub(crate) code: (u32, &'a [u8]),
}

impl<'a> Image<'a> {
    pub(crate) fn parse(file: &'a [u8]) -> Result<Self, LoadError> {
        let header = Reader::new(file, 0, HEADER_SIZE, "header")?;
        check_header(&header)?;
        let (entry, table, count) = (header.word(24), header.word(28), header.half(44));
        let within = |most: u32, got| {
            let field = "number of segments";
            if got > most { Err(LoadError::Header { field, expected: most, got }) } else { Ok(()) }
        };
        within(MAX_SEGMENTS, count)?;
        let mut segments = Vec::new();
        for index in 0..count as usize {
            let at = (table as usize).saturating_add(index * SEGMENT_SIZE);
            let entry = Reader::new(file, at, SEGMENT_SIZE, "segment table")?;
            match entry.word(0) {
                PT_LOAD => segments.push(Segment::parse(file, &entry)?),
                PT_NULL | PT_NOTE | PT_PHDR | PT_GNU_STACK | PT_GNU_RELRO | PT_RISCV_ATTRIBUTES => {
                }
                other => return Err(LoadError::SegmentType(other)),
            }
        }
        check_overlap(&segments)?;
        let code = code_of(&segments, entry)?;
        Ok(Self { entry, segments, code })
    }
}

impl<'a> Segment<'a> {
    fn parse(file: &'a [u8], entry: &Reader<'_>) -> Result<Self, LoadError> {
        let (offset, address) = (entry.word(4) as usize, entry.word(8));
        let (file_size, memory_size, flags) = (entry.word(16), entry.word(20), entry.word(24));
        let wrong = |problem| Err(LoadError::Segment { address, problem });
        let bytes = Reader::new(file, offset, file_size as usize, "segments")?.bytes;
        if file_size > memory_size {
            return wrong("is longer in the file than in memory");
        }
        let Some(end) = address.checked_add(memory_size) else {
            return wrong("wraps around the end of memory");
        };
        match (flags & PF_W != 0, flags & PF_X != 0) {
            (true, true) => return wrong("is writable and executable"),
            (true, false) if address < DATA_START => {
                return wrong("is writable, but lies in executable memory");
            }
            (false, true) if end > DATA_START => {
                return wrong("is executable, but lies in writable memory");
            }
            (false, false) if end > DATA_START => {
                return wrong("is read-only, but lies in writable memory");
            }
            _ if end > INPUT => return wrong("lies where the input goes"),
            _ => {}
        }
        if flags & PF_X != 0 && (!address.is_multiple_of(4) || !file_size.is_multiple_of(4)) {
            return wrong("is executable, but not made of whole aligned words");
        }
        Ok(Self { address, bytes, memory_size, flags })
    }
}

fn check_header(header: &Reader<'_>) -> Result<(), LoadError> {
    let must = |field, expected, got| {
        if expected == got { Ok(()) } else { Err(LoadError::Header { field, expected, got }) }
    };
    must("magic number", u32::from_le_bytes(*b"\x7fELF"), header.word(0))?;
    // 32 bits, little-endian, version 1, System V.
    must("class, byte order and version", 0x0001_0101, header.word(4))?;
    must("type", 2, header.half(16))?;
    must("machine", 243, header.half(18))?;
    must("version", 1, header.word(20))?;
    // Neither compressed instructions nor floating-point or embedded calling rules.
    must("flags", 0, header.word(36))?;
    must("header size", HEADER_SIZE as u32, header.half(40))?;
    must("segment entry size", SEGMENT_SIZE as u32, header.half(42))
}

fn check_overlap(segments: &[Segment<'_>]) -> Result<(), LoadError> {
    for (index, one) in segments.iter().enumerate() {
        for other in &segments[..index] {
            let apart = one.address >= other.address + other.memory_size
                || other.address >= one.address + one.memory_size;
            if !apart && one.memory_size > 0 && other.memory_size > 0 {
                let problem = "overlaps another";
                return Err(LoadError::Segment { address: one.address, problem });
            }
        }
    }
    Ok(())
}

fn code_of<'a>(segments: &[Segment<'a>], entry: u32) -> Result<(u32, &'a [u8]), LoadError> {
    let mut executable = segments.iter().filter(|segment| segment.flags & PF_X != 0);
    let code = executable.next().ok_or(LoadError::Entry(entry))?;
    if let Some(second) = executable.next() {
        let problem = "is a second executable one";
        return Err(LoadError::Segment { address: second.address, problem });
    }
    let inside = entry >= code.address && (entry - code.address) < code.bytes.len() as u32;
    if !inside || !entry.is_multiple_of(4) {
        return Err(LoadError::Entry(entry));
    }
    Ok((code.address, code.bytes))
}

/// A part of the file whose length was checked, so that reads inside cannot fail.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn new(
        file: &'a [u8],
        at: usize,
        length: usize,
        what: &'static str,
    ) -> Result<Self, LoadError> {
        let bytes = at.checked_add(length).and_then(|end| file.get(at..end));
        bytes.map(|bytes| Self { bytes }).ok_or(LoadError::Truncated(what))
    }

    fn half(&self, at: usize) -> u32 {
        u32::from(u16::from_le_bytes([self.bytes[at], self.bytes[at + 1]]))
    }

    fn word(&self, at: usize) -> u32 {
        self.half(at) | self.half(at + 2) << 16
    }
}
