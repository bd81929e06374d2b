//! From the same weights, batches and noise, training here and in PyTorch gives the same losses. What PyTorch gave was
//! written by `tests/reference/make.py`.

use safetensors::SafeTensors;
use shinso::bench::{Source, workload};

/// Relative to the loss: what remains between two orders of adding up in single precision after 50 steps.
const TOLERANCE: f32 = 1e-4;

fn agrees(name: &str, file: &[u8]) {
    let file = SafeTensors::deserialize(file).expect("a safetensors file");
    let bytes = file.tensor("losses").expect("losses").data();
    let expected = bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
    let mut training = workload(name, Source::counted()).expect("a workload");
    for (step, expected) in expected.enumerate() {
        let found = training.step();
        let error = (found - expected).abs() / expected.abs();
        assert!(error < TOLERANCE, "{name}, step {step}: {found} instead of {expected}");
    }
}

#[test]
fn a_vae_learns_as_in_pytorch() {
    agrees("vae", include_bytes!("reference/vae.safetensors"));
}

#[test]
fn a_lenet_learns_as_in_pytorch() {
    agrees("lenet", include_bytes!("reference/lenet.safetensors"));
}

#[test]
fn a_gpt_learns_as_in_pytorch() {
    agrees("gpt", include_bytes!("reference/gpt.safetensors"));
}

#[test]
fn a_seq2seq_of_grus_learns_as_in_pytorch() {
    agrees("seq2seq-gru", include_bytes!("reference/seq2seq-gru.safetensors"));
}

#[test]
fn a_transformer_learns_as_in_pytorch() {
    agrees("transformer", include_bytes!("reference/transformer.safetensors"));
}

#[test]
fn a_seq2seq_of_lstms_learns_as_in_pytorch() {
    agrees("seq2seq-lstm", include_bytes!("reference/seq2seq-lstm.safetensors"));
}
