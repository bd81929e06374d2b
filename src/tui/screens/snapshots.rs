//! Whole screens as reviewed snapshots, without a terminal, a model or a clock.

use super::help::Help;
use super::lab::LabScreen;
use super::palette::Palette;
use super::picker::Picker;
use super::{footer, too_small};
use crate::experiment::Language;
use crate::tui::context::AppContext;
use crate::tui::keys::{Action, Context};
use crate::tui::theme::ColorDepth;
use crate::tui::widgets::frame::rows_of_text;
use crate::width::Widths;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::path::Path;

fn app(language: Language, folder: &Path) -> AppContext {
    AppContext::for_tests(language, folder)
}

/// A screen as text.
pub fn shown(buffer: &Buffer) -> String {
    rows_of_text(buffer).map(|row| format!("{row}\n")).collect()
}

/// Draws a screen with its footer.
fn drawn(
    size: (u16, u16),
    app: &mut AppContext,
    contexts: &[Context],
    draw: impl FnOnce(Rect, &mut AppContext, &mut Buffer),
) -> String {
    let area = Rect::new(0, 0, size.0, size.1);
    let mut buffer = Buffer::empty(area);
    draw(Rect { height: area.height - 1, ..area }, app, &mut buffer);
    let foot = Rect { y: area.height - 1, height: 1, ..area };
    footer(foot, contexts, contexts.contains(&Context::Notes), app, &mut buffer);
    shown(&buffer)
}

#[test]
fn the_picker() {
    let folder = tempfile::tempdir().unwrap();
    for language in Language::ALL {
        let mut app = app(language, folder.path());
        let mut picker = Picker::new(&mut app);
        let text = drawn((80, 24), &mut app, &[Context::Picker], |area, app, buffer| picker.draw(area, app, buffer));
        insta::assert_snapshot!(format!("picker_{language}"), text);
    }
}

/// However long its texts are: nothing is written over the summary of a lab, and the last run stands below.
#[test]
fn what_a_lab_is_about_can_be_read_in_a_small_window() {
    let folder = tempfile::tempdir().unwrap();
    for language in Language::ALL {
        let mut app = app(language, folder.path());
        let mut picker = Picker::new(&mut app);
        let labs: Vec<_> = app.catalogue.labs().into_iter().cloned().collect();
        for lab in labs {
            let text =
                drawn((80, 24), &mut app, &[Context::Picker], |area, app, buffer| picker.draw(area, app, buffer));
            let solid = |text: &str| text.split_whitespace().collect::<String>();
            let detail: String =
                text.lines().filter_map(|line| line.split_once('│')).map(|(_, right)| solid(right)).collect();
            let summary = solid(lab.summary.in_language(language));
            assert!(detail.contains(&summary), "{} {language}: {text}", lab.id);
            assert!(text.contains(app.say(crate::tui::text::LAST_RUN)), "{} {language}: {text}", lab.id);
            picker.handle_action(Action::Down, &mut app);
        }
    }
}

#[test]
fn the_tabs_of_a_lab() {
    let folder = tempfile::tempdir().unwrap();
    for language in Language::ALL {
        let mut app = app(language, folder.path());
        let lab = app.catalogue.find("vae").unwrap().clone();
        for (tab, name) in [(0, "theory"), (1, "setup"), (3, "exercises"), (4, "notes")] {
            let mut screen = LabScreen::new(lab.clone(), Some(tab), &mut app);
            if tab == 0 {
                screen.handle_action(Action::NextPage, &mut app);
            }
            let contexts = screen.contexts(&app);
            assert!(!contexts.contains(&Context::EarlierRuns), "there are none");
            assert!(!contexts.contains(&Context::StoppedRuns), "there are none");
            let text = drawn((80, 24), &mut app, &contexts, |area, app, buffer| screen.draw(area, app, buffer));
            insta::assert_snapshot!(format!("{name}_{language}"), text);
        }
    }
}

/// A run stands beside the bundled model: the knobs in which they differ, and the figures of their reports.
#[test]
fn the_runs_of_a_lab() {
    use crate::experiment::Report;
    use crate::run::{RunDescription, Status, store::tests::description};
    let folder = tempfile::tempdir().unwrap();
    for language in Language::ALL {
        let folder = folder.path().join(language.to_string());
        let mut app = app(language, &folder);
        let lab = app.catalogue.find("vae").unwrap().clone();
        let declared = (crate::registry::find("vae").unwrap().knobs)();
        for (preset, started, status) in
            [("quick", "2026-01-02T03:04:05", Status::Finished), ("collapse", "2026-01-02T04:05:06", Status::Stopped)]
        {
            // Shown in the time of this place, wherever that is.
            let started: jiff::civil::DateTime = started.parse().unwrap();
            let started = jiff::tz::TimeZone::system().to_timestamp(started).unwrap();
            let report: Report = serde_json::from_str(r#"{"test_elbo": -123.456, "train_seconds": 21.5}"#).unwrap();
            let run = RunDescription {
                preset: Some(preset.to_owned()),
                knobs: lab.knobs_of_preset(preset, &declared).unwrap(),
                started: started.to_string(),
                status,
                report: (status == Status::Finished).then_some(report),
                ..description()
            };
            app.store.create(run, &"2026-01-02T03:04:05+00:00[UTC]".parse().unwrap()).unwrap();
        }
        let title = lab.title.clone();
        let mut screen = LabScreen::new(lab, Some(1), &mut app);
        assert!(screen.contexts(&app).contains(&Context::StoppedRuns), "the newest was stopped");
        for action in [Action::Runs, Action::Delete, Action::Down] {
            assert!(screen.handle_action(action, &mut app));
        }
        let contexts = screen.contexts(&app);
        let text = drawn((80, 24), &mut app, &contexts, |area, app, buffer| screen.draw(area, app, buffer));
        insta::assert_snapshot!(format!("runs_{language}"), text);
        assert!(screen.handle_action(Action::Back, &mut app));
        assert!(screen.contexts(&app).contains(&Context::EarlierRuns), "one is left");
        assert!(!screen.contexts(&app).contains(&Context::StoppedRuns), "it came to its end");
        let (left, _) = app.store.list().unwrap();
        assert_eq!(left.len(), 1, "what was marked is deleted when the list is left");
        // The name of the lab stays, though shortened, beside how the run stands; a full pane says how many there are beside it.
        screen.open_run(&left[0].id, &mut app);
        screen.handle_action(Action::Maximise, &mut app);
        let text = drawn((80, 24), &mut app, &[Context::Train], |area, app, buffer| screen.draw(area, app, buffer));
        let head = text.lines().next().unwrap();
        let name: String = title.in_language(language).chars().take(6).collect();
        assert!(head.starts_with(&format!(" {name}")) && head.contains('✓'), "{head}");
        assert!(text.lines().any(|row| row.ends_with("─┘") && row.contains("Tab: ")), "{text}");
    }
}

#[test]
fn the_footer_names_the_way_back_however_little_room_there_is() {
    let folder = tempfile::tempdir().unwrap();
    for language in Language::ALL {
        let mut app = app(language, folder.path());
        for contexts in [
            vec![Context::TrainLive, Context::Train, Context::Lab],
            vec![Context::Panes, Context::DrawingPad, Context::PadModel, Context::Lab],
            vec![Context::Panes, Context::ViewArrows, Context::ViewInputs, Context::Lab],
        ] {
            let text = drawn((80, 24), &mut app, &contexts, |_, _, _| ());
            let foot = text.lines().last().unwrap().to_owned();
            let back = if language == Language::Ja { "Esc 戻る" } else { "Esc back" };
            assert!(foot.contains("? ") && foot.ends_with(back), "{foot}");
        }
    }
}

#[test]
fn help_and_commands() {
    let folder = tempfile::tempdir().unwrap();
    let mut app = app(Language::En, folder.path());
    let contexts = [Context::TrainLive, Context::Train, Context::Lab];
    let mut help = Help::new(&contexts, false);
    let text = drawn((80, 24), &mut app, &contexts, |area, app, buffer| help.draw(area, app, buffer));
    insta::assert_snapshot!("help", text);
    app.shown_lab = Some("vae".to_owned());
    let palette = Palette::new(&contexts, false, &app);
    let text = drawn((80, 24), &mut app, &contexts, |area, app, buffer| palette.draw(area, app, buffer));
    insta::assert_snapshot!("palette", text);
}

/// Whether the letters beneath begin in odd or in even columns: none of them reaches over an edge of what is laid on them.
#[test]
fn no_wide_letter_beneath_is_cut_by_an_edge() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(Language::Ja, folder.path());
    let area = Rect::new(0, 0, 80, 24);
    for start in 0..2 {
        let beneath = || {
            let mut buffer = Buffer::empty(area);
            (0..area.height).for_each(|row| buffer.set_string(start, row, "深層".repeat(19), app.theme.body()));
            buffer
        };
        let [mut help, mut palette, mut question] = [beneath(), beneath(), beneath()];
        Help::new(&[Context::Lab], false).draw(area, &app, &mut help);
        Palette::new(&[Context::Lab], false, &app).draw(area, &app, &mut palette);
        super::question(area, "本当に終了しますか", &app, &mut question);
        for laid in [help, palette, question] {
            let mut framed = 0;
            for row in 0..area.height {
                let line: Vec<&str> = (0..area.width).map(|column| laid[(column, row)].symbol()).collect();
                let Some(left) = line.iter().position(|symbol| ["┌", "│", "└"].contains(symbol)) else {
                    continue;
                };
                assert_eq!(crate::width::width(line[left - 1]), 1, "row {row} from column {start}: {line:?}");
                framed += 1;
            }
            assert!(framed > 2);
        }
    }
}

#[test]
fn no_screen_panics_at_any_size_in_any_depth() {
    let folder = tempfile::tempdir().unwrap();
    for language in Language::ALL {
        let mut app = app(language, folder.path());
        let lab = app.catalogue.find("vae").unwrap().clone();
        for (columns, rows) in [(1, 1), (2, 3), (10, 4), (79, 23), (300, 9)] {
            let area = Rect::new(0, 0, columns, rows);
            too_small(area, &app, &mut Buffer::empty(area));
        }
        for (columns, rows) in [(80, 24), (81, 25), (110, 30), (104, 24), (200, 60), (80, 90)] {
            let area = Rect::new(0, 0, columns, rows);
            let mut buffer = Buffer::empty(area);
            Picker::new(&mut app).draw(area, &mut app, &mut buffer);
            for tab in 0..5 {
                LabScreen::new(lab.clone(), Some(tab), &mut app).draw(area, &mut app, &mut buffer);
            }
            Help::new(&[Context::Panes, Context::Codes], false).draw(area, &app, &mut buffer);
            Widths { wide_ambiguous: true }.settle(&mut buffer);
            for depth in [ColorDepth::Indexed256, ColorDepth::Ansi16, ColorDepth::None] {
                depth.reduce(&mut buffer);
            }
        }
    }
}

/// The place, the expectation and the way out, above the footer.
#[test]
fn a_long_notice_is_shown_whole() {
    let folder = tempfile::tempdir().unwrap();
    let message = format!("/{}: {}; the way out", "long-name/".repeat(40), "what is wrong ".repeat(20));
    for (size, language) in [((80, 24), Language::En), ((120, 36), Language::Ja)] {
        let mut app = app(language, folder.path());
        app.notify(message.clone());
        let text = drawn(size, &mut app, &[Context::Lab], |area, app, buffer| {
            let lines = super::notice_lines(area, app);
            let rows = lines.len() as u16;
            super::notice(Rect { y: area.height - rows, height: rows, ..area }, &lines, app, buffer);
        });
        let solid = |text: &str| text.split_whitespace().collect::<String>();
        assert!(solid(&text).contains(&solid(&message)), "{text}");
    }
}
