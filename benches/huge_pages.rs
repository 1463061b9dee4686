//! Allocations of 2 MiB and more in huge pages, where Linux grants them, for this project and its peers
//! alike. With pages of 4 KiB, walking page tables is part of every read of memory, and hides a
//! tenth or so of what is measured.

use std::alloc::{GlobalAlloc, Layout, System};

/// Of a huge page of x86-64 and of AArch64 with a granule of 4 KiB.
const HUGE: usize = 2 << 20;

struct HugePages;

#[global_allocator]
static ALLOCATOR: HugePages = HugePages;

/// What is large is aligned to a huge page and fills some: the system has none for less.
fn layout_of(layout: Layout) -> Layout {
    match layout.size() {
        HUGE.. => layout.align_to(HUGE).unwrap_or(layout).pad_to_align(),
        _ => layout,
    }
}

// SAFETY: what it gives comes from the system's allocator with a layout that is at least as large
// and as aligned, and goes back to it with the same one.
unsafe impl GlobalAlloc for HugePages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let layout = layout_of(layout);
        // SAFETY: the caller's layout is not empty, so this one is not.
        let start = unsafe { System.alloc(layout) };
        #[cfg(target_os = "linux")]
        if layout.size() >= HUGE && !start.is_null() {
            // SAFETY: these pages are this allocation's. Refused, they stay as they are.
            unsafe { libc::madvise(start.cast(), layout.size(), libc::MADV_HUGEPAGE) };
        }
        start
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: it came from there, with this layout.
        unsafe { System.dealloc(start, layout_of(layout)) };
    }
}
