//! `shinso corpus`: the small world that word2vec learns from, for other programs.

use crate::data::questions;
use crate::data::world::World;
use crate::exit::Exit;
use crate::printer::{self, print};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::io::{self, IsTerminal, Write};

/// Sentences made before they are written.
const AT_ONCE: usize = 4096;

pub fn run(world: &World, analogies: bool, sentences: usize, seed: u64) -> Exit {
    if analogies {
        return print(&questions::written(&world.questions()));
    }
    // Sentences on a terminal are their own bar.
    let target = if io::stdout().is_terminal() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{wide_bar} {percent} %  {eta} left").expect("a template of known keys");
    let bar = ProgressBar::with_draw_target(Some(sentences as u64), target).with_style(style);
    let exit = printer::written(write(world, sentences, seed, &bar));
    bar.finish_and_clear();
    exit
}

fn write(world: &World, sentences: usize, seed: u64, bar: &ProgressBar) -> io::Result<()> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut out, mut text) = (printer::out(), String::new());
    let mut left = sentences;
    while left > 0 {
        let count = left.min(AT_ONCE);
        world.more(count, &mut random, &mut text);
        out.write_all(text.as_bytes())?;
        text.clear();
        left -= count;
        bar.inc(count as u64);
    }
    out.flush()
}
