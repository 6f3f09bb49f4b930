//! Words and files for the tests, put together field by field as the manual draws them.

pub(crate) const CODE: u32 = 0x0020_0000;
pub(crate) const DATA: u32 = 0x1000_0000;

pub(crate) const R: u32 = 5;
pub(crate) const W: u32 = 6;
pub(crate) const RO: u32 = 4;

pub(crate) fn r(funct7: u32, funct3: u32, rd: u32, rs1: u32, rs2: u32) -> u32 {
    funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x33
}

pub(crate) fn i(opcode: u32, funct3: u32, rd: u32, rs1: u32, imm: i32) -> u32 {
    (imm as u32 & 0xfff) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

pub(crate) fn s(funct3: u32, rs1: u32, rs2: u32, imm: i32) -> u32 {
    let imm = imm as u32;
    (imm >> 5 & 0x7f) << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | (imm & 31) << 7 | 0x23
}

pub(crate) fn b(funct3: u32, rs1: u32, rs2: u32, offset: i32) -> u32 {
    let at = |bit: u32, count: u32| (offset as u32 >> bit) & ((1 << count) - 1);
    let imm = at(12, 1) << 31 | at(5, 6) << 25 | at(1, 4) << 8 | at(11, 1) << 7;
    imm | rs2 << 20 | rs1 << 15 | funct3 << 12 | 0x63
}

pub(crate) fn jal(rd: u32, offset: i32) -> u32 {
    let at = |bit: u32, count: u32| (offset as u32 >> bit) & ((1 << count) - 1);
    at(20, 1) << 31 | at(1, 10) << 21 | at(11, 1) << 20 | at(12, 8) << 12 | rd << 7 | 0x6f
}

pub(crate) fn lui(rd: u32, upper: u32) -> u32 {
    upper & 0xffff_f000 | rd << 7 | 0x37
}

pub(crate) fn auipc(rd: u32, upper: u32) -> u32 {
    upper & 0xffff_f000 | rd << 7 | 0x17
}

pub(crate) const ECALL: u32 = 0x73;

/// Two instructions that put any value into a register.
pub(crate) fn li(rd: u32, value: u32) -> [u32; 2] {
    let low = (value as i32) << 20 >> 20;
    [lui(rd, value.wrapping_sub(low as u32)), i(0x13, 0, rd, rd, low)]
}

/// The end of a program: exit with a code, output at `DATA`.
pub(crate) fn exit(code: u32) -> Vec<u32> {
    [li(11, DATA), li(10, code), li(17, 93)].concat().into_iter().chain([ECALL]).collect()
}

pub(crate) fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[derive(Clone)]
pub(crate) struct Segment {
    pub(crate) kind: u32,
    pub(crate) address: u32,
    pub(crate) bytes: Vec<u8>,
    pub(crate) memory_size: u32,
    pub(crate) flags: u32,
}

pub(crate) fn segment(address: u32, bytes: Vec<u8>, flags: u32) -> Segment {
    let memory_size = bytes.len() as u32;
    Segment { kind: 1, address, bytes, memory_size, flags }
}

/// An ELF file whose segments each begin at a page of the file.
pub(crate) fn elf(entry: u32, segments: &[Segment]) -> Vec<u8> {
    let page = |index: usize| 0x1000 * (1 + 16 * index);
    let mut file = vec![0; 52];
    file[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(16, &[2, 0, 243, 0, 1, 0, 0, 0]);
    put(24, &entry.to_le_bytes());
    put(28, &52u32.to_le_bytes());
    put(40, &[52, 0, 32, 0, segments.len() as u8, 0]);
    for (index, segment) in segments.iter().enumerate() {
        let fields = [
            segment.kind,
            page(index) as u32,
            segment.address,
            segment.address,
            segment.bytes.len() as u32,
            segment.memory_size,
            segment.flags,
            0x1000,
        ];
        file.extend(bytes(&fields));
    }
    for (index, segment) in segments.iter().enumerate() {
        file.resize(page(index), 0);
        file.extend(&segment.bytes);
    }
    file
}

/// A program of the given instructions with a page of data.
pub(crate) fn program(words: &[u32]) -> Vec<u8> {
    let mut data = segment(DATA, Vec::new(), W);
    data.memory_size = 0x1_0000;
    elf(CODE, &[segment(CODE, bytes(words), R), data])
}
