//! Exercises of language models: `gpt`, `hallucination`, `rlhf`.

use super::{passes_in, point, text};
use shinso::lab::Attempt;

/// The knobs of `gpt` by default, but for some.
fn of_gpt<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let shared = "text=english stories=25000 tokens=bytepair vocabulary=512 objective=next start=scratch trains=all layers=4 \
                  width=128 heads=4 context=128 tied=off batch=16 steps=8000 schedule=cosine weight_decay=0.1 warm_up=100 \
                  clip=1.0 learning_rate=0.003";
    let shared = shared.split_whitespace().map(|knob| knob.split_once('=').unwrap());
    let mut all: std::collections::BTreeMap<&str, &str> = shared.collect();
    all.extend(more.iter().copied());
    all.into_iter().collect()
}

#[test]
fn gpt_takes_no_attempt_that_only_looks_right() {
    let passes = |exercise: &str, attempt: &Attempt| passes_in("gpt", exercise, attempt);
    assert!(passes("uniform", &text("6.05")));
    // In bits, in powers of ten, and with the sign of the logarithm.
    assert!(["8.7", "2.6", "-6.1", "0.002"].iter().all(|wrong| !passes("uniform", &text(wrong))));
    assert!(passes("bits", &text("0.19")) && passes("bits", &text("0.192")));
    // In nats, per token, and upside down.
    assert!(["0.13", "0.75", "5.2", "2.93"].iter().all(|wrong| !passes("bits", &text(wrong))));
    assert!(passes("cool", &text("0.94")));
    // The root for the square, no change, and the other token.
    assert!(["0.67", "0.8", "0.06", "0.4"].iter().all(|wrong| !passes("cool", &text(wrong))));
    assert!(passes("nucleus", &text("0.47")));
    // Two tokens, four, and not divided.
    assert!(["0.62", "0.42", "0.4", "0.5"].iter().all(|wrong| !passes("nucleus", &text(wrong))));
    assert!(passes("exponent", &text("0.28")));
    // In logarithms to base ten of one axis, upside down, and with the sign.
    assert!(["0.12", "3.59", "-0.28", "0.64", "0.15"].iter().all(|wrong| !passes("exponent", &text(wrong))));
    assert!((0..3).all(|choice| passes("first", &Attempt::Choice(choice)) == (choice == 0)));
    assert!((0..3).all(|choice| passes("both_sides", &Attempt::Choice(choice)) == (choice == 1)));
    let at = |series: &str, step, value, more: &[(&str, &str)]| point(series, step, value, &of_gpt(more));
    let quick = [("steps", "400")];
    assert!(passes("grammar", &at("grammatical_share", 400, 0.95, &quick)));
    // Too low, the other curve, a longer run, and characters.
    assert!(!passes("grammar", &at("grammatical_share", 400, 0.88, &quick)));
    assert!(!passes("grammar", &at("consistent_share", 400, 0.95, &quick)));
    assert!(!passes("grammar", &at("grammatical_share", 400, 0.95, &[])));
    assert!(!passes("grammar", &at("grammatical_share", 400, 0.95, &[("steps", "400"), ("tokens", "characters")])));
    let masked = [("objective", "masked"), ("steps", "1000")];
    assert!(passes("bidirectional", &at("validation_loss", 1000, 0.2, &masked)));
    // Too early, and a model that predicts the next token.
    assert!(!passes("bidirectional", &at("validation_loss", 400, 0.2, &masked)));
    assert!(!passes("bidirectional", &at("validation_loss", 1000, 0.2, &[("steps", "1000")])));
    let few = [("stories", "100"), ("steps", "800"), ("schedule", "constant")];
    assert!(passes("memorise", &at("validation_loss", 800, 2.5, &few)));
    // The loss of training, too early, many stories, and a rate at which nothing is learned.
    assert!(
        !passes("memorise", &at("loss", 800, 2.5, &few)) && !passes("memorise", &at("validation_loss", 1, 6.1, &few))
    );
    assert!(!passes("memorise", &at("validation_loss", 800, 2.5, &few[1..])));
    assert!(!passes("memorise", &at("validation_loss", 800, 6.0, &[&few[..], &[("warm_up", "100000")]].concat())));
    assert!(passes("more", &at("validation_loss", 800, 0.55, &few[1..])));
    // Bytes, whose losses are smaller, and another knob.
    assert!(!passes("more", &at("validation_loss", 800, 0.4, &[&few[..], &[("vocabulary", "256")]].concat())));
    assert!(!passes("more", &at("validation_loss", 800, 1.5, &few[1..])));
    assert!(!passes("more", &at("validation_loss", 800, 0.5, &[("steps", "800")])));
    let style = [("text", "chronicle"), ("stories", "200"), ("steps", "300"), ("learning_rate", "0.001")];
    let tuned = |trains| [&style[..], &[("start", "bundled"), ("trains", trains)]].concat();
    assert!(passes("scratch", &at("consistent_share", 300, 0.0, &style)));
    assert!(!passes("scratch", &at("consistent_share", 300, 0.0, &tuned("all"))));
    assert!(!passes("scratch", &at("consistent_share", 1, 0.0, &style)));
    assert!(passes("tune", &at("consistent_share", 300, 0.5, &tuned("all"))));
    // From scratch, and another part.
    assert!(!passes("tune", &at("consistent_share", 300, 0.5, &style)));
    assert!(!passes("tune", &at("consistent_share", 300, 0.5, &tuned("last_block"))));
    assert!(!passes("tune", &at("consistent_share", 300, 0.06, &tuned("all"))));
    assert!(passes("cut", &text("13")));
    // Characters, words, and the first merges alone.
    assert!(["22", "5", "19", "12"].iter().all(|wrong| !passes("cut", &text(wrong))));
    // Without the examples, the next token's, the right name's, and a share.
    assert!(passes("few_shot", &text("99.3")) && passes("few_shot", &text("99.28")));
    assert!(["87.2", "0.4", "0", "0.993"].iter().all(|wrong| !passes("few_shot", &text(wrong))));
    // The question's, ` the`, ` Ben`, and a share.
    assert!(passes("own_words", &text("71")));
    assert!(["87", "17", "12", "0.71"].iter().all(|wrong| !passes("own_words", &text(wrong))));
    assert!(passes("holder", &text("78")) && passes("holder", &text("77.5")));
    // What the rules give, a share, and other bars.
    assert!(["75", "0.78", "16", "6"].iter().all(|wrong| !passes("holder", &text(wrong))));
    assert!(passes("greedy", &text("10")));
    assert!(["9", "11", "12", "8"].iter().all(|wrong| !passes("greedy", &text(wrong))));
    assert!(passes("rank", &text("2048")));
    assert!(["49152", "512", "1536", "196608"].iter().all(|wrong| !passes("rank", &text(wrong))));
    assert!(!passes("society", &text("copyright")) && !passes("society", &text(&" ".repeat(90))));
}

#[test]
fn hallucination_takes_no_attempt_that_only_looks_right() {
    let passes = |exercise: &str, attempt: &Attempt| passes_in("hallucination", exercise, attempt);
    assert!(passes("twice", &text("4")));
    assert!(["1", "2", "10", "20", "40"].iter().all(|wrong| !passes("twice", &text(wrong))));
    assert!(passes("chance", &text("0.93")) && passes("chance", &text("0.926")));
    // Two different ones, both wrong ones, and the chance of a right one.
    assert!(["0.975", "0.95", "0.025", "0.07"].iter().all(|wrong| !passes("chance", &text(wrong))));
    assert!((0..4).all(|choice| passes("predict", &Attempt::Choice(choice)) == (choice == 2)));
    assert!(passes("agreement", &text("0.6")));
    // The wordings apart, pairs, and the number of answers.
    assert!(["0.4", "0.45", "3", "0.3"].iter().all(|wrong| !passes("agreement", &text(wrong))));
    assert!(passes("bins", &text("0.1")));
    assert!(["0.2", "0.05", "0.3", "1"].iter().all(|wrong| !passes("bins", &text(wrong))));
    assert!((0..4).all(|choice| passes("scaled", &Attempt::Choice(choice)) == (choice == 1)));
    assert!(passes("risk", &text("0.29")) && passes("risk", &text("0.286")));
    // Of all ten, the share that is right, and what is left out.
    assert!(["0.5", "0.2", "0.71", "0.3"].iter().all(|wrong| !passes("risk", &text(wrong))));
    assert!(passes("coverage", &text("0.5")));
    // Up to the first wrong one, everything above 0.8, and all.
    assert!(["0.3", "0.4", "0.7", "1.0", "0.8"].iter().all(|wrong| !passes("coverage", &text(wrong))));
    assert!((0..4).all(|choice| passes("wrong_fact", &Attempt::Choice(choice)) == (choice == 1)));
    let of = |more: &[(&'static str, &'static str)]| {
        let shared = "known=200 retrieval=0.3 unsure=0.0 layers=3 width=96 heads=4 batch=32 learning_rate=0.002 steps=2500 asked=100";
        let shared = shared.split(' ').map(|knob| knob.split_once('=').unwrap());
        let mut all: std::collections::BTreeMap<&str, &str> = shared.collect();
        all.extend(more.iter().copied());
        all.into_iter().collect::<Vec<_>>()
    };
    let at = |series: &str, step, value, more: &[(&'static str, &'static str)]| point(series, step, value, &of(more));
    assert!(passes("learn", &at("right_known", 500, 0.98, &[])));
    // Another curve, few facts, and a larger network.
    assert!(!passes("learn", &at("right_with_retrieval", 500, 0.98, &[])));
    assert!(!passes("learn", &at("right_known", 500, 0.98, &[("known", "20")])));
    assert!(!passes("learn", &at("right_known", 500, 0.98, &[("width", "256")])));
    assert!(passes("closed_book", &at("right_with_retrieval", 2500, 0.04, &[("retrieval", "0.0")])));
    // Before anything was learned, and with texts that have facts.
    assert!(!passes("closed_book", &at("right_with_retrieval", 1, 0.0, &[("retrieval", "0.0")])));
    assert!(!passes("closed_book", &at("right_with_retrieval", 2500, 0.04, &[])));
    let many = [("known", "500"), ("steps", "600")];
    assert!(!passes("many", &at("right_known", 600, 0.3, &many)));
    assert!(passes("many", &at("right_known", 1000, 0.98, &[("known", "500")])));
    assert!(!passes("many", &at("right_known", 1000, 0.98, &[])));
    assert!(passes("honest", &at("abstained", 2500, 0.98, &[("unsure", "0.2")])));
    // Another share, too early, and the other curve.
    assert!(!passes("honest", &at("abstained", 2500, 0.98, &[("unsure", "0.5")])));
    assert!(!passes("honest", &at("abstained", 500, 0.98, &[("unsure", "0.2")])));
    assert!(!passes("honest", &at("right_known", 2500, 0.98, &[("unsure", "0.2")])));
    assert!(!passes("view", &text("lawyers")) && !passes("view", &text(&" ".repeat(120))));
}

#[test]
fn rlhf_takes_no_attempt_that_only_looks_right() {
    let passes = |exercise: &str, attempt: &Attempt| passes_in("rlhf", exercise, attempt);
    assert!(passes("points", &text("4")));
    // Everything counted, without faults, and with the meal.
    assert!(["12", "6", "5", "3", "-2"].iter().all(|wrong| !passes("points", &text(wrong))));
    assert!(passes("preferred", &text("0.80")) && passes("preferred", &text("0.802")));
    // Of the sum, the other way round, and of the first alone.
    assert!(["0.73", "0.2", "0.77", "1.4"].iter().all(|wrong| !passes("preferred", &text(wrong))));
    assert!(passes("pair_loss", &text("1.70")));
    assert!(["0.2", "0.69", "1.5", "0.18", "-1.70"].iter().all(|wrong| !passes("pair_loss", &text(wrong))));
    assert!(passes("clip", &text("-0.3")) && passes("clip", &text("−0.3")));
    // Both clipped, neither, the greater of each pair, and a sum.
    assert!(["0", "0.3", "-0.6", "2.4"].iter().all(|wrong| !passes("clip", &text(wrong))));
    assert!((0..4).all(|choice| passes("predict", &Attempt::Choice(choice)) == (choice == 2)));
    assert!(passes("best_of", &text("1.84")));
    assert!(["2.77", "0.94", "16", "1.90"].iter().all(|wrong| !passes("best_of", &text(wrong))));
    assert!(passes("implicit", &text("0.67")));
    // Without the base, without β, and of the sum.
    assert!(["0.73", "1.0", "0.52", "0.33", "0.7"].iter().all(|wrong| !passes("implicit", &text(wrong))));
    assert!((0..4).all(|choice| passes("fresh", &Attempt::Choice(choice)) == (choice == 1)));
    let of = |more: &[(&'static str, &'static str)]| {
        let mut all: std::collections::BTreeMap<&str, &str> = [
            ("base", "bundled"),
            ("annotator", "rules"),
            ("rules", "gift:3, thanks:3, fault:-1"),
            ("pairs", "2000"),
            ("noise", "0.0"),
            ("reward_steps", "400"),
            ("reward_learning_rate", "0.0003"),
            ("method", "ppo"),
            ("kl_penalty", "0.05"),
            ("continuations", "48"),
            ("learning_rate", "0.0002"),
            ("steps", "60"),
        ]
        .into();
        all.extend(more.iter().copied());
        all.into_iter().collect::<Vec<_>>()
    };
    let at = |series: &str, step, value, more: &[(&'static str, &'static str)]| point(series, step, value, &of(more));
    assert!(passes("few", &at("reward_accuracy", 525, 0.83, &[])));
    // The presets `no_penalty` and `tight`, which have many pairs.
    assert!(!passes("few", &at("reward_accuracy", 675, 0.83, &[("kl_penalty", "0.0"), ("steps", "150")])));
    assert!(!passes("few", &at("reward_accuracy", 585, 0.83, &[("kl_penalty", "5.0")])));
    // The preset itself, the other curve, a longer training, and other rules.
    assert!(!passes("few", &at("reward_accuracy", 404, 0.92, &[("pairs", "60")])));
    assert!(!passes("few", &at("true_preference", 525, 0.9, &[])));
    assert!(!passes("few", &at("reward_accuracy", 1000, 0.9, &[("reward_steps", "1000")])));
    assert!(!passes("few", &at("reward_accuracy", 525, 0.9, &[("rules", "sentence:1")])));
    let noise = ("noise", "0.3");
    assert!(passes("noisy", &at("reward_accuracy", 650, 0.66, &[noise, ("pairs", "4000")])));
    assert!(!passes("noisy", &at("reward_accuracy", 419, 0.66, &[noise, ("pairs", "300")])));
    assert!(!passes("noisy", &at("reward_accuracy", 650, 0.83, &[("pairs", "4000")])), "without noise");
    let free = [("kl_penalty", "0.0"), ("steps", "150")];
    assert!(passes("hack", &at("true_preference", 675, 0.01, &free)));
    // At the beginning, the reward, with a penalty, and in another run.
    assert!(!passes("hack", &at("true_preference", 535, 0.01, &free)));
    assert!(!passes("hack", &at("reward", 675, 0.01, &free)));
    assert!(!passes("hack", &at("true_preference", 675, 0.01, &[("steps", "150")])));
    assert!(!passes("hack", &at("true_preference", 675, 0.01, &[free[0], free[1], ("learning_rate", "0.01")])));
    assert!(passes("cure", &at("true_preference", 675, 0.92, &[("steps", "150")])));
    assert!(!passes("cure", &at("true_preference", 675, 0.6, &[("steps", "150")])));
    assert!(!passes("cure", &at("true_preference", 585, 0.92, &[])), "another preset");
    assert!(passes("tight", &at("true_preference", 585, 0.86, &[("kl_penalty", "0.1")])));
    assert!(!passes("tight", &at("true_preference", 585, 0.51, &[("kl_penalty", "5.0")])));
    assert!(!passes("tight", &at("true_preference", 675, 0.92, &[("steps", "150")])), "another preset");
    let own = [("annotator", "you"), ("rules", "sentence:1"), ("pairs", "24"), ("reward_steps", "60")];
    assert!(passes("own", &at("true_preference", 145, 0.2, &own)));
    // The rules answered, too early, and other rules.
    assert!(!passes("own", &at("true_preference", 145, 0.6, &own)));
    assert!(!passes("own", &at("true_preference", 86, 0.2, &own)));
    assert!(!passes("own", &at("true_preference", 145, 0.2, &[own[1], own[2], own[3]])));
    assert!(!passes("own", &at("true_preference", 145, 0.2, &[own[0], own[2], own[3]])));
    assert!(!passes("view", &text("be kind")) && !passes("view", &text(&" ".repeat(130))));
}
