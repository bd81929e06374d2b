//! `cargo bench`: products in the shapes of our networks with their share of the machine's peak, and operations forward
//! and backward. Each figure is the best of a third of a second; run it on a quiet machine.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use shinso::attention::transformer::{Configuration, Positions, Transformer};
use shinso::bench::peak::{best_time, peak_gigaflops, product_gigaflops};
use shinso::nn::{BlockSettings, PAPER_WAVELENGTH, Parameters};
use shinso::tensor::parallel::instruction_set;
use shinso::tensor::{Activation, Mask, Tape, Tensor, Var, Window};

/// Products as they come in the labs: rows, inner length, columns.
const SHAPES: [(&str, [usize; 3]); 9] = [
    ("vae, first layer", [128, 784, 400]),
    ("vae, code", [128, 400, 20]),
    ("ddpm, hidden layer", [128, 1024, 1024]),
    ("gpt, qkv", [2048, 128, 384]),
    ("gpt, mlp", [2048, 128, 512]),
    ("one head's scores", [128, 32, 128]),
    ("gru, one step", [16, 128, 384]),
    ("u-net, windows", [784, 288, 32]),
    ("one row", [1, 784, 400]),
];

fn main() {
    // `cargo test --benches` asks for nothing to be measured.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| on(threads));
    }
}

fn on(threads: usize) {
    let peak = peak_gigaflops();
    println!("{threads} thread(s), {}, peak {peak:.0} GFLOP/s", instruction_set());
    println!("  {:22} {:>15} {:>12} {:>12} {:>12}", "product", "shape", "a b", "a bᵀ", "aᵀ b");
    for (name, shape) in SHAPES {
        let figures = [[false, false], [false, true], [true, false]].map(|transposed| {
            let speed = product_gigaflops(shape, transposed);
            format!("{speed:5.0} {:3.0} %", 100.0 * speed / peak)
        });
        let [m, k, n] = shape;
        let shape = format!("{m}×{k}×{n}");
        println!("  {name:22} {shape:>15} {:>12} {:>12} {:>12}", figures[0], figures[1], figures[2]);
    }
    println!("  {:42} {:>10} {:>14}", "operation", "forward", "and backward");
    operation("gelu of [2048, 512]", &[&[2048, 512]], |x| x[0].gelu());
    operation("add a row to [2048, 512]", &[&[2048, 512], &[512]], |x| x[0] + x[1]);
    operation("softmax of [2048, 96]", &[&[2048, 96]], |x| x[0].softmax());
    operation("layer norm of [2048, 128]", &[&[2048, 128], &[128], &[128]], |x| x[0].layer_norm(x[1], x[2]));
    operation("group norm + silu of [64, 28, 28, 32]", &[&[64, 28, 28, 32], &[32], &[32]], |x| {
        x[0].group_norm(8, x[1], x[2], Activation::Silu)
    });
    operation("attention, 16 × 4 heads × 128 × 32", &[&[16, 128, 384]], |x| x[0].self_attention(4, Mask::Causal));
    operation("convolution 3×3, [64, 28, 28, 32] to 32", &[&[64, 28, 28, 32], &[32, 3, 3, 32], &[32]], |x| {
        x[0].convolution(x[1], x[2], Window::padded(1), Activation::Identity)
    });
    operation("max pool of [64, 28, 28, 8]", &[&[64, 28, 28, 8]], |x| x[0].max_pool(2));
    decoding();
}

/// Prints what 60 tokens take of a Transformer of the lab's size, in milliseconds: with the keys and values of earlier tokens
/// kept, and with all of them computed again for each token.
fn decoding() {
    const PLACES: usize = 60;
    let (mut parameters, random) = (Parameters::new(), &mut ChaCha8Rng::seed_from_u64(1));
    let configuration = Configuration {
        layers: 2,
        block: BlockSettings::new(64, 4),
        positions: Positions::Sine(PAPER_WAVELENGTH),
        is_masked: true,
        longest: [PLACES; 2],
    };
    let network = Transformer::new(configuration, [30, 30], &mut parameters, random);
    let (source, lengths) = (vec![5; PLACES], [PLACES]);
    let cached = best_time(|| {
        let tape = Tape::without_gradients();
        let bound = parameters.on(&tape);
        let mut caches = network.begin(&bound, network.encode(&bound, &source, &lengths));
        for place in 0..PLACES {
            let tape = Tape::without_gradients();
            network.decode_step(&parameters.on(&tape), (&mut caches, &lengths), &[5], place);
        }
    });
    let whole = best_time(|| {
        let tape = Tape::without_gradients();
        let memory = network.encode(&parameters.on(&tape), &source, &lengths).value();
        for place in 0..PLACES {
            let tape = Tape::without_gradients();
            let memory = tape.constant(memory.clone());
            let given = vec![5; place + 1];
            network.decode(&parameters.on(&tape), (memory, &lengths), (&given, &[place + 1]));
        }
    });
    let [cached, whole] = [cached, whole].map(|seconds| 1e3 * seconds);
    println!(
        "  decoding {PLACES} tokens: with a key-value cache {cached:.2} ms, without {whole:.2} ms, {:.1} ×",
        whole / cached
    );
}

/// Prints the time of an operation of ones, in microseconds.
fn operation(name: &str, shapes: &[&[usize]], formula: impl for<'t> Fn(&[Var<'t, f32>]) -> Var<'t, f32>) {
    let inputs: Vec<Tensor<f32>> = shapes.iter().map(|&shape| Tensor::filled(shape, 1.0)).collect();
    let run = |backward: bool| {
        let tape = Tape::new();
        let leaves: Vec<_> = inputs.iter().map(|input| tape.leaf(input.clone())).collect();
        let result = formula(&leaves);
        if backward {
            result.sum().backward();
        }
    };
    let (forward, both) = (best_time(|| run(false)), best_time(|| run(true)));
    println!("  {name:42} {:7.0} µs {:11.0} µs", forward * 1e6, both * 1e6);
}
