//! Files that are no programs.

use proptest::prelude::*;
use tern_riscv::{LoadError, Machine};

use crate::asm::{self, CODE, DATA, R, RO, Segment, W, elf, exit, program, segment};

fn error(file: &[u8]) -> LoadError {
    Machine::load_elf(file).map(|_| ()).expect_err("the file is wrong")
}

fn code() -> Segment {
    segment(CODE, asm::bytes(&exit(0)), R)
}

#[test]
fn every_header_field_counts() {
    let file = program(&exit(0));
    assert!(Machine::load_elf(&file).is_ok());
    for at in [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 36, 37, 38, 39, 40, 42] {
        let mut wrong = file.clone();
        wrong[at] ^= 1;
        assert!(matches!(error(&wrong), LoadError::Header { .. }), "byte {at}");
    }
    let mut many = file;
    many[45] = 1;
    assert!(matches!(error(&many), LoadError::Header { field: "number of segments", .. }));
}

#[test]
fn truncated_files() {
    let file = program(&exit(0));
    for length in [0, 4, 51, 52, 83, 0x1000, 0x1001] {
        assert!(matches!(error(&file[..length]), LoadError::Truncated(_)), "{length}");
    }
}

#[test]
fn segments_keep_to_the_memory_map() {
    let nops = asm::bytes(&[0x13; 4]);
    let writable = |address, memory_size| {
        let mut data = segment(address, Vec::new(), W);
        data.memory_size = memory_size;
        data
    };
    let long = Segment { memory_size: 1, ..segment(DATA, vec![0; 2], W) };
    for wrong in [
        segment(DATA, nops.clone(), R | 2),
        segment(0x1000, nops.clone(), W),
        segment(DATA, nops.clone(), R),
        segment(DATA - 8, nops.clone(), R),
        segment(DATA, nops.clone(), RO),
        segment(CODE + 2 + 0x1000, nops.clone(), R),
        segment(CODE + 0x1000, vec![0; 3], R),
        segment(CODE + 0x1000, nops.clone(), R),
        segment(CODE + 4, nops.clone(), RO),
        segment(0x2000_0000, nops, W),
        writable(DATA, 0x1000_0001),
        writable(DATA, 0xf000_0001),
        long,
    ] {
        assert!(matches!(error(&elf(CODE, &[code(), wrong])), LoadError::Segment { .. }));
    }
    let most = writable(DATA, 0x1000_0000);
    assert!(Machine::load_elf(&elf(CODE, &[code(), most])).is_ok());
}

#[test]
fn types_of_segments() {
    for kind in [2, 3, 5, 7, 0x7000_0000] {
        let wrong = Segment { kind, ..segment(DATA, Vec::new(), W) };
        assert_eq!(error(&elf(CODE, &[code(), wrong])), LoadError::SegmentType(kind));
    }
    for kind in [0, 4, 6, 0x6474_e551, 0x7000_0003] {
        let ignored = Segment { kind, ..segment(0, vec![1], 7) };
        assert!(Machine::load_elf(&elf(CODE, &[code(), ignored])).is_ok());
    }
}

#[test]
fn the_entry_is_an_instruction() {
    let length = code().memory_size;
    for entry in [0, CODE - 4, CODE + 1, CODE + 2, CODE + length, DATA, u32::MAX] {
        assert_eq!(error(&elf(entry, &[code()])), LoadError::Entry(entry));
    }
    assert_eq!(error(&elf(CODE, &[])), LoadError::Entry(CODE));
    assert!(Machine::load_elf(&elf(CODE + length - 4, &[code()])).is_ok());
}

#[test]
fn inputs_are_bounded() {
    let mut machine = Machine::load_elf(&program(&exit(0))).expect("the test's own file");
    let length = 0x2000_0000 - 3;
    let expected = LoadError::InputTooLong { length, most: length - 1 };
    assert_eq!(machine.set_input(&vec![0; length]), Err(expected));
}

proptest! {
    #[test]
    fn changed_files_never_panic(changes in prop::collection::vec((0..116usize, any::<u8>()), 1..8)) {
        let mut file = program(&exit(0));
        for (at, byte) in changes {
            file[at] = byte;
        }
        if let Ok(mut machine) = Machine::load_elf(&file) {
            machine.run(100);
        }
    }

    #[test]
    fn random_files_never_panic(file in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Machine::load_elf(&file).is_err());
    }
}
