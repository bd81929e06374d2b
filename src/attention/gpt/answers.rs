//! What can be asked of a trained GPT.

use super::generate::{Continuation, TrainedGpt, entropy, largest, log_probabilities};
use super::judged::{Judged, verdict, verdict_note};
use super::{examine, sweep};
use crate::data::stories::{self, Language};
use crate::data::tokenizer::Tokenizer;
use crate::experiment::panel::{Curve, Curves, Format, Token};
use crate::experiment::{
    Answer, Bar, Bilingual, ExperimentError, Knob, Knobs, Model, Panel, Query, TaskContext, ViewSpec, Wording, view,
};
use crate::nn::SamplingSettings;
use crate::printer::printable;
use std::time::{Duration, Instant};

pub static VIEWS: [ViewSpec; 9] = [
    ViewSpec::new(
        "continue",
        Wording::new(
            "continue a text token by token, with the alternatives",
            "文章の続きを 1 トークンずつ。ほかの候補も",
        ),
        || [vec![prompt(), length()], sampling(), vec![view::seed()]].concat(),
    ),
    ViewSpec::new(
        "next",
        Wording::new(
            "the next token: the model's distribution, and what sampling leaves",
            "次のトークンの分布と、サンプリング設定で残る候補",
        ),
        || [vec![example()], sampling()].concat(),
    ),
    ViewSpec::new(
        "surprise",
        Wording::new("the probability of each token of a text", "文章の各トークンの確率"),
        || vec![example()],
    ),
    ViewSpec::new("attention", Wording::new("where each head looks", "各ヘッドの注目先"), || {
        vec![
            example(),
            Knob::integer("layer", 1..=256, 1, ["which block, from the input on", "何番目のブロックか(入力側から)"]),
            Knob::integer(
                "head",
                0..=256,
                0,
                ["which head; 0 for the last token's look by all", "何番目のヘッドか。0 なら最後のトークンの全ヘッド"],
            ),
        ]
    }),
    ViewSpec::new(
        "lens",
        Wording::new("what each layer would predict (logit lens)", "各層の時点での予測(ロジットレンズ)"),
        || vec![example()],
    ),
    ViewSpec::new(
        "tokens",
        Wording::new(
            "how a text is cut into tokens, and the merges that were learned",
            "文章のトークン分割と、学習した併合",
        ),
        || vec![example()],
    ),
    ViewSpec::new(
        "stories",
        Wording::new(
            "stories from an empty prompt, checked for grammar and consistency",
            "空のプロンプトから作る物語と、文法・つじつまの判定",
        ),
        || {
            let count = Knob::integer("count", 1..=200, 8, ["stories", "物語の数"]);
            [vec![count], sampling(), vec![view::seed()]].concat()
        },
    )
    .slow(),
    ViewSpec::new(
        "fill",
        Wording::new("a model that fills gaps: write _ for each gap", "穴埋めモデルの答え。空所には _ と書く"),
        || {
            vec![Knob::text(
                "prompt",
                1000,
                "",
                ["a text with gaps _; empty for an example", "空所 _ のある文章。空なら例を使う"],
            )]
        },
    ),
    ViewSpec::new(
        "scale",
        Wording::new(
            "text and parameters from this lab's model to GPT-3",
            "このラボのモデルから GPT-3 までのテキスト量とパラメータ数",
        ),
        Vec::new,
    ),
];

/// Sentences of the example that is looked into where no text was typed, and tokens where there are none.
const EXAMPLE_SENTENCES: usize = 5;
const EXAMPLE_TOKENS: usize = 24;
const EXAMPLE_SEED: u64 = 7;

fn prompt() -> Knob {
    Knob::text("prompt", 4000, "", ["a text; empty for the beginning", "文章。空なら最初から"])
}

/// A text to look into.
fn example() -> Knob {
    Knob::text("prompt", 4000, "", ["a text; empty for an example", "文章。空なら例を使う"])
}

fn length() -> Knob {
    Knob::integer("length", 1..=2000, 120, ["tokens at most", "最大トークン数"])
}

fn sampling() -> Vec<Knob> {
    vec![
        Knob::real(
            "temperature",
            0.0..=5.0,
            1.0,
            ["0 takes the most likely token", "温度。0 なら最も確率の高いトークン"],
        ),
        Knob::integer(
            "top_k",
            0..=10_000,
            0,
            ["only the k most likely tokens; 0 for all", "上位 k 個に限る。0 なら全部"],
        ),
        Knob::real(
            "top_p",
            0.01..=1.0,
            1.0,
            ["the most likely tokens that reach this share", "上位から確率の合計がこの値に達するまで"],
        ),
    ]
}

fn settings(inputs: &Knobs) -> SamplingSettings {
    let top_k = inputs.integer("top_k") as usize;
    SamplingSettings {
        temperature: inputs.real("temperature"),
        top_k: (top_k > 0).then_some(top_k),
        top_p: inputs.real("top_p"),
    }
}

/// What else could have stood at a place, at most.
const ALTERNATIVES: usize = 8;
/// Bars of a distribution.
const BARS: usize = 12;
/// Time between two looks at a text that goes on.
const SHOWN_EVERY: Duration = Duration::from_millis(60);

impl Model for TrainedGpt {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let Query::View { name, inputs } = query else { return Err(ExperimentError::unanswered(query)) };
        let inputs = &view::find(&VIEWS, name)?.completed(inputs)?;
        let panels = match name.as_str() {
            "tokens" => examine::tokens(self, inputs)?,
            "attention" => examine::attention(self, inputs, task)?,
            "lens" => examine::lens(self, inputs, task)?,
            "fill" => self.fill(inputs, task)?,
            "scale" => sweep::scale(),
            _ if let Err(why) = self.is_for_continuing() => vec![Panel::Note { text: why.wording() }],
            "continue" => self.go_on(inputs, task)?,
            "next" => self.next(inputs)?,
            "surprise" => self.surprise(inputs, task)?,
            _ => self.stories(inputs, task)?,
        };
        Ok(Answer::Panels { panels: self.origin().into_iter().chain(panels).collect() })
    }
}

impl TrainedGpt {
    /// Which model it is, where it was trained elsewhere.
    fn origin(&self) -> Option<Panel> {
        let folder = self.folder.as_ref()?;
        let count = self.parameters.count();
        let text = Bilingual::new(
            format!("the model of {folder}: {count} parameters"),
            format!("{folder} のモデル(パラメータ {count} 個)"),
        );
        Some(Panel::Note { text })
    }

    /// The likeliest symbols of a distribution, as bars.
    fn likeliest(&self, probabilities: &[f64], most: usize) -> Vec<Bar> {
        let possible = largest(probabilities, most).into_iter().filter(|&symbol| probabilities[symbol] > 0.0);
        possible.map(|symbol| Bar { name: self.name(symbol), value: probabilities[symbol] as f32 }).collect()
    }

    /// A symbol as it is shown.
    pub(super) fn name(&self, symbol: usize) -> String {
        let is_mask = !self.network.configuration.is_causal && symbol == self.tokenizer.len();
        if is_mask { "[MASK]".to_owned() } else { self.tokenizer.shown(symbol) }
    }

    /// The text that is asked about: that of the input `prompt`, or an example.
    pub(super) fn asked(&self, inputs: &Knobs) -> String {
        let typed = inputs.text("prompt");
        if !typed.is_empty() {
            return typed.to_owned();
        }
        self.example.get_or_init(|| self.example_text()).clone()
    }

    fn example_text(&self) -> String {
        match self.language {
            Some(language) => {
                let story = stories::text(language, 1, EXAMPLE_SEED);
                let sentences = language.sentences(&story);
                let space = if language == Language::Japanese { "" } else { " " };
                sentences[..EXAMPLE_SENTENCES.min(sentences.len())].join(space)
            }
            None => {
                let how = Continuation {
                    settings: SamplingSettings::default(),
                    most: EXAMPLE_TOKENS,
                    seed: EXAMPLE_SEED,
                    stops_at_line: false,
                };
                let mut tokens = Vec::new();
                let prompt = self.prompt("").unwrap_or_default();
                // What diverged has no example.
                let _ = self.generate(&prompt, &how, |generated| {
                    tokens.push(generated.token);
                    Ok(())
                });
                self.tokenizer.decode(&tokens)
            }
        }
    }

    /// The text, where it is an example.
    pub(super) fn example_note(&self, inputs: &Knobs) -> Option<Panel> {
        let is_example = inputs.text("prompt").is_empty();
        is_example.then(|| {
            let text = printable(&self.asked(inputs));
            Panel::Note { text: Bilingual::new(format!("example: {text}"), format!("例: {text}")) }
        })
    }

    /// A prompt, and a note where its front was cut off.
    pub(super) fn fitted(&self, text: &str) -> Result<(Vec<usize>, Option<Panel>), ExperimentError> {
        let (tokens, note) = self.fitting_prompt(text)?;
        Ok((tokens, note.map(|text| Panel::Note { text })))
    }

    fn given(&self, token: usize) -> Token {
        Token { text: self.name(token), value: None, alternatives: Vec::new(), marked: true }
    }

    fn go_on(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let (prompt, note) = self.fitted(inputs.text("prompt"))?;
        let how = Continuation {
            settings: settings(inputs),
            most: inputs.integer("length") as usize,
            seed: inputs.integer("seed") as u64,
            stops_at_line: self.language.is_some(),
        };
        let (mut tokens, mut all, mut shown_at) = (Vec::new(), Vec::new(), Instant::now());
        tokens.extend(prompt.iter().map(|&token| self.given(token)));
        let heading = || {
            Bilingual::new(
                "the text and its continuation; shade: probability in the draw",
                "文章とその続き。色の濃さは選ばれたときの確率",
            )
        };
        self.generate(&prompt, &how, |generated| {
            task.check()?;
            tokens.push(Token {
                text: self.name(generated.token),
                // As its alternatives: behind temperature, top-k and top-p.
                value: Some(generated.drawn_from[generated.token] as f32),
                alternatives: self.likeliest(&generated.drawn_from, ALTERNATIVES),
                marked: false,
            });
            all.push((generated.token, generated.entropy, generated.log_probability));
            if shown_at.elapsed() >= SHOWN_EVERY {
                shown_at = Instant::now();
                task.show(Answer::Panels {
                    panels: vec![Panel::Tokens { heading: heading(), tokens: tokens.clone() }],
                });
            }
            Ok(())
        })?;
        let mut panels: Vec<Panel> = note.into_iter().collect();
        panels.push(Panel::Tokens { heading: heading(), tokens });
        if let Some(language) = self.language {
            let new: Vec<usize> = all.iter().map(|(token, _, _)| *token).collect();
            let has_ended = new.last().is_some_and(|token| self.ends_line(*token));
            let whole = format!("{}{}", inputs.text("prompt"), self.tokenizer.decode(&new));
            panels.push(verdict_note(&verdict(language, &whole, has_ended)));
        }
        panels.push(Panel::Curves(Curves {
            heading: Bilingual::new("nats at each new token", "新しい各トークンでの値(ナット)"),
            axis: Bilingual::new("token", "トークン"),
            places: (1..=all.len()).map(|place| place as f64).collect(),
            curves: vec![
                Curve {
                    name: Bilingual::new("entropy H", "エントロピー H"),
                    values: all.iter().map(|(_, entropy, _)| *entropy).collect(),
                    band: None,
                },
                Curve {
                    name: Bilingual::new("−ln P of the token", "そのトークンの −ln P"),
                    values: all.iter().map(|(_, _, ln)| -ln).collect(),
                    band: None,
                },
            ],
        }));
        Ok(panels)
    }

    fn next(&self, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
        let (prompt, note) = self.fitted(&self.asked(inputs))?;
        let logits = self.reader().read(&prompt);
        let example = self.example_note(inputs);
        let logarithms = log_probabilities(&logits);
        let own: Vec<f64> = logarithms.iter().map(|ln| ln.exp()).collect();
        let left = settings(inputs).probabilities(&logits).map_err(|error| ExperimentError::new(error.to_string()))?;
        let kept = left.iter().filter(|&&probability| probability > 0.0).count();
        let mut panels: Vec<Panel> = note.into_iter().chain(example).collect();
        panels.push(Panel::Number {
            name: Bilingual::new("entropy H", "エントロピー H"),
            value: entropy(&logarithms),
            format: Format::Nats,
        });
        panels.push(Panel::Bars {
            heading: Bilingual::new("P of the model", "モデルの確率 P"),
            bars: self.likeliest(&own, BARS),
            format: Format::Percent,
        });
        panels.push(Panel::Bars {
            heading: Bilingual::new(
                format!("what is sampled from: {kept} of {} tokens", left.len()),
                format!("サンプリングの対象: {} 個中 {kept} 個", left.len()),
            ),
            bars: self.likeliest(&left, BARS),
            format: Format::Percent,
        });
        Ok(panels)
    }

    fn surprise(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let (prompt, note) = self.fitted(&self.asked(inputs))?;
        let state = self.last_state(&prompt, task)?;
        let mut tokens = vec![self.given(prompt[0])];
        let mut nats = 0.0;
        self.logits_of(&state, 0..prompt.len() - 1, |place, logits| {
            let (logarithms, token) = (log_probabilities(logits), prompt[place + 1]);
            nats -= logarithms[token];
            let own: Vec<f64> = logarithms.iter().map(|ln| ln.exp()).collect();
            tokens.push(Token {
                text: self.name(token),
                value: Some(own[token] as f32),
                alternatives: self.likeliest(&own, ALTERNATIVES),
                marked: false,
            });
        });
        let (count, characters) = (prompt.len() - 1, self.tokenizer.decode(&prompt[1..]).chars().count());
        let mean = nats / count.max(1) as f64;
        let mut panels: Vec<Panel> = note.into_iter().collect();
        panels.push(Panel::Tokens {
            heading: Bilingual::new(
                "shade: P of each token after those before it",
                "色の濃さ: それより前のトークンに続く確率 P",
            ),
            tokens,
        });
        let bits = nats / characters.max(1) as f64 / std::f64::consts::LN_2;
        let number = |en: &str, ja: &str, value: f64, format: Format| Panel::Number {
            name: Bilingual::new(en, ja),
            value,
            format,
        };
        panels.extend([
            number("−ln P of the whole text", "文章全体の −ln P", nats, Format::Nats),
            number("per token", "1 トークンあたり", mean, Format::Nats),
            number("perplexity", "パープレキシティ", mean.exp(), Format::Plain),
            number("bits per character", "1 文字あたりのビット数", bits, Format::Plain),
        ]);
        Ok(panels)
    }

    fn stories(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let Some(language) = self.language else {
            return Ok(vec![Panel::Note {
                text: Bilingual::new(
                    "This model did not learn from the lab's stories: there is no grammar to check what it writes by. Use the view `continue`.",
                    "このモデルはこのラボの物語で学習していないため、文法では判定できません。ビュー `continue` を使ってください。",
                ),
            }]);
        };
        let how = Continuation {
            settings: settings(inputs),
            most: self.network.configuration.context,
            seed: inputs.integer("seed") as u64,
            stops_at_line: true,
        };
        let count = inputs.integer("count") as usize;
        let judged = Judged::of(self, language, count, &how, task)?;
        let number =
            |en: &str, ja: &str, value| Panel::Number { name: Bilingual::new(en, ja), value, format: Format::Percent };
        let shares = vec![
            number("grammatical sentences", "文法に合う文", judged.grammatical_share()),
            number("consistent stories", "つじつまの合う物語", judged.consistent_share()),
        ];
        Ok([shares, judged.panels(count)].concat())
    }

    /// What stands in the gaps of a text.
    fn fill(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        if self.network.configuration.is_causal {
            return Ok(vec![Panel::Note {
                text: Bilingual::new(
                    "This model predicts only the next token. One that fills gaps is trained by the preset `bert`.",
                    "このモデルが予測するのは次のトークンだけです。穴埋めモデルはプリセット `bert` で学習できます。",
                ),
            }]);
        }
        let mask = self.tokenizer.len();
        let typed = inputs.text("prompt");
        let (mut tokens, mut gaps) = (Vec::new(), Vec::new());
        if typed.is_empty() {
            tokens = self.fitted(&self.asked(inputs))?.0;
            gaps.push(tokens.len() / 2);
            tokens[gaps[0]] = mask;
        } else {
            if self.language.is_some() {
                tokens = self.prompt("")?;
            }
            let parts: Vec<&str> = typed.split('_').collect();
            let (last, before) = parts.split_last().expect("a part at least");
            for part in before {
                // The space before a gap belongs to the word that is missing.
                let is_of_words = matches!(&*self.tokenizer, Tokenizer::BytePair(_));
                let part = if is_of_words { part.strip_suffix(' ').unwrap_or(part) } else { part };
                tokens.extend(self.tokenizer.encode(part)?);
                gaps.push(tokens.len());
                tokens.push(mask);
            }
            tokens.extend(self.tokenizer.encode(last)?);
        }
        let context = self.network.configuration.context;
        if tokens.len() > context || gaps.is_empty() {
            let (length, count) = (tokens.len(), gaps.len());
            return Err(ExperimentError::both(
                format!("{length} tokens with {count} gaps: expected at most {context} tokens and a gap _ at least"),
                format!(
                    "{length} トークン、空所 {count} 個: {context} トークン以内で、空所 _ を一つ以上含めてください"
                ),
            ));
        }
        let state = self.last_state(&tokens, task)?;
        let mut bars = Vec::with_capacity(gaps.len());
        for (number, &gap) in gaps.iter().enumerate() {
            self.logits_of(&state, gap..gap + 1, |_, logits| {
                let own: Vec<f64> = log_probabilities(logits).iter().map(|ln| ln.exp()).collect();
                bars.push(Panel::Bars {
                    heading: Bilingual::new(format!("gap {}", number + 1), format!("空所 {}", number + 1)),
                    bars: self.likeliest(&own, ALTERNATIVES),
                    format: Format::Percent,
                });
            });
        }
        let shown = tokens.iter().map(|&token| Token { marked: token == mask, ..self.given(token) });
        let text = Panel::Tokens { heading: Bilingual::new("the text", "文章"), tokens: shown.collect() };
        Ok([vec![text], bars].concat())
    }
}
