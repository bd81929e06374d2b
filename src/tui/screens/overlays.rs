//! Other runs whose curves lie under those of the run that is shown.

use crate::experiment::Event;
use crate::lab::Chart;
use crate::printer::printable;
use crate::run::{RunError, RunStore};
use crate::tui::context::AppContext;
use crate::tui::text;
use crate::tui::theme::Theme;
use crate::tui::widgets::chart::{Line, Series, Stroke};
use ratatui::style::Color;
use std::collections::BTreeMap;

/// As many as the theme has colours for.
const MOST: usize = 3;

/// How far the last curve of a run is on its way from the run's colour to that of the text.
const PALEST: f32 = 0.75;

struct Overlay {
    id: String,
    /// In the legend.
    name: String,
    /// Which of the theme's colours for such.
    color: usize,
    series: BTreeMap<String, Series>,
}

#[derive(Default)]
pub struct Overlays(Vec<Overlay>);

impl Overlays {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.0.len() >= MOST
    }

    pub fn contains(&self, id: &str) -> bool {
        self.0.iter().any(|overlay| overlay.id == id)
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn remove(&mut self, id: &str) {
        self.0.retain(|overlay| overlay.id != id);
    }

    /// Adds the curves of a recorded run, in a colour that no other has.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn add(&mut self, id: &str, store: &RunStore) -> Result<(), RunError> {
        let events = store.events(id)?.events;
        let name = store.label(id).map(|label| label.name).unwrap_or_default();
        // The lab's name stands above the chart already.
        let name = if name.is_empty() { id.split_once('-').map_or(id, |(_, time)| time).to_owned() } else { name };
        let free = (0..MOST).find(|color| self.0.iter().all(|overlay| overlay.color != *color));
        let mut series: BTreeMap<String, Series> = BTreeMap::new();
        for event in events {
            if let Event::Scalar { series: name, step, value } = event {
                series.entry(name).or_default().push(step, value);
            }
        }
        self.0.push(Overlay { id: id.to_owned(), name: printable(&name), color: free.unwrap_or(0), series });
        Ok(())
    }

    /// Adds a run, or takes it away; says why it cannot be added.
    pub fn toggle(&mut self, id: &str, app: &mut AppContext) {
        if self.contains(id) {
            self.remove(id);
        } else if self.is_full() {
            let said = text::filled(app.say(text::MOST_OVERLAID), &[&MOST]);
            app.notify(said);
        } else if let Err(error) = self.add(id, &app.store) {
            app.notify(error.to_string());
        }
    }

    /// The color of a run, if it is one of them.
    pub fn color(&self, id: &str, theme: &Theme) -> Option<Color> {
        self.0.iter().find(|overlay| overlay.id == id).map(|overlay| theme.overlays[overlay.color][0])
    }

    /// The lines of a chart: the legend names the run at its first curve, the others by what they show.
    pub fn lines<'a>(&'a self, chart: &'a Chart, app: &'a AppContext) -> impl Iterator<Item = Line<'a>> {
        self.0.iter().flat_map(move |overlay| {
            let [first, second] = app.theme.overlays[overlay.color];
            let series = chart.series.iter().filter_map(|line| Some((line, overlay.series.get(&line.name)?)));
            let series: Vec<_> = series.filter(|(_, series)| !series.is_empty()).collect();
            // The first two have colours of the run, those after them paler ones; what is dashed is dashed here too.
            let paler = PALEST / series.len().saturating_sub(2).max(1) as f32;
            series.into_iter().enumerate().map(move |(place, (line, series))| Line {
                label: if place == 0 { overlay.name.as_str() } else { line.label.in_language(app.language) },
                color: if place == 0 { first } else { app.theme.towards_text(second, paler * (place - 1) as f32) },
                stroke: if line.dashed { Stroke::DashedGhost } else { Stroke::Ghost },
                series,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Language;

    /// Of an earlier run no two curves of a chart look alike, each has its name, and its dashed ones are dashed.
    #[test]
    fn curves_of_an_earlier_run_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let app = AppContext::for_tests(Language::En, folder.path());
        let mut dashed = 0;
        for chart in app.catalogue.labs().into_iter().flat_map(|lab| &lab.dashboard.charts) {
            let mut one = Series::default();
            one.push(1, 0.5);
            let series = chart.series.iter().map(|line| (line.name.clone(), one.clone())).collect();
            let overlays = Overlays(vec![Overlay { id: "a".into(), name: "a".into(), color: 0, series }]);
            let lines: Vec<Line> = overlays.lines(chart, &app).collect();
            assert_eq!(lines.len(), chart.series.len());
            for (line, own) in lines.iter().zip(&chart.series) {
                assert_eq!(line.stroke == Stroke::DashedGhost, own.dashed);
                dashed += usize::from(own.dashed);
            }
            let colors: std::collections::HashSet<Color> = lines.iter().map(|line| line.color).collect();
            assert_eq!(colors.len(), lines.len(), "{}", chart.title.en);
            let labels: Vec<&str> = lines.iter().map(|line| line.label).collect();
            assert_eq!(labels[0], "a");
            assert!(labels[1..].iter().zip(&chart.series[1..]).all(|(label, own)| *label == own.label.en));
        }
        assert!(dashed > 5);
        for theme in [Theme::dark(), Theme::light()] {
            let all = theme.overlays.concat();
            let told: std::collections::HashSet<Color> = all.iter().chain(&theme.series).copied().collect();
            assert_eq!(told.len(), all.len() + theme.series.len(), "no two runs share a colour");
        }
    }
}
