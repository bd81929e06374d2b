//! What can be asked of the trained networks.

use super::compare::{Order, area, curve};
use super::counterfactual;
use super::explain::Method;
use super::trained::{MODELS, TrainedXai, agreement, both_maps, sanity};
use super::{CLASSES, Classifier, FIELD, PIXELS, PLACES, SIDE, STEP, largest, mark};
use crate::data::pictures::{drawing, intensities};
use crate::experiment::panel::{Curve, Curves, Format};
use crate::experiment::{
    Answer, Bar, Bilingual, ExperimentError, GrayImage, ImageGrid, Knob, Knobs, Model, Panel, Query, TaskContext,
    ViewSpec, Wording, Words, view,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub static VIEWS: [ViewSpec; 7] = [
    ViewSpec::new("explain", Wording::new("a digit, what it is read as, and why", "数字とその判定、判定の理由"), asked),
    ViewSpec::new(
        "trap",
        Wording::new(
            "a digit with the mark and without, read by both networks",
            "印のある数字とない数字を、二つのネットワークで判定",
        ),
        || vec![digit(), drawing()],
    ),
    ViewSpec::new(
        "curves",
        Wording::new(
            "how the probability changes as the most important pixels go or come",
            "重要な画素から消す・加えるときの確率の変化",
        ),
        asked,
    )
    .slow(),
    ViewSpec::new(
        "nearest",
        Wording::new(
            "the training digits that are most alike to the network",
            "ネットワークにとって最も近い訓練データ",
        ),
        || vec![digit(), drawing(), marked(), model()],
    )
    .slow(),
    ViewSpec::new(
        "patches",
        Wording::new(
            "what activates a filter of the last convolution most",
            "最後の畳み込みのフィルターが最も強く反応する部分",
        ),
        || {
            let filter = ["which filter of the last convolution", "最後の畳み込みの何番目のフィルターか"];
            vec![Knob::integer("filter", 0..=255, 3, filter), model()]
        },
    )
    .slow(),
    ViewSpec::new(
        "counterfactual",
        Wording::new("the smallest change found that gives another answer", "答えが変わる最小の変更"),
        || {
            let to = ["the answer wanted; -1 for the nearest", "目標の答え。-1 なら最も近いもの"];
            vec![digit(), drawing(), marked(), model(), Knob::integer("to", -1..=9, -1, to)]
        },
    )
    .slow(),
    ViewSpec::new(
        "sanity",
        Wording::new(
            "whether an explanation notices that the weights were never trained",
            "説明は、学習していない重みとの違いに気づくか",
        ),
        || vec![digit(), drawing(), marked(), model()],
    )
    .slow(),
];

/// Digits over which rank correlations are averaged.
const SANITY_DIGITS: usize = 20;
/// Training digits, and patches, that are shown.
const NEAREST: usize = 10;
const PATCHES: usize = 10;
/// Test digits among which patches are looked for.
const SEARCHED: usize = 2000;
/// The share of the pixels of a map that may be brighter than white.
const BRIGHTEST: f64 = 0.005;

fn digit() -> Knob {
    Knob::integer("digit", 0..=9999, 0, ["index of the test digit, from 0", "テスト画像の番号(0 から)"])
}

fn marked() -> Knob {
    Knob::flag("mark", ["put the mark into its corner", "隅に印を付ける"])
}

fn model() -> Knob {
    Knob::choice(
        "model",
        &MODELS,
        [
            "which network: cured of the trap, trapped, or with random weights",
            "ネットワーク。罠のないもの、罠にかかったもの、学習前(ランダム)",
        ],
    )
}

fn asked() -> Vec<Knob> {
    let class = ["which class is explained; -1 for what is read", "説明するクラス。-1 なら判定されたクラス"];
    vec![digit(), drawing(), marked(), model(), Knob::integer("class", -1..=9, -1, class)]
}

impl Model for TrainedXai {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let Query::View { name, inputs } = query else { return Err(ExperimentError::unanswered(query)) };
        let inputs = &view::find(&VIEWS, name)?.completed(inputs)?;
        let panels = match name.as_str() {
            "explain" => self.explain(inputs, task)?,
            "trap" => self.trap(&self.plain(inputs)?, task)?,
            "curves" => self.curves(inputs, task)?,
            "nearest" => self.neighbours(inputs, task)?,
            "patches" => self.patches(inputs, task)?,
            "counterfactual" => self.counterfactual(inputs, task)?,
            _ => self.sanity(inputs, task)?,
        };
        Ok(Answer::Panels { panels })
    }
}

/// A picture of what is positive in a map; all but the very largest numbers are told apart.
fn drawn(map: &[f32]) -> GrayImage {
    let mut sorted: Vec<f32> = map.iter().copied().filter(|x| x.is_finite()).collect();
    sorted.sort_by(f32::total_cmp);
    let white = sorted.get((sorted.len() as f64 * (1.0 - BRIGHTEST)) as usize).copied().unwrap_or(1.0);
    let white = if white > 0.0 { white } else { sorted.last().copied().unwrap_or(1.0).max(f32::MIN_POSITIVE) };
    let shares: Vec<f32> = map.iter().map(|x| (x / white).clamp(0.0, 1.0)).collect();
    GrayImage::from_intensities(SIDE, SIDE, &shares)
}

fn picture(intensities: &[f32]) -> GrayImage {
    GrayImage::from_intensities(SIDE, SIDE, intensities)
}

fn percent(share: f32) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// The share of the absolute values of a map that lies in the square of the mark.
fn share_in_mark(map: &[f32]) -> f64 {
    let size = |pixel: usize| f64::from(map[pixel].abs());
    let all: f64 = (0..PIXELS).map(size).sum();
    (0..PIXELS).filter(|&pixel| mark::holds(pixel)).map(size).sum::<f64>() / all.max(f64::MIN_POSITIVE)
}

fn number(en: &str, ja: &str, value: f64, format: Format) -> Panel {
    Panel::Number { name: Bilingual::new(en, ja), value, format }
}

/// A method where there is little room, as below a picture.
fn short_name(method: Method) -> Bilingual {
    let ja = match method {
        Method::Gradient => "勾配",
        Method::Smooth => "平滑化",
        Method::Integrated => "積分勾配",
        Method::Occlusion => "遮蔽",
        Method::Cam => "CAM",
        Method::Guided => "ガイド付き",
    };
    Bilingual::new(method.name(), ja)
}

fn method_name(method: Method) -> Bilingual {
    match method {
        Method::Gradient => Bilingual::new("gradient", "勾配"),
        Method::Smooth => Bilingual::new("smooth gradient", "平滑化した勾配"),
        Method::Integrated => Bilingual::new("integrated gradients", "積分勾配"),
        Method::Occlusion => Bilingual::new("occlusion", "遮蔽"),
        Method::Cam => Bilingual::new("class activation map", "クラス活性化マップ"),
        Method::Guided => Bilingual::new("guided backpropagation", "ガイド付き逆伝播"),
    }
}

/// What a place of the last maps sees of a picture; black beyond its edges.
fn patch(whole: &[f32], place: usize) -> GrayImage {
    let [top, left] = [place / PLACES, place % PLACES].map(|place| (place * STEP) as isize - (FIELD / 2) as isize);
    let at = |pixel: usize| {
        let [row, column] = [top + (pixel / FIELD) as isize, left + (pixel % FIELD) as isize];
        let inside = |place: isize| (0..SIDE as isize).contains(&place);
        if inside(row) && inside(column) { whole[row as usize * SIDE + column as usize] } else { 0.0 }
    };
    GrayImage::from_intensities(FIELD, FIELD, &(0..FIELD * FIELD).map(at).collect::<Vec<f32>>())
}

impl TrainedXai {
    /// The picture that is asked about, without the mark.
    fn plain(&self, inputs: &Knobs) -> Result<Vec<f32>, ExperimentError> {
        match inputs.picture("picture") {
            Some(picture) => Ok(intensities(std::slice::from_ref(picture))?.values().to_vec()),
            None => {
                let index = inputs.integer("digit") as usize % self.mnist.test.len();
                Ok(self.mnist.test.batch([index]).values().to_vec())
            }
        }
    }

    /// The picture and the network that are asked about.
    fn subject(&self, inputs: &Knobs) -> Result<(Vec<f32>, &Classifier), ExperimentError> {
        let picture = mark::with(&self.plain(inputs)?, inputs.flag("mark"));
        Ok((picture, self.classifier(inputs.choice("model"))))
    }

    /// And the class that is explained.
    fn subject_and_class(&self, inputs: &Knobs) -> Result<(Vec<f32>, &Classifier, usize), ExperimentError> {
        let (picture, classifier) = self.subject(inputs)?;
        let class = usize::try_from(inputs.integer("class")).unwrap_or_else(|_| classifier.read(&picture)[0]);
        Ok((picture, classifier, class))
    }

    fn explain(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let (asked, classifier, class) = self.subject_and_class(inputs)?;
        let shares = classifier.probabilities(&asked);
        let (mut images, mut captions) =
            (vec![picture(&asked)], vec![Words::from(format!("{class}: {}", percent(shares[class])))]);
        let mut integrated: Vec<f32> = Vec::new();
        for method in Method::ALL {
            let map = method.explain(classifier, &asked, class, task)?;
            images.push(drawn(&map));
            captions.push(short_name(method).into());
            if method == Method::Integrated {
                integrated = map;
            }
        }
        let sum: f64 = integrated.iter().map(|x: &f32| f64::from(*x)).sum();
        let black = classifier.logits(&[0.0; PIXELS])[class];
        let difference = f64::from(classifier.logits(&asked)[class] - black);
        let bars = shares.iter().enumerate().map(|(class, share)| Bar { name: class.to_string(), value: *share });
        let mut panels = vec![
            Panel::Pictures {
                heading: Bilingual::new(
                    format!("why {class}? the stronger a pixel is drawn, the more it matters"),
                    format!("なぜ {class} か。はっきり描かれた画素ほど影響が大きい"),
                ),
                images: ImageGrid::new(4, images),
                captions,
            },
            Panel::Bars { heading: Bilingual::same("p(c | x)"), bars: bars.collect(), format: Format::Percent },
            number("sum of the integrated gradients", "積分勾配の合計", sum, Format::Plain),
            number("z(x) − z(black)", "z(x) − z(黒)", difference, Format::Plain),
        ];
        if inputs.flag("mark") {
            let share = share_in_mark(&integrated);
            panels.push(number(
                "share of |integrated gradients| in the mark",
                "印の中の |積分勾配| の割合",
                share,
                Format::Percent,
            ));
        }
        Ok(panels)
    }

    /// A picture with the mark and without, what both networks read, and the integrated gradients of that.
    pub(super) fn trap(&self, plain: &[f32], task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let (mut images, mut captions, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for is_marked in [false, true] {
            let asked = mark::with(plain, is_marked);
            let with = if is_marked { "✓" } else { "–" };
            images.push(picture(&asked));
            captions.push(Words::from(with));
            for name in ["trapped", "cured"] {
                let classifier = self.classifier(name);
                let class = classifier.read(&asked)[0];
                let share = classifier.probabilities(&asked)[class];
                let map = Method::Integrated.explain(classifier, &asked, class, task)?;
                images.push(drawn(&map));
                captions.push(format!("{name}: {class}").into());
                let in_mark = percent(share_in_mark(&map) as f32);
                rows.push(vec![with.to_owned(), name.to_owned(), class.to_string(), percent(share), in_mark]);
            }
        }
        let names = [
            ("mark (✓ with, – without)", "印(✓ あり、– なし)"),
            ("network", "ネットワーク"),
            ("read as", "判定"),
            ("p", "p"),
            ("attribution in the mark", "印の中の寄与"),
        ];
        Ok(vec![
            Panel::Pictures {
                heading: Bilingual::new(
                    "without the mark (–) and with it (✓): integrated gradients of what is read",
                    "印なし(–)と印あり(✓)。判定されたクラスの積分勾配",
                ),
                images: ImageGrid::new(6, images),
                captions,
            },
            Panel::columns(names, rows),
        ])
    }

    fn curves(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let (asked, classifier, class) = self.subject_and_class(inputs)?;
        let random = &mut ChaCha8Rng::seed_from_u64(0);
        let by_chance = (0..PIXELS).map(|_| random.random::<f32>()).collect();
        let mut maps =
            vec![(Bilingual::new("random", "ランダム"), Bilingual::new("random order", "ランダムな順"), by_chance)];
        for method in Method::ALL {
            maps.push((short_name(method), method_name(method), method.explain(classifier, &asked, class, task)?));
        }
        let mut rows: Vec<Vec<Words>> = Vec::new();
        let mut of = |order: Order, en: &str, ja: &str| {
            let curves = maps.iter().enumerate().map(|(place, (id, name, map))| {
                let values = curve(classifier, &asked, class, map, order);
                let area = format!("{:.3}", area(&values));
                match rows.get_mut(place) {
                    Some(row) => row.push(area.into()),
                    None => rows.push(vec![id.clone().into(), area.into()]),
                }
                Curve { name: name.clone(), values, band: None }
            });
            let curves: Vec<Curve> = curves.collect();
            Panel::Curves(Curves {
                heading: Bilingual::new(en, ja),
                axis: Bilingual::new("% of the pixels", "画素の %"),
                places: (0..curves[0].values.len())
                    .map(|point| 100.0 * point as f64 / (curves[0].values.len() - 1) as f64)
                    .collect(),
                curves,
            })
        };
        let deletion = of(
            Order::Deletion,
            &format!("deletion: p({class}) as the most important pixels turn black"),
            &format!("削除: 重要な順に黒くしたときの p({class})"),
        );
        let insertion = of(
            Order::Insertion,
            &format!("insertion: p({class}) as they come back onto black"),
            &format!("挿入: 黒い画像に重要な順に戻したときの p({class})"),
        );
        let names = [("area under the curve", "曲線の下の面積"), ("deletion", "削除"), ("insertion", "挿入")];
        let table = Panel::columns(names, rows);
        Ok(vec![deletion, insertion, table])
    }

    fn neighbours(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let (asked, classifier) = self.subject(inputs)?;
        let found = self.nearest(inputs.choice("model"), &asked, NEAREST, task)?;
        let read = classifier.read(&asked)[0];
        let nearest =
            found.iter().map(|(index, _, far)| Words::from(format!("{} ({far:.2})", self.mnist.train.label(*index))));
        let own = Bilingual::new(format!("asked: {read}"), format!("元の画像: {read}"));
        let pictures = [&asked].into_iter().chain(found.iter().map(|(_, seen, _)| seen));
        Ok(vec![Panel::Pictures {
            heading: Bilingual::new(
                "the picture as it is read, then the nearest training digits (distance of the pooled maps)",
                "元の画像とその判定、続いて最も近い訓練データ(プーリング後のマップの距離)",
            ),
            images: ImageGrid::new(6, pictures.map(|seen| picture(seen)).collect()),
            captions: [Words::from(own)].into_iter().chain(nearest).collect(),
        }])
    }

    fn patches(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let classifier = self.classifier(inputs.choice("model"));
        let (filter, maps) = (inputs.integer("filter") as usize, classifier.network.maps());
        if filter >= maps {
            return Err(ExperimentError::both(
                format!("input `filter` = `{filter}`: the last convolution has {maps}, numbered from 0"),
                format!("入力 `filter` = `{filter}`: 最後の畳み込みのフィルターは 0 から {} までです", maps - 1),
            ));
        }
        let count = SEARCHED.min(self.mnist.test.len());
        let mut strongest: Vec<(f32, usize, usize)> = Vec::with_capacity(count);
        for first in (0..count).step_by(250) {
            task.check()?;
            task.report_progress(first as u64, count as u64);
            let digits = first..(first + 250).min(count);
            let activations = classifier.last_maps(self.mnist.test.batch(digits.clone()).values());
            for (index, of_digit) in digits.zip(activations.chunks_exact(PLACES * PLACES * maps)) {
                let own: Vec<f32> = of_digit.iter().skip(filter).step_by(maps).copied().collect();
                let place = largest(&own);
                strongest.push((own[place], index, place));
            }
        }
        strongest.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        strongest.truncate(PATCHES);
        let bound = crate::tensor::Tape::without_gradients();
        let weights = classifier.network.class_weights(&classifier.parameters.on(&bound)).ordered();
        let bars = (0..CLASSES).map(|class| Bar { name: class.to_string(), value: weights[[class, filter]] });
        Ok(vec![
            Panel::Pictures {
                heading: Bilingual::new(
                    format!("filter {filter}: the patches of {FIELD} × {FIELD} pixels that activate it most"),
                    format!("フィルター {filter} が最も強く反応する {FIELD} × {FIELD} 画素の部分"),
                ),
                images: ImageGrid::new(
                    5,
                    strongest
                        .iter()
                        .map(|(_, index, place)| patch(self.mnist.test.batch([*index]).values(), *place))
                        .collect(),
                ),
                captions: strongest
                    .iter()
                    .map(|(activation, index, _)| format!("{} ({activation:.1})", self.mnist.test.label(*index)).into())
                    .collect(),
            },
            Panel::Bars {
                heading: Bilingual::new("its weight for each class", "各クラスへの重み"),
                bars: bars.collect(),
                format: Format::Plain,
            },
        ])
    }

    fn counterfactual(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let (asked, classifier) = self.subject(inputs)?;
        let to = usize::try_from(inputs.integer("to")).ok();
        let found = counterfactual::find(classifier, &asked, to, task)?;
        let [before, after] = [&asked, &found.picture].map(|picture| classifier.probabilities(picture));
        let from = largest(&before);
        let change: Vec<f32> = found.picture.iter().zip(&asked).map(|(a, b)| (a - b).abs()).collect();
        let caption = |shares: &[f32]| {
            let class = largest(shares);
            Words::from(format!("{class}: {}", percent(shares[class])))
        };
        let rows = [from, to.unwrap_or(found.class)]
            .into_iter()
            .map(|class| vec![class.to_string(), percent(before[class]), percent(after[class])]);
        let names = [("class", "クラス"), ("p before", "変更前の p"), ("p after", "変更後の p")];
        let mut panels = vec![
            Panel::Pictures {
                heading: Bilingual::new("the picture, the changed one, the change", "元の画像、変更後、変更した量"),
                images: ImageGrid::new(3, vec![picture(&asked), picture(&found.picture), drawn(&change)]),
                captions: vec![caption(&before), caption(&after), "|x̃ − x|".into()],
            },
            Panel::columns(names, rows),
            number("‖x̃ − x‖, in intensities", "‖x̃ − x‖(輝度)", found.distance(&asked), Format::Plain),
            number("steps", "ステップ数", found.steps as f64, Format::Plain),
        ];
        if !found.is_found {
            let text = Bilingual::new(
                "No such change was found: the picture is as far as the search came.",
                "その答えになる変更は見つかりませんでした。画像は探索が止まった時点のものです。",
            );
            panels.insert(0, Panel::Note { text });
        }
        Ok(panels)
    }

    fn sanity(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let (asked, _) = self.subject(inputs)?;
        let maps = both_maps(self, inputs.choice("model"), &asked, task)?;
        let own: Vec<f64> = maps.iter().map(|[trained, random]| agreement(&asked, trained, random)).collect();
        let sizes = |map: &Vec<f32>| drawn(&map.iter().map(|x| x.abs()).collect::<Vec<f32>>());
        let images = [0, 1].iter().flat_map(|of| maps.iter().map(|both| sizes(&both[*of]))).collect();
        let captions =
            Method::ALL.iter().cycle().take(2 * maps.len()).map(|method| short_name(*method).into()).collect();
        let pictures = Panel::Pictures {
            heading: Bilingual::new(
                "sizes of the explanations: trained above, random weights below",
                "説明の大きさ。上が学習済み、下がランダムな重み",
            ),
            images: ImageGrid::new(Method::ALL.len(), images),
            captions,
        };
        let names = [
            ("explanation", "説明"),
            ("rank correlation: this picture", "順位相関: この画像"),
            ("mean of 20 digits", "20 枚の平均"),
        ];
        let table = |means: &[String]| {
            let rows = Method::ALL.iter().zip(own.iter().zip(means));
            let row = |(method, (own, mean)): (&Method, (&f64, &String))| {
                vec![Words::from(short_name(*method)), format!("{own:.2}").into(), mean.clone().into()]
            };
            Panel::columns(names, rows.map(row))
        };
        let note = Panel::Note {
            text: Bilingual::new(
                "rank correlation of the one above and the one below, over the pixels that are not black: 1 for the same order, 0 for none",
                "順位相関: 上と下の説明の、黒くない画素での一致。1 なら同じ順、0 なら無関係",
            ),
        };
        // What is there at once stands while the mean is on its way.
        let waiting = vec!["…".to_owned(); Method::ALL.len()];
        task.show(Answer::Panels { panels: vec![pictures.clone(), table(&waiting), note.clone()] });
        let means = sanity(self, inputs.choice("model"), SANITY_DIGITS, task)?;
        let means: Vec<String> = means.into_iter().map(|mean| format!("{mean:.2}")).collect();
        Ok(vec![pictures, table(&means), note])
    }
}

#[cfg(test)]
mod tests {
    use super::super::trained::tests::model;
    use super::*;
    use crate::experiment::KnobValue;

    fn answer(name: &str, set: &[(&str, KnobValue)]) -> Vec<Panel> {
        let inputs = Knobs(set.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
        let query = Query::View { name: name.to_owned(), inputs };
        match model().answer(&query, &TaskContext::default()).unwrap() {
            Answer::Panels { panels } => panels,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_sum_of_integrated_gradients_stands_beside_the_difference() {
        let panels =
            answer("explain", &[("mark", KnobValue::Flag(true)), ("model", KnobValue::Text("trapped".to_owned()))]);
        let numbers: Vec<f64> = panels
            .iter()
            .filter_map(|panel| match panel {
                Panel::Number { value, .. } => Some(*value),
                _ => None,
            })
            .collect();
        assert!((numbers[0] - numbers[1]).abs() < 0.02 * numbers[1].abs().max(0.05), "{numbers:?}");
        assert!((0.0..=1.0).contains(&numbers[2]));
        let Panel::Pictures { images, captions, .. } = &panels[0] else { panic!("{panels:?}") };
        assert_eq!((images.pictures.len(), captions.len()), (7, 7));
    }

    #[test]
    fn a_map_is_drawn_by_what_is_positive() {
        let mut map = vec![0.0; PIXELS];
        (map[0], map[1], map[2]) = (-5.0, 0.5, f32::NAN);
        map[100..110].fill(1.0);
        let drawn = drawn(&map);
        assert_eq!([0, 1, 2, 100].map(|pixel| drawn.pixels[pixel]), [0, 128, 0, 255]);
        assert!(super::drawn(&[0.0; PIXELS]).pixels.iter().all(|pixel| *pixel == 0));
        map = vec![0.0; PIXELS];
        mark::put(&mut map);
        map[400] = -5.0;
        assert!((share_in_mark(&map) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_patch_is_the_part_of_the_digit_that_a_place_sees() {
        let whole: Vec<f32> = (0..PIXELS).map(|pixel| pixel as f32 / PIXELS as f32).collect();
        // Row 1 and column 4 of the last maps: pixels −4 to 12, and 8 to 24.
        let patch = patch(&whole, PLACES + 4);
        for (row, column) in [(4, 0), (16, 16), (10, 3)] {
            let expected = picture(&whole).pixel(8 + column, row - 4);
            assert_eq!(patch.pixel(column, row), expected, "{row} {column}");
        }
        assert!((0..FIELD).all(|column| patch.pixel(column, 3) == 0), "beyond the edge");
    }
}
