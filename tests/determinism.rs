//! The number of threads changes how fast a training is and nothing else.

use shinso::bench::{Source, workload};

/// The weights after some steps, as bytes.
fn trained(name: &str, steps: usize, threads: usize) -> Vec<u8> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    // A counted source makes every workload optimise.
    let mut training = workload(name, Source::counted()).expect("a workload");
    pool.install(|| {
        for _ in 0..steps {
            training.step();
        }
    });
    training.weights()
}

fn is_the_same_on_one_and_two(name: &str, steps: usize) {
    let (one, two) = (trained(name, steps, 1), trained(name, steps, 2));
    assert!(!one.is_empty() && one == two, "{name}");
}

#[test]
fn a_hundred_steps_give_the_same_bytes_on_one_thread_and_two() {
    for name in ["vae", "gan", "ddpm-mlp", "seq2seq-gru", "seq2seq-lstm", "lenet"] {
        is_the_same_on_one_and_two(name, 100);
    }
}

/// Fewer steps of what takes long.
#[test]
fn so_do_large_models() {
    is_the_same_on_one_and_two("gpt", 20);
    is_the_same_on_one_and_two("ddpm-unet", 5);
}
