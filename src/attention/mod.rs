//! Chapter 3 of the lecture: attention and transformers. Words as vectors: [`word2vec`] is where such vectors come from,
//! [`embeddings`] what one can do with them. Sequences: [`seq2seq`] reads one and writes another;
//! [`alignment`] lets the writer look back at what was read; [`transformer`] only looks. Language models: [`gpt`] predicts the next token
//! of any text. [`rlhf`] tunes one to what people prefer. [`hallucination`] asks one
//! what it was never told. [`xai`] asks a classifier why.

pub mod alignment;
pub mod embeddings;
pub mod gpt;
pub mod hallucination;
pub mod language_model;
pub mod rlhf;
pub mod seq2seq;
pub mod sequences;
pub mod transformer;
pub mod word2vec;
pub mod words;
pub mod xai;
