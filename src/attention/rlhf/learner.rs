//! A run in four parts: the base learns to tell stories, pairs of its continuations are compared, the reward model is fitted to them, the
//! policy is tuned.

use super::begun_with::BegunWith;
use super::dpo;
use super::examine::{Comparison, Examined};
use super::pairs::{Compared, Said};
use super::parts::{Part, Steps};
use super::ppo::Frozen;
use super::reward::{Pair, RewardModel, Scale, Scorer, bradley_terry_loss, preferred_then_others};
use super::rules::Rules;
use super::show::side_by_side;
use super::texts::{Architecture, CONTEXT, PaddedBatch, Text, prompt};
use super::trained::{TrainedRlhf, fresh, without_scorer};
use crate::data::bytepair::BytePair;
use crate::data::stories::{self, Language};
use crate::experiment::{Bilingual, ExperimentError, Knobs, Model, Panel, Precision, Report, TaskContext};
use crate::intake::digest::digest;
use crate::nn::{
    Adam, Decay, Learner, OptimizedNetwork, Parameters, Plan, Run, SamplingSettings, Saved, Schedule, Trainer, Weights,
};
use crate::tensor::Tape;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

pub const SERIES: [&str; 10] = [
    "base_loss",
    "reward_loss",
    "reward_accuracy",
    "reward",
    "kl",
    "true_preference",
    "dpo_loss",
    "dpo_reward",
    "dpo_kl",
    "dpo_true_preference",
];
pub const REPORT_KEYS: [&str; 13] = [
    "true_preference",
    "true_preference_before",
    "reward",
    "reward_before",
    "kl",
    "reward_accuracy",
    "dpo_true_preference",
    "dpo_reward",
    "dpo_kl",
    "pairs",
    "pairs_by_person",
    "pairs_left_out",
    "parameters",
];

/// Symbols of the encoding, and stories that it is learned from.
const SYMBOLS: usize = 512;
const SAMPLE: usize = 2000;
/// Stories a step of the base, its largest learning rate, steps between two points of its curve.
const STORIES: usize = 32;
const BASE_RATE: f64 = 3e-3;
const MEAN_OVER: u64 = 20;
/// Pairs that the rules compare in a step, and pairs from which a step of the reward model or of DPO learns.
const COMPARED: usize = 16;
const PAIRS: usize = 16;
/// Steps between two points of the reward model's curves.
const FITTED_MEAN: u64 = 10;
/// Steps of tuning between two examinations, and prompts that are looked at then.
const EXAMINE_EVERY: u64 = 10;
const EXAMINED: usize = 128;
/// Tries to get two different continuations.
const TRIES: usize = 10;
/// What the seeds of the examinations on the way and at the end are mixed with.
const ON_THE_WAY: u64 = 0x5eed_0001;
const AT_THE_END: u64 = 0x5eed_0002;

/// A run on its way.
pub struct RlhfLearner {
    begun_with: BegunWith,
    architecture: Architecture,
    rules: Rules,
    steps: Steps,
    base: OptimizedNetwork,
    reward: OptimizedNetwork,
    /// With the critic's last layer.
    ppo: OptimizedNetwork,
    dpo: OptimizedNetwork,
    scorer: Scorer,
    /// Of the reward model, once it is fitted.
    scale: Option<Scale>,
    /// Whether the policies have begun to learn.
    tunes: bool,
    compared: Compared,
    by_person: bool,
    pairs: usize,
    /// Whether there is a policy for PPO, and one for DPO.
    uses: [bool; 2],
    continuations: usize,
    examined: usize,
    seed: u64,
    /// What follows from the base and the pairs, once it is needed.
    comparison: Option<Comparison>,
    by_base: Option<Vec<[f32; 2]>>,
}

fn optimized(parameters: Parameters<f32>) -> OptimizedNetwork {
    let mut optimized = OptimizedNetwork::new(parameters);
    optimized.adam = Adam::new(&optimized.parameters).with_betas(0.9, 0.99).with_clipping(1.0);
    optimized
}

/// The parameters of a network and a last layer of zeros for a number.
fn with_scorer(base: &Parameters<f32>, width: usize) -> (Parameters<f32>, Scorer) {
    let mut parameters = base.clone();
    let scorer = Scorer::new(&mut parameters, width, &mut ChaCha8Rng::seed_from_u64(0));
    parameters.get_mut("score.weight").expect("just added").fill(0.0);
    (parameters, scorer)
}

impl RlhfLearner {
    /// A run that begins from the bundled base, or from a fresh one.
    ///
    /// # Errors
    /// When the rules cannot be read, the heads do not divide the width, or the bundled model is broken.
    pub fn new(knobs: &Knobs, seed: u64, bundled: &[u8]) -> Result<Trainer<Self>, ExperimentError> {
        let count = |knob: &str| knobs.integer(knob) as usize;
        let rules = Rules::parse(knobs.text("rules"))?;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (architecture, base, pretraining) = match knobs.choice("base") {
            "bundled" => {
                let TrainedRlhf { architecture, base, .. } = TrainedRlhf::open(bundled)?;
                (architecture, base, 0)
            }
            _ => {
                let line = |_| Language::English.write_story(&stories::eventful_story(&mut random)) + "\n";
                let sample: String = (0..SAMPLE).map(line).collect();
                let tokens = BytePair::learn(&sample, SYMBOLS);
                let (architecture, base) = fresh(["layers", "width", "heads"].map(count), tokens, &mut random)?;
                (architecture, base, count("pretraining") as u64)
            }
        };
        let width = architecture.network.configuration.block.width;
        let (scored, scorer) = with_scorer(&base, width);
        let by_person = knobs.choice("annotator") == "you";
        let pairs = count("pairs");
        let steps = Steps {
            base: pretraining,
            // A person sees one pair a step, and in the last step the answer to the last is taken.
            compare: if by_person { pairs as u64 + 1 } else { pairs.div_ceil(COMPARED) as u64 },
            fit: count("reward_steps") as u64,
            tune: count("steps") as u64,
        };
        let learner = RlhfLearner {
            begun_with: BegunWith {
                base: digest(&Weights::new().network("", &base).encode(Precision::Single)),
                tokens: digest(&serde_json::to_vec(&*architecture.tokens).expect("plain data")),
                rules: rules.clone(),
                annotator: knobs.choice("annotator").to_owned(),
                method: knobs.choice("method").to_owned(),
            },
            architecture,
            rules,
            steps,
            reward: optimized(scored.clone()),
            ppo: optimized(scored),
            dpo: optimized(base.clone()),
            base: optimized(base),
            scorer,
            scale: None,
            tunes: false,
            compared: Compared::default(),
            by_person,
            pairs,
            uses: [knobs.choice("method") != "dpo", knobs.choice("method") != "ppo"],
            continuations: count("continuations"),
            examined: count("examined"),
            seed,
            comparison: None,
            by_base: None,
        };
        let plan = Plan {
            declared: super::knobs::knobs(),
            knobs: knobs.clone(),
            random,
            schedule: Schedule::named("constant", steps.total()),
            // The parts of a run learn from different things: what is counted are steps.
            samples_per_step: 1,
        };
        Ok(Trainer::new(learner, plan))
    }

    fn trained(&self) -> TrainedRlhf {
        let base = &self.base.parameters;
        let policy = |used: bool, policy: &OptimizedNetwork| {
            (used && self.tunes).then(|| without_scorer(&policy.parameters, base))
        };
        TrainedRlhf {
            architecture: self.architecture.clone(),
            base: base.clone(),
            tuned: [policy(self.uses[0], &self.ppo), policy(self.uses[1], &self.dpo)],
            reward: self.reward_model(),
            rules: self.rules.clone(),
        }
    }

    fn reward_model(&self) -> Option<RewardModel> {
        let parameters = self.reward.parameters.clone();
        self.scale.map(|scale| RewardModel { parameters, scorer: self.scorer, scale })
    }

    /// The base learns from stories, each behind the end of a line.
    fn learn_stories(&mut self, number: u64, run: &mut Run<'_>) {
        let texts: Vec<Text> = (0..STORIES)
            .map(|_| {
                let line = Language::English.write_story(&stories::eventful_story(run.random()));
                let mut tokens = self.architecture.tokens.encode(&format!("\n{line}\n"));
                tokens.truncate(CONTEXT);
                Text { tokens, given: 1, ..Text::default() }
            })
            .collect();
        let batch = PaddedBatch::new(&texts);
        let schedule = Schedule { warm_up: self.steps.base.min(100), decay: Decay::Cosine, total: self.steps.base };
        let tape = Tape::new();
        let bound = self.base.parameters.on(&tape);
        let loss = batch.log_probabilities(&self.architecture.network, &bound).mean().scale(-1.0);
        let value = f64::from(loss.item());
        self.base.descend(&bound, &loss.backward(), BASE_RATE * schedule.factor(number));
        run.means(MEAN_OVER, [("base_loss", value)]);
    }

    /// Two continuations of each of so many prompts.
    fn drawn(&self, count: usize, random: &mut ChaCha8Rng) -> Result<Vec<[Text; 2]>, ExperimentError> {
        let prompts: Vec<String> = (0..count).map(|_| prompt(random)).collect();
        let both: Vec<String> = prompts.iter().flat_map(|prompt| [prompt.clone(), prompt.clone()]).collect();
        let (how, task) = (SamplingSettings::default(), TaskContext::default());
        let texts = self.architecture.continuations(&self.base.parameters, &both, &how, random.random(), &task)?;
        let mut texts = texts.into_iter();
        Ok(std::iter::from_fn(|| Some([texts.next()?, texts.next()?])).collect())
    }

    /// What the rules say of two continuations.
    fn by_rules(&self, [first, second]: &[Text; 2]) -> Said {
        match self.rules.points(first).cmp(&self.rules.points(second)) {
            std::cmp::Ordering::Greater => Said::First,
            std::cmp::Ordering::Less => Said::Second,
            std::cmp::Ordering::Equal => Said::Neither,
        }
    }

    fn take(&mut self, [first, second]: [Text; 2], said: Said, by_person: bool) {
        let (preferred, other) = match said {
            Said::First => (first, second),
            Said::Second => (second, first),
            Said::Neither => {
                self.compared.left_out += 1;
                return;
            }
        };
        self.compared.pairs.push(Pair { preferred, other, by_person });
    }

    /// The rules compare some pairs.
    fn compare(&mut self, number: u64, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let rest = self.pairs - number as usize * COMPARED;
        let drawn = self.drawn(rest.min(COMPARED), run.random())?;
        for (place, texts) in drawn.into_iter().enumerate() {
            let mut said = self.by_rules(&texts);
            let noise = run.real("noise");
            if noise > 0.0 && run.random().random_bool(noise) {
                said = match said {
                    Said::First => Said::Second,
                    Said::Second => Said::First,
                    Said::Neither => Said::Neither,
                };
            }
            if place == 0 {
                run.view("pair", false, self.pair_panels(&texts, Ok(said)));
            }
            self.take(texts, said, false);
        }
        Ok(())
    }

    /// Takes what a person said of the pair that is shown, or else what the rules say, and shows the next.
    fn ask(&mut self, number: u64, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        if let Some(texts) = self.compared.shown.take() {
            let by_person = self.compared.said.take();
            let said = by_person.unwrap_or_else(|| self.by_rules(&texts));
            self.take(texts, said, by_person.is_some());
        }
        if number as usize >= self.pairs {
            return Ok(());
        }
        let mut texts = self.drawn(1, run.random())?.remove(0);
        for _ in 0..TRIES {
            if texts[0].continuation != texts[1].continuation {
                break;
            }
            texts = self.drawn(1, run.random())?.remove(0);
        }
        run.view("pair", false, self.pair_panels(&texts, Err(run.real("patience"))));
        self.compared.shown = Some(texts);
        Ok(())
    }

    /// Two continuations side by side, and what was said of them, or how to say it within so many seconds.
    fn pair_panels(&self, texts: &[Text; 2], said: Result<Said, f64>) -> Vec<Panel> {
        let names = ["1", "2"].map(Bilingual::same);
        let points = texts.each_ref().map(|text| self.rules.points(text));
        let note = match said {
            Ok(said) => {
                let (en, ja) = match said {
                    Said::First => ("1 is preferred", "1 の方がよい"),
                    Said::Second => ("2 is preferred", "2 の方がよい"),
                    Said::Neither => ("neither is better", "どちらとも言えない"),
                };
                let [first, second] = points;
                Bilingual::new(format!("{en}: {first} and {second} points"), format!("{ja}({first} 点と {second} 点)"))
            }
            Err(patience) => {
                let (pair, pairs) = (self.compared.pairs.len() + self.compared.left_out + 1, self.pairs);
                Bilingual::new(
                    format!(
                        "Pair {pair} of {pairs}. Which continuation is better? Press 1, 2, or 3 for neither. After {patience} s the rules decide."
                    ),
                    format!(
                        "{pairs} 組中 {pair} 組目。どちらの続きがよいですか。1、2、どちらとも言えないなら 3 を押してください。{patience} 秒たつと規則が決めます。"
                    ),
                )
            }
        };
        vec![Panel::Note { text: note }, Panel::note(texts[0].prompt.clone()), side_by_side(names.into(), texts, false)]
    }

    /// One step of the reward model.
    fn fit(&mut self, number: u64, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let network = &*self.architecture.network;
        if number == 0 {
            self.reward = optimized(with_scorer(&self.base.parameters, network.configuration.block.width).0);
        }
        let training = self.compared.training();
        if training.is_empty() {
            if self.by_person {
                return Err(ExperimentError::both(
                    "no pair has a preference: press 1 or 2 for at least one of the pairs",
                    "どちらがよいか決まった組がありません。少なくとも 1 組では、1 か 2 を押してください",
                ));
            }
            return Err(ExperimentError::both(
                "no pair has a preference: ask for more `pairs`, or for `rules` that tell continuations apart",
                "どちらがよいか決まった組がありません。`pairs` を増やすか、差の出る `rules` にしてください",
            ));
        }
        let drawn: Vec<&Pair> = (0..PAIRS).map(|_| training[run.random().random_range(0..training.len())]).collect();
        let batch = preferred_then_others(&drawn);
        let tape = Tape::new();
        let bound = self.reward.parameters.on(&tape);
        let raw = self.scorer.raw(network, &bound, &batch);
        let loss = bradley_terry_loss(raw.narrow(0, 0..PAIRS), raw.narrow(0, PAIRS..2 * PAIRS));
        let value = f64::from(loss.item());
        let schedule = Schedule { warm_up: 10, decay: Decay::Linear, total: self.steps.fit };
        let rate = run.real("reward_learning_rate") * schedule.factor(number);
        self.reward.descend(&bound, &loss.backward(), rate);
        run.add("reward_loss", value);
        let is_last = number + 1 == self.steps.fit;
        if (number + 1).is_multiple_of(FITTED_MEAN) || is_last {
            let mean = run.take_mean("reward_loss").unwrap_or(value);
            run.scalar("reward_loss", mean);
            let raw = RewardModel {
                parameters: self.reward.parameters.clone(),
                scorer: self.scorer,
                scale: Scale::default(),
            };
            if let Some(accuracy) = raw.accuracy(network, &self.compared.held_out(), &TaskContext::default())? {
                run.scalar("reward_accuracy", accuracy);
            }
            if is_last {
                let both = self.compared.pairs.iter().flat_map(|pair| [&pair.preferred, &pair.other]);
                self.scale = Some(Scale::of(&raw.rewards(network, both, &TaskContext::default())?));
                // The policies begin as the base; their curves begin with it.
                let width = self.architecture.network.configuration.block.width;
                self.ppo = optimized(with_scorer(&self.base.parameters, width).0);
                self.dpo = optimized(self.base.parameters.clone());
                self.tunes = true;
                self.prepare()?;
                self.show(&self.reward_model().expect("just fitted"), run, false)?;
            }
        }
        Ok(())
    }

    /// Makes what tuning needs beside the networks.
    fn prepare(&mut self) -> Result<(), ExperimentError> {
        if self.comparison.is_none() {
            let (base, task) = (&self.base.parameters, TaskContext::default());
            let comparison =
                Comparison::new(&self.architecture, base, &self.rules, EXAMINED, self.seed ^ ON_THE_WAY, &task)?;
            self.comparison = Some(comparison);
        }
        if self.uses[1] && self.by_base.is_none() {
            let pairs = self.compared.training();
            self.by_base = Some(dpo::by_base(&self.architecture.network, &self.base.parameters, &pairs));
        }
        Ok(())
    }

    /// One step of the policies.
    fn tune(&mut self, number: u64, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        self.prepare()?;
        let reward = self.reward_model().expect("the reward model is fitted before");
        let network = &*self.architecture.network;
        if self.uses[0] {
            let prompts: Vec<String> = (0..self.continuations).map(|_| prompt(run.random())).collect();
            let (how, seed) = (SamplingSettings::default(), run.random().random());
            let texts =
                self.architecture.continuations(&self.ppo.parameters, &prompts, &how, seed, &TaskContext::default())?;
            let penalty = run.real("kl_penalty");
            let frozen = Frozen { network, base: &self.base.parameters, reward: &reward, penalty };
            let loss = frozen.improve(&mut self.ppo, &self.scorer, &texts, run.real("learning_rate"))?;
            run.guard(loss);
        }
        if self.uses[1] {
            let training = self.compared.training();
            let by_base = self.by_base.as_ref().expect("prepared");
            let pairs: Vec<(&Pair, [f32; 2])> = (0..PAIRS)
                .map(|_| {
                    let place = run.random().random_range(0..training.len());
                    (training[place], by_base[place])
                })
                .collect();
            let (beta, rate) = (run.real("dpo_beta"), run.real("dpo_learning_rate"));
            let loss = dpo::improve(network, &mut self.dpo, &pairs, beta, rate);
            run.add("dpo_loss", loss);
        }
        let is_last = number + 1 == self.steps.tune;
        if (number + 1).is_multiple_of(EXAMINE_EVERY) || is_last {
            if let Some(mean) = run.take_mean("dpo_loss") {
                run.scalar("dpo_loss", mean);
            }
            self.show(&reward, run, is_last)?;
        }
        Ok(())
    }

    /// Examines the policies, and shows what they say.
    fn show(&self, reward: &RewardModel, run: &mut Run<'_>, keep: bool) -> Result<(), ExperimentError> {
        let comparison = self.comparison.as_ref().expect("prepared");
        let mut shown = None;
        for (which, prefix) in ["", "dpo_"].into_iter().enumerate() {
            if !self.uses[which] {
                continue;
            }
            let policy = [&self.ppo, &self.dpo][which];
            let Examined { texts, preferred, reward, kl, .. } =
                self.examine(comparison, &policy.parameters, Some(reward), &TaskContext::default())?;
            // Where DPO is alone, its policy is the policy of the run.
            let prefixes = if self.uses[0] { vec![prefix] } else { vec!["", prefix] };
            for prefix in prefixes {
                run.scalar(&format!("{prefix}reward"), reward.unwrap_or(f64::NAN));
                run.scalar(&format!("{prefix}kl"), kl);
                run.scalar(&format!("{prefix}true_preference"), preferred);
            }
            shown.get_or_insert(texts);
        }
        if let Some(texts) = shown {
            let names = [Bilingual::new("before", "調整前"), Bilingual::new("now", "現在")];
            let texts = [&comparison.texts[0], &texts[0]].map(Clone::clone);
            run.view(
                "samples",
                keep,
                vec![Panel::note(texts[0].prompt.clone()), side_by_side(names.into(), &texts, true)],
            );
        }
        Ok(())
    }

    fn examine(
        &self,
        comparison: &Comparison,
        policy: &Parameters<f32>,
        reward: Option<&RewardModel>,
        task: &TaskContext,
    ) -> Result<Examined, ExperimentError> {
        comparison.examine(&self.architecture, [policy, &self.base.parameters], &self.rules, reward, task)
    }
}

impl Learner for RlhfLearner {
    fn step(&mut self, run: &mut Run<'_>) -> Result<(), ExperimentError> {
        match self.steps.part(run.index()) {
            Part::Base(number) => self.learn_stories(number, run),
            Part::Compare(number) if self.by_person => self.ask(number, run)?,
            Part::Compare(number) => self.compare(number, run)?,
            Part::Fit(number) => self.fit(number, run)?,
            Part::Tune(number) => self.tune(number, run)?,
        }
        Ok(())
    }

    fn apply_action(&mut self, action: &str, _argument: &str, _run: &mut Run<'_>) -> Result<(), ExperimentError> {
        let said = match action {
            "first" => Said::First,
            "second" => Said::Second,
            "neither" => Said::Neither,
            other => return Err(ExperimentError::new(format!("this lab has no action `{other}`"))),
        };
        if self.compared.shown.is_none() {
            return Err(ExperimentError::both(
                "no pair waits for an answer: with annotator = you a run asks for preferences at its beginning",
                "いま判断を待っている組はありません。annotator = you の実行は、最初に比較を尋ねます",
            ));
        }
        self.compared.said = Some(said);
        Ok(())
    }

    fn resumed(&mut self, run: &mut Run<'_>) {
        if let Some(texts) = &self.compared.shown {
            run.view("pair", false, self.pair_panels(texts, Err(run.real("patience"))));
        }
    }

    fn patience(&self, live: &Knobs) -> Option<f64> {
        (self.compared.shown.is_some() && self.compared.said.is_none()).then(|| live.real("patience"))
    }

    fn snapshot(&self) -> Arc<dyn Model> {
        Arc::new(self.trained())
    }

    fn saved(&mut self) -> Saved<'_> {
        Saved::new()
            .network("base.", &mut self.base)
            .network("reward.", &mut self.reward)
            .network("ppo.", &mut self.ppo)
            .network("dpo.", &mut self.dpo)
            .state("scale", &mut self.scale)
            .state("tunes", &mut self.tunes)
            .state("compared", &mut self.compared)
            .checked_state("begun_with", &mut self.begun_with, BegunWith::is_the_same)
    }

    fn restored(&mut self) {
        (self.comparison, self.by_base) = (None, None);
    }

    fn weights(&self) -> Weights {
        self.trained().weights()
    }

    fn report(&self, task: &TaskContext) -> Result<Report, ExperimentError> {
        let reward = self.reward_model();
        let base = &self.base.parameters;
        let comparison =
            Comparison::new(&self.architecture, base, &self.rules, self.examined, self.seed ^ AT_THE_END, task)?;
        let before = self.examine(&comparison, base, reward.as_ref(), task)?;
        let mut found = [None, None];
        for (which, policy) in [&self.ppo, &self.dpo].into_iter().enumerate() {
            if self.uses[which] {
                found[which] = Some(self.examine(&comparison, &policy.parameters, reward.as_ref(), task)?);
            }
        }
        let network = &self.architecture.network;
        let accuracy = match &reward {
            Some(reward) => reward.accuracy(network, &self.compared.held_out(), task)?,
            None => None,
        };
        let [ppo, dpo] = found;
        // The policy of the run is that of PPO where there is one.
        let main = ppo.as_ref().or(dpo.as_ref());
        let preferred = |examined: Option<&Examined>| examined.map(|examined| examined.preferred);
        let rewarded = |examined: Option<&Examined>| examined.and_then(|examined| examined.reward);
        let diverged = |examined: Option<&Examined>| examined.map(|examined| examined.kl);
        let mut report = Report::new();
        report.insert("true_preference".to_owned(), preferred(main).into());
        report.insert("true_preference_before".to_owned(), before.preferred.into());
        report.insert("reward".to_owned(), rewarded(main).into());
        report.insert("reward_before".to_owned(), before.reward.into());
        report.insert("kl".to_owned(), diverged(main).into());
        report.insert("reward_accuracy".to_owned(), accuracy.into());
        report.insert("dpo_true_preference".to_owned(), preferred(dpo.as_ref()).into());
        report.insert("dpo_reward".to_owned(), rewarded(dpo.as_ref()).into());
        report.insert("dpo_kl".to_owned(), diverged(dpo.as_ref()).into());
        report.insert("pairs".to_owned(), self.compared.pairs.len().into());
        report.insert("pairs_by_person".to_owned(), self.compared.by_person().into());
        report.insert("pairs_left_out".to_owned(), self.compared.left_out.into());
        report.insert("parameters".to_owned(), base.count().into());
        Ok(report)
    }
}

#[cfg(test)]
mod tests;
