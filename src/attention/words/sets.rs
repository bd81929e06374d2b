//! The word vectors that are part of the program.

use crate::data::vectors::Vectors;
use safetensors::SafeTensors;

/// A set by the name that people use.
pub struct Embedded {
    pub name: &'static str,
    /// What it is, in both languages.
    pub about: [&'static str; 2],
    file: &'static [u8],
    words: &'static str,
}

/// English first.
pub static EMBEDDED: [Embedded; 2] = [
    Embedded {
        name: "glove",
        about: ["English: GloVe 6B, 100 numbers, 50,000 words", "英語: GloVe 6B、100 次元、50,000 語"],
        file: include_bytes!("../../../assets/embeddings/glove-100d-50k.safetensors"),
        words: include_str!("../../../assets/embeddings/glove-100d-50k.vocab.txt"),
    },
    Embedded {
        name: "chive",
        about: ["Japanese: chiVe 1.1, 300 numbers, 19,547 words", "日本語: chiVe 1.1、300 次元、19,547 語"],
        file: include_bytes!("../../../assets/embeddings/chive-300d-20k.safetensors"),
        words: include_str!("../../../assets/embeddings/chive-300d-20k.vocab.txt"),
    },
];

impl Embedded {
    /// Its vectors. The table stays where the program's file is mapped.
    pub fn open(&self) -> Vectors {
        let file = SafeTensors::deserialize(self.file).expect("the file was checked when it was put in");
        let table = file.tensor("vectors").expect("the file has this table");
        Vectors::embedded(self.name, table.data(), table.shape()[1], self.words)
    }
}
