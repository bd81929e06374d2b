//! Every Explore instrument of the generative labs, driven by keys in a pseudo-terminal.

use crate::support::Terminal;
use tempfile::TempDir;

const ENTER: &str = "\r";
const TAB: &str = "\t";
const LEFT: &str = "\x1b[D";
const RIGHT: &str = "\x1b[C";
const UP: &str = "\x1b[A";
const DOWN: &str = "\x1b[B";
const PAGE_DOWN: &str = "\x1b[6~";

/// A lab's Explore tab, found by a word of its title.
fn explore(home: &TempDir, title: &str) -> Terminal {
    let terminal = Terminal::start(home.path(), &[], (120, 36), &[]);
    terminal.open_lab(title);
    terminal.press("\x1b3");
    // Two distributions are nobody's model.
    terminal.wait_until("Explore", |screen| screen.contains("model: bundled") || screen.contains("D(P‖Q)"));
    terminal
}

/// The map of codes is there when the code under the cursor is drawn as bars.
fn wait_for_map(terminal: &Terminal) {
    terminal.wait_until("the map", |screen| screen.contains(['▃', '▄', '▅']));
}

/// A lab that opens by its title, on Explore, whatever it shows there.
fn words(home: &TempDir, title: &str, first: &str) -> Terminal {
    let terminal = Terminal::start(home.path(), &[], (120, 36), &[]);
    terminal.open_lab(title);
    terminal.press("\x1b3");
    terminal.wait_for(first);
    terminal
}

#[test]
fn words_are_added_completed_plotted_and_remembered() {
    let home = home();
    let terminal = words(&home, "Word arithmetic", "an expression, or :help");
    terminal.press("king - man + wom");
    terminal.wait_for("women  woman");
    terminal.press(TAB);
    terminal.wait_for("king - man + women");
    terminal.press(TAB);
    terminal.wait_for("king - man + woman");
    terminal.press(ENTER);
    terminal.wait_for("0.7699");
    terminal.press(":plot king queen man woman by man>woman\r");
    terminal.wait_for("man → woman");
    terminal.press("\x1bx");
    terminal.wait_until("the plot is closed", |screen| !screen.contains("man → woman"));
    terminal.press("king - qeen\r");
    terminal.wait_for("spelled alike: queen");
    terminal.press("\x1b[200~cat . dog\ndog . cat\x1b[201~\r");
    terminal.wait_for("dog . cat = 0.8");
    drop(terminal);
    let terminal = words(&home, "Word arithmetic", "an expression, or :help");
    terminal.press(":history\r");
    terminal.wait_for("dog . cat");
    terminal.press(UP);
    terminal.wait_until("the line before", |screen| screen.matches("› :history").count() == 2);
}

#[test]
fn a_word_is_chosen_on_the_map_and_its_contexts_are_shown() {
    let home = home();
    let terminal = words(&home, "Word2Vec", "P(context |");
    terminal.press(RIGHT);
    terminal.wait_for("%");
    terminal.press(ENTER);
    terminal.wait_for("this goes to a live run");
    terminal.press(TAB);
    terminal.press("king - man + woman\r");
    terminal.wait_for("queen");
}

fn home() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A run of the plane does not lock anybody out of the bundled model's digits.
#[test]
fn explore_goes_from_a_run_back_to_the_bundled_model() {
    let home = home();
    let terminal = explore(&home, "Generative adversarial");
    assert!(!terminal.text().contains("Alt-m"), "there is one model: {}", terminal.text());
    terminal.press("\x1b2");
    terminal.press(ENTER);
    terminal.wait_for("running");
    terminal.press("\x1b3");
    terminal.wait_for("model: your run");
    terminal.wait_for("Alt-m");
    terminal.press("\x1bm");
    terminal.wait_for("model: bundled");
    wait_for_map(&terminal);
    terminal.press("\x1bm");
    terminal.wait_for("model: your run");
    // A click on the name of the model, in the row above the footer.
    terminal.press("\x1b[<0;3;35M\x1b[<0;3;35m");
    terminal.wait_for("model: bundled");
}

#[test]
fn an_autoencoders_directions_codes_gaps_and_samples_are_shown() {
    let home = home();
    let terminal = explore(&home, "Autoencoder");
    terminal.wait_for("what the learned subspace has of each");
    terminal.press(TAB);
    wait_for_map(&terminal);
    terminal.press(RIGHT);
    terminal.wait_until("the cursor moves", |screen| screen.contains("u +") && !screen.contains("u +0.00"));
    terminal.press(TAB);
    terminal.wait_for("12 rows missing");
    terminal.press(RIGHT);
    terminal.wait_for("13 rows missing");
    terminal.wait_for("VAE");
    terminal.press("\x1b[F");
    terminal.wait_for("20 rows missing");
    terminal.press(TAB);
    terminal.wait_for("codes sampled from N(0, I)");
    terminal.press("r");
    terminal.wait_for("seed ◂ 1 ▸");
}

#[test]
fn two_distributions_are_moved_and_fitted() {
    let home = home();
    let terminal = explore(&home, "divergence");
    terminal.wait_for("D(P‖Q)");
    terminal.wait_for("Q μ +1.50");
    terminal.press(LEFT);
    terminal.wait_for("Q μ +1.40");
    terminal.press("f");
    terminal.wait_for("P = Q: both are zero");
    terminal.press("m");
    terminal.wait_for("bimodal P, normal Q");
    terminal.press("v");
    terminal.wait_for("fitted 51/51");
    terminal.press("m");
    terminal.press("o");
    terminal.wait_for("arrows move P");
    terminal.press(UP);
    terminal.press(RIGHT);
    terminal.wait_for("bars");
}

#[test]
fn digits_are_judged_against_the_discriminator_and_z_is_walked() {
    let home = home();
    let terminal = explore(&home, "adversarial");
    wait_for_map(&terminal);
    terminal.wait_for("r: random z");
    terminal.press(UP);
    terminal.wait_until("the cursor moves", |screen| !screen.contains("v +0.00") && screen.contains("v +"));
    terminal.press(TAB);
    terminal.wait_for("y real");
    // The digits are dealt.
    terminal.wait_for("0/20");
    terminal.wait_until("a digit", |screen| screen.contains('█'));
    for _ in 0..20 {
        terminal.press("y");
    }
    terminal.wait_for("you 10 right of 20");
    terminal.press(TAB);
    terminal.wait_for("train a preset of the plane");
    terminal.wait_until("no key that places points", |screen| !screen.contains("Space"));
    terminal.press(TAB);
    terminal.press("r");
    terminal.wait_for("seed ◂ 1 ▸");
}

#[test]
fn digits_are_translated_there_and_back() {
    let home = home();
    let terminal = explore(&home, "CycleGAN");
    terminal.wait_for("never shown to the model");
    terminal.press(RIGHT);
    terminal.wait_for("direction ◂ 2 ▸");
    terminal.press("r");
    terminal.wait_for("seed ◂ 1 ▸");
    terminal.press(TAB);
    // Where not all pictures have room they are gone through, those below each other together.
    terminal.wait_for("◆ 1/8");
    terminal.press(TAB);
    terminal.wait_for("Space: pen");
    terminal.press(" ");
    for _ in 0..12 {
        terminal.press(DOWN);
    }
    terminal.press(" ");
    terminal.wait_for("and back; a pixel is off by");
    terminal.press(TAB);
    // It has little room beside the others, and all of it after `f`.
    terminal.press("f");
    terminal.wait_for("with faint noise");
}

#[test]
fn digits_are_asked_for_in_words_and_the_way_there_is_scrubbed() {
    let home = home();
    let terminal = explore(&home, "Diffusion");
    terminal.wait_for("moment ◂ 11 ▸");
    terminal.press("three eights");
    terminal.press(ENTER);
    terminal.wait_for("three eights   noise left: t = 0");
    terminal.press(DOWN);
    terminal.press(LEFT);
    terminal.wait_for("moment ◂ 10 ▸");
    terminal.wait_until("noise", |screen| screen.contains("predicted from it") && !screen.contains("t = 0"));
    terminal.press(UP);
    terminal.press("sevn");
    terminal.press(ENTER);
    terminal.wait_for("did you mean `seven`?");
    terminal.press(TAB);
    terminal.wait_for("a digit, and with noise");
    terminal.press(RIGHT);
    terminal.wait_for("√ᾱ_t");
    terminal.press(TAB);
    terminal.wait_for("filled in freely");
    terminal.press(TAB);
    // Five of the seven rows have room for digits that can be read.
    terminal.wait_for("2 more: PgDn");
    terminal.press(PAGE_DOWN);
    terminal.wait_for("DDPM 250");
    terminal.wait_for("4 above: PgUp");
    terminal.press(TAB);
    terminal.wait_for("w = 8");
    terminal.press(TAB);
    terminal.wait_for("train a preset of the plane");
}

#[test]
fn points_placed_by_hand_reach_a_run_in_the_plane() {
    let home = home();
    let terminal = explore(&home, "adversarial");
    terminal.press("\x1b2");
    terminal.wait_for("your own points");
    // quick, full, sharp, grid, drawn
    for _ in 0..4 {
        terminal.press(DOWN);
    }
    terminal.press(ENTER);
    terminal.wait_for("running");
    terminal.press("\x1b3");
    terminal.press(TAB);
    terminal.press(TAB);
    // The Train tab has such a legend too.
    terminal.wait_until("the plane", |screen| screen.contains("model: your run") && screen.contains("● generated"));
    terminal.press(UP);
    terminal.press(" ");
    terminal.press("\x1b4");
    terminal.press("\x1b2");
    terminal.press(" ");
    terminal.wait_for("paused");
    // One player at a time, while the run is held.
    terminal.press("d");
    terminal.press("g");
    let metrics = || {
        let runs = std::fs::read_dir(home.path().join("runs")).expect("runs");
        let text =
            runs.flatten().map(|run| std::fs::read_to_string(run.path().join("metrics.jsonl")).unwrap_or_default());
        text.collect::<String>()
    };
    terminal.press(" ");
    terminal.wait_for("running");
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !(metrics().contains(r#""action":"place""#) && metrics().contains("step_generator")) {
        assert!(std::time::Instant::now() < end, "the acts are recorded");
        std::thread::yield_now();
    }
}

#[test]
fn a_game_is_played_thought_over_walked_through_saved_and_found_again() {
    let home = home();
    let terminal = words(&home, "Board games", "MCTS level 1");
    terminal.press(ENTER);
    terminal.wait_for("move 2");
    terminal.press("h");
    // The machine's own thought is one move old, the hint is of now.
    terminal.wait_until("the hint", |screen| {
        screen.contains("nodes") && !screen.contains("before move") && !screen.contains("hint…")
    });
    terminal.press("t");
    // The best move of so large a tree has a bonus below a tenth.
    terminal.wait_until("its branches", |screen| screen.contains("this position") && screen.contains(" 0.0"));
    terminal.press(RIGHT);
    terminal.wait_for("▾ ");
    terminal.press("t");
    terminal.wait_for("win rate of the first side");
    terminal.press(".");
    terminal.wait_for("simulation 1");
    terminal.press("....");
    terminal.wait_for("simulation 2");
    terminal.press("\x1b");
    terminal.wait_for("win rate of the first side");
    terminal.press("m4\r");
    terminal.wait_for("move 4");
    let file = home.path().join("game.txt");
    terminal.press("w");
    terminal.wait_for("save to");
    terminal.press(&"\x7f".repeat(200));
    terminal.press(&format!("{}\r", file.display()));
    terminal.wait_for("saved");
    assert!(std::fs::read_to_string(&file).unwrap().contains("connect-four"));
    drop(terminal);
    let terminal = words(&home, "Board games", "MCTS level 1");
    terminal.wait_for("move 4");
    terminal.press(TAB);
    terminal.wait_for("one move wins");
}

#[test]
fn a_date_is_read_and_written_token_by_token() {
    let home = home();
    let terminal = explore(&home, "Sequence to sequence");
    terminal.wait_for("predicted token by token");
    terminal.press("平成元年一月八日");
    terminal.press(ENTER);
    terminal.wait_for("1989-01-08");
    terminal.press("x");
    terminal.press(ENTER);
    terminal.wait_for("at column 1");
    // There is nothing to pick beside the inputs.
    terminal.press(TAB);
    terminal.wait_for("answers found");
    // The tree is longer than the screen: it is gone through to its end.
    let has_more = |screen: &str| screen.lines().any(|line| line.contains('…') && line.contains(" more"));
    terminal.wait_until("more rows", |screen| has_more(screen) && screen.contains("answers found"));
    terminal.press(TAB);
    (0..100).for_each(|_| terminal.press(DOWN));
    terminal.wait_until("the last row", |screen| !has_more(screen));
    terminal.press(TAB);
    terminal.wait_for("encoder: state after each token read");
    terminal.press(TAB);
    terminal.press(TAB);
    terminal.press(TAB);
    terminal.wait_for("exact match by length of the source");
    terminal.press(TAB);
    terminal.wait_for("tokens found in h_T by a linear read-out");
}

#[test]
fn an_alignment_is_shown_and_a_weight_of_it_taken_apart() {
    let home = home();
    let terminal = explore(&home, "Attention");
    terminal.wait_for("α additive");
    // The cell under the cursor, with the arithmetic beside it.
    terminal.wait_for("Σ v tanh(W h + U s)");
    terminal.wait_for("exp(a − max a)");
    let before = terminal.text();
    terminal.press(DOWN);
    terminal.wait_until("another cell", |screen| screen != before && screen.contains("exp(a − max a)"));
    terminal.press(TAB);
    terminal.press(TAB);
    // Two maps are seen whole; the others are below them.
    terminal.wait_for("α multiplicative");
    terminal.press(PAGE_DOWN);
    terminal.wait_for("α location");
    terminal.press("3/3/2021");
    terminal.press(ENTER);
    terminal.wait_for("3/3/2021 → 2021-03-03");
    // From the inputs over the four maps to the next instrument.
    for _ in 0..5 {
        terminal.press(TAB);
    }
    terminal.wait_for("Measured after the preset");
    terminal.press(TAB);
    terminal.wait_until("every network by length", |screen| {
        screen.contains("exact match by length of the source") && screen.contains("relu")
    });
    terminal.press(TAB);
    terminal.wait_for("answers found");
}

#[test]
fn a_head_is_looked_at_taken_apart_and_removed() {
    let home = home();
    let terminal = explore(&home, "Transformer");
    terminal.wait_for("α cross layer 1 head 1");
    terminal.wait_for("entropy of each head of this layer");
    terminal.wait_for("Σ q k / √d");
    terminal.press(TAB);
    terminal.press(TAB);
    terminal.wait_for("nats of the answer lost without a head");
    terminal.wait_for("without encoder 1, head 1");
    terminal.press(RIGHT);
    terminal.wait_for("without encoder 1, head 2");
    // What is typed is asked of the opened view too.
    terminal.press("\x1b[Z");
    terminal.press("S20.8.16");
    terminal.press(ENTER);
    terminal.wait_for("all heads: 1945-08-16");
    terminal.press(TAB);
    terminal.press(LEFT);
    for _ in 0..4 {
        terminal.press(DOWN);
    }
    terminal.wait_for("without cross 1, head 1: 1955-08-16");
    let after = |presses: usize, text: &str| {
        (0..presses).for_each(|_| terminal.press(TAB));
        terminal.wait_for(text);
    };
    after(2, "α on itself without W");
    after(3, "dot products p_i · p_j of places");
    after(2, "predicted token by token");
    after(2, "answers found");
    // Through the tree, which is longer than the screen.
    after(2, "exact match by length of the source");
}

#[test]
fn a_grid_world_is_looked_at_planned_and_compared() {
    let home = home();
    let terminal = explore(&home, "Grid world");
    terminal.wait_for("shade: V(s)");
    terminal.wait_for("target");
    terminal.press("w");
    terminal.wait_for("this goes to a live run");
    terminal.press("\x1b[Z");
    terminal.press(RIGHT);
    terminal.wait_for("action-values");
    let after = |presses: usize, text: &str| {
        (0..presses).for_each(|_| terminal.press(TAB));
        terminal.wait_for(text);
    };
    after(2, "backups so far");
    terminal.wait_for("max_a Q");
    terminal.press("\x1b[Z");
    terminal.press(RIGHT);
    terminal.wait_for("change in the last sweep");
    after(3, "γᵗ: what a reward t moves ahead is worth now");
    after(3, "mean return, last 100 episodes");
}

#[test]
fn a_network_is_asked_searched_with_and_played_against() {
    let home = home();
    let terminal = explore(&home, "Self-play");
    terminal.wait_for("prior P");
    terminal.wait_for("the first side to move");
    terminal.press("4");
    terminal.press(ENTER);
    terminal.wait_for("the second side to move");
    terminal.press("49");
    terminal.press(ENTER);
    terminal.wait_for("move 2: `9` is no column");
    terminal.press(TAB);
    terminal.wait_for("its share of π");
    terminal.press(TAB);
    terminal.wait_for("network level 1");
    terminal.press(ENTER);
    terminal.wait_for("move 2");
}

/// A map is changed, the agent driven and the run paused from Explore, while it goes on.
#[test]
fn a_grid_world_is_edited_and_the_agent_driven_while_it_learns() {
    let home = home();
    let terminal = Terminal::start(home.path(), &[], (120, 36), &[]);
    terminal.open_lab("Grid world");
    terminal.press("\x1b2");
    terminal.wait_for("drive");
    // The fifth preset.
    (0..4).for_each(|_| terminal.press(DOWN));
    terminal.press(ENTER);
    terminal.wait_for("running");
    terminal.press("\x1b3");
    terminal.wait_for("model: your run");
    terminal.wait_for("last update");
    terminal.press(" ");
    terminal.wait_for("paused");
    terminal.press("l");
    terminal.wait_for("solved: Drive it yourself");
    terminal.wait_for("last update: Q((3, 0), →)");
    terminal.press("k");
    terminal.wait_for("last update: Q((3, 0), ↑)");
    terminal.press(UP);
    // A wall there would cut the start off: it is not built, and nothing is to be undone.
    terminal.press("w");
    terminal.wait_for("no way from the start");
    terminal.press("u");
    terminal.wait_for("nothing to undo");
    // The run takes nothing from keys pressed on another model.
    terminal.press("\x1bm");
    let is_shown = |screen: &str| screen.contains("model: bundled · Alt-m: your run") && screen.contains("shade: V(s)");
    terminal.wait_until("the world of the bundled model", is_shown);
    terminal.press("l");
    terminal.wait_for("another model is shown");
}

#[test]
fn a_robot_walks_dreams_and_is_pushed() {
    let home = home();
    let terminal = explore(&home, "Learning to walk");
    terminal.wait_for("m/s, no fall");
    // The figure moves by itself, and stops at its end; Enter lets it walk again.
    terminal.wait_for("pose 5/");
    terminal.wait_for("pose 120/120");
    terminal.press(ENTER);
    terminal.wait_for("pose 3/");
    // A harder push than anything that it has met.
    (0..4).for_each(|_| terminal.press(DOWN));
    terminal.press("\x1b[H");
    terminal.wait_for("fell after");
    // The figure, then the next view.
    (0..2).for_each(|_| terminal.press(TAB));
    terminal.wait_for("the truth, and the mean of the dreams");
    terminal.wait_for("error after 1 step");
    (0..2).for_each(|_| terminal.press(TAB));
    terminal.wait_for("strength × 0.7");
}

/// Every view of the tuned model, then pairs that a person compares by keys.
#[test]
fn stories_are_compared_judged_and_preferred_by_keys() {
    let home = home();
    let terminal = explore(&home, "learning from preferences");
    terminal.wait_for("a fault, ↻ a repeat. Rules: gift:3");
    // The tokens of `drift`, and the curves of `agreement`, are panes of their own.
    for (tabs, shown) in [
        (1, "points by the rules"),
        (1, "KL of this continuation"),
        (2, "sentences"),
        (1, "agreement with the rules"),
        (2, "the best of n by the reward model"),
    ] {
        (0..tabs).for_each(|_| terminal.press(TAB));
        terminal.wait_for(shown);
    }
    drop(terminal);
    // The picker of a fresh home begins with a lab whose preview is a picture.
    let home = self::home();
    let terminal = Terminal::start(home.path(), &[], (120, 36), &[]);
    terminal.open_lab("learning from preferences");
    terminal.press("\x1b2");
    terminal.wait_for("no_penalty");
    (0..7).for_each(|_| terminal.press(DOWN));
    terminal.press(ENTER);
    terminal.wait_for("Pair 1 of 24");
    terminal.press("1");
    terminal.wait_for("Pair 2 of 24");
    terminal.press("3");
    terminal.wait_for("Pair 3 of 24");
    // A pair waits while the run is held.
    terminal.press(" ");
    terminal.wait_for("paused");
    terminal.press(" ");
    terminal.wait_for("Pair 3 of 24");
    terminal.press("2");
    terminal.wait_for("Pair 4 of 24");
}
