//! An allocator that counts what is allocated at a time and ends the program above a bound.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

struct Bounded;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static BOUND: AtomicUsize = AtomicUsize::new(usize::MAX);

#[global_allocator]
static ALLOCATOR: Bounded = Bounded;

fn add(bytes: usize) {
    let live = LIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
    let bound = BOUND.load(Ordering::Relaxed);
    if live > bound {
        // the message takes memory, too
        BOUND.store(usize::MAX, Ordering::Relaxed);
        let trace = std::backtrace::Backtrace::force_capture();
        eprintln!("{live} bytes are allocated, {bytes} of them at once: more than the bound of {bound}\n{trace}");
        std::process::abort();
    }
}

// SAFETY: every call goes to the system's allocator as it is
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        add(size);
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Runs with a bound on what is allocated on top of what there is.
pub fn within(bytes: usize, run: impl FnOnce()) {
    BOUND.store(LIVE.load(Ordering::Relaxed).saturating_add(bytes), Ordering::Relaxed);
    run();
    BOUND.store(usize::MAX, Ordering::Relaxed);
}
