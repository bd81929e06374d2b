//! The script of a lab in lines, played by the same player as on the screen: what is said, what is done, and what came of it.

use super::explore::{self, MOMENTS, PAGE, PATIENCE};
use super::training::curves;
use super::{Reader, names};
use crate::experiment::{Bilingual, Wording};
use crate::lab::keystroke::Keystroke;
use crate::lab::script::{Act, DemoAction, Until};
use crate::lab::{Lab, TABS, TrainPane};
use crate::tui::context::AppContext;
use crate::tui::demo::{Player, Wait, last_of, press};
use crate::tui::destination::Destination;
use crate::tui::keys::{self, Key};
use crate::tui::linear::in_words;
use crate::tui::live_run::LiveRun;
use crate::tui::screens::lab::LabScreen;
use crate::tui::text::{self, filled};
use crate::tui::widgets::markdown;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// A demo that is played.
pub(super) struct Playing {
    player: Player,
    screen: Box<LabScreen>,
    /// Nobody watches keys being pressed: time between them is only counted.
    now: Duration,
    state: State,
    shows_notes: bool,
    /// What was told of the screen last.
    told: String,
    /// Answers that have come in this step, and moments of what moves.
    answers: usize,
    moments: usize,
    /// The answers at the last look, and whether nothing was asked then: an answer may have come that is not taken in yet.
    seen: usize,
    was_quiet: bool,
    since: Instant,
}

/// How far the lines of a step are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is told of it.
    New,
    /// It is done, and its event, or all that its pane shows, is still to come.
    Done,
    /// What it waits for was said.
    Waits,
    /// The presenter's key is waited for.
    ForKey,
}

impl Playing {
    fn new(lab: &Lab, app: &mut AppContext) -> Option<Self> {
        let mut screen = Box::new(LabScreen::new(lab.clone(), Some(0), app));
        let player = Player::new(lab, Duration::ZERO, &mut screen, app)?;
        let (told, state, since) = (String::new(), State::New, Instant::now());
        let playing = Playing {
            player,
            screen,
            now: Duration::ZERO,
            state,
            shows_notes: false,
            told,
            answers: 0,
            moments: 0,
            seen: 0,
            was_quiet: false,
            since,
        };
        Some(playing)
    }

    /// Takes in what runs and models have to say.
    pub(super) fn news(&mut self, app: &mut AppContext) {
        let replies = app.questions.take();
        self.player.answered(replies.len());
        self.answers += replies.len();
        replies.iter().for_each(|reply| self.screen.answered(reply, app));
        self.screen.news(app);
    }

    /// Whether something is still to come before the presenter's key is waited for.
    pub(super) fn is_busy(&self) -> bool {
        self.state != State::ForKey
    }

    pub(super) fn waits_for_place(&self) -> bool {
        self.screen.waits_for_place()
    }

    pub(super) fn leave_queue(&mut self, app: &mut AppContext) {
        self.screen.leave_queue(app);
    }

    /// Begins the lines of a step.
    fn begin(&mut self) {
        self.state = State::New;
        self.settle_anew();
    }

    fn settle_anew(&mut self) {
        (self.answers, self.moments, self.seen, self.was_quiet) = (0, 0, 0, false);
        self.since = Instant::now();
    }

    /// Draws the screen, which may ask for what it has room for.
    fn draw(&mut self, app: &mut AppContext) {
        app.places.clear();
        self.screen.draw(PAGE, app, &mut Buffer::empty(PAGE));
    }

    /// Does what the step does, key by key as on the screen.
    fn perform(&mut self, app: &mut AppContext) {
        while let Some(due) = self.player.due() {
            self.now = self.now.max(due);
            self.news(app);
            self.draw(app);
            self.player.do_due(self.now, &mut self.screen, app);
        }
    }

    /// Whether all is answered that was asked, and nothing moves. A run that goes on is asked again before that: then whether every
    /// instrument and what it opens had its turn.
    fn is_settled(&mut self, app: &mut AppContext) -> bool {
        self.draw(app);
        self.screen.tick(app);
        self.moments += 1;
        let lab = self.player.lab();
        let most = if app.run_of(&lab.id).is_some_and(LiveRun::is_live) { 2 * lab.explore.len() } else { usize::MAX };
        let is_new = std::mem::replace(&mut self.seen, self.answers) != self.answers;
        let is_quiet = app.questions.is_at_rest() && !is_new;
        let was_quiet = std::mem::replace(&mut self.was_quiet, is_quiet);
        let is_answered = is_quiet && was_quiet || self.answers >= most;
        let is_explored = self.screen.tab_name() == "explore" && !self.screen.keeps_time();
        let moves = is_explored && self.screen.in_motion(app) && self.moments < MOMENTS;
        is_answered && !moves || self.since.elapsed() > PATIENCE
    }

    /// What the shown tab shows, in lines.
    fn shown(&mut self, app: &mut AppContext) -> String {
        let lab = self.player.lab().clone();
        let language = app.language;
        match self.screen.tab_name() {
            "theory" => {
                let page = lab.theory.get(self.screen.theory_page());
                let page = page.map(|page| (page.title.in_language(language), page.text.in_language(language)));
                page.map(|(title, text)| format!("{title}\n{}", markdown::plain(text, super::COLUMNS)))
                    .unwrap_or_default()
            }
            "train" => {
                let pane = self.player.step().point.as_ref().and_then(|name| lab.train_pane(name));
                app.run_of(&lab.id).map(|run| of_run(run, pane, &lab, app)).unwrap_or_default()
            }
            "explore" => explore::told(self.screen.explore(), &lab, app),
            "exercises" => {
                let titles = lab.exercises.iter().enumerate();
                titles.map(|(at, one)| format!("{}. {}\n", at + 1, one.title.in_language(language))).collect()
            }
            _ => String::new(),
        }
    }
}

/// What a pane of Train shows; without one, what all curves did.
fn of_run(run: &LiveRun, pane: Option<TrainPane>, lab: &Lab, app: &AppContext) -> String {
    let charts = &lab.dashboard.charts;
    match pane {
        None => curves(charts, run, app.language),
        Some(TrainPane::Knobs) => run.knobs.0.iter().map(|(name, value)| format!("{name} = {value}\n")).collect(),
        Some(TrainPane::Data(index)) => match (charts.get(index), index.checked_sub(charts.len())) {
            (Some(chart), _) => curves(std::slice::from_ref(chart), run, app.language),
            (None, view) => {
                let view = view.and_then(|at| run.views.get(&lab.dashboard.views.get(at)?.name));
                let panels = view.map_or(&[][..], |view| &view.panels);
                panels.iter().map(|panel| in_words(panel, app.language, false)).collect()
            }
        },
    }
}

/// What a step does, a line for each action.
fn deed(action: &DemoAction, lab: &Lab, app: &AppContext) -> String {
    let said = |wording: Wording, what: &dyn std::fmt::Display| filled(app.say(wording), &[what]);
    match action {
        DemoAction::Tab(name) => {
            let titles = [text::THEORY, text::TRAIN, text::EXPLORE, text::EXERCISES, text::NOTES];
            let title = TABS.iter().position(|tab| tab == name).map_or(name.as_str(), |at| app.say(titles[at]));
            said(text::PLAIN_DEMO_TAB, &title)
        }
        DemoAction::Pane(name) => {
            let title = lab.explore_pane(name).map(|at| lab.explore[at].title.in_language(app.language));
            said(text::PLAIN_DEMO_PANE, &title.unwrap_or(name))
        }
        DemoAction::Start(preset) => said(text::PLAIN_DEMO_START, preset),
        DemoAction::Set(values) => {
            let set = values.iter().map(|(knob, value)| filled(app.say(text::PLAIN_DEMO_SET), &[knob, value]));
            set.collect::<Vec<_>>().join("\n")
        }
        DemoAction::Act(Act { name, argument }) => said(text::PLAIN_DEMO_ACT, &format!("{name} {argument}").trim_end()),
        DemoAction::Key(strokes) => {
            let named = strokes
                .0
                .iter()
                .flat_map(|stroke| std::iter::repeat_n(Key::of(&keys::event(*stroke)).name(), stroke.times));
            said(text::PLAIN_DEMO_KEY, &named.collect::<Vec<_>>().join(" "))
        }
        DemoAction::Type(typed) => said(text::PLAIN_DEMO_TYPE, typed),
    }
}

/// The title of the pane that a step points at.
fn title<'a>(name: &'a str, tab: &str, lab: &'a Lab, app: &AppContext) -> &'a str {
    let of = |title: &'a Bilingual| title.in_language(app.language);
    if tab == "explore" {
        return lab.explore_pane(name).map_or(name, |at| of(&lab.explore[at].title));
    }
    let charts = &lab.dashboard.charts;
    match lab.train_pane(name) {
        Some(TrainPane::Data(at)) => {
            let views = lab.dashboard.views.iter().map(|view| &view.title);
            charts.iter().map(|chart| &chart.title).chain(views).nth(at).map_or(name, of)
        }
        Some(TrainPane::Knobs) => app.say(text::KNOBS),
        None => name,
    }
}

impl<W: Write> Reader<W> {
    /// Plays the demo of a lab from its first step. A run of the lab that may be there is let go: the demo begins with the bundled model.
    pub(super) fn play(&mut self, lab: &Lab) -> io::Result<()> {
        if lab.demo.is_empty() {
            return self.say(text::NO_DEMO);
        }
        self.leave_queue()?;
        if self.app.run_of(&lab.id).is_some() {
            self.app.let_run_go();
        }
        let was_shown = self.demo.take().is_some();
        self.explore = None;
        self.app.questions.call_off_all();
        self.app.shown_lab = Some(lab.id.clone());
        self.lab = Some(lab.clone());
        if !was_shown {
            self.tell(text::PLAIN_DEMO_HOW, &[])?;
        }
        (self.told, self.curves_told) = (Instant::now(), Instant::now());
        (self.end_told, self.is_stopping) = (true, false);
        self.demo = Playing::new(lab, &mut self.app);
        Ok(())
    }

    /// Whether something of a step of a demo is to be looked at again soon.
    pub(super) fn demo_moves(&self) -> bool {
        let Some(demo) = &self.demo else { return false };
        match demo.state {
            State::New | State::Done => true,
            State::Waits => demo.player.step().until == Until::Answer,
            State::ForKey => false,
        }
    }

    /// Whether what comes now is kept for later: a pipe does not know when a step is over.
    pub(super) fn holds(&self) -> bool {
        !self.prompts && self.demo.as_ref().is_some_and(Playing::is_busy)
    }

    /// What was kept and has its time now.
    pub(super) fn taken_up(&mut self) -> Option<super::Message> {
        if self.holds() { None } else { self.held.take() }
    }

    /// Goes on with the demo as far as it can without the presenter.
    pub(super) fn go_on(&mut self) -> io::Result<()> {
        let Some(mut demo) = self.demo.take() else { return Ok(()) };
        while !demo.player.is_over() && self.go_on_with(&mut demo)? {}
        let is_over = demo.player.is_over();
        self.demo = Some(demo);
        if is_over { self.leave_demo() } else { Ok(()) }
    }

    /// Tells what is new of a step; whether there is more at once.
    fn go_on_with(&mut self, demo: &mut Playing) -> io::Result<bool> {
        if demo.state == State::New {
            self.tell_step(demo)?;
            demo.perform(&mut self.app);
            if let Some(problem) = demo.player.problem() {
                self.out.put(problem.in_language(self.app.language))?;
            }
            demo.state = State::Done;
        }
        if demo.state == State::ForKey {
            return Ok(false);
        }
        demo.draw(&mut self.app);
        let wait = demo.player.wait(&self.app);
        if let Wait::For(words) = wait {
            if demo.state == State::Done {
                self.out.put(words.in_language(self.app.language))?;
                demo.state = State::Waits;
            }
            demo.screen.tick(&mut self.app);
            return Ok(false);
        }
        demo.state = State::Done;
        if !demo.is_settled(&mut self.app) {
            return Ok(false);
        }
        self.tell_outcome(demo, &wait)?;
        if wait == Wait::Over {
            demo.player.forward(demo.now, &mut demo.screen, &mut self.app);
            demo.begin();
            return Ok(true);
        }
        let is_last = demo.player.at() + 1 == demo.player.lab().demo.len();
        self.say(if is_last { text::PLAIN_DEMO_LAST } else { text::PLAIN_DEMO_NEXT })?;
        demo.state = State::ForKey;
        Ok(false)
    }

    /// What is said in a step, and what is done.
    fn tell_step(&mut self, demo: &Playing) -> io::Result<()> {
        let (player, language) = (&demo.player, self.app.language);
        let step = player.step();
        if let Some(said) = &step.say {
            let (number, count) = player.number();
            let number = filled(self.app.say(text::DEMO_STEP), &[&number, &count]);
            let again =
                if player.is_again() { format!(" · {}", self.app.say(text::DEMO_AGAIN)) } else { String::new() };
            self.out.put(&format!("\n{} · {number}{again}", self.app.say(text::DEMO)))?;
            if let Some(ahead) = player.ahead(&self.app) {
                self.out.put(ahead.in_language(language))?;
            }
            self.out.put(said.in_language(language))?;
        }
        if demo.shows_notes {
            self.tell_note(demo)?;
        }
        let leads = |action: &&DemoAction| matches!(action, DemoAction::Tab(_) | DemoAction::Pane(_));
        for action in step.actions.iter().filter(|action| !player.is_again() || leads(action)) {
            self.out.put(&deed(action, player.lab(), &self.app))?;
        }
        Ok(())
    }

    fn tell_note(&mut self, demo: &Playing) -> io::Result<()> {
        let note = demo.player.step().note.as_ref();
        let words = note.map_or(self.app.say(text::DEMO_NO_NOTE), |note| note.in_language(self.app.language));
        self.out.put(&format!("({}: {words})", self.app.say(text::DEMO_NOTE)))
    }

    /// What came of a step: how its run stands, the value that was waited for, and what is shown, if that is new.
    fn tell_outcome(&mut self, demo: &mut Playing, wait: &Wait) -> io::Result<()> {
        let step = demo.player.step();
        if let Wait::Never(why) = wait {
            self.out.put(why.in_language(self.app.language))?;
        }
        if step.until.is_of_run() && !demo.player.is_again() && self.app.run.is_some() {
            self.stage()?;
        }
        let run = self.app.run_of(&demo.player.lab().id);
        if let (Wait::Over, Until::Series(condition)) = (wait, &step.until) {
            let now = last_of(condition, run);
            self.tell(text::PLAIN_DEMO_MET, &[condition, &now])?;
        }
        let shown = demo.shown(&mut self.app);
        if shown.is_empty() || shown == demo.told {
            return Ok(());
        }
        if let Some(name) = &demo.player.step().point {
            let title = title(name, demo.screen.tab_name(), demo.player.lab(), &self.app);
            self.tell(text::PLAIN_DEMO_POINT, &[&title])?;
        }
        self.put_shown(demo, shown)
    }

    /// What is drawn keeps its lines; sentences are broken between words.
    fn put_shown(&mut self, demo: &mut Playing, shown: String) -> io::Result<()> {
        demo.told = shown;
        if demo.screen.tab_name() == "explore" { write!(self.out, "{}", demo.told) } else { self.out.put(&demo.told) }
    }

    /// A line while a demo is played; `false` if it is none of the demo's.
    pub(super) fn line_of_demo(&mut self, line: &str) -> io::Result<bool> {
        let Some(mut demo) = self.demo.take() else { return Ok(false) };
        let (verb, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let mut is_own = true;
        match verb {
            "" => {
                demo.player.forward(demo.now, &mut demo.screen, &mut self.app);
                demo.begin();
            }
            "back" => {
                demo.player.back(demo.now, &mut demo.screen, &mut self.app);
                demo.begin();
                demo.told.clear();
            }
            "restart" | "demo" => {
                let lab = demo.player.lab().clone();
                self.demo = Some(demo);
                return self.play(&lab).map(|()| true);
            }
            "notes" => {
                demo.shows_notes = !demo.shows_notes;
                let said = if demo.shows_notes { text::PLAIN_DEMO_NOTES_ON } else { text::PLAIN_DEMO_NOTES_OFF };
                self.say(said)?;
                if demo.shows_notes {
                    self.tell_note(&demo)?;
                }
            }
            "quit" | "q" => {
                self.demo = Some(demo);
                return self.leave_demo().map(|()| true);
            }
            "show" | "explore" | "press" | "type" => self.on_screen_of(&mut demo, verb, rest.trim())?,
            "help" | "?" => {
                self.tell(text::PLAIN_DEMO_HOW, &[])?;
                is_own = false;
            }
            _ => is_own = false,
        }
        self.demo = Some(demo);
        Ok(is_own)
    }

    /// Does on the screen of a demo what a line says, and tells what is shown then.
    fn on_screen_of(&mut self, demo: &mut Playing, verb: &str, rest: &str) -> io::Result<()> {
        let lab = demo.player.lab().clone();
        match verb {
            "explore" => match names::instrument(rest, &lab) {
                Ok(index) => demo.screen.go(&Destination::Instrument(index), &mut self.app),
                Err(_) => return self.say(text::PLAIN_EXPLORE_HOW),
            },
            "press" => {
                for word in rest.split_whitespace() {
                    let Ok(stroke) = word.parse::<Keystroke>() else {
                        return self.tell(text::PLAIN_NO_KEY, &[&word]);
                    };
                    let event = keys::event(stroke);
                    for _ in 0..stroke.times {
                        demo.draw(&mut self.app);
                        if !press(&event, &mut demo.screen, &mut self.app) {
                            return self.tell(text::DEMO_NO_KEY, &[&word]);
                        }
                    }
                }
            }
            "type" if !demo.screen.in_text() => return self.tell(text::DEMO_NO_TEXT, &[&rest]),
            "type" => {
                for letter in rest.chars() {
                    demo.screen.typed(&KeyEvent::from(KeyCode::Char(letter)), &mut self.app);
                }
            }
            _ => {}
        }
        demo.settle_anew();
        while !demo.is_settled(&mut self.app) {
            std::thread::sleep(explore::MOMENT);
            self.hear_run();
            demo.news(&mut self.app);
        }
        let shown = demo.shown(&mut self.app);
        self.put_shown(demo, shown)?;
        let (contexts, in_text) = (demo.screen.contexts(&self.app), demo.screen.in_text());
        self.tell_keys(&contexts, in_text)
    }

    /// Ends the demo, if one is played; the lab stays as it is.
    pub(super) fn leave_demo(&mut self) -> io::Result<()> {
        if self.demo.is_none() {
            return Ok(());
        }
        self.leave_queue()?;
        let Some(mut demo) = self.demo.take() else { return Ok(()) };
        demo.screen.leave(&mut self.app);
        self.explore = Some(demo.screen.into_explore());
        // Its run is told of from now on as any other.
        self.end_told = !self.is_live();
        self.say(if self.is_live() { text::PLAIN_DEMO_RUN_GOES_ON } else { text::DEMO_OVER })
    }
}
