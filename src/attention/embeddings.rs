//! Words as vectors: arithmetic and a conversation about it (Mikolov et al. 2013; Pennington, Socher & Manning, "GloVe",
//! EMNLP 2014). Vectors are those of a set that others trained; how such vectors come about is
//! [`word2vec`](super::word2vec)'s.

use super::words::{Conversation, VIEWS};
use crate::experiment::{Experiment, Learn, Preview};
use crate::lab_file;
use std::sync::Arc;

pub static EXPERIMENT: Experiment = Experiment {
    id: "embeddings",
    lab: Some(lab_file!("11-embeddings")),
    views: &VIEWS,
    answers: &Conversation::ANSWERS,
    preview: Preview::View("map"),
    learn: Learn::Nothing(
        "`shinso embed \"king - man + woman\"` answers, and `shinso train word2vec` makes such vectors",
    ),
    open: |_, _, source| Ok(Arc::new(Conversation::embedded(source.keep.clone()))),
    ..Experiment::EMPTY
};
