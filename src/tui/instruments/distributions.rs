//! Two distributions to shape, both directions of the divergence between them, and Q fitted to P.

use super::Instrument;
use crate::experiment::query::{Direction, Distribution, Divergence};
use crate::experiment::{Answer, Language, Query};
use crate::lab::Lab;
use crate::tui::context::{AppContext, Reply};
use crate::tui::keys::{Action, Context};
use crate::tui::text;
use crate::tui::widgets::braille::Canvas;
use crate::tui::widgets::chart::{linear_ticks, number};
use crate::tui::widgets::frame::{frame, write};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Color, Style};

/// The stretch of the line that is shown.
const REACH: f64 = 6.0;
const STEP: f64 = 0.1;
/// Both below this: equal, for an exercise.
const EQUAL: f64 = 1e-3;
/// Height of the plot of an integrand, nats, at the least: what is smaller looks as small as it is.
const LEAST_INTEGRAND: f64 = 0.05;

pub struct Distributions {
    /// Two normals, a bimodal P, or bars.
    kind: usize,
    p: Distribution,
    q: Distribution,
    /// Whether arrows move Q.
    moves_q: bool,
    /// The bar that arrows raise.
    bar: usize,
    found: Option<Divergence>,
    /// The way of Q in a fit, how far it is played, and which fit it is.
    way: Vec<Distribution>,
    at: usize,
    forward: bool,
    draws: u64,
    plot: Rect,
    moved: bool,
    /// Which modes of the P shown Q was fitted to in reverse.
    picked: [bool; 2],
    reached: Vec<&'static str>,
}

impl Default for Distributions {
    fn default() -> Self {
        let [p, q] = start(0);
        Distributions {
            kind: 0,
            p,
            q,
            moves_q: true,
            bar: 0,
            found: None,
            way: Vec::new(),
            at: 0,
            forward: true,
            draws: 0,
            plot: Rect::default(),
            moved: false,
            picked: [false; 2],
            reached: Vec::new(),
        }
    }
}

/// P and Q of a kind, to begin with.
fn start(kind: usize) -> [Distribution; 2] {
    match kind {
        0 => [Distribution::Normal { mean: -1.0, deviation: 1.0 }, Distribution::Normal { mean: 1.5, deviation: 0.8 }],
        1 => [
            Distribution::Bimodal { weight: 0.4, means: [-2.0, 2.0], deviations: [0.6, 0.6] },
            Distribution::Normal { mean: 1.0, deviation: 1.0 },
        ],
        _ => [
            Distribution::Bars { shares: vec![0.05, 0.15, 0.4, 0.1, 0.25, 0.05] },
            Distribution::Bars { shares: vec![1.0 / 6.0; 6] },
        ],
    }
}

impl Distributions {
    fn chosen(&mut self) -> &mut Distribution {
        if self.moves_q { &mut self.q } else { &mut self.p }
    }

    /// Moves the chosen one: along the line, and in width; or from bar to bar, and in height.
    fn shape(&mut self, along: f64, wider: f64, lab: &Lab, app: &mut AppContext) {
        let bar = self.bar;
        let mut next_bar = bar;
        match self.chosen() {
            Distribution::Normal { mean, deviation } => {
                *mean = (*mean + along * STEP).clamp(-REACH, REACH);
                *deviation = (*deviation * 1.08_f64.powf(wider)).clamp(0.1, 4.0);
            }
            Distribution::Bimodal { means, deviations, .. } => {
                // Along moves the modes apart, wider widens both.
                means[0] = (means[0] - along * STEP).clamp(-REACH, 0.0);
                means[1] = (means[1] + along * STEP).clamp(0.0, REACH);
                deviations.iter_mut().for_each(|d| *d = (*d * 1.08_f64.powf(wider)).clamp(0.1, 2.0));
            }
            Distribution::Bars { shares } => {
                let count = shares.len();
                next_bar = (bar as i64 + along as i64).rem_euclid(count as i64) as usize;
                if wider != 0.0 {
                    let height = shares[bar] + 0.02 * wider;
                    set_bar(shares, bar, height);
                }
            }
        }
        self.bar = next_bar;
        self.changed(lab, app);
    }

    fn changed(&mut self, lab: &Lab, app: &mut AppContext) {
        self.way.clear();
        self.moved = true;
        if !self.moves_q {
            self.picked = [false; 2];
        }
        self.reached.push("distributions_moved");
        self.refresh(lab, app);
    }

    fn fit(&mut self, forward: bool, lab: &Lab, app: &mut AppContext) {
        self.forward = forward;
        let direction = if forward { Direction::Forward } else { Direction::Reverse };
        app.ask(lab, "kl/fit", Query::Divergence { p: self.p.clone(), q: self.q.clone(), fit: Some(direction) });
    }

    fn random(&mut self) {
        self.draws += 1;
        let mut random = ChaCha8Rng::seed_from_u64(self.draws);
        let mut normal =
            || Distribution::Normal { mean: random.random_range(-3.0..3.0), deviation: random.random_range(0.4..1.8) };
        match self.kind {
            0 => (self.p, self.q) = (normal(), normal()),
            1 => self.q = normal(),
            _ => {
                let mut bars = || {
                    let heights: Vec<f64> = (0..6).map(|_| random.random_range(0.02..1.0)).collect();
                    let sum: f64 = heights.iter().sum();
                    Distribution::Bars { shares: heights.into_iter().map(|height| height / sum).collect() }
                };
                (self.p, self.q) = (bars(), bars());
            }
        }
    }

    /// Curves, or bars, in an area: each a colour and its values over the shown places. `least` is the height of the area
    /// where the values are lower than that. With a colour in `below`, what lies between a curve and zero is filled, beneath zero in that
    /// colour: an integral as areas that add and areas that take away.
    fn plot(
        area: Rect,
        curves: &[(Color, &[f64])],
        least: f64,
        below: Option<Color>,
        app: &AppContext,
        buffer: &mut Buffer,
    ) {
        if area.width < 4 || area.height < 2 {
            return;
        }
        let finite = curves.iter().flat_map(|(_, values)| values.iter().copied()).filter(|value| value.is_finite());
        let (low, high) = finite.fold((0.0_f64, least), |(low, high), value| (low.min(value), high.max(value)));
        let (columns, rows) = (usize::from(area.width) * 2, usize::from(area.height) * 4);
        let row_of = |value: f64| ((high - value) / (high - low) * (rows - 1) as f64).round() as usize;
        let mut canvas = Canvas::new(area);
        // The line of zero runs along the upper or the lower edge of its cells.
        let zero = row_of(0.0);
        let zero = (zero / 4 * 4 + if zero % 4 < 2 { 0 } else { 3 }) as i64;
        let ground = row_of(0.0);
        (0..columns).for_each(|x| canvas.dot(x as i64, zero, app.theme.line));
        canvas.cover();
        for (color, values) in curves {
            let bars = values.len() < 20;
            let mut last: Option<usize> = None;
            for x in 0..columns {
                let value = if bars {
                    values[x * values.len() / columns]
                } else {
                    values[x * (values.len() - 1) / (columns - 1)]
                };
                if !value.is_finite() {
                    last = None;
                    continue;
                }
                let row = row_of(value).min(rows - 1);
                let from = last.unwrap_or(row);
                last = Some(row);
                match below {
                    Some(below) if row != ground => {
                        let color = if row > ground { below } else { *color };
                        (row.min(ground)..=row.max(ground)).for_each(|y| canvas.dot(x as i64, y as i64, color));
                    }
                    Some(_) => {}
                    None => (from.min(row)..=from.max(row)).for_each(|y| canvas.dot(x as i64, y as i64, *color)),
                }
            }
        }
        canvas.paint(buffer);
    }
}

/// Gives a bar a new height; the others share what is left as before.
fn set_bar(shares: &mut [f64], bar: usize, height: f64) {
    let height = height.clamp(0.0, 1.0);
    let rest: f64 = 1.0 - shares[bar];
    let count = shares.len() as f64 - 1.0;
    for (index, share) in shares.iter_mut().enumerate() {
        *share = match index == bar {
            true => height,
            false if rest > 1e-12 => *share / rest * (1.0 - height),
            false => (1.0 - height) / count,
        };
    }
    let sum: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
}

/// A distribution in a few numbers.
fn described(distribution: &Distribution, language: Language) -> String {
    let text = match distribution {
        Distribution::Normal { mean, deviation } => format!("μ {mean:+.2}  σ {deviation:.2}"),
        Distribution::Bimodal { weight, means, deviations } => {
            let ([a, b], rest, spread) = (means, 1.0 - weight, deviations[0]);
            match language {
                Language::En => format!("{weight:.2} at {a:+.2}, {rest:.2} at {b:+.2}, σ {spread:.2}"),
                Language::Ja => format!("{a:+.2} に {weight:.2}、{b:+.2} に {rest:.2}、σ {spread:.2}"),
            }
        }
        Distribution::Bars { shares } => {
            shares.iter().map(|share| format!("{share:.2}")).collect::<Vec<_>>().join("  ")
        }
    };
    text.replace('-', "−")
}

impl Distributions {
    /// Marks the mode of P that Q has come to in reverse: its mean is at that of the mode, and no wider than between both.
    fn pick_mode(&mut self) {
        let (Distribution::Bimodal { means, .. }, Distribution::Normal { mean, .. }) = (&self.p, &self.q) else {
            return;
        };
        if self.forward {
            return;
        }
        let near = (means[1] - means[0]).abs() / 4.0;
        for (picked, own) in self.picked.iter_mut().zip(means) {
            *picked |= (mean - own).abs() < near;
        }
        if self.picked == [true; 2] {
            self.reached.push("both_modes_fitted");
        }
    }
}

impl Distributions {
    /// The places beneath the curves: x, or the outcomes by number.
    fn draw_axis(&self, area: Rect, found: &Divergence, app: &AppContext, buffer: &mut Buffer) {
        let mut tick = |share: f64, text: &str| {
            let middle = (share * f64::from(area.width)) as u16;
            let column = middle.saturating_sub(text.chars().count() as u16 / 2);
            write(buffer, area, column, 0, text, app.theme.quiet());
        };
        if let Distribution::Bars { shares } = &self.p {
            let count = shares.len() as f64;
            (0..shares.len()).for_each(|bar| tick((bar as f64 + 0.5) / count, &(bar + 1).to_string()));
            return;
        }
        let (Some(low), Some(high)) = (found.places.first(), found.places.last()) else { return };
        for value in linear_ticks(*low, *high, usize::from(area.width / 10).max(2)) {
            tick((value - low) / (high - low), &number(value));
        }
        write(buffer, area, area.width.saturating_sub(2), 0, "x", app.theme.quiet());
    }
}

impl Instrument for Distributions {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::Distributions]
    }

    /// Both distributions are the student's.
    fn shows_model(&self) -> bool {
        false
    }

    fn refresh(&mut self, lab: &Lab, app: &mut AppContext) {
        app.ask(lab, "kl/divergence", Query::Divergence { p: self.p.clone(), q: self.q.clone(), fit: None });
    }

    fn handle_action(&mut self, action: Action, lab: &Lab, app: &mut AppContext) -> bool {
        match action {
            Action::Left => self.shape(-1.0, 0.0, lab, app),
            Action::Right => self.shape(1.0, 0.0, lab, app),
            Action::Up => self.shape(0.0, 1.0, lab, app),
            Action::Down => self.shape(0.0, -1.0, lab, app),
            Action::Other => self.moves_q = !self.moves_q,
            Action::NextKind => {
                self.kind = (self.kind + 1) % 3;
                [self.p, self.q] = start(self.kind);
                (self.way, self.moved, self.picked) = (Vec::new(), false, [false; 2]);
                self.refresh(lab, app);
            }
            Action::FitForward => self.fit(true, lab, app),
            Action::FitReverse => self.fit(false, lab, app),
            Action::RandomCode => {
                self.random();
                self.moved = false;
                self.way.clear();
                self.refresh(lab, app);
            }
            _ => return false,
        }
        true
    }

    fn mouse(&mut self, event: MouseEvent, lab: &Lab, app: &mut AppContext) {
        let presses =
            matches!(event.kind, MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left));
        if !presses || !self.plot.contains(Position::new(event.column, event.row)) {
            return;
        }
        let across = (f64::from(event.column - self.plot.x) + 0.5) / f64::from(self.plot.width);
        let up = 1.0 - (f64::from(event.row - self.plot.y) + 0.5) / f64::from(self.plot.height);
        // The answer says what is shown of the line.
        let range = self.found.as_ref().and_then(|found| Some((*found.places.first()?, *found.places.last()?)));
        let bar = self.bar;
        let mut next_bar = bar;
        match self.chosen() {
            Distribution::Bars { shares } => {
                next_bar = ((across * shares.len() as f64) as usize).min(shares.len() - 1);
                set_bar(shares, next_bar, up);
            }
            Distribution::Normal { mean, .. } => {
                let (low, high) = range.unwrap_or((-REACH, REACH));
                *mean = (low + across * (high - low)).clamp(-REACH, REACH);
            }
            Distribution::Bimodal { means, .. } => {
                let (low, high) = range.unwrap_or((-REACH, REACH));
                let at = low + across * (high - low);
                means[usize::from(at > 0.0)] = at.clamp(-REACH, REACH);
            }
        }
        self.bar = next_bar;
        self.changed(lab, app);
    }

    fn answered(&mut self, (key, answer): &Reply, lab: &Lab, app: &mut AppContext) -> bool {
        match (key.as_str(), answer) {
            ("kl/divergence", Ok(Answer::Divergence(found))) => {
                if self.moved && self.way.is_empty() && found.forward < EQUAL && found.reverse < EQUAL {
                    self.reached.push("distributions_equal");
                }
                self.found = Some(found.clone());
            }
            ("kl/fit", Ok(Answer::Divergence(found))) => {
                self.at = 0;
                self.way.clone_from(&found.path);
                self.moved = false;
                self.refresh(lab, app);
            }
            (key, Err(failure)) if key.starts_with("kl/") => app.notify(failure.in_language(app.language)),
            _ => return false,
        }
        true
    }

    fn tick(&mut self, lab: &Lab, app: &mut AppContext) -> bool {
        if self.at + 1 >= self.way.len() {
            return false;
        }
        self.at += 1;
        self.q = self.way[self.at].clone();
        if self.at + 1 == self.way.len() {
            self.reached.push(if self.forward { "fit_forward" } else { "fit_reverse" });
            self.pick_mode();
        }
        self.refresh(lab, app);
        true
    }

    fn draw(&mut self, area: Rect, focused: bool, title: &str, app: &mut AppContext, buffer: &mut Buffer) {
        let kinds = [text::KL_KINDS_NORMALS, text::KL_KINDS_BIMODAL, text::KL_KINDS_BARS];
        let inner = frame(area, title, app.say(kinds[self.kind]), focused, &app.theme, buffer);
        let [p_color, q_color] = [app.theme.series[0], app.theme.series[1]];
        let column = write(buffer, inner, 1, 0, "P", Style::new().fg(p_color));
        let column = write(buffer, inner, column + 1, 0, &described(&self.p, app.language), app.theme.quiet());
        let moving = format!("{} {}", app.say(text::KL_MOVES), if self.moves_q { "Q" } else { "P" });
        write(buffer, inner, column + 4, 0, &moving, app.theme.accented());
        let column = write(buffer, inner, 1, 1, "Q", Style::new().fg(q_color));
        let column = write(buffer, inner, column + 1, 1, &described(&self.q, app.language), app.theme.quiet());
        if !self.way.is_empty() {
            let said = format!("{} {}/{}", app.say(text::KL_FITTED), self.at + 1, self.way.len());
            write(buffer, inner, column + 4, 1, &said, app.theme.accented());
        }
        let Some(found) = &self.found else { return };
        let body = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
        let rows = [Constraint::Fill(3), Constraint::Length(1), Constraint::Fill(2), Constraint::Fill(2)];
        let [curves, axis, forward, reverse] = Layout::vertical(rows).areas(body);
        self.plot = curves;
        Self::plot(curves, &[(p_color, &found.p), (q_color, &found.q)], 1e-9, None, app, buffer);
        self.draw_axis(axis, found, app, buffer);
        if let Distribution::Bars { shares } = &self.p {
            let at = curves.x
                + (curves.width * self.bar as u16 / shares.len() as u16)
                + curves.width / 2 / shares.len() as u16;
            buffer[(at.min(curves.right() - 1), curves.y)].set_char('v').set_fg(app.theme.accent);
        }
        let value = |value: f64| {
            if value.is_finite() {
                format!("{} {}", number(value), app.say(text::NATS))
            } else {
                app.say(text::KL_INFINITE).to_owned()
            }
        };
        for (area, name, total, integrand, color) in [
            (forward, "D(P‖Q)   p ln(p/q)", found.forward, &found.forward_integrand, p_color),
            (reverse, "D(Q‖P)   q ln(q/p)", found.reverse, &found.reverse_integrand, q_color),
        ] {
            let column = write(buffer, area, 1, 0, name, Style::new().fg(color));
            let column = write(buffer, area, column + 3, 0, &value(total), app.theme.strong());
            let bad = Style::new().fg(app.theme.bad);
            if found.forward < EQUAL && found.reverse < EQUAL {
                write(buffer, area, column + 3, 0, app.say(text::KL_EQUAL), Style::new().fg(app.theme.good));
            } else if integrand.iter().any(|value| *value < 0.0) {
                // Of two colours in one curve the second has a key.
                write(buffer, area, column + 3, 0, &format!("▬ {}", app.say(text::KL_NEGATIVE)), bad);
            }
            let room = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
            Self::plot(room, &[(color, integrand)], LEAST_INTEGRAND, Some(app.theme.bad), app, buffer);
        }
    }

    fn reached(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.reached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bars_stay_a_distribution(changes in prop::collection::vec((0..6_usize, -0.5..1.5_f64), 1..40)) {
            let mut shares = vec![1.0 / 6.0; 6];
            for (bar, height) in changes {
                set_bar(&mut shares, bar, height);
                prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                prop_assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{shares:?}");
            }
        }
    }
    /// The rows that have ink of a colour.
    fn inked(values: &[f64], least: f64) -> Vec<u16> {
        let folder = tempfile::tempdir().unwrap();
        let app = AppContext::for_tests(Language::En, folder.path());
        let area = Rect::new(0, 0, 20, 8);
        let mut buffer = Buffer::empty(area);
        Distributions::plot(area, &[(Color::Red, values)], least, None, &app, &mut buffer);
        (0..8).filter(|row| (0..20).any(|x| buffer[(x, *row)].fg == Color::Red)).collect()
    }

    #[test]
    fn both_modes_are_fitted_only_by_two_fits_in_reverse() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("kl").unwrap().clone();
        let mut shown = Distributions::default();
        // A fit in a direction that ends at a mean.
        let mut fitted = |shown: &mut Distributions, forward: bool, mean: f64| {
            shown.forward = forward;
            let end = Distribution::Normal { mean, deviation: 0.6 };
            (shown.way, shown.at) = (vec![shown.q.clone(), end], 0);
            shown.tick(&lab, &mut app);
            shown.reached().contains(&"both_modes_fitted")
        };
        [shown.p, shown.q] = start(1);
        assert!(!fitted(&mut shown, false, 2.0), "one mode");
        assert!(!fitted(&mut shown, false, 1.9), "the same again");
        assert!(!fitted(&mut shown, true, -2.0), "forward");
        assert!(!fitted(&mut shown, false, 0.4), "between both");
        assert!(fitted(&mut shown, false, -1.9));
        [shown.p, shown.q] = start(0);
        shown.picked = [false; 2];
        assert!(!fitted(&mut shown, false, -1.0) && !fitted(&mut shown, false, 1.0), "a P with one mode");
    }

    #[test]
    fn an_integrand_is_filled_above_zero_in_its_colour_and_below_in_another() {
        let folder = tempfile::tempdir().unwrap();
        let app = AppContext::for_tests(Language::En, folder.path());
        let area = Rect::new(0, 0, 20, 8);
        let mut buffer = Buffer::empty(area);
        let values: Vec<f64> = (0..40).map(|x| if x < 20 { -1.0 } else { 1.0 }).collect();
        Distributions::plot(area, &[(Color::Green, &values)], 0.05, Some(Color::Red), &app, &mut buffer);
        let count = |color, columns: std::ops::Range<u16>| {
            columns.flat_map(|x| (0..8).map(move |y| (x, y))).filter(|at| buffer[*at].fg == color).count()
        };
        assert_eq!(count(Color::Green, 0..10) + count(Color::Red, 10..20), 0);
        assert!(count(Color::Red, 0..10) >= 40 && count(Color::Green, 10..20) >= 40, "the areas are filled");
    }

    #[test]
    fn what_is_nearly_zero_is_drawn_as_zero() {
        let rounding: Vec<f64> = (0..40).map(|x| 1e-12 * f64::from(x - 20)).collect();
        assert_eq!(inked(&rounding, LEAST_INTEGRAND), [7]);
        let real: Vec<f64> = (0..40).map(|x| 0.1 * f64::from(x - 20)).collect();
        assert_eq!(inked(&real, LEAST_INTEGRAND).len(), 8);
    }
}
