//! One weight of an attention, taken apart: the terms of its score, the softmax, and its share of the weighted sum.

use crate::experiment::panel::Format;
use crate::experiment::{Bar, Bilingual, Panel};

/// Terms, weights and units that are named; the others are counted together.
const NAMED: usize = 4;

/// All that one weight α_ti follows from.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighing {
    /// The score as a formula.
    pub formula: String,
    /// What asks, and each of the things that it may look at.
    pub query: String,
    pub keys: Vec<String>,
    /// The score of each, and its weight.
    pub scores: Vec<f32>,
    pub weights: Vec<f32>,
    /// Which of them is taken apart.
    pub place: usize,
    /// Numbers that its score is made of, by name, and what becomes of their sum (the name of a function).
    pub terms: Vec<(String, f32)>,
    pub of_sum: Option<&'static str>,
    /// What is averaged with these weights, a vector for each.
    pub values: Vec<Vec<f32>>,
    /// The name of such a vector and of their weighted sum.
    pub names: [&'static str; 2],
}

impl Weighing {
    pub fn panels(&self) -> Vec<Panel> {
        let name = format!("{} → {}: {}", self.query, self.keys[self.place], self.formula);
        vec![Panel::note(name), self.score(), self.softmax(), self.weights(), self.sum()]
    }

    /// The largest terms of the score, the rest, and their sum.
    fn score(&self) -> Panel {
        let mut order: Vec<usize> = (0..self.terms.len()).collect();
        order.sort_by(|&a, &b| self.terms[b].1.abs().total_cmp(&self.terms[a].1.abs()));
        let (named, others) = order.split_at(order.len().min(NAMED));
        let mut rows: Vec<Vec<String>> =
            named.iter().map(|&term| vec![self.terms[term].0.clone(), signed(self.terms[term].1)]).collect();
        if !others.is_empty() {
            let rest = others.iter().map(|&term| self.terms[term].1).sum();
            rows.push(vec![format!("… + {}", others.len()), signed(rest)]);
        }
        let sum: f32 = self.terms.iter().map(|term| term.1).sum();
        rows.push(vec!["Σ".to_owned(), signed(sum)]);
        if let Some(function) = self.of_sum {
            rows.push(vec![function.to_owned(), signed(self.scores[self.place])]);
        }
        Panel::columns([("unit", "成分"), ("term", "項")], rows)
    }

    /// From scores to the weight.
    fn softmax(&self) -> Panel {
        let largest = self.scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let exp = |score: f32| (score - largest).exp();
        let sum: f32 = self.scores.iter().map(|score| exp(*score)).sum();
        let score = self.scores[self.place];
        let row = |name: &str, value: String| vec![name.to_owned(), value];
        let rows = vec![
            row("max a", signed(largest)),
            row("exp(a − max a)", format!("{:.4}", exp(score))),
            row("Σ exp(a − max a)", format!("{sum:.4}")),
            row("α", format!("{:.4}", self.weights[self.place])),
        ];
        Panel::columns(["softmax", ""].map(Bilingual::same), rows)
    }

    /// The largest weights of the same query.
    fn weights(&self) -> Panel {
        let mut order: Vec<usize> = (0..self.weights.len()).collect();
        order.sort_by(|&a, &b| self.weights[b].total_cmp(&self.weights[a]));
        let bar = |&key: &usize| Bar { name: format!("{} {}", key + 1, self.keys[key]), value: self.weights[key] };
        Panel::Bars {
            heading: Bilingual::new("largest α of this row", "この行の大きな α"),
            bars: order.iter().take(NAMED).map(bar).collect(),
            format: Format::Percent,
        }
    }

    /// What the place adds to some units of the weighted sum: those to which it adds most.
    fn sum(&self) -> Panel {
        let alpha = self.weights[self.place];
        let own = &self.values[self.place];
        let total =
            |unit: usize| -> f32 { self.weights.iter().zip(&self.values).map(|(a, value)| a * value[unit]).sum() };
        let mut units: Vec<usize> = (0..own.len()).collect();
        units.sort_by(|&a, &b| own[b].abs().total_cmp(&own[a].abs()));
        units.truncate(NAMED);
        units.sort_unstable();
        let rows = units
            .iter()
            .map(|&unit| vec![unit.to_string(), signed(own[unit]), signed(alpha * own[unit]), signed(total(unit))]);
        let [value, sum] = self.names;
        let of_values = [value, &format!("α {value}"), sum].map(Bilingual::same);
        Panel::columns([Bilingual::new("unit", "成分")].into_iter().chain(of_values), rows)
    }
}

fn signed(value: f32) -> String {
    format!("{value:.3}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Language;

    /// Scores 1 and 0 with the values (2, 0) and (0, 4).
    #[test]
    fn a_weight_is_taken_apart() {
        let alpha = 1_f32.exp() / (1.0 + 1_f32.exp());
        let weighing = Weighing {
            formula: "q·k".to_owned(),
            query: "x".to_owned(),
            keys: vec!["a".to_owned(), "b".to_owned()],
            scores: vec![1.0, 0.0],
            weights: vec![alpha, 1.0 - alpha],
            place: 0,
            terms: (0..6).map(|unit| (unit.to_string(), if unit == 2 { -1.0 } else { 0.4 })).collect(),
            of_sum: None,
            values: vec![vec![2.0, 0.0], vec![0.0, 4.0]],
            names: ["v", "Σ α v"],
        };
        let panels = weighing.panels();
        assert!(panels.iter().all(|panel| panel.problem().is_none()));
        let rows = |panel: &Panel| match panel {
            Panel::Table { rows, .. } => {
                rows.in_language(Language::En).iter().map(|row| row.join(" ")).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(panels[0], Panel::note("x → a: q·k"));
        assert_eq!(rows(&panels[1]), ["2 −1.000", "0 0.400", "1 0.400", "3 0.400", "… + 2 0.800", "Σ 1.000"]);
        assert_eq!(rows(&panels[2])[1..], ["exp(a − max a) 1.0000", "Σ exp(a − max a) 1.3679", "α 0.7311"]);
        assert_eq!(rows(&panels[4]), ["0 2.000 1.462 1.462", "1 0.000 0.000 1.076"]);
    }
}
