//! The command line.

mod class;
mod server;

pub use class::{ClassVerb, ExportArguments, HandInArguments, TakeArguments};
pub use server::{ServeArguments, SessionArguments};

use crate::data::world::WORLDS;
use crate::experiment::Language;
use crate::reinforcement::games::GAMES;
use crate::tui::ScreenOptions;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

/// A laboratory for modern machine learning that lives in a terminal.
///
/// Without a verb it opens the lab picker.
#[derive(Debug, Parser)]
#[command(name = "shinso", version, propagate_version = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub verb: Option<Verb>,

    #[command(flatten)]
    pub screen: ScreenOptions,

    /// Language of texts: en or ja [default: what you chose last, else LANG]
    #[arg(long, global = true, value_name = "LANGUAGE")]
    pub lang: Option<Language>,

    /// A folder of lab files that add to the embedded ones or replace them by id
    #[arg(long, global = true, value_name = "DIR")]
    pub labs: Option<PathBuf>,

    /// Read and write only in one's own folders (SHINSO_HOME) and those that SHINSO_SHARED names, and start no programs: for people
    /// who have no account on this machine. SHINSO_CONFINED=1 does the same
    #[arg(long, global = true)]
    pub confined: bool,

    /// What trains: a thread of this program, or a process of its own for each run
    #[arg(long, global = true, value_parser = ["thread", "process"], default_value = "thread")]
    pub runner: String,

    /// One's own data instead of the embedded ones: a folder with the four files of an MNIST-like set in IDX format, or,
    /// for word2vec and gpt, a text, for seq2seq, attention and transformer, pairs as lines `source<TAB>target`, for gridworld, a map
    #[arg(long, global = true, value_name = "PATH", visible_alias = "corpus")]
    pub data: Option<PathBuf>,

    /// A GPT-2 that answers in the lab gpt in place of the bundled model: a folder in Hugging Face's layout, with config.json,
    /// model.safetensors, and tokenizer.json or vocab.json and merges.txt
    #[arg(long, global = true, value_name = "DIR")]
    pub weights: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Train a lab's model without the screen
    Train(TrainArguments),
    /// Train by orders in JSON lines on standard input, and write events and answers as JSON lines
    Worker,
    /// Ask a model for one of its views; without a view, list the views of a lab and their inputs
    Ask(AskArguments),
    /// Let a GPT go on with a text: the bundled one, that of a run, or a GPT-2 (--weights); prints what it adds
    Generate(GenerateArguments),
    /// Play the demo of a lab for an audience, step by step
    ///
    /// Space or → goes on, ← back, r begins again, N shows the presenter's notes, Esc ends the demo and leaves the lab as it is. All
    /// other keys go to the lab. `d` in the picker does the same. With --plain it is told in lines: Enter goes on; `back`, `restart`,
    /// `notes` and `q` are the other keys.
    Demo(DemoArguments),
    /// List, check or describe labs
    Labs {
        #[command(subcommand)]
        verb: LabsVerb,
    },
    /// List, show, export or resume runs
    Runs {
        #[command(subcommand)]
        verb: RunsVerb,
    },
    /// Answer word arithmetic, such as "king - man + woman"; without an expression, each line of standard input
    Embed(EmbedArguments),
    /// Print the small world that word2vec learns from, for other programs: sentences, or the analogies held out
    Corpus {
        /// english or japanese
        #[arg(value_parser = WORLDS)]
        world: String,
        /// How many sentences
        #[arg(long, default_value_t = 40_000)]
        sentences: usize,
        /// Seed of the sentences; a run with the same seed learns from the same ones
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Print the analogy questions instead
        #[arg(long)]
        analogies: bool,
    },
    /// Say what this terminal can do, where files lie and how fast this machine multiplies matrices
    Doctor,
    /// Measure the shipped VAE, GAN and diffusion model alike: feature distance, Parzen window, classes, time
    CompareGenerators {
        /// A line of JSON for each
        #[arg(long)]
        json: bool,
    },
    /// Time training steps of fixed workloads on this machine
    Bench(BenchArguments),
    /// Play a board game against an agent, in lines of text
    Play(PlayArguments),
    /// Let two players play many games and say how much stronger one is
    Match(MatchArguments),
    /// Play as a program that speaks GTP, version 2
    ///
    /// Besides its own commands: lz-analyze and kata-analyze, for agents that count visits (mcts). In Go every stone on the board counts as
    /// alive, as Tromp and Taylor have it: take dead ones before both sides pass. Points of Gomoku are named a to o, with i, which
    /// GTP leaves out and Go has not here either.
    Gtp {
        #[arg(long, value_parser = GAMES, default_value = "go-9")]
        game: String,
        #[command(flatten)]
        by: ServedBy,
    },
    /// Play chess as a program that speaks UCI
    ///
    /// It has no options, hears no searchmoves, and plays on where a draw could be claimed. A tree search (mcts) takes no depth. Hundredths of a
    /// pawn are 400 log10 (p / (1 - p)) of the share of points p that it expects.
    Uci(ServedBy),
    /// Play shogi as a program that speaks USI
    ///
    /// As uci; mates are counted in the moves of both sides; go mate looks for a mate by checks.
    Usi(ServedBy),
    /// The value of a position with best play
    Solve(SolveArguments),
    /// Count the lines of so many moves from a position, which proves the rules of a game
    Perft {
        /// tic-tac-toe, connect-four, othello, othello-6, gomoku-9, gomoku-15, go-9, go-13, chess or shogi
        #[arg(value_parser = GAMES)]
        game: String,
        /// How many moves
        depth: u32,
        /// Another position than the start: FEN, SFEN, or rows of signs between slashes
        #[arg(long)]
        position: Option<String>,
        /// The count after each move
        #[arg(long)]
        divide: bool,
        /// As a line of JSON
        #[arg(long)]
        json: bool,
    },
    /// Let people in over ssh: each gets this program on a terminal and a folder of their own, and nothing else of this machine
    ///
    /// SIGTERM ends it: sessions are told, and runs recorded. SIGHUP has it read its accounts again. Events are logged on standard error,
    /// a line each.
    Serve(ServeArguments),
    /// Write what you have earned here to a file, to hand it in where your instructor has it counted
    ///
    /// Over ssh: `ssh -p 2222 NAME@HOST hand-in < FILE`; or give the file to your instructor.
    HandIn(HandInArguments),
    /// What a session does with a file that is handed in
    #[command(hide = true)]
    TakeIn,
    /// What an instructor does with a class: its answers as tables, files that were handed in
    Class {
        #[command(subcommand)]
        verb: ClassVerb,
    },
    /// What `serve` starts for each session
    #[command(hide = true)]
    Session(SessionArguments),
    /// What `serve` starts first: data and weights for all sessions
    #[command(hide = true)]
    Unpack { cache: PathBuf },
    /// Print completions for a shell
    Completions { shell: Shell },
    /// Print the manual page
    Man,
}

#[derive(Debug, Args)]
pub struct DemoArguments {
    /// The lab, such as vae
    pub lab: String,

    /// Tell it in lines, for screen readers and pipes: what is said, what is done, and what comes of it
    #[arg(long, conflicts_with_all = ["record", "svg"])]
    pub plain: bool,

    /// Play it without a presenter and write a recording for asciinema (asciicast, FILE.cast); the words stand as long as they take to read
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,

    /// Record in version 2 of the format, for older players, instead of 3
    #[arg(long, requires = "record")]
    pub v2: bool,

    /// Play it without a presenter and write its last screen as a picture (FILE.svg)
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,

    /// Columns and rows of the recording, at least 80x24
    #[arg(long, value_name = "COLUMNSxROWS", default_value = "100x30", value_parser = size)]
    pub size: (u16, u16),
}

/// Columns and rows that the screen can be drawn on.
fn size(text: &str) -> Result<(u16, u16), String> {
    let read = text.split_once('x').and_then(|(columns, rows)| Some((columns.parse().ok()?, rows.parse().ok()?)));
    read.filter(|(columns, rows)| (80..=500).contains(columns) && (24..=200).contains(rows))
        .ok_or_else(|| "expected columns and rows such as 100x30, from 80x24 to 500x200".to_owned())
}

#[derive(Debug, Args)]
pub struct AskArguments {
    /// A lab, or an experiment such as the classifier
    pub lab: String,
    /// One of its views
    pub view: Option<String>,
    /// An input of the view; the value of a picture is a PNG file
    #[arg(long = "set", value_name = "INPUT=VALUE")]
    pub inputs: Vec<String>,
    /// The model of this run in place of the bundled one
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// Print the panels as JSON
    #[arg(long)]
    pub json: bool,
    /// Write pictures as PNG files into this folder
    #[arg(long, value_name = "DIR")]
    pub png: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct GenerateArguments {
    /// The text to go on with [default: standard input; on a terminal, a text from its beginning]
    pub prompt: Option<String>,
    /// The model of this run of the lab gpt
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// Tokens at most; a story ends with its line, a text of GPT-2 with its end
    #[arg(long, default_value_t = 100)]
    pub tokens: usize,
    /// What logits are divided by: below 1 the likely becomes likelier, 0 takes the most likely token
    #[arg(long, default_value_t = 1.0)]
    pub temperature: f64,
    /// Sample from this many of the most likely tokens; 0 for all
    #[arg(long, default_value_t = 0)]
    pub top_k: usize,
    /// Sample from the most likely tokens that reach this share of the probability together
    #[arg(long, default_value_t = 1.0)]
    pub top_p: f64,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print a line of JSON for each token, with its log-probability and the entropy in nats, and one with the speed at the end
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct TrainArguments {
    /// The lab, such as vae
    pub lab: String,

    /// A preset of the lab [default: quick]
    #[arg(long)]
    pub preset: Option<String>,

    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// Set a knob; may be repeated
    #[arg(long = "set", value_name = "KNOB=VALUE")]
    pub knobs: Vec<String>,

    /// Turn a live knob after a step; may be repeated
    #[arg(long = "turn", value_name = "STEP:KNOB=VALUE")]
    pub turns: Vec<String>,

    /// Do one of a lab's own actions after a step; may be repeated
    #[arg(long = "action", alias = "act", value_name = "STEP:ACTION")]
    pub actions: Vec<String>,

    /// Measure more at the end, such as nll for vae; may be repeated
    #[arg(long = "eval", value_name = "NAME")]
    pub evaluations: Vec<String>,

    /// Threads to train on [default: one a core]; the numbers are the same for any
    #[arg(long)]
    pub threads: Option<usize>,

    /// Print every event as a line of JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct EmbedArguments {
    /// Words, + - * / ( ) | | . = and : : :: ; ":help" lists all
    pub expression: Option<String>,

    /// How many words an answer lists
    #[arg(long, default_value_t = 10)]
    pub top: usize,

    /// The vectors: glove, chive, or a file in GloVe, word2vec, fastText or safetensors form
    #[arg(long, default_value = "glove", value_name = "SET")]
    pub vectors: String,

    /// Let the words of the expression be answers too
    #[arg(long)]
    pub include: bool,

    /// Answer a file of analogy questions, four words a line under `: section` lines
    #[arg(long, value_name = "FILE", conflicts_with = "expression")]
    pub analogies: Option<PathBuf>,

    /// Print answers as lines of JSON
    #[arg(long)]
    pub json: bool,
}

/// Who plays where another program asks.
#[derive(Debug, Args)]
pub struct ServedBy {
    /// random, greedy, mcts:2s, alphabeta:1s …
    #[arg(long)]
    pub agent: Option<String>,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct PlayArguments {
    /// tic-tac-toe, connect-four, othello, othello-6, gomoku-9, gomoku-15, go-9, go-13, chess or shogi
    #[arg(value_parser = GAMES)]
    pub game: String,

    /// Whom to play against: random, greedy, mcts:2s (or a number of playouts), alphabeta:1s, perfect, net:FILE (a network
    /// of self-play: its file or its run's folder); options after commas, as in mcts:1s,threads=1,blunders=0.1 or
    /// net:FILE,sims=200
    #[arg(long, default_value = "mcts:2s")]
    pub agent: String,

    /// Which side is yours
    #[arg(long, value_parser = ["first", "second"], default_value = "first")]
    pub side: String,

    /// Another position than the start: FEN, SFEN, or rows of signs between slashes
    #[arg(long)]
    pub position: Option<String>,

    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// Write the game here at its end: SGF for Go, Gomoku and Othello, PGN for chess, KIF for shogi, else a list of moves
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct MatchArguments {
    /// The game, as for play
    #[arg(value_parser = GAMES)]
    pub game: String,

    /// The player whose view the result is: an agent as for play, or gtp:COMMAND, uci:COMMAND, usi:COMMAND
    pub first: String,

    /// The other player
    pub second: String,

    /// How many games; sides change from one to the next
    #[arg(long, default_value_t = NonZeroU32::new(100).expect("not zero"))]
    pub games: NonZeroU32,

    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// Random moves that begin each pair of games
    #[arg(long, default_value_t = 2)]
    pub opening: usize,

    /// Milliseconds a move that a UCI or USI program is given
    #[arg(long, default_value_t = 100)]
    pub movetime: u64,

    /// Points that white gets in Go
    #[arg(long)]
    pub komi: Option<f32>,

    /// Write each game here as it ends; a match whose file is there already goes on after its last game
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,

    /// The result as a line of JSON, as a run reports
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SolveArguments {
    /// connect-four, with best play of both; or shogi, mate by checks alone
    #[arg(value_parser = ["connect-four", "shogi"])]
    pub game: String,

    /// Columns played so far, 1 to 7, one after another; none for the empty board
    #[arg(default_value = "")]
    pub moves: String,

    /// Of shogi, a problem: SFEN, in which the side that mates needs no king
    #[arg(long)]
    pub position: Option<String>,

    /// The score after each move too
    #[arg(long = "moves")]
    pub moves_too: bool,

    /// Megabytes of the table
    #[arg(long, default_value_t = NonZeroUsize::new(64).expect("not zero"))]
    pub memory: NonZeroUsize,

    /// As a line of JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BenchArguments {
    /// vae, gan, ddpm-mlp, ddpm-unet, gpt, seq2seq-gru, seq2seq-lstm, transformer, lenet, neighbours, neighbours-glove, q-learning or value-iteration; all of these if none
    /// is named;
    /// or word2vec with --corpus, or of board games mcts, playouts or solve
    pub workload: Option<String>,

    /// With mcts, playouts and solve: one game instead of all
    #[arg(long, value_parser = GAMES)]
    pub game: Option<String>,

    /// Steps to time [default: 20 to 300, by the workload]
    #[arg(long)]
    pub steps: Option<NonZeroU32>,

    /// Threads to train on [default: one a core]
    #[arg(long)]
    pub threads: Option<NonZeroUsize>,

    /// Seed of what is drawn at random
    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// A line of JSON for each workload
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum LabsVerb {
    /// The labs there are
    List,
    /// Say what is wrong with lab files; without a path, with all that are loaded
    Check { paths: Vec<PathBuf> },
    /// A lab in words
    Describe { lab: String },
}

#[derive(Debug, Subcommand)]
pub enum RunsVerb {
    /// The runs there are, the newest first
    List {
        /// As JSON, a line a run
        #[arg(long)]
        json: bool,
    },
    /// What a run was and what it reported
    Show {
        /// The run's id, a beginning of it, its name, or last
        run: String,
    },
    /// Write a run's series as CSV, its weights and its pictures to a folder
    Export {
        /// The run's id, a beginning of it, its name, or last
        run: String,
        /// The folder to write to
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// Write the weights in half precision, as shipped models are
        #[arg(long)]
        half: bool,
        /// Write over files of an earlier export
        #[arg(long)]
        overwrite: bool,
    },
    /// Give a run a name and a note, or pin it: it then stands first, and is not deleted
    Label {
        /// The run's id, a beginning of it, its name, or last
        run: String,
        /// A name to find it by; empty for none
        #[arg(long)]
        name: Option<String>,
        /// A note; empty for none
        #[arg(long)]
        note: Option<String>,
        /// Keep it from being deleted, at the top of the list
        #[arg(long, conflicts_with = "unpin")]
        pin: bool,
        /// Let it be deleted again
        #[arg(long)]
        unpin: bool,
    },
    /// Delete runs with all that they kept; they can be restored for a week
    Delete {
        /// Ids of runs, beginnings of them, names, or last
        #[arg(required = true, value_name = "RUN")]
        runs: Vec<String>,
    },
    /// Bring deleted runs back; without an id, list those that can be
    Restore {
        /// Ids of runs, or last
        #[arg(value_name = "RUN")]
        runs: Vec<String>,
    },
    /// Take up a run that was stopped or killed, at its last checkpoint
    Resume {
        /// The run's id, a beginning of it, its name, or last
        run: String,
        /// Threads to train on [default: as before]
        #[arg(long)]
        threads: Option<usize>,
        /// Print every event as a line of JSON
        #[arg(long)]
        json: bool,
    },
}

impl Arguments {
    /// The language asked for, else that of the locale.
    pub fn language(&self) -> Language {
        self.lang.unwrap_or_else(|| {
            let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
            let locale = variable("LC_ALL").or_else(|| variable("LC_MESSAGES")).or_else(|| variable("LANG"));
            Language::from_locale(&locale.unwrap_or_default())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
