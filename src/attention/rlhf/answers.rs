//! What can be asked of a trained model.

use super::examine::{Comparison, Examined, divergences};
use super::rules::{Counted, judged};
use super::show::{marked, side_by_side};
use super::texts::{PaddedBatch, prompt};
use super::trained::{METHODS, TrainedRlhf};
use crate::experiment::panel::{Curve, Curves, Format, Token};
use crate::experiment::{
    Answer, Bar, Bilingual, ExperimentError, Knob, Knobs, Model, Panel, Query, TaskContext, ViewSpec, Wording, Words,
    view,
};
use crate::printer::printable;
use crate::tensor::Tape;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub static VIEWS: [ViewSpec; 6] = [
    ViewSpec::new(
        "compare",
        Wording::new("one beginning, continued before and after tuning", "同じ書き出しの続きを、調整の前後で比べる"),
        || vec![beginning(), view::seed()],
    ),
    ViewSpec::new(
        "judge",
        Wording::new("points and reward of a continuation, sentence by sentence", "続きの点数と報酬を文ごとに見る"),
        || {
            vec![
                beginning(),
                Knob::text(
                    "continuation",
                    400,
                    "",
                    [
                        "sentences of your own; empty for those of the tuned model",
                        "自分で書いた続き。空なら調整後のモデルが書く",
                    ],
                ),
                view::seed(),
            ]
        },
    ),
    ViewSpec::new(
        "drift",
        Wording::new(
            "tokens that the tuned model makes likelier than the base",
            "元のモデルより確率が高くなったトークン",
        ),
        || vec![beginning(), method(), view::seed()],
    ),
    ViewSpec::new(
        "versus",
        Wording::new("before and after over many beginnings: what changed", "多くの書き出しで調整の前後を比べる"),
        || vec![count("beginnings", 200), seed()],
    )
    .slow(),
    ViewSpec::new(
        "agreement",
        Wording::new("how often the reward model agrees with the rules", "報酬モデルが規則と一致する割合"),
        || vec![count("pairs", 400), seed()],
    )
    .slow(),
    ViewSpec::new(
        "best_of",
        Wording::new(
            "the best of n continuations of the base by the reward model",
            "元のモデルの n 個の続きから、報酬が最大のものを選ぶ",
        ),
        || vec![count("beginnings", 20), seed()],
    )
    .slow(),
];

/// The most that the view `best_of` chooses from.
const MOST: usize = 64;
/// Classes of P(preferred) in which the view `agreement` counts.
const CLASSES: usize = 10;
/// Other tokens that the view `drift` shows.
const ALTERNATIVES: usize = 5;

fn beginning() -> Knob {
    Knob::text(
        "beginning",
        200,
        "",
        ["the beginning of a story; empty for an example", "物語の書き出し。空なら例を使う"],
    )
}

fn method() -> Knob {
    Knob::choice("method", &["ppo", "dpo"], ["tuned by", "調整の方法"])
}

fn seed() -> Knob {
    Knob::integer(
        "seed",
        0..=1_000_000_000,
        0,
        ["seed of the beginnings and the sampling", "書き出しとサンプリングのシード"],
    )
}

fn count(name: &'static str, default: i64) -> Knob {
    Knob::integer(name, 10..=400, default, ["how many", "数"])
}

impl Model for TrainedRlhf {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let Query::View { name, inputs } = query else { return Err(ExperimentError::unanswered(query)) };
        let inputs = &view::find(&VIEWS, name)?.completed(inputs)?;
        let panels = match name.as_str() {
            "compare" => self.compare(inputs, task)?,
            "judge" => self.judge(inputs, task)?,
            "drift" => self.drift(inputs, task)?,
            "versus" => self.versus(inputs, task)?,
            "agreement" => self.agreement(inputs, task)?,
            _ => self.best_of(inputs, task)?,
        };
        Ok(Answer::Panels { panels })
    }
}

fn number(en: &str, ja: &str, value: f64, format: Format) -> Panel {
    Panel::Number { name: Bilingual::new(en, ja), value, format }
}

fn table<const N: usize, W: Into<Words>>(names: [(&str, &str); N], rows: Vec<Vec<W>>) -> Panel {
    Panel::columns(names, rows)
}

fn curve(en: &str, ja: &str, values: Vec<f64>) -> Curve {
    Curve { name: Bilingual::new(en, ja), values, band: None }
}

/// A policy as people call it.
fn name_of(policy: &str) -> Bilingual {
    Bilingual::new(policy, if policy == "base" { "元のモデル" } else { policy })
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// The reward of each of `n` continuations of each prompt, in this order, and what the best by it get, for n = 1, 2, 4, …, most.
fn best(rewards: &[f64], points: &[f64], most: usize) -> Vec<(usize, f64, f64)> {
    let powers = std::iter::successors(Some(1), |n| Some(n * 2)).take_while(|n| *n <= most);
    let of = |n: usize| {
        let (mut reward, mut point, mut groups) = (0.0, 0.0, 0);
        for (rewards, points) in rewards.chunks_exact(n).zip(points.chunks_exact(n)) {
            let best = (0..n).max_by(|a, b| rewards[*a].total_cmp(&rewards[*b])).expect("one at least");
            reward += rewards[best];
            point += points[best];
            groups += 1;
        }
        let groups = f64::from(groups.max(1));
        (n, reward / groups, point / groups)
    };
    powers.map(of).collect()
}

impl TrainedRlhf {
    /// The beginning that was typed, or an example.
    fn beginning(inputs: &Knobs) -> String {
        let typed = inputs.text("beginning").trim();
        match typed.is_empty() {
            true => prompt(&mut ChaCha8Rng::seed_from_u64(inputs.integer("seed") as u64)),
            // As the stories are written: single spaces, and a full stop at the end.
            false => typed.trim_end_matches('.').split_whitespace().collect::<Vec<_>>().join(" ") + ".",
        }
    }

    fn compare(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let (beginning, seed) = (Self::beginning(inputs), inputs.integer("seed") as u64);
        let mut panels = vec![Panel::note(printable(&beginning))];
        let (mut names, mut texts, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for (name, policy) in self.policies() {
            let of = self.continuations(policy, std::slice::from_ref(&beginning), seed, task)?;
            let kl = divergences(&self.architecture, policy, &self.base, &of, task)?;
            let reward =
                self.reward.as_ref().map(|reward| reward.rewards(&self.architecture.network, &of, task)).transpose()?;
            let name = name_of(name);
            rows.push(vec![
                Words::from(name.clone()),
                self.rules.points(&of[0]).to_string().into(),
                reward.map_or_else(|| "–".to_owned(), |rewards| format!("{:.2}", rewards[0])).into(),
                format!("{:.1}", kl[0]).into(),
            ]);
            names.push(name);
            texts.extend(of);
        }
        panels.push(side_by_side(names, &texts, true));
        panels.push(self.legend());
        panels.push(table([("", ""), ("points", "点数"), ("reward", "報酬"), ("KL, nats", "KL(ナット)")], rows));
        Ok(panels)
    }

    fn legend(&self) -> Panel {
        Panel::Note {
            text: Bilingual::new(
                format!("✗ a fault, ↻ a repeat. Rules: {}", self.rules),
                format!("✗ 誤り、↻ 繰り返し。規則: {}", self.rules),
            ),
        }
    }

    fn judge(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let beginning = Self::beginning(inputs);
        let typed = inputs.text("continuation").split_whitespace().collect::<Vec<_>>().join(" ");
        let (writer, policy) = *self.policies().get(1).unwrap_or(&("base", &self.base));
        let text = match typed.is_empty() {
            true => {
                let seed = inputs.integer("seed") as u64;
                self.continuations(policy, std::slice::from_ref(&beginning), seed, task)?.remove(0)
            }
            false => self.architecture.written(&beginning, &typed)?,
        };
        let reward = self.reward()?;
        let on_the_way = reward.rewards_on_the_way(&self.architecture.network, &text);
        // The reward behind each sentence: at its last token.
        let mut rows = Vec::new();
        let (mut read, mut place, mut before) = (0, text.given, on_the_way[0]);
        for judged in judged(&text) {
            // With the space before it.
            read += 1 + judged.text.len();
            let mut bytes: usize = text.tokens[text.given..place].iter().map(|token| self.bytes_of(*token)).sum();
            while place < text.tokens.len() && bytes < read {
                bytes += self.bytes_of(text.tokens[place]);
                place += 1;
            }
            let now = on_the_way[place - text.given];
            rows.push(vec![
                marked(&judged),
                format!("{:+}", self.rules.points_in(&judged)),
                format!("{now:.2}"),
                format!("{:+.2}", now - before),
            ]);
            before = now;
        }
        if text.has_ended {
            let now = *on_the_way.last().expect("a token");
            let change = format!("{:+.2}", now - before);
            rows.push(vec!["⏎".to_owned(), "+0".to_owned(), format!("{now:.2}"), change]);
        }
        let by = if typed.is_empty() { name_of(writer) } else { Bilingual::same("–") };
        Ok(vec![
            Panel::note(printable(&beginning)),
            Panel::Note { text: Bilingual::new(format!("written by: {}", by.en), format!("書き手: {}", by.ja)) },
            table([("continuation", "続き"), ("points", "点数"), ("reward", "報酬"), ("change", "変化")], rows),
            self.legend(),
            number("points by the rules", "規則による点数", self.rules.points(&text) as f64, Format::Plain),
            number("reward", "報酬", *on_the_way.last().expect("a token"), Format::Plain),
        ])
    }

    fn bytes_of(&self, token: usize) -> usize {
        self.architecture.tokens.piece(token).len()
    }

    fn drift(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let which = usize::from(inputs.choice("method") == "dpo");
        let policy = self.tuned[which].as_ref().ok_or_else(|| {
            let name = METHODS[which];
            ExperimentError::both(
                format!("this run has not tuned a policy by {name} yet; the bundled model, of preset `full`, has one"),
                format!(
                    "この実行には {name} で調整した方策がまだありません。プリセット `full` の同梱モデルにはあります"
                ),
            )
        })?;
        let (beginning, seed) = (Self::beginning(inputs), inputs.integer("seed") as u64);
        let text = self.continuations(policy, std::slice::from_ref(&beginning), seed, task)?.remove(0);
        let batch = PaddedBatch::new([&text]);
        let tape = Tape::without_gradients();
        let [now, base] = [policy, &self.base]
            .map(|parameters| batch.all_log_probabilities(&self.architecture.network, &parameters.on(&tape)).ordered());
        let symbols = self.architecture.network.configuration.symbols;
        let (mut tokens, mut total) = (Vec::new(), 0.0);
        for (place, &token) in batch.targets.iter().enumerate() {
            let [now, base] = [&now, &base].map(|all| &all.values()[place * symbols..][..symbols]);
            total += now.iter().zip(base).map(|(a, b)| f64::from(a.exp() * (a - b))).sum::<f64>();
            let mut likely: Vec<usize> = (0..symbols).collect();
            likely.sort_by(|a, b| base[*b].total_cmp(&base[*a]));
            let bar = |token: usize| Bar { name: self.shown(token), value: base[token].exp() };
            tokens.push(Token {
                text: self.shown(token),
                // What is marked is said by the note, and what is opened is the base's: a shade would be a third quantity.
                value: None,
                alternatives: likely.into_iter().take(ALTERNATIVES).map(bar).collect(),
                marked: now[token] - base[token] > 1.0,
            });
        }
        Ok(vec![
            Panel::note(printable(&beginning)),
            Panel::Note {
                text: if tokens.iter().any(|token| token.marked) {
                    Bilingual::new(
                        "Marked tokens are at least e times as likely as in the base. Pick one to see the base's prediction.",
                        "印は、元のモデルの e 倍以上の確率で選ばれたトークンです。選ぶと、元のモデルの予測が出ます。",
                    )
                } else {
                    Bilingual::new(
                        "No token here is e times as likely as in the base. Pick one to see the base's prediction.",
                        "元のモデルの e 倍以上の確率で選ばれたトークンはありません。選ぶと、元のモデルの予測が出ます。",
                    )
                },
            },
            Panel::Tokens { heading: Bilingual::new("continuation", "続き"), tokens },
            number("KL of this continuation", "この続きの KL", total, Format::Nats),
        ])
    }

    fn shown(&self, token: usize) -> String {
        // A new line within a token would break the row that it stands in.
        printable(&String::from_utf8_lossy(self.architecture.tokens.piece(token))).replace('\n', "⏎")
    }

    fn comparison(&self, inputs: &Knobs, task: &TaskContext) -> Result<Comparison, ExperimentError> {
        let (count, seed) = (inputs.integer("beginnings") as usize, inputs.integer("seed") as u64);
        Comparison::new(&self.architecture, &self.base, &self.rules, count, seed, task)
    }

    fn versus(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let comparison = self.comparison(inputs, task)?;
        let mut rows = Vec::new();
        for (name, policy) in self.policies() {
            let of = [policy, &self.base];
            let examined = comparison.examine(&self.architecture, of, &self.rules, self.reward.as_ref(), task)?;
            let Examined { preferred, reward, kl, points, .. } = &examined;
            let reward = reward.map_or_else(|| "–".to_owned(), |reward| format!("{reward:.2}"));
            let counted = [Counted::Gift, Counted::Thanks, Counted::Fault, Counted::Repeat, Counted::Sentence];
            let means = counted.map(|counted| format!("{:.2}", examined.mean_of(counted)));
            let head = [percent(*preferred), format!("{points:.2}"), reward, format!("{kl:.1}")];
            let cells = head.into_iter().chain(means).map(Words::from);
            rows.push([Words::from(name_of(name))].into_iter().chain(cells).collect());
        }
        Ok(vec![
            table(
                [
                    ("", ""),
                    ("preferred", "選好率"),
                    ("points", "点数"),
                    ("reward", "報酬"),
                    ("KL", "KL"),
                    ("gifts", "贈り物"),
                    ("thanks", "お礼"),
                    ("faults", "誤り"),
                    ("repeats", "反復"),
                    ("length", "文の数"),
                ],
                rows,
            ),
            Panel::Note {
                text: Bilingual::new(
                    format!(
                        "preferred: how often the rules ({}) prefer it to the base's continuation; the other columns are means, the length is in sentences",
                        self.rules
                    ),
                    format!("選好率: 規則({})が元のモデルの続きよりよいとした割合。ほかは平均", self.rules),
                ),
            },
        ])
    }

    fn agreement(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let reward = self.reward()?;
        let (pairs, seed) = (inputs.integer("pairs") as usize, inputs.integer("seed") as u64);
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let prompts: Vec<String> = (0..pairs).map(|_| prompt(random)).flat_map(|text| [text.clone(), text]).collect();
        let texts = self.continuations(&self.base, &prompts, random.random(), task)?;
        let rewards = reward.rewards(&self.architecture.network, &texts, task)?;
        let points: Vec<i64> = texts.iter().map(|text| self.rules.points(text)).collect();
        // P(first preferred) by the reward model before it is scaled, the difference of points.
        let said = rewards.chunks_exact(2).zip(points.chunks_exact(2)).map(|(rewards, points)| {
            let logit = (rewards[0] - rewards[1]) * reward.scale.deviation;
            (1.0 / (1.0 + (-logit).exp()), points[0] - points[1])
        });
        Ok(agreement_panels(&said.collect::<Vec<_>>()))
    }

    fn best_of(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let reward = self.reward()?;
        let (count, seed) = (inputs.integer("beginnings") as usize, inputs.integer("seed") as u64);
        let random = &mut ChaCha8Rng::seed_from_u64(seed);
        let prompts: Vec<String> =
            (0..count).map(|_| prompt(random)).flat_map(|text| std::iter::repeat_n(text, MOST)).collect();
        let texts = self.continuations(&self.base, &prompts, random.random(), task)?;
        let rewards = reward.rewards(&self.architecture.network, &texts, task)?;
        let points: Vec<f64> = texts.iter().map(|text| self.rules.points(text) as f64).collect();
        let found = best(&rewards, &points, MOST);
        let nats = |n: usize| (n as f64).ln() - (n as f64 - 1.0) / n as f64;
        let rows = found.iter().map(|(n, reward, points)| {
            vec![n.to_string(), format!("{:.2}", nats(*n)), format!("{reward:.2}"), format!("{points:.2}")]
        });
        Ok(vec![
            Panel::Curves(Curves {
                heading: Bilingual::new("the best of n by the reward model", "報酬が最大の続き(n 個中)"),
                axis: Bilingual::new("log₂ n", "log₂ n"),
                places: (0..found.len()).map(|place| place as f64).collect(),
                curves: vec![
                    curve("reward", "報酬", found.iter().map(|(_, reward, _)| *reward).collect()),
                    curve("points by the rules", "規則による点数", found.iter().map(|(.., points)| *points).collect()),
                ],
            }),
            table(
                [("n", "n"), ("KL at most, nats", "KL の上限(ナット)"), ("reward", "報酬"), ("points", "点数")],
                rows.collect(),
            ),
        ])
    }
}

/// Of pairs with P(first preferred) and the difference of points: how often both agree, by the difference, and whether P can be taken
/// literally.
fn agreement_panels(said: &[(f64, i64)]) -> Vec<Panel> {
    let apart: Vec<(f64, i64)> = said.iter().copied().filter(|(_, points)| *points != 0).collect();
    let agrees = |(p, points): &(f64, i64)| (*p > 0.5) == (*points > 0);
    let share = |of: &[&(f64, i64)]| of.iter().filter(|one| agrees(one)).count() as f64 / of.len().max(1) as f64;
    let mut rows = Vec::new();
    for (name, range) in [("1", 1..=1), ("2", 2..=2), ("3 – 4", 3..=4), ("5 +", 5..=i64::MAX)] {
        let of: Vec<&(f64, i64)> = apart.iter().filter(|(_, points)| range.contains(&points.abs())).collect();
        let agreed = if of.is_empty() { "–".to_owned() } else { percent(share(&of)) };
        rows.push(vec![name.to_owned(), of.len().to_string(), agreed]);
    }
    // The one that the model prefers, and how sure it is of it.
    let mut classes = vec![(0.0, 0.0, 0.0); CLASSES];
    for one in &apart {
        let sure = one.0.max(1.0 - one.0);
        let class = (((sure - 0.5) * 2.0 * CLASSES as f64) as usize).min(CLASSES - 1);
        let (sum, right, count) = &mut classes[class];
        *sum += sure;
        *right += f64::from(u8::from(agrees(one)));
        *count += 1.0;
    }
    let classes: Vec<_> = classes.into_iter().filter(|(.., count)| *count > 0.0).collect();
    let values = |of: fn(&(f64, f64, f64)) -> f64| classes.iter().map(of).collect::<Vec<f64>>();
    vec![
        number("agreement with the rules", "規則との一致率", share(&apart.iter().collect::<Vec<_>>()), Format::Percent),
        number(
            "equal points (not counted)",
            "点数が同じ組(数えない)",
            (said.len() - apart.len()) as f64,
            Format::Plain,
        ),
        table([("difference of points", "点数の差"), ("pairs", "組"), ("agreement", "一致率")], rows),
        Panel::Curves(Curves {
            heading: Bilingual::new(
                "calibration: is σ(r − r′) a probability? vertical: share of pairs ordered as by the rules",
                "較正: σ(r − r′) は確率として正しいか。縦軸: 規則と順序が一致した組の割合",
            ),
            axis: Bilingual::new("mean of σ(|r − r′|)", "σ(|r − r′|) の平均"),
            places: values(|(sum, _, count)| sum / count),
            curves: vec![
                curve("agreement", "一致率", values(|(_, right, count)| right / count)),
                curve("if calibrated", "確率として正しい場合", values(|(sum, _, count)| sum / count)),
            ],
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::trained::tests::trained;
    use super::*;
    use crate::experiment::{KnobValue, Language};

    fn answer(name: &str, set: &[(&str, KnobValue)]) -> Result<Vec<Panel>, ExperimentError> {
        let inputs = Knobs(set.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
        match trained(false).answer(&Query::View { name: name.to_owned(), inputs }, &TaskContext::default())? {
            Answer::Panels { panels } => Ok(panels),
            other => panic!("{other:?}"),
        }
    }

    fn text(text: &str) -> KnobValue {
        KnobValue::Text(text.to_owned())
    }

    #[test]
    fn the_best_of_n_are_those_with_the_greatest_reward() {
        let found = best(&[1.0, 3.0, 2.0, 0.0], &[5.0, 7.0, 9.0, 1.0], 4);
        assert_eq!(found, [(1, 1.5, 5.5), (2, 2.5, 8.0), (4, 3.0, 7.0)]);
    }

    #[test]
    fn agreement_counts_pairs_that_the_rules_tell_apart() {
        let panels = agreement_panels(&[(0.9, 3), (0.8, -1), (0.3, -6), (0.5, 0)]);
        let Panel::Number { value, .. } = panels[0] else { panic!("{panels:?}") };
        assert!((value - 2.0 / 3.0).abs() < 1e-9);
        let Panel::Table { rows, .. } = &panels[2] else { panic!("{panels:?}") };
        let agreed: Vec<_> = rows.0.iter().map(|row| row[2].in_language(Language::En)).collect();
        assert_eq!(agreed, ["0 %", "–", "100 %", "100 %"]);
        let Panel::Curves(curves) = &panels[3] else { panic!("{panels:?}") };
        assert_eq!(curves.curves[0].values, [1.0, 0.0, 1.0], "sure of 0.7, 0.8 and 0.9");
        assert!(agreement_panels(&[]).iter().all(|panel| panel.problem().is_none()));
    }

    /// Each sentence stands with its points, and the reward behind the last one is that of the text so far.
    #[test]
    fn a_continuation_of_ones_own_is_judged_sentence_by_sentence() {
        let beginning = "Anna is in the park. Ben is in the park. There is a key in the park.";
        let own = "Anna takes the key in the park. Anna gives the key to Ben. Ben thanks Anna. Ben flies.";
        let panels = answer("judge", &[("beginning", text(beginning)), ("continuation", text(own))]).unwrap();
        let Panel::Table { rows, .. } = &panels[2] else { panic!("{panels:?}") };
        let column = |which: usize| rows.0.iter().map(|row| row[which].in_language(Language::En)).collect::<Vec<_>>();
        assert_eq!(column(1), ["+0", "+3", "+3", "-1", "+0"], "the end of the line at last");
        assert_eq!(column(0)[3], "✗ Ben flies.");
        let model = trained(false);
        let whole = model.architecture.written(beginning, own).unwrap();
        let on_the_way = model.reward().unwrap().rewards_on_the_way(&model.architecture.network, &whole);
        // Before the end of the line.
        assert_eq!(column(2)[3], format!("{:.2}", on_the_way[on_the_way.len() - 2]));
        let Panel::Number { value, .. } = panels[4] else { panic!("{panels:?}") };
        assert_eq!(value, 5.0);
    }

    #[test]
    fn a_new_line_in_a_token_does_not_break_the_row_that_it_stands_in() {
        let model = trained(false);
        let symbols = model.architecture.network.configuration.symbols;
        let newline = (0..symbols).find(|token| model.architecture.tokens.piece(*token) == b"\n").unwrap();
        assert_eq!(model.shown(newline), "⏎");
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let long = "Anna is in the park. ".repeat(9);
        let error = answer("compare", &[("beginning", text(&long))]).unwrap_err().to_string();
        assert!(error.starts_with("the beginning has ") && error.ends_with("; expected 1 to 47"), "{error}");
        let error = answer("judge", &[("continuation", text(&long.repeat(2)))]).unwrap_err().to_string();
        assert!(error.starts_with("the continuation has "), "{error}");
    }

    #[test]
    fn escapes_do_not_reach_the_terminal() {
        let panels = answer("compare", &[("beginning", text("Anna \u{1b}[31m is in the park."))]).unwrap();
        assert!(matches!(&panels[0], Panel::Note { text } if text.en.contains("␛[31m")), "{panels:?}");
    }
}
