//! The driver and its flows against a software model of the card.

mod carried;
mod device;
mod dirty_log;
mod flow;
mod flow_failure;
mod model;
mod page_faults;
mod stream_window;
mod v2;
mod wire;
mod workload;
