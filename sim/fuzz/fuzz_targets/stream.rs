#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| slackwater_sim::fuzz::stream(data));
