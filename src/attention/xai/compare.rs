//! Explanations compared by numbers: deletion and insertion curves, and rank correlations.

use super::{CLASSES, Classifier, PIXELS};

/// Points of a curve behind the first.
pub const POINTS: usize = 28;

/// What is done with the most important pixels first (Petsiuk, Das & Saenko 2018, arXiv:1806.07421).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// They are made black: the sooner the probability falls, the better the explanation.
    Deletion,
    /// They are put back onto black: the sooner it rises, the better.
    Insertion,
}

/// p(c | x) after 0, 1/28, … of the pixels, those with the largest numbers first, of equals the first.
pub fn curve(classifier: &Classifier, picture: &[f32], class: usize, importance: &[f32], order: Order) -> Vec<f64> {
    let mut places: Vec<usize> = (0..PIXELS).collect();
    places.sort_by(|&a, &b| importance[b].total_cmp(&importance[a]).then(a.cmp(&b)));
    let (mut now, black) = match order {
        Order::Deletion => (picture.to_vec(), vec![0.0; PIXELS]),
        Order::Insertion => (vec![0.0; PIXELS], picture.to_vec()),
    };
    let mut all = now.clone();
    for part in places.chunks(PIXELS / POINTS) {
        part.iter().for_each(|&pixel| now[pixel] = black[pixel]);
        all.extend_from_slice(&now);
    }
    classifier.probabilities(&all).chunks_exact(CLASSES).map(|shares| f64::from(shares[class])).collect()
}

/// The area under a curve over [0, 1], by trapezoids.
pub fn area(curve: &[f64]) -> f64 {
    let steps = curve.len().saturating_sub(1).max(1);
    curve.array_windows::<2>().map(|[a, b]| 0.5 * (a + b)).sum::<f64>() / steps as f64
}

/// Ranks from 0, equals at the middle of theirs.
fn ranks(numbers: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
    let mut ranks = vec![0.0; numbers.len()];
    let mut first = 0;
    while first < order.len() {
        let equals = order[first..].iter().take_while(|&&place| numbers[place] == numbers[order[first]]).count().max(1);
        let middle = first as f64 + (equals - 1) as f64 / 2.0;
        order[first..first + equals].iter().for_each(|&place| ranks[place] = middle);
        first += equals;
    }
    ranks
}

/// Spearman's rank correlation; 0 where one of the lists has equals alone.
pub fn rank_correlation(a: &[f32], b: &[f32]) -> f64 {
    let [a, b] = [a, b].map(ranks);
    let mean = (a.len() as f64 - 1.0) / 2.0;
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - mean) * (y - mean)).sum::<f64>();
    let spread = (product(&a, &a) * product(&b, &b)).sqrt();
    if spread > 0.0 { product(&a, &b) / spread } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{fresh, noise};
    use super::*;

    #[test]
    fn an_area_is_that_of_trapezoids() {
        assert!((area(&[1.0, 0.5, 0.0]) - 0.5).abs() < 1e-12);
        assert!((area(&[1.0, 0.0, 0.0]) - 0.25).abs() < 1e-12);
        assert_eq!(area(&[0.7]), 0.0);
    }

    /// 1, 2, 2, 4 against 1, 3, 2, 4: with equals at 1.5 the correlation is 4.5 / √(4.5 · 5).
    #[test]
    fn ranks_correlate_as_spearman_has_it() {
        assert_eq!(ranks(&[1.0, 2.0, 2.0, 4.0]), [0.0, 1.5, 1.5, 3.0]);
        let found = rank_correlation(&[1.0, 2.0, 2.0, 4.0], &[1.0, 3.0, 2.0, 4.0]);
        assert!((found - 4.5 / (4.5_f64 * 5.0).sqrt()).abs() < 1e-12, "{found}");
        assert!((rank_correlation(&[3.0, 2.0, 1.0], &[1.0, 5.0, 9.0]) + 1.0).abs() < 1e-12);
        assert_eq!(rank_correlation(&[1.0, 1.0], &[1.0, 2.0]), 0.0);
        let odd = rank_correlation(&[f32::NAN, 1.0, 2.0], &[1.0, 2.0, 3.0]);
        assert!(odd.is_finite());
    }

    #[test]
    fn curves_begin_and_end_at_the_picture_and_black() {
        let classifier = fresh(4, 1);
        let (picture, importance) = (noise(1, 2), noise(1, 3));
        let [whole, black] = [picture.clone(), vec![0.0; PIXELS]].map(|x| f64::from(classifier.probabilities(&x)[3]));
        let [deletion, insertion] =
            [Order::Deletion, Order::Insertion].map(|order| curve(&classifier, &picture, 3, &importance, order));
        assert_eq!((deletion.len(), insertion.len()), (POINTS + 1, POINTS + 1));
        for (found, expected) in
            [(deletion[0], whole), (deletion[POINTS], black), (insertion[0], black), (insertion[POINTS], whole)]
        {
            assert!((found - expected).abs() < 1e-6);
        }
        // The last half deleted is what is left when the first half is inserted in the other order.
        let opposite: Vec<f32> = importance.iter().map(|x| -x).collect();
        let other = curve(&classifier, &picture, 3, &opposite, Order::Insertion);
        assert!((deletion[POINTS / 2] - other[POINTS / 2]).abs() < 1e-6);
    }
}
