//! The panes of Train: which have something to show, and the lines of a chart.

use crate::lab::{Chart, Lab, ViewUse};
use crate::tui::context::AppContext;
use crate::tui::live_run::LiveRun;
use crate::tui::screens::overlays::Overlays;
use crate::tui::widgets::chart::{Line, Stroke};

/// So many of some panes: those from the one with the keys on, or the last ones.
pub fn about(panes: Vec<usize>, focus: usize, most: usize) -> Vec<usize> {
    let first = panes.iter().position(|index| *index == focus).unwrap_or(0);
    let first = first.min(panes.len().saturating_sub(most));
    panes.into_iter().skip(first).take(most).collect()
}

/// Whether any of the dashboard's series has come.
pub fn has_curves(lab: &Lab, run: &LiveRun) -> bool {
    lab.dashboard.charts.iter().flat_map(|chart| &chart.series).any(|line| run.series.contains_key(&line.name))
}

/// Which panes a run has something for: charts, then pictures. All of them until it has emitted anything; a record shows the pictures that it kept.
pub fn panes_with_data(lab: &Lab, run: &LiveRun) -> Vec<bool> {
    let charts = lab.dashboard.charts.iter();
    let charts = charts.map(|chart| chart.series.iter().any(|line| run.series.contains_key(&line.name)));
    let views = lab.dashboard.views.iter();
    let views = views.map(|ViewUse { name, .. }| run.views.contains_key(name));
    let (mut charts, mut views): (Vec<bool>, Vec<bool>) = (charts.collect(), views.collect());
    for (panes, may_come) in [(&mut charts, true), (&mut views, !run.is_recorded)] {
        if may_come && !panes.contains(&true) {
            panes.fill(true);
        }
    }
    charts.into_iter().chain(views).collect()
}

/// The lines of a chart: those of the run, and those of the runs under it.
pub fn lines<'a>(chart: &'a Chart, run: &'a LiveRun, overlays: &'a Overlays, app: &'a AppContext) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    let mut solid = 0;
    let mut dashed = 0;
    for line in &chart.series {
        // A dashed line has a colour beside that of the solid one it belongs to.
        let index = if line.dashed { &mut dashed } else { &mut solid };
        let color = app.theme.series[*index % app.theme.series.len()];
        let color = if line.dashed { app.theme.beside(color) } else { color };
        *index += 1;
        if let Some(series) = run.series.get(&line.name) {
            let stroke = if line.dashed { Stroke::Dashed } else { Stroke::Solid };
            lines.push(Line { label: line.label.in_language(app.language), color, stroke, series });
        }
    }
    lines.extend(overlays.lines(chart, app));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pane_with_the_keys_is_among_those_shown() {
        assert_eq!(about(vec![0, 1, 2, 3], 9, 2), [0, 1]);
        assert_eq!(about(vec![0, 1, 2, 3], 1, 2), [1, 2]);
        assert_eq!(about(vec![0, 2, 3], 3, 2), [2, 3]);
        assert_eq!(about(vec![4, 5], 5, 1), [5]);
        assert!(about(Vec::new(), 0, 3).is_empty());
    }
}
