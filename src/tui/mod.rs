//! The rooms for people: screens, widgets and instruments in a terminal.
//!
//! ```text
//! terminal ─► Message ─► keys ─► Action ─► screen (state) ─► draw ─► frame ─► colours and widths brought down ─► terminal
//! runs, answers ─► Wake ─┘
//! ```
//!
//! A screen never knows a model: it sends commands and queries, and shows events and answers.

mod app;
mod capabilities;
mod choices;
pub mod class;
mod context;
mod demo;
pub mod destination;
pub mod instruments;
pub mod keys;
mod last_resort;
pub mod linear;
mod live_run;
mod options;
mod plain;
pub mod screens;
mod signals;
mod terminal;
pub mod text;
pub mod theme;
#[cfg(test)]
mod toy;
pub mod widgets;
mod width;

pub use demo::{Recording, Version};
pub use options::ScreenOptions;

use crate::class::Link;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::experiment::Language;
use crate::lab::Progress;
use crate::width::Widths;
use app::App;
use class::ClassState;
use context::AppContext;
use crossterm::event::KeyEvent;
use last_resort::Stage;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use std::io::{self, BufWriter, IsTerminal};
use std::sync::Arc;
use std::sync::mpsc::channel;
use terminal::{Bell, Screen};
use theme::{ColorDepth, Theme};
use widgets::picture::{Look, PictureMode, Pictures};

/// Opens the screen: the picker, or the lab whose demo is to be played.
pub fn run(environment: Environment, options: ScreenOptions, language_given: bool, demo: Option<&str>) -> Exit {
    let variable = |name: &str| std::env::var(name).ok();
    match demo.map(|lab| environment.catalogue.find(lab)) {
        Some(Err(error)) => return Exit::usage(error),
        Some(Ok(lab)) if lab.demo.is_empty() => return no_demo(&lab.id),
        _ => {}
    }
    if options.plain || variable("ACCESSIBLE").is_some_and(|value| value == "1") {
        return plain::run(environment, demo);
    }
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Exit::Failed(
            "the screen needs a terminal; use a verb (`shinso --help` names them) or --plain in a pipe".to_owned(),
        );
    }
    let depth = options.color.parse().unwrap_or_else(|_| ColorDepth::detect(variable));
    let (sender, messages) = channel();
    let bell = Bell::new(sender.clone());
    let progress = crate::class::progress::open(&environment.folders.database());
    let kept: Option<Language> = progress.setting("language").and_then(|language| language.parse().ok());
    let language = if language_given { environment.language } else { kept.unwrap_or(environment.language) };
    // A theme that was asked for may stand on a terminal of the other kind.
    let theme = match options.theme.as_str() {
        "light" => Theme::light().on_its_ground(),
        "dark" => Theme::dark().on_its_ground(),
        _ => Theme::dark(),
    };
    let widths = Widths { wide_ambiguous: options.ambiguous == "wide" };
    let look = Look { light: !theme.dark, color: depth != ColorDepth::None, wide_ambiguous: widths.wide_ambiguous };
    let chosen = progress.setting("pictures");
    let chosen = PictureMode::ALL.into_iter().find(|mode| Some(mode.key()) == chosen.as_deref());
    let variable = |name| std::env::var(name).ok();
    let certain = PictureMode::of_terminal(&variable("TERM").unwrap_or_default(), variable("VTE_VERSION").as_deref());
    let ring = Arc::clone(&bell);
    let wake: crate::run::inbox::Wake = Arc::new(move || ring.ring());
    let runner = environment.runner();
    let mut context = AppContext::new(
        language,
        theme,
        widths,
        Pictures::new(look, chosen, certain),
        progress,
        environment.catalogue,
        environment.store,
        environment.source,
        wake,
        runner,
    );
    let unreached = match Link::of_environment(Arc::clone(&context.wake)) {
        Ok(link) => {
            context.class = ClassState::new(link);
            None
        }
        Err(error) => Some(text::filled(context.say(text::CLASS_NOT_REACHED), &[&error])),
    };
    if let Some(notice) = context.progress.notice.take() {
        context.notify(notice);
    }
    if let Some(error) = context.catalogue.errors().first().map(ToString::to_string) {
        context.notify(error);
    }
    unreached.into_iter().for_each(|said| context.notify(said));

    terminal::give_back_on_panic();
    // Before the terminal is taken: whatever ends the program from here on gives it back.
    if let Err(error) = signals::listen(sender.clone(), signals::Use::Screen) {
        return Exit::failed(error);
    }
    let open = || -> io::Result<Screen> {
        terminal::take(true)?;
        ratatui::Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(1 << 16, io::stdout())))
    };
    let screen = match open() {
        Ok(screen) => screen,
        Err(error) => {
            terminal::give_back();
            return Exit::Failed(format!("the terminal cannot be taken over: {error}; --plain needs none"));
        }
    };
    let mut app = App::new(context, depth, screen, bell);
    demo.iter().for_each(|lab| app.play_demo(lab));
    app.ask_identity();
    let result = app.first_frame().and_then(|()| {
        let early = ask(&mut app, &options);
        let inputs = terminal::read_events(&sender, early)?;
        app.run(&messages, &inputs)
    });
    last_resort::reached(Stage::LoopEnded);
    // However it ended: what was typed last is kept, also where a server takes its time.
    app.save();
    // The run, if there is one, is stopped and recorded before the terminal is given back.
    drop(app);
    if matches!(result, Ok(Exit::Interrupted)) {
        terminal::give_back_without_waiting();
    }
    terminal::give_back();
    last_resort::reached(Stage::Done);
    match result {
        Ok(exit) => exit,
        Err(error) => Exit::Failed(format!("the terminal is lost: {error}")),
    }
}

/// Plays the script of a lab without a terminal and a presenter, in true colours. Nothing of it counts as the learner's progress; its
/// runs are recorded as all are.
///
/// # Errors
/// An unknown lab, one without a script, a step that cannot be done.
pub fn record(
    environment: Environment,
    options: &ScreenOptions,
    lab: &str,
    (columns, rows): (u16, u16),
    version: Version,
) -> Result<Recording, Exit> {
    let lab = environment.catalogue.find(lab).map_err(Exit::usage)?.clone();
    let theme = if options.theme == "light" { Theme::light() } else { Theme::dark() };
    let theme = theme.on_its_ground();
    let widths = Widths { wide_ambiguous: options.ambiguous == "wide" };
    let look = Look { light: !theme.dark, color: true, wide_ambiguous: widths.wide_ambiguous };
    let (sender, news) = channel();
    let sender = std::sync::Mutex::new(sender);
    let wake: crate::run::inbox::Wake = Arc::new(move || {
        // The last news come when nobody listens any more.
        let _ended = sender.lock().map(|sender| sender.send(()));
    });
    let runner = environment.runner();
    let app = AppContext::new(
        environment.language,
        theme,
        widths,
        Pictures::new(look, Some(PictureMode::HalfBlocks), PictureMode::HalfBlocks),
        Progress::in_memory(None),
        environment.catalogue,
        environment.store,
        environment.source,
        wake,
        runner,
    );
    let rehearsal = demo::Rehearsal::new(&lab, app).ok_or_else(|| no_demo(&lab.id))?;
    demo::record(rehearsal, &news, Rect::new(0, 0, columns, rows), version).map_err(Exit::Failed)
}

fn no_demo(lab: &str) -> Exit {
    Exit::Failed(format!("lab {lab} has no demo: its file has no steps under `demo`"))
}

/// Asks the terminal what it can do, once the first frame stands and before anybody reads keys; gives the keys that were pressed
/// meanwhile.
fn ask(app: &mut App, options: &ScreenOptions) -> Vec<KeyEvent> {
    let term = std::env::var("TERM").unwrap_or_default();
    if ["", "dumb", "linux"].contains(&term.as_str()) {
        return Vec::new();
    }
    let answers = capabilities::ask_terminal();
    if options.theme == "auto" && answers.dark == Some(false) {
        app.set_theme(Theme::light());
    }
    if let Some(picker) = answers.picker {
        app.offer_graphics(picker);
    }
    if options.ambiguous == "auto" && answers.wide_ambiguous {
        app.set_widths(Widths { wide_ambiguous: true });
    }
    // Asking has left its traces on the screen.
    if let Err(error) = app.redraw() {
        app.notify(error.to_string());
    }
    answers.keys
}

/// What can be said of pictures without taking the terminal over.
pub fn describe_graphics() -> String {
    let hint = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let guess = if hint("KITTY_WINDOW_ID") {
        "kitty"
    } else if hint("WEZTERM_EXECUTABLE") || hint("ITERM_SESSION_ID") {
        "iTerm2"
    } else {
        "none named by the environment"
    };
    format!(
        "graphics: {guess}; the screen asks the terminal itself; i switches to octants, sextants, quadrants, half blocks, braille, ASCII"
    )
}
