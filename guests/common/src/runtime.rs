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

/// A heap that grows. A program lives for one block, so most small things it frees are not
/// worth the instructions to find again. Two kinds of memory come back: the newest block,
/// which makes a growing vector grow in place, and large blocks, by size class. Without the
/// second, calls that carry much memory would use up the heap within an ordinary gas limit.
struct Heap {
    next: Cell<usize>,
    /// Everything from here on was never given out, so it is still zero.
    untouched: Cell<usize>,
    /// The first free block of each size class, 0 for none; each begins with the next one.
    free: [Cell<usize>; CLASSES],
}

/// Blocks of this many bytes and more come back. Their size is rounded up to a power of two.
const LARGE: usize = 256;
const CLASSES: usize = usize::BITS as usize;
const LARGE_ALIGN: usize = 16;

// SAFETY: the machine has one hart and no interrupts: nothing runs beside anything.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap {
    next: Cell::new(HEAP_START),
    untouched: Cell::new(HEAP_START),
    free: [const { Cell::new(0) }; CLASSES],
};

/// What a layout takes up.
#[derive(Clone, Copy)]
struct Extent {
    size: usize,
    align: usize,
    class: Option<usize>,
}

impl Extent {
    #[inline]
    fn of(layout: Layout) -> Option<Self> {
        let (size, align) = (layout.size(), layout.align());
        if size < LARGE || align > LARGE_ALIGN {
            return Some(Self { size, align, class: None });
        }
        let size = size.checked_next_power_of_two()?;
        Some(Self { size, align: LARGE_ALIGN, class: Some(size.trailing_zeros() as usize) })
    }
}

impl Heap {
    #[inline]
    fn fresh(&self, extent: Extent) -> Option<usize> {
        let mask = extent.align - 1;
        let start = self.next.get().checked_add(mask)? & !mask;
        self.place(start, extent.size)?;
        Some(start)
    }

    #[inline]
    fn recycled(&self, extent: Extent) -> Option<usize> {
        let head = &self.free[extent.class?];
        let block = head.get();
        if block == 0 {
            return None;
        }
        // SAFETY: a block in the list is free, large and aligned; `dealloc` wrote its first word.
        head.set(unsafe { ptr::with_exposed_provenance::<usize>(block).read() });
        Some(block)
    }

    #[inline]
    fn place(&self, start: usize, size: usize) -> Option<()> {
        let end = start.checked_add(size).filter(|end| *end <= HEAP_END)?;
        self.next.set(end);
        Some(())
    }

    #[inline]
    fn take_back_to(&self, start: usize) {
        self.untouched.set(self.untouched.get().max(self.next.get()));
        self.next.set(start);
    }
}

const fn pointer(block: Option<usize>) -> *mut u8 {
    match block {
        Some(start) => ptr::with_exposed_provenance_mut(start),
        None => ptr::null_mut(),
    }
}

// SAFETY: every block lies in [HEAP_START, HEAP_END), aligned, and is either behind all blocks
// in use or one that was freed and is in no list any more; `next` only moves back when the
// newest block is freed or shrunk, and blocks in a list lie before it.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(extent) = Extent::of(layout) else { return ptr::null_mut() };
        pointer(self.recycled(extent).or_else(|| self.fresh(extent)))
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let Some(extent) = Extent::of(layout) else { return ptr::null_mut() };
        let (block, used) = match self.recycled(extent) {
            Some(start) => (Some(start), layout.size()),
            None => {
                let start = self.fresh(extent);
                let used = start.map_or(0, |start| self.untouched.get().saturating_sub(start));
                (start, used.min(layout.size()))
            }
        };
        let block = pointer(block);
        if !block.is_null() && used > 0 {
            // SAFETY: the first `used` bytes lie within the block.
            unsafe { ptr::write_bytes(block, 0, used) };
        }
        block
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(extent) = Extent::of(layout) else { return };
        if block.addr() + extent.size == self.next.get() {
            self.take_back_to(block.addr());
        } else if let Some(class) = extent.class {
            let head = &self.free[class];
            // SAFETY: the block is free now, aligned, and longer than a word.
            unsafe { block.cast::<usize>().write(head.get()) };
            head.set(block.expose_provenance());
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises a size that fits this alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        let (Some(old), Some(new)) = (Extent::of(layout), Extent::of(wanted)) else {
            return ptr::null_mut();
        };
        let start = block.addr();
        // A small block may become large in place only where large ones may begin.
        let stays = start % new.align == 0;
        if stays && start + old.size == self.next.get() {
            self.take_back_to(start);
            if self.place(start, new.size).is_some() {
                return block;
            }
            self.next.set(start + old.size);
            return ptr::null_mut();
        }
        if stays && old.size == new.size {
            return block;
        }
        // SAFETY: the caller's promises hold for a block of the new size and the old alignment.
        let moved = unsafe { self.alloc(wanted) };
        if !moved.is_null() {
            // SAFETY: both blocks hold the smaller of the two sizes and do not overlap; the old
            // one is the caller's to give up.
            unsafe {
                ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
        }
        moved
    }
}
