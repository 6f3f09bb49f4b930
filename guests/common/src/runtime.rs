//! The part of a program that touches the machine.

use core::{
    alloc::{GlobalAlloc, Layout},
    arch::{asm, global_asm},
    cell::Cell,
    panic::PanicInfo,
    ptr, slice,
};

use tern_protocol::Hash;

use crate::GuestError;

// The machine's map (crates/riscv/README.md) and memory.ld agree on these.
const INPUT: usize = 0x2000_0000;
const HEAP_START: usize = 0x4000_0000;
const HEAP_END: usize = 0xffff_f000;
const EXIT: u32 = 93;
const PANIC_CODE: u32 = 101;

global_asm!(
    ".section .text.start",
    ".globl _start",
    "_start:",
    "la sp, stack_top",
    "call guest_main",
    "unimp",
);

/// Turns a function from the input to a block's hash into a program.
#[macro_export]
macro_rules! entry {
    ($function:path) => {
        #[unsafe(no_mangle)]
        extern "C" fn guest_main() -> ! {
            $crate::end($function($crate::input()))
        }
    };
}

/// The input that the machine was given.
pub fn input() -> &'static [u8] {
    // SAFETY: the machine places the length and so many bytes here before the first
    // instruction, and nothing writes to them afterwards: stack, data and heap lie elsewhere.
    unsafe {
        let length = ptr::with_exposed_provenance::<u32>(INPUT).read() as usize;
        slice::from_raw_parts(ptr::with_exposed_provenance(INPUT + 4), length)
    }
}

/// Ends the program.
pub fn end(result: Result<Hash, GuestError>) -> ! {
    match result {
        Ok(hash) => exit(0, &hash.0),
        Err(error) => exit(u32::from(error.exit_code()), &[0; 32]),
    }
}

fn exit(code: u32, output: &[u8; 32]) -> ! {
    // SAFETY: this system call does not return; the machine reads 32 bytes at `a1`.
    unsafe {
        asm!(
            "ecall",
            in("a0") code,
            in("a1") output.as_ptr(),
            in("a7") EXIT,
            options(noreturn),
        )
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    exit(PANIC_CODE, &[0; 32])
}

/// A heap that grows. A program lives for one block, so most of what it frees is not worth
/// the instructions to find again; only the newest block is taken back, which makes a
/// growing vector grow in place.
struct Heap {
    next: Cell<usize>,
    /// Everything from here on was never given out, so it is still zero.
    untouched: Cell<usize>,
}

// SAFETY: the machine has one hart and no interrupts: nothing runs beside anything.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap { next: Cell::new(HEAP_START), untouched: Cell::new(HEAP_START) };

impl Heap {
    fn place(&self, start: usize, size: usize) -> Option<()> {
        let end = start.checked_add(size).filter(|end| *end <= HEAP_END)?;
        self.next.set(end);
        Some(())
    }

    fn take_back_to(&self, start: usize) {
        self.untouched.set(self.untouched.get().max(self.next.get()));
        self.next.set(start);
    }
}

// SAFETY: every block lies in [HEAP_START, HEAP_END), aligned, and behind all blocks that are
// still in use; `next` only moves back when the newest block is freed or shrunk.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let mask = layout.align() - 1;
        let start = self.next.get().checked_add(mask).map(|past| past & !mask);
        match start.and_then(|start| self.place(start, layout.size()).map(|()| start)) {
            Some(start) => ptr::with_exposed_provenance_mut(start),
            None => ptr::null_mut(),
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those of `alloc`.
        let block = unsafe { self.alloc(layout) };
        let used = self.untouched.get().saturating_sub(block.addr()).min(layout.size());
        if !block.is_null() && used > 0 {
            // SAFETY: the first `used` bytes lie within the block.
            unsafe { ptr::write_bytes(block, 0, used) };
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if block.addr() + layout.size() == self.next.get() {
            self.take_back_to(block.addr());
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let start = block.addr();
        if start + layout.size() == self.next.get() {
            self.take_back_to(start);
            return match self.place(start, size) {
                Some(()) => block,
                None => ptr::null_mut(),
            };
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the caller's promises hold for a block of the new size and the old alignment.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: both blocks are at least as long as the old one and do not overlap.
            unsafe { ptr::copy_nonoverlapping(block, moved, layout.size()) };
        }
        moved
    }
}
