//! Memory in pages, for speed. Pages that nobody wrote hold zeros and take no space.

use alloc::{vec, vec::Vec};

use crate::Memory;

const PAGE_BITS: u32 = 12;
const PAGE_WORDS: usize = 1 << (PAGE_BITS - 2);
const PAGES: usize = 1 << (32 - PAGE_BITS);

type Page = [u32; PAGE_WORDS];

/// 2^32 bytes in pages of 4 KiB that exist once they are written.
#[derive(Debug, Clone)]
pub struct PagedMemory {
    /// For each page its place in `pages`. Place 0 is the page of zeros.
    places: Vec<u32>,
    pages: Vec<Page>,
}

impl Default for PagedMemory {
    fn default() -> Self {
        Self { places: vec![0; PAGES], pages: vec![[0; PAGE_WORDS]] }
    }
}

impl PagedMemory {
    /// Bytes that were given out to pages.
    pub fn resident(&self) -> usize {
        (self.pages.len() - 1) * PAGE_WORDS * 4
    }

    /// Writes bytes anywhere, as a loader does. Addresses wrap at 2^32.
    pub fn write(&mut self, address: u32, bytes: &[u8]) {
        let mut at = address;
        for byte in bytes {
            let shift = at % 4 * 8;
            let word = self.word(at & !3) & !(0xff << shift);
            self.set_word(at & !3, word | u32::from(*byte) << shift);
            at = at.wrapping_add(1);
        }
    }

    /// Reads bytes from anywhere. Addresses wrap at 2^32.
    pub fn read(&self, address: u32, out: &mut [u8]) {
        let mut at = address;
        for byte in out {
            *byte = (self.word(at & !3) >> (at % 4 * 8)) as u8;
            at = at.wrapping_add(1);
        }
    }

    #[cold]
    #[inline(never)]
    fn add_page(&mut self, index: usize) -> usize {
        let place = self.pages.len();
        self.pages.push([0; PAGE_WORDS]);
        // At most 2^20 pages exist beside the page of zeros.
        self.places[index] = place as u32;
        place
    }
}

const fn page_of(address: u32) -> usize {
    (address >> PAGE_BITS) as usize
}

const fn word_of(address: u32) -> usize {
    (address >> 2) as usize % PAGE_WORDS
}

impl Memory for PagedMemory {
    #[inline(always)]
    fn word(&self, address: u32) -> u32 {
        self.pages[self.places[page_of(address)] as usize][word_of(address)]
    }

    #[inline(always)]
    fn set_word(&mut self, address: u32, value: u32) {
        let index = page_of(address);
        let mut place = self.places[index] as usize;
        if place == 0 {
            place = self.add_page(index);
        }
        self.pages[place][word_of(address)] = value;
    }
}
