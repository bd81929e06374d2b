//! Chapter 3 of the lecture: attention and transformers. Words as vectors: [`word2vec`] is where such vectors come from,
//! [`embeddings`] what one can do with them. Sequences: [`seq2seq`] reads one and writes another.

pub mod embeddings;
pub mod seq2seq;
pub mod sequences;
pub mod word2vec;
pub mod words;
