//! A warm step takes its buffers from the step before: next to nothing is asked of the system.

use shinso::bench::{Source, WORKLOADS, workload};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator, counting what is asked of it.
struct Counting;

static ASKED: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed on as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ASKED.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: by the caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ASKED.fetch_add(size, Ordering::Relaxed);
        // SAFETY: by the caller.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: by the caller.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// One test alone in its program, so that nobody else's memory is counted.
#[test]
fn a_warm_step_asks_for_less_than_64_kib() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let mut found = Vec::new();
    for name in WORKLOADS {
        let mut training = workload(name, Source::seeded(1)).expect("a workload");
        let asked = pool.install(|| {
            for _ in 0..3 {
                training.step();
            }
            let before = ASKED.load(Ordering::Relaxed);
            training.step();
            ASKED.load(Ordering::Relaxed) - before
        });
        found.push((name, asked));
    }
    // Self-play grows trees, anew for each move: 128 games of 64 simulations, each of which adds the moves of a position.
    let most = |name: &str| match name {
        "self-play" => 128 * 64 * 3 * 1024,
        // The physics asks for memory in each of its 200 steps.
        "walker" => 200 * 8 * 1024,
        _ => 64 * 1024,
    };
    assert!(found.iter().all(|&(name, asked)| asked < most(name)), "bytes asked for: {found:?}");
}
