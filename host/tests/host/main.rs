//! The driver and its flows against a software model of the card.

mod device;
mod dirty_log;
mod flow;
mod flow_failure;
mod model;
mod stream_window;
mod workload;
