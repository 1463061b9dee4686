use rust_hdl::prelude::*;
use slackwater_hdl::chip::Chip;
fn settle(b: &mut Chip) -> u64 { let mut n = 0; loop { b.update_all(); n += 1; if !b.has_changed() { return n; } } }
fn main() {
    let mut d = Box::new(Chip::new()); d.connect_all(); check_all(&*d).unwrap();
    let n = 100000;
    let (mut f, mut r) = (0, 0);
    let t = std::time::Instant::now();
    for i in 0..n { let c = &mut *d; c.clock.next = false.into(); c.link_tx_ready.next = true; c.requester_id.next = bits(i & 1);
        f += settle(c); c.clock.next = true.into(); r += settle(c); }
    println!("{} cycles/s idle, passes {} {}; us/pass {}", n as f64 / t.elapsed().as_secs_f64(), f as f64 / n as f64, r as f64 / n as f64, t.elapsed().as_secs_f64()*1e6/(f+r) as f64);
}
