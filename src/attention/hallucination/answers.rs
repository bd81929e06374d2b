//! What can be asked of a trained model.

use super::measure::{Asked, BINS, Fact, Shares, TIMES, bins, calibration_error, risk_coverage, survey};
use super::trained::{Said, TrainedHallucination};
use crate::data::stations::{QUESTIONS, University, asked, with_fact};
use crate::experiment::panel::{Curve, Curves, Format};
use crate::experiment::{
    Answer, Bar, Bilingual, ExperimentError, Knob, Knobs, Model, Panel, Query, TaskContext, ViewSpec, Wording, Words,
    view,
};
use crate::nn::SamplingSettings;
use crate::printer::printable;
use std::collections::BTreeMap;

pub static VIEWS: [ViewSpec; 5] = [
    ViewSpec::new(
        "ask",
        Wording::new("one question, asked many times", "一つの質問を何度も尋ねる"),
        || {
            vec![
                Knob::text("university", 40, "", ["a name; empty for an example", "大学名。空なら例を使う"]),
                Knob::choice(
                    "kind",
                    &["held_out", "known"],
                    ["which example: held out or known", "例の種類。未知または既知"],
                ),
                Knob::text(
                    "fact",
                    40,
                    "",
                    ["a station to put into the prompt; empty for none", "プロンプトに書く駅名。空なら書かない"],
                ),
                Knob::integer("times", 1..=50, TIMES as i64, ["how often", "回数"]),
                Knob::real("temperature", 0.0..=5.0, 1.0, ["temperature of sampling", "サンプリングの温度"]),
                view::seed(),
            ]
        },
    ),
    ViewSpec::new(
        "survey",
        Wording::new(
            "many questions, 20 times each: right, wrong, different",
            "多くの質問を 20 回ずつ。正解、誤り、一致の度合い",
        ),
        || vec![questions(), seed()],
    )
    .slow(),
    ViewSpec::new(
        "reliability",
        Wording::new("confidence against accuracy", "確信度と正答率(信頼性図)"),
        || vec![questions()],
    )
    .slow(),
    ViewSpec::new(
        "risk",
        Wording::new("the error rate where unsure answers are left out", "確信度の低い答えを控えたときの誤り率"),
        || vec![questions()],
    )
    .slow(),
    ViewSpec::new(
        "retrieval",
        Wording::new(
            "with the fact in the prompt, and with a wrong one",
            "プロンプトに事実がある場合、誤った事実がある場合",
        ),
        || vec![questions(), seed()],
    )
    .slow(),
];

fn seed() -> Knob {
    Knob::integer("seed", 0..=1_000_000_000, 0, ["seed of the sampling", "サンプリングのシード"])
}

fn questions() -> Knob {
    Knob::integer("questions", 10..=100, 100, ["universities of each kind", "大学の数(種類ごと)"])
}

impl Model for TrainedHallucination {
    fn answer(&self, query: &Query, task: &TaskContext) -> Result<Answer, ExperimentError> {
        let Query::View { name, inputs } = query else { return Err(ExperimentError::unanswered(query)) };
        let inputs = &view::find(&VIEWS, name)?.completed(inputs)?;
        let panels = match name.as_str() {
            "ask" => self.ask(inputs, task)?,
            "survey" => self.surveyed(inputs, task)?,
            "reliability" => self.reliability(inputs, task)?,
            "risk" => self.risk(inputs, task)?,
            _ => self.retrieval(inputs, task)?,
        };
        Ok(Answer::Panels { panels })
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

fn number(en: &str, ja: &str, value: f64, format: Format) -> Panel {
    Panel::Number { name: Bilingual::new(en, ja), value, format }
}

fn table<const N: usize, W: Into<Words>>(names: [(&str, &str); N], rows: Vec<Vec<W>>) -> Panel {
    Panel::columns(names, rows)
}

impl TrainedHallucination {
    /// The universities of the training texts, and those that were held out, under their names.
    fn kinds(&self) -> [(Words, &[University]); 2] {
        let names = [("known", "既知"), ("held out", "未知")].map(|name| Words::from(Bilingual::from(name)));
        let [known, held_out] = names;
        [(known, &self.world.known[..]), (held_out, &self.world.held_out[..])]
    }

    fn first(&self, universities: &[University], inputs: &Knobs) -> usize {
        (inputs.integer("questions") as usize).min(universities.len())
    }

    fn ask(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let typed = inputs.text("university").trim();
        let suffix = " university";
        let is_named = typed.len() > suffix.len()
            && typed.get(typed.len() - suffix.len()..).is_some_and(|end| end.eq_ignore_ascii_case(suffix));
        let typed = if is_named { &typed[..typed.len() - suffix.len()] } else { typed };
        let universities = match inputs.choice("kind") {
            "known" => &self.world.known,
            _ => &self.world.held_out,
        };
        let example = &universities[inputs.integer("seed") as usize % universities.len()];
        let name = match self.world.find(typed) {
            _ if typed.is_empty() => example.name.clone(),
            // As the texts spell it.
            Some((_, university)) => university.name.clone(),
            None => typed.to_owned(),
        };
        let (seed, times) = (inputs.integer("seed") as u64, inputs.integer("times") as usize);
        let question = QUESTIONS[0];
        let fact = inputs.text("fact").trim();
        let fact = fact.strip_suffix(" Station").unwrap_or(fact);
        let prompt = if fact.is_empty() { asked(&name, question) } else { with_fact(&name, fact, question) };
        let found = self.world.find(&name);
        let (en, ja) = match found {
            Some((true, university)) => {
                let station = &self.world.stations[university.station];
                (format!("known: {station} Station"), format!("既知: {station} Station"))
            }
            Some((false, _)) => {
                ("held out: it occurs in no training text".to_owned(), "未知: 訓練データに出てこない".to_owned())
            }
            None => (
                "not in the data: it occurs in no training text".to_owned(),
                "データにない大学: 訓練データに出てこない".to_owned(),
            ),
        };
        let settings = SamplingSettings { temperature: inputs.real("temperature"), ..SamplingSettings::default() };
        let answers = self.answers(&vec![prompt.clone(); times], &settings, seed, task)?;
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        answers.iter().for_each(|answer| *counts.entry(printable(&answer.text)).or_default() += 1);
        let mut bars: Vec<Bar> =
            counts.into_iter().map(|(name, count)| Bar { name, value: count as f32 / times as f32 }).collect();
        bars.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.name.cmp(&b.name)));
        let different = bars.len();
        let greedy = SamplingSettings { temperature: 0.0, ..settings };
        let likeliest = self.answers(std::slice::from_ref(&prompt), &greedy, 0, task)?.remove(0);
        let mut panels = vec![
            Panel::note(printable(&prompt)),
            Panel::Note { text: Bilingual::new(en, ja) },
            Panel::Bars {
                heading: Bilingual::new(format!("{times} answers"), format!("{times} 回の答え")),
                bars,
                format: Format::Percent,
            },
            number("different answers", "異なる答えの数", different as f64, Format::Plain),
            number(
                "confidence in the likeliest answer",
                "最も確率の高い答えの確信度",
                likeliest.confidence(1.0),
                Format::Percent,
            ),
        ];
        if let Some((true, university)) = found {
            let right =
                answers.iter().filter(|answer| answer.said(&self.world) == Said::Station(university.station)).count();
            panels.push(number("right", "正解", right as f64 / times as f64, Format::Percent));
        }
        Ok(panels)
    }

    fn surveyed(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let seed = inputs.integer("seed") as u64;
        let mut rows = Vec::new();
        for (name, universities) in self.kinds() {
            let asked = &universities[..self.first(universities, inputs)];
            let Shares { right, wrong, unsure, other, agreement, different } =
                survey(self, asked, Fact::Nothing, TIMES, seed, task)?;
            let shares = [right, wrong, unsure, other, agreement].map(percent);
            let cells = shares.into_iter().chain([format!("{different:.1}")]).map(Words::from);
            rows.push([name].into_iter().chain(cells).collect());
        }
        Ok(vec![table(
            [
                ("universities", "大学"),
                ("right", "正解"),
                ("wrong", "誤り"),
                ("I do not know", "分かりません"),
                ("no answer", "答えになっていない"),
                ("agreement", "一致率"),
                ("kinds of answer", "答えの種類"),
            ],
            rows,
        )])
    }

    fn reliability(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let asked = Asked::of(self, inputs.integer("questions") as usize, task)?;
        let (fitted, tried) = (asked.half(0), asked.half(1));
        let temperature = fitted.temperature();
        let [plain, scaled] = [1.0, temperature].map(|temperature| tried.judged(temperature));
        let mut panels = vec![
            number("expected calibration error", "期待較正誤差(ECE)", calibration_error(&plain), Format::Plain),
            number(
                &format!("after temperature scaling, T = {temperature:.2}"),
                &format!("温度スケーリング後(T = {temperature:.2})"),
                calibration_error(&scaled),
                Format::Plain,
            ),
        ];
        let mut rows = Vec::new();
        let [as_trained, cooled] = ["T = 1".to_owned(), format!("T = {temperature:.2}")];
        for (which, (en, ja), judged) in [
            (as_trained, ("reliability diagram", "信頼性図"), plain),
            (cooled, ("after scaling", "スケーリング後"), scaled),
        ] {
            let found: Vec<_> = bins(&judged).into_iter().enumerate().filter(|(_, (_, _, count))| *count > 0).collect();
            let curve =
                |en: &str, ja: &str, values: Vec<f64>| Curve { name: Bilingual::new(en, ja), values, band: None };
            panels.push(Panel::Curves(Curves {
                heading: Bilingual::new(en, ja),
                axis: Bilingual::new("mean confidence in %", "平均の確信度(%)"),
                places: found.iter().map(|(_, (sure, _, _))| 100.0 * sure).collect(),
                curves: vec![
                    curve("right, %", "正解(%)", found.iter().map(|(_, (_, right, _))| 100.0 * right).collect()),
                    curve(
                        "calibrated",
                        "確信度どおりの場合",
                        found.iter().map(|(_, (sure, _, _))| 100.0 * sure).collect(),
                    ),
                ],
            }));
            rows.extend(found.iter().map(|(bin, (sure, right, count))| {
                let low = 100 / BINS * bin;
                let range = format!("{low} – {} %", low + 100 / BINS);
                vec![which.clone(), range, count.to_string(), percent(*sure), percent(*right)]
            }));
        }
        panels.push(table(
            [("", ""), ("confidence", "確信度"), ("answers", "答えの数"), ("mean", "平均"), ("right", "正解")],
            rows,
        ));
        Ok(panels)
    }

    fn risk(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let asked = Asked::of(self, inputs.integer("questions") as usize, task)?;
        let mut judged = asked.judged(1.0);
        let points = risk_coverage(&judged);
        judged.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        let curve = |en: &str, ja: &str, values: Vec<f64>| Curve { name: Bilingual::new(en, ja), values, band: None };
        let rows = [0.99, 0.9, 0.5, 0.0].into_iter().map(|threshold| {
            let answered = judged.iter().take_while(|answer| answer.confidence >= threshold).count();
            let error = answered.checked_sub(1).map_or(0.0, |last| points[last].1);
            vec![percent(threshold), percent(answered as f64 / judged.len() as f64), percent(error)]
        });
        // As many as can be answered with at most one error in twenty.
        let most = points.iter().rposition(|(_, wrong)| *wrong <= 0.05);
        let allowed = most.map(|last| {
            let [threshold, answered] =
                [judged[last].confidence, points[last].0].map(|x| format!("{:.1} %", 100.0 * x));
            vec![threshold, answered, percent(points[last].1)]
        });
        let mut panels = vec![
            Panel::Curves(Curves {
                heading: Bilingual::new(
                    "error rate of what is answered, most confident first",
                    "答えた質問の誤り率(確信度の高い順)",
                ),
                axis: Bilingual::new("% answered", "答えた割合(%)"),
                places: points.iter().map(|(share, _)| 100.0 * share).collect(),
                curves: vec![
                    curve("error rate, %", "誤り率(%)", points.iter().map(|(_, wrong)| 100.0 * wrong).collect()),
                    curve(
                        "threshold, %",
                        "確信度のしきい値(%)",
                        judged.iter().map(|answer| 100.0 * answer.confidence).collect(),
                    ),
                ],
            }),
            table(
                [("threshold", "しきい値"), ("answered", "答えた割合"), ("wrong", "誤り")],
                allowed.into_iter().chain(rows).collect(),
            ),
        ];
        if most.is_some() {
            panels.push(Panel::Note {
                text: Bilingual::new(
                    "First row: as many as can be answered with at most 5 % wrong.",
                    "先頭の行: 誤りを 5 % 以下に抑えて答えられる最大の割合。",
                ),
            });
        }
        Ok(panels)
    }

    fn retrieval(&self, inputs: &Knobs, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        let seed = inputs.integer("seed") as u64;
        let mut rows = Vec::new();
        for (name, universities) in self.kinds() {
            let asked = &universities[..self.first(universities, inputs)];
            let mut row = vec![name];
            for fact in [Fact::Nothing, Fact::Right, Fact::Wrong] {
                row.push(percent(survey(self, asked, fact, 1, seed, task)?.right).into());
            }
            rows.push(row);
        }
        Ok(vec![table(
            [
                ("universities", "大学"),
                ("right without a fact", "事実なしで正解"),
                ("right with the fact", "事実ありで正解"),
                ("follows a wrong fact", "誤った事実に従う"),
            ],
            rows,
        )])
    }
}

#[cfg(test)]
mod tests {
    use super::super::trained::tests::trained;
    use super::*;
    use crate::experiment::KnobValue;

    fn answer(model: &TrainedHallucination, name: &str, set: &[(&str, KnobValue)]) -> Vec<Panel> {
        let inputs = Knobs(set.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect());
        match model.answer(&Query::View { name: name.to_owned(), inputs }, &TaskContext::default()).unwrap() {
            Answer::Panels { panels } => panels,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_question_is_asked_as_it_is_typed() {
        let model = trained(1);
        let known = model.world.known[3].clone();
        let text = |text: &str| KnobValue::Text(text.to_owned());
        let typed = format!("{} University", known.name);
        let panels = answer(&model, "ask", &[("university", text(&typed)), ("fact", text("Kono Station"))]);
        let notes: Vec<&str> = panels
            .iter()
            .filter_map(|panel| match panel {
                Panel::Note { text } => Some(text.en.as_str()),
                _ => None,
            })
            .collect();
        assert!(
            notes[0]
                .starts_with(&format!("Fact: The nearest station of {} University is Kono Station. Q: ", known.name)),
            "{notes:?}"
        );
        assert_eq!(notes[1], format!("known: {} Station", model.world.stations[known.station]));
        let Panel::Bars { bars, .. } = &panels[2] else { panic!("{panels:?}") };
        assert!((bars.iter().map(|bar| bar.value).sum::<f32>() - 1.0).abs() < 1e-5);
        let panels = answer(&model, "ask", &[("university", text("\u{1b}[31m"))]);
        assert!(matches!(&panels[0], Panel::Note { text } if text.en.contains("␛[31m University")), "{panels:?}");
    }
}
