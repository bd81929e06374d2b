//! A trained Transformer looked into: every head, one weight of it, the answer without it, positions, and self-attention
//! without projections.

use super::trained::TrainedTransformer;
use super::{Side, Traces};
use crate::attention::sequences::views::{self, Question};
use crate::attention::sequences::{Weighing, show, with_end};
use crate::data::tasks::{END, START};
use crate::experiment::panel::{Curve, Curves, Format, HeatMap};
use crate::experiment::{Bar, Bilingual, ExperimentError, Knobs, Panel};
use crate::nn::{AttentionTrace, Parameters};
use crate::tensor::{Tape, Tensor};
use ndarray::{ArrayView2, ArrayView4, Ix2, Ix4, s};

/// Places whose encoding is drawn, and those whose dot products are.
const WAVES: usize = 40;
const PRODUCTS: usize = 24;

/// Which attention of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Encoder,
    Decoder,
    Cross,
}

impl Part {
    const ALL: [Part; 3] = [Part::Encoder, Part::Decoder, Part::Cross];

    fn named(name: &str) -> Part {
        match name {
            "encoder" => Part::Encoder,
            "decoder" => Part::Decoder,
            _ => Part::Cross,
        }
    }

    fn name(self) -> Bilingual {
        match self {
            Part::Encoder => Bilingual::new("encoder", "符号器"),
            Part::Decoder => Bilingual::new("decoder", "復号器"),
            Part::Cross => Bilingual::new("cross", "交差"),
        }
    }

    /// Its name where there is little room.
    fn short(self) -> &'static str {
        match self {
            Part::Encoder => "enc",
            Part::Decoder => "dec",
            Part::Cross => "cross",
        }
    }

    fn of(self, traces: &Traces, layer: usize) -> &AttentionTrace<f32> {
        match self {
            Part::Encoder => &traces.encoder[layer],
            Part::Decoder => &traces.decoder[layer][0],
            Part::Cross => &traces.decoder[layer][1],
        }
    }
}

/// A head of one attention, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    part: Part,
    layer: usize,
    head: usize,
}

/// What a model does with a question.
struct Examined {
    question: Question,
    /// Source with its end, and the predicted tokens.
    source: Vec<usize>,
    answer: Vec<usize>,
    traces: Traces,
}

impl Examined {
    fn new(model: &TrainedTransformer, question: Question) -> Self {
        let answer = model.decoding(&question).tokens;
        let source = with_end(&question.tokens);
        let tape = Tape::without_gradients();
        let traces = model.network.trace(&model.parameters.on(&tape), &source, &given(&answer));
        Examined { question, source, answer, traces }
    }

    /// Names of the queries and of the keys of an attention. Cross-attention is asked by the place that predicts a token.
    fn names(&self, model: &TrainedTransformer, part: Part) -> [Vec<String>; 2] {
        let texts = &model.corpus.texts;
        let name = |encoding| move |&token: &usize| show::visible(encoding, token);
        let source = || self.source.iter().map(name(&texts.source)).collect::<Vec<_>>();
        let given = || given(&self.answer).iter().map(name(&texts.target)).collect::<Vec<_>>();
        match part {
            Part::Encoder => [source(), source()],
            Part::Decoder => [given(), given()],
            Part::Cross => [self.answer.iter().map(name(&texts.target)).collect(), source()],
        }
    }

    /// α of a head.
    fn map(&self, model: &TrainedTransformer, Head { part, layer, head }: Head) -> Panel {
        let [rows, columns] = self.names(model, part);
        let weights =
            heads_of(&part.of(&self.traces, layer).weights).slice(s![0, head, .., ..]).iter().copied().collect();
        let heading = |name: &str, layer_name: &str, head_name: &str| {
            format!("α {name} {layer_name} {} {head_name} {}", layer + 1, head + 1)
        };
        let name = part.name();
        Panel::HeatMap(HeatMap {
            heading: Bilingual::new(heading(&name.en, "layer", "head"), heading(&name.ja, "層", "ヘッド")),
            rows,
            columns,
            values: weights,
            range: [0.0, 1.0],
        })
    }
}

/// What the decoder reads for an answer: the start, and all but the last token.
fn given(answer: &[usize]) -> Vec<usize> {
    let before = answer.len().saturating_sub(1);
    std::iter::once(START).chain(answer[..before].iter().copied()).collect()
}

fn heads_of(weights: &Tensor<f32>) -> ArrayView4<'_, f32> {
    weights.view().into_dimensionality::<Ix4>().expect("[rows, heads, queries, keys]")
}

/// The head that the inputs ask for.
fn asked(model: &TrainedTransformer, inputs: &Knobs) -> Result<Head, ExperimentError> {
    let configuration = &model.network.configuration;
    for (name, most) in [("layer", configuration.layers), ("head", configuration.block.heads)] {
        if inputs.integer(name) as usize > most {
            return Err(ExperimentError::both(
                format!("input `{name}` = `{}`: this model has {most}", inputs.integer(name)),
                format!("入力 `{name}` = `{}`: このモデルにあるのは {most} までです", inputs.integer(name)),
            ));
        }
    }
    let [layer, head] = ["layer", "head"].map(|name| inputs.integer(name) as usize - 1);
    Ok(Head { part: Part::named(inputs.choice("part")), layer, head })
}

/// Mean entropy of the rows of a head, in nats.
fn entropy(weights: &Tensor<f32>, head: usize) -> f32 {
    let weights = heads_of(weights);
    let queries = weights.len_of(ndarray::Axis(2)).max(1) as f32;
    let terms =
        weights.slice(s![0, head, .., ..]).iter().map(|&a| if a > 0.0 { -a * a.ln() } else { 0.0 }).sum::<f32>();
    terms / queries
}

pub(super) fn attention(model: &TrainedTransformer, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
    let head = asked(model, inputs)?;
    let examined = Examined::new(model, Question::new(inputs, &model.corpus)?);
    let weights = &head.part.of(&examined.traces, head.layer).weights;
    let bars = (0..model.network.configuration.block.heads)
        .map(|head| Bar { name: (head + 1).to_string(), value: entropy(weights, head) });
    Ok(vec![
        examined.question.answered(&model.corpus, &examined.answer),
        examined.map(model, head),
        Panel::Bars {
            heading: Bilingual::new("entropy of each head of this layer", "この層の各ヘッドのエントロピー"),
            bars: bars.collect(),
            format: Format::Nats,
        },
    ])
}

/// The maps of cross-attention of the last block, head by head, for one held-out pair: to watch while it learns.
pub(super) fn example(model: &TrainedTransformer) -> Option<Vec<Panel>> {
    let question = Question::new(&Knobs::defaults(&views::inputs()), &model.corpus).ok()?;
    let examined = Examined::new(model, question);
    let layer = model.network.configuration.layers - 1;
    let heads = 0..model.network.configuration.block.heads;
    Some(heads.map(|head| examined.map(model, Head { part: Part::Cross, layer, head })).collect())
}

pub(super) fn weight(model: &TrainedTransformer, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
    let Head { part, layer, head } = asked(model, inputs)?;
    let examined = Examined::new(model, Question::new(inputs, &model.corpus)?);
    let block = model.network.configuration.block;
    let trace = part.of(&examined.traces, layer);
    let [queries, mut keys] = examined.names(model, part);
    let [row, column] = inputs.cell("cell").unwrap_or([0, 0]);
    let row = row.min(queries.len() - 1);
    // What a mask hides takes no part.
    let seen = if part == Part::Decoder && model.network.configuration.is_masked { row + 1 } else { keys.len() };
    keys.truncate(seen);
    let place = column.min(seen - 1);
    let own = block.width / block.heads;
    let of_head = |values: &Tensor<f32>, place: usize| -> Vec<f32> {
        let from = place * block.width + head * own;
        values.values()[from..from + own].to_vec()
    };
    let query = of_head(&trace.queries, row);
    let scale = 1.0 / (own as f32).sqrt();
    let terms_of = |place: usize| -> Vec<f32> {
        query.iter().zip(of_head(&trace.keys, place)).map(|(q, k)| q * k * scale).collect()
    };
    let weights = heads_of(&trace.weights);
    let weighing = Weighing {
        formula: if block.is_scaled { "Σ q k / √d" } else { "Σ q k" }.to_owned(),
        query: queries[row].clone(),
        keys,
        scores: (0..seen).map(|place| terms_of(place).iter().sum()).collect(),
        weights: (0..seen).map(|key| weights[[0, head, row, key]]).collect(),
        place,
        terms: terms_of(place).into_iter().enumerate().map(|(unit, term)| (unit.to_string(), term)).collect(),
        of_sum: None,
        values: (0..seen).map(|place| of_head(&trace.values, place)).collect(),
        names: ["v", "Σ α v"],
    };
    Ok(weighing.panels())
}

/// A row for each attention of each block.
fn rows(model: &TrainedTransformer) -> Vec<(Part, usize)> {
    let layers = 0..model.network.configuration.layers;
    Part::ALL.into_iter().flat_map(|part| layers.clone().map(move |layer| (part, layer))).collect()
}

/// ln p of an answer, all tokens together.
fn log_likelihood(model: &TrainedTransformer, source: &[usize], answer: &[usize]) -> f32 {
    let tape = Tape::without_gradients();
    let bound = model.parameters.on(&tape);
    let (given, lengths) = (given(answer), [source.len()]);
    let memory = model.network.encode(&bound, source, &lengths);
    let logits = model.network.decode(&bound, (memory, &lengths), (&given, &[given.len()]));
    logits.log_softmax().gather(answer).ordered().sum()
}

/// The same model without one head: the columns of W_O that take up what it finds are zeros.
fn ablated(model: &TrainedTransformer, Head { part, layer, head }: Head) -> Option<TrainedTransformer> {
    let name = match part {
        Part::Encoder => format!("encoder.{layer}.attention.out.weight"),
        Part::Decoder => format!("decoder.{layer}.attention.out.weight"),
        Part::Cross => format!("decoder.{layer}.memory_attention.out.weight"),
    };
    let block = model.network.configuration.block;
    let own = block.width / block.heads;
    let mut parameters: Parameters<f32> = model.parameters.clone();
    let weight = parameters.get_mut(&name)?;
    for row in weight.values_mut().chunks_exact_mut(block.width) {
        row[head * own..(head + 1) * own].fill(0.0);
    }
    Some(TrainedTransformer { parameters, ..model.clone() })
}

pub(super) fn heads(model: &TrainedTransformer, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
    let examined = Examined::new(model, Question::new(inputs, &model.corpus)?);
    let (rows, heads) = (rows(model), model.network.configuration.block.heads);
    // The right answer; where it is not known, that of the whole model.
    let encoding = &model.corpus.texts.target;
    let right = model.corpus.right(&examined.question.text).and_then(|right| encoding.encode(&right).ok());
    let right = right.map_or_else(|| examined.answer.clone(), |tokens| [tokens, vec![END]].concat());
    let whole = log_likelihood(model, &examined.source, &right);
    let (mut entropies, mut losses) = (Vec::new(), Vec::new());
    for &(part, layer) in &rows {
        for head in 0..heads {
            entropies.push(entropy(&part.of(&examined.traces, layer).weights, head));
            let without = ablated(model, Head { part, layer, head });
            losses.push(without.map_or(f32::NAN, |model| whole - log_likelihood(&model, &examined.source, &right)));
        }
    }
    let names: Vec<String> = rows.iter().map(|(part, layer)| format!("{} {}", part.short(), layer + 1)).collect();
    let map = |heading, values: Vec<f32>, most: f32| {
        Panel::HeatMap(HeatMap {
            heading,
            rows: names.clone(),
            columns: (1..=heads).map(|head| head.to_string()).collect(),
            values,
            range: [0.0, most],
        })
    };
    let longest = examined.source.len().max(examined.answer.len()) as f32;
    let lost = Bilingual::new("nats of the answer lost without a head", "各ヘッドを除いたときに失われるナット");
    let most = losses.iter().copied().filter(|loss| loss.is_finite()).fold(1.0, f32::max);
    Ok(vec![
        examined.question.answered(&model.corpus, &examined.answer),
        map(lost, losses, most),
        map(Bilingual::new("entropy of each head, nats", "各ヘッドのエントロピー(ナット)"), entropies, longest.ln()),
    ])
}

pub(super) fn without_head(model: &TrainedTransformer, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
    let question = Question::new(inputs, &model.corpus)?;
    let [row, head] = inputs.cell("cell").unwrap_or([0, 0]);
    let rows = rows(model);
    let (part, layer) = rows[row.min(rows.len() - 1)];
    let head = head.min(model.network.configuration.block.heads - 1);
    let without = ablated(model, Head { part, layer, head }).ok_or_else(|| {
        ExperimentError::both(
            "self-attention without projections has no heads to remove: the preset `quick` has",
            "射影のない自己注意には除けるヘッドがありません。プリセット `quick` にはあります",
        )
    })?;
    let (whole, decoding) = (model.decoding(&question), without.decoding(&question));
    let encoding = &model.corpus.texts.target;
    let name = part.name();
    let (layer, head) = (layer + 1, head + 1);
    let without = Bilingual::new(
        format!("without {} {layer}, head {head}", name.en),
        format!("{} {layer}、ヘッド {head} なし", name.ja),
    );
    let said = |name: Bilingual, tokens: &[usize]| {
        let answer = encoding.decode(tokens);
        Panel::Note { text: Bilingual::new(format!("{}: {answer}", name.en), format!("{}: {answer}", name.ja)) }
    };
    Ok(vec![
        said(Bilingual::new("all heads", "全ヘッド"), &whole.tokens),
        said(without, &decoding.tokens),
        show::answer(&decoding, encoding),
    ])
}

pub(super) fn positions(model: &TrainedTransformer) -> Result<Vec<Panel>, ExperimentError> {
    let tape = Tape::without_gradients();
    let bound = model.parameters.on(&tape);
    let count = model.network.configuration.longest[0].min(WAVES);
    let places = model.network.places(&bound, Side::Source, 0, count).ok_or_else(|| {
        ExperimentError::both(
            "this model was trained without positions: the preset `quick` has them",
            "このモデルは位置符号化なしで学習しました。プリセット `quick` にはあります",
        )
    })?;
    let table = places.ordered();
    let table = table.view().into_dimensionality::<Ix2>().expect("[places, D]").to_owned();
    let width = table.ncols();
    let wave = |column: usize| Curve {
        name: Bilingual::new(format!("column {column}"), format!("{column} 列目")),
        values: table.column(column).iter().map(|&x| f64::from(x)).collect(),
        band: None,
    };
    let products = count.min(PRODUCTS);
    let first = table.slice(s![..products, ..]);
    let values = first.dot(&first.t());
    let largest = values.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let smallest = values.iter().copied().fold(f32::INFINITY, f32::min);
    let names: Vec<String> = (0..products).map(|place| place.to_string()).collect();
    Ok(vec![
        Panel::Curves(Curves {
            heading: Bilingual::new("some columns of the encoding", "符号化のいくつかの列"),
            axis: Bilingual::new("place", "位置"),
            places: (0..count).map(|place| place as f64).collect(),
            curves: [0, width / 8, width / 4, width / 2].map(wave).into(),
        }),
        Panel::HeatMap(HeatMap {
            heading: Bilingual::new("dot products p_i · p_j of places", "位置どうしの内積 p_i · p_j"),
            rows: names.clone(),
            columns: names,
            values: values.iter().copied().collect(),
            range: [smallest, largest],
        }),
    ])
}

/// α = softmax(X Xᵀ) row by row, for X `[tokens, D]`, and the mean cosine of x_i and x̂_i = Σ_j α_ij x_j.
fn without_projections(x: ArrayView2<'_, f32>) -> (Vec<f32>, f32) {
    let scores = x.dot(&x.t());
    let mut weights = Vec::with_capacity(scores.len());
    let mut cosines = 0.0;
    for (row, own) in scores.rows().into_iter().zip(x.rows()) {
        let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = row.iter().map(|score| (score - largest).exp()).sum();
        let alpha = row.mapv(|score| (score - largest).exp() / sum);
        let found = alpha.dot(&x);
        let norms = (own.dot(&own) * found.dot(&found)).sqrt();
        cosines += own.dot(&found) / norms.max(f32::MIN_POSITIVE);
        weights.extend(alpha);
    }
    (weights, cosines / x.nrows() as f32)
}

pub(super) fn identity(model: &TrainedTransformer, inputs: &Knobs) -> Result<Vec<Panel>, ExperimentError> {
    let examined = Examined::new(model, Question::new(inputs, &model.corpus)?);
    let [names, _] = examined.names(model, Part::Encoder);
    let mut rows = Vec::new();
    let mut maps = Vec::new();
    for (layer, trace) in examined.traces.encoder.iter().enumerate() {
        let width = model.network.configuration.block.width;
        let x = ArrayView2::from_shape((names.len(), width), trace.input.values()).expect("[tokens, D]");
        let (weights, cosine) = without_projections(x);
        let on_itself = |at: &dyn Fn(usize) -> f32| (0..names.len()).map(at).sum::<f32>() / names.len() as f32;
        let plain = on_itself(&|token| weights[token * names.len() + token]);
        let heads = heads_of(&trace.weights);
        let count = heads.len_of(ndarray::Axis(1));
        let trained =
            on_itself(&|token| (0..count).map(|head| heads[[0, head, token, token]]).sum::<f32>() / count as f32);
        rows.push(vec![
            (layer + 1).to_string(),
            format!("{cosine:.4}"),
            format!("{:.1} %", 100.0 * plain),
            format!("{:.1} %", 100.0 * trained),
        ]);
        let map = |heading, values| {
            Panel::HeatMap(HeatMap { heading, rows: names.clone(), columns: names.clone(), values, range: [0.0, 1.0] })
        };
        if layer == 0 {
            let mean = heads.slice(s![0, .., .., ..]).mean_axis(ndarray::Axis(0)).expect("a head");
            maps.push(map(Bilingual::new("softmax(X Xᵀ), layer 1", "softmax(X Xᵀ)、1 層目"), weights));
            let heading = Bilingual::new("the model's own α, mean of heads", "モデル自身の α(ヘッドの平均)");
            maps.push(map(heading, mean.iter().copied().collect()));
        }
    }
    let names = [
        ("layer", "層"),
        ("cos(x, x̂) without W", "W なしの cos(x, x̂)"),
        ("α on itself without W", "W なしの自分への α"),
        ("with W", "W あり"),
    ];
    let table = Panel::columns(names, rows);
    Ok([vec![table], maps].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attention::transformer::{EXPERIMENT, knobs};
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Run {
        knobs: Knobs,
    }

    fn bundled() -> TrainedTransformer {
        let run: Run = serde_yaml::from_str(EXPERIMENT.bundled.run).unwrap();
        TrainedTransformer::open(EXPERIMENT.bundled.weights, &run.knobs.completed(&knobs()).unwrap()).unwrap()
    }

    fn inputs(view: &str, given: &[&str]) -> Knobs {
        let declared = (EXPERIMENT.view(view).unwrap().inputs)();
        let mut inputs = Knobs::defaults(&declared);
        given.iter().for_each(|assignment| inputs.set_text(&declared, assignment).unwrap());
        inputs
    }

    /// The page that carries one input through the formulas has the numbers of the model that is bundled.
    #[test]
    fn the_theory_quotes_the_bundled_model() {
        let (model, text) = (bundled(), EXPERIMENT.lab.unwrap().1);
        let given = ["input=3rd of March 2021", "part=cross", "layer=2", "head=1"];
        let cell = |cell| format!("{:?}", weight(&model, &inputs("weight", &[&given[..], &[cell]].concat())).unwrap());
        let [of_m, of_a] = [cell("cell=6,7"), cell("cell=6,8")];
        for number in
            ["2.480", "1.177", "0.949", "0.875", "1.598", "7.079", "1.0308", "0.9702", "2.403", "2.331", "2.346"]
        {
            assert!(of_m.contains(number) && text.contains(number), "{number}: {of_m}");
        }
        assert!(of_a.contains("−0.590") && of_a.contains("0.0005") && text.contains("-0.590"), "{of_a}");
        let identity = format!("{:?}", identity(&model, &inputs("identity", &given[..1])).unwrap());
        assert!(identity.contains("1.0000") && identity.contains("99.2 %") && text.contains("99.2 %"), "{identity}");
        let without =
            |cell| format!("{:?}", without_head(&model, &inputs("without_head", &["input=S20.8.16", cell])).unwrap());
        for (cell, answer) in [("cell=4,0", "1955-08-16"), ("cell=4,2", "2005-08-16")] {
            assert!(without(cell).contains(answer) && text.contains(answer), "{answer}");
        }
    }

    /// Two tokens at a right angle: α₁₁ = e⁴/(e⁴ + 1), as in the exercise.
    #[test]
    fn without_projections_a_token_attends_to_itself() {
        let x = ndarray::arr2(&[[2.0, 0.0], [0.0, 2.0]]);
        let (weights, cosine) = without_projections(x.view());
        let alpha = 4_f32.exp() / (4_f32.exp() + 1.0);
        assert!((weights[0] - alpha).abs() < 1e-6 && (weights[1] - (1.0 - alpha)).abs() < 1e-6);
        assert!((cosine - alpha / alpha.hypot(1.0 - alpha)).abs() < 1e-6);
    }

    #[test]
    fn what_a_removed_head_found_takes_no_part() {
        let model = bundled();
        let head = Head { part: Part::Cross, layer: 0, head: 2 };
        let without = ablated(&model, head).unwrap();
        let name = "decoder.0.memory_attention.out.weight";
        let [before, after] = [&model, &without].map(|model| model.parameters.get(name).unwrap().clone());
        for (index, (a, b)) in before.values().iter().zip(after.values()).enumerate() {
            assert_eq!(if (32..48).contains(&(index % 64)) { 0.0 } else { *a }, *b);
        }
    }
}
