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
    if values.len() == 1 {
        let mut text = match language {
            Language::En => format!("{label}: {} at step {last_step}, the only value so far.", number(last)),
            Language::Ja => format!("{label}: ステップ {last_step} で {}。値はまだこれだけです。", number(last)),
        };
        text.push_str(&gap(series, language));
        return text;
    }
    let (low, high) = values.iter().fold((first, first), |(low, high), &(_, value)| (low.min(value), high.max(value)));
    let still = (last - first).abs() <= 0.01 * (high - low).max(f64::MIN_POSITIVE);
    let (first, low, high) = (number(first), number(low), number(high));
    let now = number(last);
    let rose = values[0].1 < last;
    let mut text = match language {
        Language::En => {
            let verb = if still {
                "hardly changed"
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
    text.push_str(&gap(series, language));
    text
}

/// From where on a series has values that are no numbers, if it has some.
fn gap(series: &Series, language: Language) -> String {
    let Some(step) = series.first_gap().map(|step| number(step as f64)) else { return String::new() };
    match language {
        Language::En => format!(" Not a number from step {step} on and off."),
        Language::Ja => format!(" ステップ {step} から数でない値あり。"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_value_is_no_course() {
        let mut series = Series::default();
        series.push(3, 0.5);
        assert_eq!(sentence("loss", &series, Language::En), "loss: 0.5 at step 3, the only value so far.");
        assert_eq!(sentence("損失", &series, Language::Ja), "損失: ステップ 3 で 0.5。値はまだこれだけです。");
    }

    #[test]
    fn a_rise_is_told_as_a_rise() {
        let mut series = Series::default();
        [(20, -206.1), (40, -150.0), (60, -108.3)].iter().for_each(|&(step, value)| series.push(step, value));
        assert_eq!(
            sentence("ELBO", &series, Language::En),
            "ELBO: rose from −206.1 (step 20) to −108.3 (step 60); between −206.1 and −108.3."
        );
        let mut still = Series::default();
        [(20, 0.5), (40, 0.7), (60, 0.5)].iter().for_each(|&(step, value)| still.push(step, value));
        let told = "p: hardly changed from 0.5 (step 20) to 0.5 (step 60); between 0.5 and 0.7.";
        assert_eq!(sentence("p", &still, Language::En), told);
        assert!(sentence("ELBO", &Series::default(), Language::Ja).contains("まだありません"));
    }
}
