//! The commands, each as the specification has it.

mod dma;
mod info;
mod logging;
mod migration;
mod regions;
