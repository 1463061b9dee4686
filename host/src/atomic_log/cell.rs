//! The atomics that a log is made of: the standard library's, and loom's in tests.

use std::sync::atomic::{AtomicU64, Ordering, fence};

/// An atomic word of 64 bits, 0 by default.
pub trait Cell: Default {
    /// As [`AtomicU64::load`].
    fn load(&self, order: Ordering) -> u64;
    /// As [`AtomicU64::swap`].
    fn swap(&self, value: u64, order: Ordering) -> u64;
    /// As [`AtomicU64::fetch_or`].
    fn fetch_or(&self, value: u64, order: Ordering) -> u64;
    /// As [`fence`] with [`Ordering::SeqCst`].
    fn fence();
}

impl Cell for AtomicU64 {
    #[inline]
    fn load(&self, order: Ordering) -> u64 {
        self.load(order)
    }

    #[inline]
    fn swap(&self, value: u64, order: Ordering) -> u64 {
        self.swap(value, order)
    }

    #[inline]
    fn fetch_or(&self, value: u64, order: Ordering) -> u64 {
        self.fetch_or(value, order)
    }

    #[inline]
    fn fence() {
        fence(Ordering::SeqCst);
    }
}
