//! The report of a run in words: each figure with its unit, what it means, and how it stands beside that of the bundled model.

use crate::experiment::figure::{Better, Figure};
use crate::experiment::{Language, Report};
use crate::lab::Lab;
use crate::registry;
use crate::tui::context::AppContext;
use crate::tui::keys::Action;
use crate::tui::live_run::LiveRun;
use crate::tui::text::{self, filled};
use crate::tui::widgets::chart::number;
use crate::tui::widgets::frame::write;
use crate::tui::widgets::markdown::render;
use crate::width::width;
use crossterm::event::{MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::widgets::Widget;

/// Columns in which a line is read comfortably.
const MEASURE: u16 = 92;
/// Figures that differ by less than this share are alike: seeds differ by more.
const ALIKE: f64 = 0.01;

/// The page, and how far it is scrolled.
pub struct ReportPage {
    /// Of the bundled model, to compare with.
    bundled: Option<Report>,
    top: usize,
    /// Rows that were shown, and how many there are.
    shown: (usize, usize),
}

impl ReportPage {
    pub fn new(lab: &Lab) -> Self {
        let bundled = registry::find(&lab.experiment).and_then(|experiment| experiment.bundled_report()).ok();
        ReportPage { bundled, top: 0, shown: (0, 0) }
    }

    fn scroll(&mut self, rows: isize) {
        let last = self.shown.1.saturating_sub(self.shown.0);
        self.top = self.top.saturating_add_signed(rows).min(last);
    }

    /// Does what a key means; `None` if it closes the page, `Some(false)` if it means nothing here.
    pub fn handle_action(&mut self, action: Action) -> Option<bool> {
        let page = self.shown.0.saturating_sub(1).max(1) as isize;
        match action {
            Action::Up => self.scroll(-1),
            Action::Down => self.scroll(1),
            Action::PageUp => self.scroll(-page),
            Action::PageDown => self.scroll(page),
            Action::Home => self.top = 0,
            Action::End => self.scroll(isize::MAX),
            Action::Back | Action::Report => return None,
            _ => return Some(false),
        }
        Some(true)
    }

    pub fn mouse(&mut self, event: MouseEvent) {
        match event.kind {
            MouseEventKind::ScrollUp => self.scroll(-3),
            MouseEventKind::ScrollDown => self.scroll(3),
            _ => {}
        }
    }

    pub fn draw(&mut self, area: Rect, run: &LiveRun, lab: &Lab, app: &AppContext, buffer: &mut Buffer) {
        let area = area.inner(Margin::new(3, 1));
        let keys = registry::find(&lab.experiment).map_or(&[][..], |experiment| experiment.report);
        let words = run.report.as_ref().map(|report| in_words(keys, report, self.bundled.as_ref(), app.language));
        let lines = render(&words.unwrap_or_default(), usize::from(area.width.min(MEASURE)), &app.theme, app.widths);
        let heading = format!("{} {}", app.say(text::REPORT_OF), run.id);
        write(buffer, area, 0, 0, &heading, app.theme.quiet());
        let body = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
        self.shown = (usize::from(body.height), lines.len());
        self.scroll(0);
        for (row, line) in lines.iter().skip(self.top).take(self.shown.0).enumerate() {
            line.render(Rect { y: body.y + row as u16, height: 1, ..body }, buffer);
        }
        let below = lines.len().saturating_sub(self.top + self.shown.0);
        if below > 0 {
            let more = format!("↓ {below}");
            write(buffer, area, area.width.saturating_sub(width(&more) as u16), 0, &more, app.theme.quiet());
        }
    }
}

/// A number that no line is broken in.
fn whole(value: f64) -> String {
    number(value).replace(' ', "\u{a0}")
}

/// The figures of a report that are numbers, in the order in which they are declared, as a list: each by its name.
pub fn in_words(keys: &[&str], report: &Report, bundled: Option<&Report>, language: Language) -> String {
    listed(keys, report, bundled, language, |key, value, meaning, end| format!("- `{key}` {value}: {meaning}{end}"))
}

/// The same for those who read it line by line: each by what it means, its name in brackets behind.
pub fn in_lines(keys: &[&str], report: &Report, bundled: Option<&Report>, language: Language) -> String {
    listed(keys, report, bundled, language, |key, value, meaning, end| format!("- {meaning}: {value} (`{key}`){end}"))
}

fn listed(
    keys: &[&str],
    report: &Report,
    bundled: Option<&Report>,
    language: Language,
    line: impl Fn(&str, &str, &str, &str) -> String,
) -> String {
    let value = |report: &Report, key: &str| report.get(key).and_then(serde_json::Value::as_f64);
    let mut words = String::new();
    for key in keys {
        let (Some(own), Some(figure)) = (value(report, key), Figure::find(key)) else { continue };
        let unit = figure.unit.in_language(language);
        let space = if unit.is_empty() { "" } else { " " };
        let meaning = figure.meaning.in_language(language);
        let end = if language == Language::En { "." } else { "。" };
        words += &line(key, &format!("**{}**{space}{unit}", whole(own)), meaning, end);
        if let Some(bundled) = bundled.and_then(|bundled| value(bundled, key)) {
            words += if language == Language::En { " " } else { "" };
            words += &filled(verdict(figure.better, own, bundled).in_language(language), &[&whole(bundled)]);
        } else if let Some(better) = direction(figure.better) {
            words += if language == Language::En { " " } else { "" };
            words += better.in_language(language);
        }
        if let Some(paper) = figure.in_paper() {
            words += if language == Language::En { " " } else { "" };
            words += &filled(text::REPORT_PAPER.in_language(language), &[&paper.in_language(language)]);
        }
        words += "\n";
    }
    words
}

/// What is good of a figure that there is none to compare with.
fn direction(better: Better) -> Option<crate::experiment::Wording> {
    match better {
        Better::Higher => Some(text::REPORT_HIGHER),
        Better::Lower => Some(text::REPORT_LOWER),
        Better::Neither => None,
    }
}

/// How a figure stands beside that of the bundled model.
fn verdict(better: Better, own: f64, bundled: f64) -> crate::experiment::Wording {
    let is_alike = (own - bundled).abs() <= ALIKE * bundled.abs().max(own.abs());
    match (better, own > bundled) {
        (Better::Neither, _) => text::REPORT_BUNDLED,
        _ if is_alike => text::REPORT_ALIKE,
        (Better::Higher, true) | (Better::Lower, false) => text::REPORT_BETTER,
        _ => text::REPORT_WORSE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_judged_by_the_way_in_which_it_is_better() {
        let said = |better, own, bundled| verdict(better, own, bundled).in_language(Language::En);
        assert_eq!(said(Better::Higher, -98.0, -110.0), text::REPORT_BETTER.in_language(Language::En));
        assert_eq!(said(Better::Higher, -110.0, -98.0), text::REPORT_WORSE.in_language(Language::En));
        assert_eq!(said(Better::Lower, 24.0, 25.0), text::REPORT_BETTER.in_language(Language::En));
        assert_eq!(said(Better::Lower, 25.1, 25.0), text::REPORT_ALIKE.in_language(Language::En));
        assert_eq!(said(Better::Neither, 7.0, 25.0), text::REPORT_BUNDLED.in_language(Language::En));
    }

    /// The bundled GAN and diffusion models make digits: figures of points in the plane have nothing beside them.
    #[test]
    fn without_a_bundled_figure_it_is_said_what_is_good() {
        let keys = ["sliced_wasserstein", "modes_covered", "parameters"];
        let report: Report =
            serde_json::from_str(r#"{"sliced_wasserstein": 0.05, "modes_covered": 7, "parameters": 9}"#).unwrap();
        for (language, ends) in [
            (Language::En, ["Lower is better.", "Higher is better.", "."]),
            (Language::Ja, ["小さいほど良い値です。", "大きいほど良い値です。", "。"]),
        ] {
            let words = in_words(&keys, &report, Some(&Report::default()), language);
            for (line, end) in words.lines().zip(ends) {
                assert!(line.ends_with(end), "{line}");
            }
        }
    }

    #[test]
    fn a_line_begins_with_what_its_figure_means() {
        let report: Report = serde_json::from_str(r#"{"test_elbo": -98.3}"#).unwrap();
        for (language, begins) in [(Language::En, "- lower bound"), (Language::Ja, "- ")] {
            let line = in_lines(&["test_elbo"], &report, None, language);
            assert!(
                line.starts_with(begins) && line.contains(": **−98.3**") && line.contains("(`test_elbo`)"),
                "{line}"
            );
            assert!(!line.starts_with("- `test_elbo`"), "{line}");
        }
    }

    #[test]
    fn what_is_no_number_is_left_out() {
        let report: Report = serde_json::from_str(r#"{"test_elbo": -98.3, "test_kl": null, "parameters": 7}"#).unwrap();
        let words = in_words(&["test_elbo", "test_kl", "parameters"], &report, Some(&report), Language::En);
        assert!(
            words.starts_with("- `test_elbo` **−98.3** nats: lower bound") && !words.contains("test_kl"),
            "{words}"
        );
        assert!(
            words.contains("As good as the bundled model (−98.3).") && words.contains("Bundled model: 7."),
            "{words}"
        );
        assert_eq!(words.matches("- `").count(), 2);
        let report: Report = serde_json::from_str(r#"{"parzen_mean": 210.0}"#).unwrap();
        let words = in_words(&["parzen_mean"], &report, None, Language::En);
        assert!(
            words.ends_with(
                "mean per test digit. Higher is better. Paper: 225 ± 2 (Goodfellow et al. 2014, Table 1).\n"
            ),
            "{words}"
        );
    }
}
