//! Whole programs: the fast loop against the definition, and what no input may do.

use proptest::prelude::*;
use tern_riscv::{Exit, Fault, Halt, Machine, Memory};

use crate::asm::{self, CODE, DATA, b, exit, i, jal, li, program, r, s};

/// Runs both ways and compares everything that can be seen.
fn run(file: &[u8], most: u64) -> (Machine, Option<Halt>) {
    let mut fast = Machine::load_elf(file).expect("the test's own file");
    let mut slow = fast.clone();
    let halt = fast.run(most);
    for _ in 0..most {
        slow.step();
        if slow.hart().exit.is_some() {
            break;
        }
    }
    assert_eq!(fast.hart(), slow.hart());
    for at in (DATA - 64..DATA + 256).step_by(4) {
        assert_eq!(fast.memory().word(at), slow.memory().word(at));
    }
    assert_eq!(fast.output(), slow.output());
    (fast, halt)
}

#[test]
fn a_loop_that_sums() {
    let mut words = li(5, 1000).to_vec();
    words.extend([r(0, 0, 6, 6, 5), i(0x13, 0, 5, 5, -1), b(1, 5, 0, -8)]);
    words.extend(li(7, DATA));
    words.push(s(2, 7, 6, 0));
    words.extend(exit(0));
    let (machine, halt) = run(&program(&words), 10_000);
    let steps = 2 + 3000 + 2 + 1 + 7;
    assert_eq!(halt, Some(Halt { exit: Exit::Program(0), steps }));
    let output = machine.output().expect("it succeeded");
    assert_eq!(output[..4], 500_500u32.to_le_bytes());
    assert_eq!(output[4..], [0; 28]);
}

#[test]
fn a_run_stops_at_its_limit_and_goes_on() {
    let mut machine = Machine::load_elf(&program(&exit(3))).expect("the test's own file");
    assert_eq!(machine.run(6), None);
    assert_eq!(machine.hart().steps, 6);
    let end = Some(Halt { exit: Exit::Program(3), steps: 7 });
    assert_eq!(machine.run(100), end);
    assert_eq!(machine.run(100), end, "an exited machine stays as it is");
    assert_eq!(machine.output(), None, "only success has an output");
}

#[test]
fn running_off_the_code_is_a_failing_halt() {
    let (_, halt) = run(&program(&[i(0x13, 0, 1, 1, 1)]), 10);
    assert_eq!(halt, Some(Halt { exit: Exit::Fault(Fault::Illegal), steps: 2 }));
    let mut words = li(1, DATA).to_vec();
    words.push(i(0x67, 0, 0, 1, 0));
    let (machine, halt) = run(&program(&words), 10);
    assert_eq!(halt, Some(Halt { exit: Exit::Fault(Fault::Fetch), steps: 4 }));
    assert_eq!(machine.hart().pc, DATA);
    let (_, halt) = run(&program(&[jal(0, -0x10_0000)]), 10);
    assert_eq!(halt, Some(Halt { exit: Exit::Fault(Fault::Illegal), steps: 2 }));
}

#[test]
fn constants_beside_the_code_can_be_executed_alike_by_both() {
    // Read-only data lies in executable memory: harmless, because it cannot change.
    let constants = asm::segment(0x0010_0000, asm::bytes(&exit(9)), asm::RO);
    let code = asm::segment(CODE, asm::bytes(&[jal(0, -0x10_0000)]), asm::R);
    let (_, halt) = run(&asm::elf(CODE, &[constants, code]), 10);
    assert_eq!(halt, Some(Halt { exit: Exit::Program(9), steps: 8 }));
}

#[test]
fn the_input_lies_behind_its_length() {
    let mut words = li(5, 0x2000_0000).to_vec();
    words.extend([i(3, 2, 6, 5, 0), i(3, 2, 7, 5, 4), i(3, 4, 8, 5, 8), i(3, 4, 9, 5, 9)]);
    words.extend(exit(0));
    let mut machine = Machine::load_elf(&program(&words)).expect("the test's own file");
    machine.set_input(&[1, 2, 3, 4, 5]).expect("it is short");
    machine.run(100).expect("it ends");
    assert_eq!(machine.hart().x[6..10], [5, 0x0403_0201, 5, 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_words_never_panic(words in prop::collection::vec(any::<u32>(), 1..64)) {
        run(&program(&words), 300);
    }

    #[test]
    fn random_instructions_never_panic(
        words in prop::collection::vec(instruction(), 1..64),
        bases in prop::array::uniform4(prop_oneof![Just(DATA), Just(CODE), Just(0), any::<u32>()]),
    ) {
        let setup = bases.iter().zip(1..).flat_map(|(base, register)| li(register, *base));
        let all: Vec<u32> = setup.chain(words).chain(exit(0)).collect();
        run(&program(&all), 2000);
    }
}

/// Words with a known opcode and few registers, so that many of them do something.
fn instruction() -> impl Strategy<Value = u32> {
    let opcode = prop::sample::select(vec![
        0x37, 0x17, 0x6f, 0x67, 0x63, 0x03, 0x23, 0x13, 0x33, 0x0f, 0x73,
    ]);
    let funct7 = prop::sample::select(vec![0, 1, 0x20, 0x7f]);
    (opcode, 0..8u32, funct7, 0..6u32, 0..6u32, 0..6u32).prop_map(
        |(opcode, funct3, funct7, rd, rs1, rs2): (u32, u32, u32, u32, u32, u32)| {
            funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
        },
    )
}
