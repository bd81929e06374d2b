//! What a person set on a chart. It stays put while data arrive.

/// The state of one chart beside its data.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// A fixed range of steps; `None` follows the data.
    pub(super) range: Option<(f64, f64)>,
    /// The steps of all charts that share an axis with this one; `None` for one alone.
    pub steps: Option<(f64, f64)>,
    pub logarithmic: bool,
    /// Whether the heights are those of the later half of what is shown: what lies outside is cut off.
    pub later_half: bool,
    /// Weight of the past in the moving average, 0 to 0.99.
    pub smoothing: f64,
    /// The step read out.
    pub cursor: Option<f64>,
    /// Columns of the title in the frame about the chart, beside which a low chart names its lines.
    pub title: u16,
}

impl Default for View {
    fn default() -> Self {
        View { range: None, steps: None, logarithmic: false, later_half: false, smoothing: 0.6, cursor: None, title: 0 }
    }
}

/// The smoothing weights that one key runs through.
const SMOOTHINGS: [f64; 4] = [0.0, 0.6, 0.9, 0.98];

impl View {
    /// The whole run, on a logarithmic axis or not.
    pub fn new(logarithmic: bool) -> Self {
        View { logarithmic, ..View::default() }
    }

    /// The steps shown, given those that there are.
    pub fn range(&self, data: (f64, f64)) -> (f64, f64) {
        let (from, to) = self.range.or(self.steps).unwrap_or(data);
        if to > from { (from, to) } else { (from - 0.5, from + 0.5) }
    }

    pub fn is_zoomed(&self) -> bool {
        self.range.is_some()
    }

    /// Shows a part `factor` as long, about `center` (or the cursor, or the middle).
    pub fn zoom(&mut self, factor: f64, center: Option<f64>, data: (f64, f64)) {
        let (from, to) = self.range(data);
        let center = center.or(self.cursor).unwrap_or((from + to) / 2.0).clamp(from, to);
        let length = ((to - from) * factor).clamp(4.0, f64::MAX);
        let share = (center - from) / (to - from);
        let start = center - share * length;
        let whole = (data.1 - data.0).max(4.0);
        // Zoomed out as far as the data: follow them again.
        self.range = (length < whole).then(|| (start.max(data.0), start.max(data.0) + length));
    }

    /// Moves a zoomed range by a share of its length, within the data.
    pub fn pan(&mut self, share: f64, data: (f64, f64)) {
        if let Some((from, to)) = self.range {
            let length = to - from;
            let start = (from + share * length).clamp(data.0, (data.1 - length).max(data.0));
            self.range = Some((start, start + length));
        }
    }

    /// Follows the data again.
    pub fn reset(&mut self) {
        self.range = None;
        self.cursor = None;
    }

    /// Moves the cursor by a share of what is shown; it begins at the right end, and takes a zoomed range along.
    pub fn move_cursor(&mut self, share: f64, data: (f64, f64)) {
        let (from, to) = self.range(data);
        let at = self.cursor.unwrap_or(to) + share * (to - from);
        self.cursor = Some(at.clamp(data.0, data.1));
        if at < from || at > to {
            self.pan(share, data);
        }
    }

    pub fn next_smoothing(&mut self) {
        let next = SMOOTHINGS.iter().find(|weight| **weight > self.smoothing);
        self.smoothing = *next.unwrap_or(&SMOOTHINGS[0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zoom_stays_put_while_data_arrive() {
        let mut view = View::default();
        view.zoom(0.5, Some(100.0), (0.0, 200.0));
        assert_eq!(view.range((0.0, 200.0)), (50.0, 150.0));
        assert_eq!(view.range((0.0, 9000.0)), (50.0, 150.0));
        view.reset();
        assert_eq!(view.range((0.0, 9000.0)), (0.0, 9000.0));
    }

    #[test]
    fn charts_above_each_other_show_the_same_steps() {
        let mut view = View { steps: Some((0.0, 500.0)), ..View::default() };
        assert_eq!(view.range((100.0, 200.0)), (0.0, 500.0));
        view.zoom(0.5, Some(250.0), (0.0, 500.0));
        assert_eq!(view.range((100.0, 200.0)), (125.0, 375.0));
    }

    #[test]
    fn zooming_out_to_everything_follows_again() {
        let mut view = View::default();
        view.zoom(0.5, None, (0.0, 100.0));
        view.zoom(4.0, None, (0.0, 100.0));
        assert!(!view.is_zoomed());
    }

    #[test]
    fn the_cursor_takes_a_zoomed_range_along() {
        let mut view = View::default();
        let data = (0.0, 1000.0);
        view.zoom(0.1, Some(500.0), data);
        let (from, to) = view.range(data);
        (0..10).for_each(|_| view.move_cursor(-0.2, data));
        let (new_from, _) = view.range(data);
        assert!(new_from < from && view.cursor.unwrap() < from && to > from);
    }
}
