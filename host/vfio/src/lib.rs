//! Real functions for the host driver: VFIO with a group and type 1 IOMMU, by the crate `pci-driver`.
//!
//! ```text
//!  Device<VfioFunction> ─▶ VfioBar ─────▶ pci-driver ─▶ vfio-pci
//!        │                 map_dma ─────▶ DmaMemory at IOVAs
//!        └ take_interrupts ◀─ eventfds ◀─ MSI-X
//! ```
//! What `pci-driver` answers with a word nobody can act on is asked of sysfs before: whether
//! the function is there, bound to vfio-pci, and in a group of its own. Opening a function, and
//! closing it, resets it, as vfio-pci does: nothing of the device's state outlives a program.

mod function;
mod memory;
mod sysfs;

pub use function::{VfioBar, VfioFunction};
pub use memory::DmaMemory;
pub use sysfs::{Address, AddressError, VfioError};
