//! Brotli (RFC 7932) between bounds.

use alloc::{vec, vec::Vec};

use alloc_no_stdlib::{Allocator, SliceWrapper, SliceWrapperMut};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, HuffmanCode};

use crate::DataError;

/// The largest window that `check_window` lets through.
#[cfg(feature = "encode")]
const MOST_WINDOW_BITS: u8 = 22;
const FIRST_OUTPUT: usize = 1 << 12;

/// Undoes brotli, if that gives at most so many bytes.
pub fn decompress(stream: &[u8], limit: u32) -> Result<Vec<u8>, DataError> {
    let most = limit as usize;
    check_window(stream)?;
    // Large windows are another format.
    let mut state = BrotliState::new_strict(
        Heap::<u8>(Vec::new()),
        Heap::<u32>(Vec::new()),
        Heap::<HuffmanCode>(Vec::new()),
    );
    let (mut left, mut read, mut written) = (stream.len(), 0, 0);
    let mut out = vec![0; FIRST_OUTPUT.min(most)];
    loop {
        let mut room = out.len() - written;
        let mut total = 0;
        let result = BrotliDecompressStream(
            &mut left,
            &mut read,
            stream,
            &mut room,
            &mut written,
            &mut out,
            &mut total,
            &mut state,
        );
        match result {
            BrotliResult::ResultSuccess if left > 0 => {
                return Err(DataError::Compression("something follows the stream"));
            }
            BrotliResult::ResultSuccess => {
                out.truncate(written);
                return Ok(out);
            }
            BrotliResult::NeedsMoreOutput if out.len() == most => {
                return Err(DataError::Bytes { limit });
            }
            BrotliResult::NeedsMoreOutput => out.resize((2 * out.len()).min(most), 0),
            BrotliResult::NeedsMoreInput => {
                return Err(DataError::Compression("the stream ends early"));
            }
            BrotliResult::ResultFailure => {
                return Err(DataError::Compression("it is not a stream of brotli"));
            }
        }
    }
}

/// Lets windows of up to 2^22 bytes through: the decoder takes as much memory, whatever the
/// stream holds. The window comes first, in 1, 4 or 7 bits; what is none, the decoder refuses.
fn check_window(stream: &[u8]) -> Result<(), DataError> {
    match stream.first() {
        None => Err(DataError::Compression("the stream ends early")),
        Some(first) if first & 0x0f == 0x0d || first & 0x0f == 0x0f => {
            Err(DataError::Compression("the window is larger than 2^22 bytes"))
        }
        Some(_) => Ok(()),
    }
}

/// Compresses as well as can be.
#[cfg(feature = "encode")]
pub(crate) fn compress(bytes: &[u8]) -> Vec<u8> {
    let window = (10..=MOST_WINDOW_BITS).find(|bits| bytes.len() + 16 <= 1 << bits);
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: window.unwrap_or(MOST_WINDOW_BITS).into(),
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut out = Vec::new();
    // Neither end is able to fail.
    let _ = brotli::BrotliCompress(&mut &*bytes, &mut out, &params);
    out
}

/// Memory from the global allocator, which is what the decoder may not assume to exist. What
/// comes back is used again: each of many small parts of a stream may want megabytes, and fresh
/// pages cost more than clearing old ones.
struct Heap<T>(Vec<Vec<T>>);

#[derive(Default)]
struct Cells<T>(Vec<T>);

impl<T> SliceWrapper<T> for Cells<T> {
    fn slice(&self) -> &[T] {
        &self.0
    }
}

impl<T> SliceWrapperMut<T> for Cells<T> {
    fn slice_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: Clone + Default> Allocator<T> for Heap<T> {
    type AllocatedMemory = Cells<T>;

    fn alloc_cell(&mut self, len: usize) -> Cells<T> {
        let fits = self.0.iter().position(|cells| cells.capacity() >= len);
        let Some(at) = fits else {
            // Nothing that is too small is kept: else pieces that grow would pile up.
            self.0.clear();
            return Cells(vec![T::default(); len]);
        };
        let mut cells = self.0.swap_remove(at);
        cells.clear();
        cells.resize(len, T::default());
        Cells(cells)
    }

    fn free_cell(&mut self, cells: Cells<T>) {
        if cells.0.capacity() > 0 {
            self.0.push(cells.0);
        }
    }
}
