//! A chart as a sentence, for those who do not see it.

use super::scale::number;
use super::series::Series;
use crate::experiment::Language;

/// What a series did, from its first value to its last.
pub fn sentence(label: &str, series: &Series, language: Language) -> String {
    let finite = series.buckets().iter().filter_map(|bucket| bucket.mean().map(|mean| (bucket.last_step, mean)));
    let values: Vec<(u64, f64)> = finite.collect();
    let (Some(&(first_step, first)), Some(&(last_step, last))) = (values.first(), values.last()) else {
        return match language {
            Language::En => format!("{label}: no values yet."),
            Language::Ja => format!("{label}: 値はまだありません。"),
        };
    };
    let (first_step, last_step) = (number(first_step as f64), number(last_step as f64));
    let (low, high) = values.iter().fold((first, first), |(low, high), &(_, value)| (low.min(value), high.max(value)));
    let still = (last - first).abs() <= 0.01 * (high - low).max(f64::MIN_POSITIVE);
    let (first, low, high) = (number(first), number(low), number(high));
    let now = number(last);
    let rose = values[0].1 < last;
    let mut text = match language {
        Language::En => {
            let verb = if still {
                "stands"
            } else if rose {
                "rose"
            } else {
                "fell"
            };
            format!(
                "{label}: {verb} from {first} (step {first_step}) to {now} (step {last_step}); between {low} and {high}."
            )
        }
        Language::Ja => {
            let verb = if still {
                "ほぼ横ばい"
            } else if rose {
                "上昇"
            } else {
                "下降"
            };
            format!(
                "{label}: {first}(ステップ {first_step})から {now}(ステップ {last_step})へ{verb}。範囲は {low} から {high}。"
            )
        }
    };
    if let Some(step) = series.first_gap() {
        text.push_str(&match language {
            Language::En => format!(" Not a number from step {} on and off.", number(step as f64)),
            Language::Ja => format!(" ステップ {} から数でない値あり。", number(step as f64)),
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_is_told_as_a_rise() {
        let mut series = Series::default();
        [(20, -206.1), (40, -150.0), (60, -108.3)].iter().for_each(|&(step, value)| series.push(step, value));
        assert_eq!(
            sentence("ELBO", &series, Language::En),
            "ELBO: rose from −206.1 (step 20) to −108.3 (step 60); between −206.1 and −108.3."
        );
        assert!(sentence("ELBO", &Series::default(), Language::Ja).contains("まだありません"));
    }
}
