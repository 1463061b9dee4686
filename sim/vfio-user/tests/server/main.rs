//! The server, with a foreign client and with hand-made messages.

mod bench;
mod dma;
mod foreign;
mod hostile;
mod migration;
