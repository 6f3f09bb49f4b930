//! The same programs under QEMU's user-mode emulator, where it is installed.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use tern_riscv::{Exit, Machine};

use crate::asm::{CODE, DATA, ECALL, auipc, b, exit, i, jal, li, lui, program, r, s};

const QEMU: &str = "qemu-riscv32";
/// Bytes of results at `DATA`, which both machines are compared on.
const RESULTS: usize = 2048;

/// Bytes at `DATA` after the program under QEMU; `None` where there is no QEMU.
fn under_qemu(body: &[u32]) -> Option<Vec<u8>> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let write = [li(10, 1), li(11, DATA), li(12, RESULTS as u32), li(17, 64)].concat();
    let words: Vec<u32> = body.iter().copied().chain(write).chain([ECALL]).chain(exit(0)).collect();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("tern-riscv-{}-{number}", std::process::id()));
    fs::write(&path, program(&words)).expect("the temporary folder is writable");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("the file is ours");
    let output = Command::new(QEMU).arg(&path).stderr(Stdio::inherit()).output();
    fs::remove_file(&path).expect("it was just written");
    match output {
        Ok(output) => {
            assert!(output.status.success(), "{QEMU} ended with {}", output.status);
            assert_eq!(output.stdout.len(), RESULTS);
            Some(output.stdout)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Past the test runner, which keeps what passing tests print to itself.
            let note = format!("NOT COMPARED: {QEMU} is not installed (Debian: qemu-user)\n");
            std::io::Write::write_all(&mut std::io::stderr(), note.as_bytes())
                .expect("stderr can be written to");
            None
        }
        Err(error) => panic!("{QEMU} does not start: {error}"),
    }
}

fn compare(body: &[u32]) {
    let Some(expected) = under_qemu(body) else {
        return;
    };
    let words: Vec<u32> = body.iter().copied().chain(exit(0)).collect();
    let mut machine = Machine::load_elf(&program(&words)).expect("the test's own file");
    let halt = machine.run(1_000_000).expect("it ends");
    assert_eq!(halt.exit, Exit::Program(0));
    let mut got = vec![0; RESULTS];
    machine.memory().read(DATA, &mut got);
    assert_eq!(got, expected, "{body:08x?}");
}

/// Stores x1 to x29 and goes on with x30, the pointer, moved behind them.
fn dump() -> impl Iterator<Item = u32> {
    (1..30)
        .map(|register| s(2, 30, register, register as i32 * 4 - 4))
        .chain([i(0x13, 0, 30, 30, 116)])
}

fn edge(random: &mut ChaCha8Rng) -> u32 {
    let edges = [0, 1, 2, 31, 32, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fffe, 0x8000_0001];
    match random.random_range(0..3) {
        0 => random.random(),
        _ => *edges.choose(random).expect("it is not empty"),
    }
}

/// Any instruction that neither jumps nor leaves the data.
fn straight(random: &mut ChaCha8Rng) -> u32 {
    let mut register = || random.random_range(0..30u32);
    let (rd, rs1, rs2) = (register(), register(), register());
    let imm = random.random_range(-2048..2048);
    // x30 points at results; x31, well behind them, is where loads and stores go.
    let offset = |random: &mut ChaCha8Rng, size: i32| random.random_range(0..64) / size * size;
    match random.random_range(0..12) {
        0..5 => {
            let forms = [(0, 8), (1, 8), (0x20, 1)];
            let (funct7, count) = *forms.choose(random).expect("it is not empty");
            let funct3 = if funct7 == 0x20 {
                *[0, 5].choose(random).expect("it is not empty")
            } else {
                random.random_range(0..count)
            };
            r(funct7, funct3, rd, rs1, rs2)
        }
        5..7 => i(0x13, *[0, 2, 3, 4, 6, 7].choose(random).expect("it is not empty"), rd, rs1, imm),
        7 => {
            let (funct3, funct7) =
                *[(1, 0), (5, 0), (5, 0x20)].choose(random).expect("it is not empty");
            i(0x13, funct3, rd, rs1, funct7 << 5 | imm & 31)
        }
        8 => lui(rd, random.random()),
        9 => auipc(rd, random.random()),
        10 => {
            let (funct3, size) = *[(0, 1), (1, 2), (2, 4)].choose(random).expect("it is not empty");
            s(funct3, 31, rs2, offset(random, size))
        }
        _ => {
            let loads = [(0, 1), (1, 2), (2, 4), (4, 1), (5, 2)];
            let (funct3, size) = *loads.choose(random).expect("it is not empty");
            i(0x03, funct3, rd, 31, offset(random, size))
        }
    }
}

#[test]
fn random_programs_agree_with_qemu() {
    for seed in 0..120 {
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let mut body: Vec<u32> = (1..30).flat_map(|register| li(register, edge(random))).collect();
        body.extend(li(30, DATA));
        body.extend(li(31, DATA + RESULTS as u32 - 128));
        for _ in 0..15 {
            for _ in 0..20 {
                body.push(straight(random));
            }
            // A branch over an instruction, taken or not.
            let funct3 = *[0, 1, 4, 5, 6, 7].choose(random).expect("it is not empty");
            let (rs1, rs2) = (random.random_range(0..30), random.random_range(0..30));
            body.push(b(funct3, rs1, rs2, 8));
            body.push(straight(random));
            body.extend([jal(random.random_range(0..30), 8), 0xffff_ffff]);
            body.extend(dump());
        }
        compare(&body);
    }
}

#[test]
fn every_arithmetic_instruction_agrees_with_qemu_on_edge_values() {
    let edges = [0, 1, 2, 31, 33, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xffff_ffff, 0xffff_fffb];
    let forms = (0..8).map(|f| (0, f)).chain((0..8).map(|f| (1, f))).chain([(0x20, 0), (0x20, 5)]);
    for (funct7, funct3) in forms {
        let mut body = li(30, DATA).to_vec();
        for a in edges {
            for b in edges {
                body.extend(li(1, a));
                body.extend(li(2, b));
                body.extend([r(funct7, funct3, 3, 1, 2), s(2, 30, 3, 0), i(0x13, 0, 30, 30, 4)]);
            }
        }
        compare(&body);
    }
}

#[test]
fn indirect_jumps_agree_with_qemu() {
    let mut body = li(30, DATA).to_vec();
    for odd in [0, 1] {
        let target = CODE + 4 * (body.len() as u32 + 2 + 2);
        body.extend(li(1, target + 4 + odd));
        body.extend([i(0x67, 0, 5, 1, -4), 0, s(2, 30, 5, 4 * odd as i32)]);
    }
    compare(&body);
}
