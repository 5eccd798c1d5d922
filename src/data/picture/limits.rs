//! How much memory a picture may take: what its header says is checked before anything is allocated, and pictures that are large
//! wait for each other.

use std::sync::{Condvar, Mutex, PoisonError};

use image::ImageFormat;

use super::DecodeError;

/// The most pixels of a picture that is decoded: 16384 x 16384.
pub const MOST_PIXELS: u64 = 1 << 28;
/// The most pixels of a side: for each of them, scaling keeps weights, of 16 bytes or more.
pub const MOST_SIDE: u32 = 1 << 18;
/// The most bytes of a picture's file.
pub const MOST_FILE_BYTES: u64 = 1 << 30;
/// The most bytes of a decoded picture.
pub(super) const MOST_BYTES: u64 = 1 << 30;
/// Bytes of pictures that are being decoded, for each core; a larger picture is decoded alone.
const BYTES_PER_CORE: u64 = 256 << 20;
/// The most decoded bytes that a byte of a file can stand for, in any format but WebP: a byte of PNG's deflate becomes up to
/// 1032, each of which may be 8 pixels of a palette with transparency.
const MOST_FROM_A_BYTE: u64 = 1032 * 8 * 4;

/// What a picture's header promises.
pub(super) struct Promise {
    pub format: ImageFormat,
    pub width: u32,
    pub height: u32,
    /// Bytes when decoded.
    pub bytes: u64,
    /// Bytes of the file.
    pub file_bytes: u64,
}

impl Promise {
    /// # Errors
    /// It is too large, or more than the file can hold.
    pub fn check(&self) -> Result<(), DecodeError> {
        let &Promise { format, width, height, bytes, file_bytes } = self;
        if u64::from(width) * u64::from(height) > MOST_PIXELS {
            return Err(DecodeError::Pixels { width, height, limit: MOST_PIXELS });
        }
        if width.max(height) > MOST_SIDE {
            return Err(DecodeError::Side { width, height, limit: MOST_SIDE });
        }
        if bytes > MOST_BYTES {
            return Err(DecodeError::Decoded { width, height, bytes, limit: MOST_BYTES });
        }
        if format != ImageFormat::WebP && bytes / MOST_FROM_A_BYTE > file_bytes {
            return Err(DecodeError::Claim { width, height, bytes: file_bytes });
        }
        Ok(())
    }

    /// Bytes that decoding takes: the picture twice, since it is converted, and the coefficients of a progressive JPEG.
    fn needs(&self) -> u64 {
        self.bytes * if self.format == ImageFormat::Jpeg { 4 } else { 2 }
    }

    /// Waits until there is room for it.
    pub fn room(&self) -> Room {
        let limit = BYTES_PER_CORE * std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
        let needs = self.needs();
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |taken: &mut u64| *taken > 0 && *taken + needs > limit;
        *FREED.wait_while(taken, is_full).unwrap_or_else(PoisonError::into_inner) += needs;
        Room(needs)
    }
}

/// Bytes of all pictures that are being decoded.
static TAKEN: Mutex<u64> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

/// Room for a picture while it is decoded.
pub(super) struct Room(u64);

impl Drop for Room {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= self.0;
        FREED.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promise(format: ImageFormat, width: u32, height: u32, file_bytes: u64) -> Promise {
        Promise { format, width, height, bytes: 3 * u64::from(width) * u64::from(height), file_bytes }
    }

    #[test]
    fn promises_are_kept_within_limits() {
        let says = |promise: Promise| promise.check().map_err(|error| error.to_string());
        assert_eq!(says(promise(ImageFormat::Png, 16384, 16384, 1 << 20)), Ok(()));
        let error = says(promise(ImageFormat::Png, 16385, 16384, 1 << 20)).unwrap_err();
        assert_eq!(error, "too large: 16385x16384 are 268 million pixels, the limit is 268 million");
        let error = says(promise(ImageFormat::Png, 1, 260_000_000, 1 << 20)).unwrap_err();
        assert_eq!(error, "too large: 1x260000000 pixels, the limit of a side is 262144");
        let deep = Promise { bytes: 8 * 16_000 * 16_000, ..promise(ImageFormat::Png, 16_000, 16_000, 1 << 20) };
        let error = says(deep).unwrap_err();
        assert_eq!(error, "too large: 16000x16000 pixels take 1953 MiB when they are decoded, the limit is 1024");
        let error = says(promise(ImageFormat::Png, 10_000, 10_000, 5_000)).unwrap_err();
        assert_eq!(error, "damaged: its header says 10000x10000 pixels, more than its 5000 bytes can hold");
        assert_eq!(says(promise(ImageFormat::WebP, 10_000, 10_000, 60)), Ok(()), "one colour, one code");
    }

    #[test]
    fn large_pictures_wait_for_each_other() {
        let large = || promise(ImageFormat::Jpeg, 16384, 16384, 1 << 20);
        let first = large().room();
        let (sender, receiver) = std::sync::mpsc::channel();
        let other = std::thread::spawn(move || {
            let room = large().room();
            sender.send(()).unwrap();
            drop(room);
        });
        // with so many cores that both fit, none has to wait
        let fits = 2 * large().needs() <= BYTES_PER_CORE * std::thread::available_parallelism().unwrap().get() as u64;
        match fits {
            true => receiver.recv().unwrap(),
            false => drop(receiver.recv_timeout(std::time::Duration::from_millis(200)).unwrap_err()),
        }
        drop(first);
        other.join().unwrap();
    }
}
