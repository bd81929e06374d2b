//! Chapter 3 of the lecture: attention and transformers. So far words as vectors: [`word2vec`] is where such vectors come
//! from, [`embeddings`] what one can do with them.

pub mod embeddings;
pub mod word2vec;
pub mod words;
