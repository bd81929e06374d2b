//! A map of codes: test pictures as marks, a cursor, the picture under it, and the way from one picture to another.

use super::{Instrument, said};
use crate::experiment::query::LatentPlane as Plane;
use crate::experiment::{Answer, ExperimentError, GrayImage, ImageGrid, Query};
use crate::lab::Lab;
use crate::tui::context::{AppContext, Reply};
use crate::tui::keys::{Action, Context};
use crate::tui::text;
use crate::tui::widgets::frame::{frame, write, write_middle};
use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Modifier, Style};

/// Test pictures on the map.
const MARKS: usize = 1500;
/// Pictures on the way from A to B.
const STOPS: usize = 13;
/// Moves of the cursor that make a walk.
const WALK: u32 = 12;

#[derive(Default)]
pub struct LatentPlane {
    /// Whether the model encodes: without that no test picture has a code.
    encodes: bool,
    plane: Option<Plane>,
    /// The range of the map in u and v.
    reach: f32,
    cursor: [f32; 2],
    /// The code shown; off the plane when it is that of a picture, drawn, or on the way from A to B.
    latent: Vec<f32>,
    off_plane: bool,
    picture: Option<GrayImage>,
    trail: Vec<[f32; 2]>,
    /// A test picture whose code is shown: its number, its digit, itself.
    example: Option<(usize, u8, GrayImage)>,
    examples_seen: usize,
    pins: [Option<Pin>; 2],
    morph: Option<Morph>,
    draws: u64,
    moves: u32,
    map: Rect,
    reached: Vec<&'static str>,
    failure: Option<ExperimentError>,
}

struct Pin {
    latent: Vec<f32>,
    picture: Option<GrayImage>,
    /// The class of the test digit whose code it is, if it is of one.
    class: Option<u8>,
}

struct Morph {
    latents: Vec<Vec<f32>>,
    pictures: Vec<GrayImage>,
    at: usize,
    /// Whether its ends are test digits of two classes.
    joins_digits: bool,
}

impl LatentPlane {
    pub fn new(encodes: bool) -> Self {
        LatentPlane { encodes, ..LatentPlane::default() }
    }

    fn decode(&mut self, lab: &Lab, app: &mut AppContext) {
        if !self.latent.is_empty() {
            app.ask(lab, "plane/here", Query::Decode { latents: vec![self.latent.clone()] });
        }
    }

    fn move_to(&mut self, to: [f32; 2], lab: &Lab, app: &mut AppContext) {
        let Some(plane) = &self.plane else { return };
        self.trail.push(self.cursor);
        if self.trail.len() > 40 {
            self.trail.remove(0);
        }
        self.cursor = to.map(|part| part.clamp(-self.reach, self.reach));
        self.latent = plane.latent_at(self.cursor);
        self.off_plane = false;
        self.example = None;
        self.morph = None;
        self.moves += 1;
        if self.moves == WALK {
            self.reached.push("plane_walked");
        }
        self.decode(lab, app);
    }

    /// Shows a code, and drops the cursor where it lies on the plane.
    fn show(&mut self, latent: Vec<f32>, lab: &Lab, app: &mut AppContext) {
        if let Some(plane) = &self.plane {
            self.cursor = plane.project(&latent).map(|part| part.clamp(-self.reach, self.reach));
        }
        self.latent = latent;
        self.off_plane = true;
        self.decode(lab, app);
    }

    /// Another model answers now: what is shown is asked of it.
    fn renew(&mut self, lab: &Lab, app: &mut AppContext) {
        if let Some(morph) = &self.morph {
            app.ask(lab, "plane/morph", Query::Decode { latents: morph.latents.clone() });
        }
        match (&self.example, &self.plane) {
            (Some((_, _, picture)), _) if self.morph.is_none() => {
                app.ask(lab, "plane/code", Query::Encode { pictures: vec![picture.clone()] });
            }
            (_, Some(plane)) if !self.off_plane => {
                self.latent = plane.latent_at(self.cursor);
                self.decode(lab, app);
            }
            _ => self.show(self.latent.clone(), lab, app),
        }
    }

    fn next_example(&mut self, lab: &Lab, app: &mut AppContext) {
        self.morph = None;
        app.ask(lab, "plane/example", Query::Examples { offset: self.examples_seen, count: 1 });
        self.examples_seen += 1;
    }

    fn begin_morph(&mut self, lab: &Lab, app: &mut AppContext) {
        let [Some(a), Some(b)] = &self.pins else {
            let said = app.say(text::PIN_FIRST);
            app.notify(said);
            return;
        };
        if a.latent.len() != b.latent.len() {
            self.pins = [None, None];
            return;
        }
        let between = |stop: usize| -> Vec<f32> {
            let share = stop as f32 / (STOPS - 1) as f32;
            a.latent.iter().zip(&b.latent).map(|(a, b)| a + share * (b - a)).collect()
        };
        let latents: Vec<Vec<f32>> = (0..STOPS).map(between).collect();
        app.ask(lab, "plane/morph", Query::Decode { latents: latents.clone() });
        let joins_digits = a.class.zip(b.class).is_some_and(|(a, b)| a != b);
        self.morph = Some(Morph { latents, pictures: Vec::new(), at: 0, joins_digits });
    }

    fn place(&self, point: [f32; 2]) -> Option<(u16, u16)> {
        let share = point.map(|part| (part / self.reach + 1.0) / 2.0);
        if !share.iter().all(|share| (0.0..=1.0).contains(share)) || self.map.is_empty() {
            return None;
        }
        let x = self.map.x + (share[0] * f32::from(self.map.width - 1)).round() as u16;
        let y = self.map.y + ((1.0 - share[1]) * f32::from(self.map.height - 1)).round() as u16;
        Some((x, y))
    }

    fn draw_map(&self, app: &AppContext, buffer: &mut Buffer) {
        let Some(plane) = &self.plane else {
            write_middle(buffer, self.map, said(self.failure.as_ref(), app), app.theme.quiet());
            return;
        };
        if plane.is_grid {
            self.draw_grid(plane, app, buffer);
        }
        for (point, label) in plane.points.iter().zip(&plane.labels).filter(|_| !plane.is_grid) {
            if let Some((x, y)) = self.place(*point) {
                let color = app.theme.digits[usize::from(*label) % 10];
                buffer[(x, y)].set_char(char::from(b'0' + label % 10)).set_fg(color);
            }
        }
        for point in &self.trail {
            if let Some(position) = self.place(*point) {
                buffer[position].set_char('·').set_style(app.theme.strong());
            }
        }
        for (pin, name) in self.pins.iter().zip(["A", "B"]) {
            if let Some(position) = pin.as_ref().and_then(|pin| self.place(plane.project(&pin.latent))) {
                let style = Style::new().fg(app.theme.accent).add_modifier(Modifier::BOLD | Modifier::REVERSED);
                buffer[position].set_symbol(name).set_style(style);
            }
        }
        if let Some(position) = self.place(self.cursor) {
            let style = app.theme.selected().add_modifier(Modifier::REVERSED);
            buffer[position].set_char('+').set_style(style);
        }
    }

    /// Every cell with the digit of the place of the grid that is nearest to it.
    fn draw_grid(&self, plane: &Plane, app: &AppContext, buffer: &mut Buffer) {
        let share = |at: u16, length: u16| f32::from(at) / f32::from(length.max(2) - 1) * 2.0 - 1.0;
        for (column, row) in (0..self.map.height).flat_map(|row| (0..self.map.width).map(move |column| (column, row))) {
            let at = [share(column, self.map.width) * self.reach, -share(row, self.map.height) * self.reach];
            let far = |point: &[f32; 2]| (point[0] - at[0]).powi(2) + (point[1] - at[1]).powi(2);
            let nearest = plane.points.iter().zip(&plane.labels).min_by(|a, b| far(a.0).total_cmp(&far(b.0)));
            let Some((_, label)) = nearest else { return };
            let color = app.theme.digits[usize::from(*label) % 10];
            buffer[(self.map.x + column, self.map.y + row)].set_char(char::from(b'0' + label % 10)).set_fg(color);
        }
    }

    /// A code as bars, a column a number, from −3 to 3.
    fn code(&self) -> String {
        const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let bar = |z: &f32| BARS[(((z + 3.0) / 6.0).clamp(0.0, 0.999) * 8.0) as usize];
        self.latent.iter().map(bar).collect()
    }
}

impl Instrument for LatentPlane {
    fn contexts(&self) -> Vec<Context> {
        match (&self.plane, self.encodes) {
            (None, _) if self.failure.is_some() => vec![],
            (_, true) => vec![Context::Codes, Context::Examples],
            (_, false) => vec![Context::Codes],
        }
    }

    fn refresh(&mut self, lab: &Lab, app: &mut AppContext) {
        app.ask(lab, "plane/map", Query::LatentPlane { count: MARKS });
    }

    fn handle_action(&mut self, action: Action, lab: &Lab, app: &mut AppContext) -> bool {
        let step = self.reach / 16.0;
        let [u, v] = self.cursor;
        match action {
            Action::Left => self.move_to([u - step, v], lab, app),
            Action::Right => self.move_to([u + step, v], lab, app),
            Action::Up => self.move_to([u, v + step], lab, app),
            Action::Down => self.move_to([u, v - step], lab, app),
            Action::Home => self.move_to([0.0, 0.0], lab, app),
            Action::PinStart | Action::PinEnd => {
                let index = usize::from(action == Action::PinEnd);
                // Between two digits a code belongs to neither.
                let class = self.example.as_ref().filter(|_| self.morph.is_none()).map(|(_, class, _)| *class);
                self.pins[index] = Some(Pin { latent: self.latent.clone(), picture: self.picture.clone(), class });
            }
            Action::Morph => self.begin_morph(lab, app),
            Action::RandomCode => {
                self.draws += 1;
                let mut random = ChaCha8Rng::seed_from_u64(self.draws);
                let length = self.latent.len();
                let latent = (0..length).map(|_| StandardNormal.sample(&mut random)).collect();
                self.example = None;
                self.morph = None;
                self.show(latent, lab, app);
            }
            Action::NextExample if self.encodes => self.next_example(lab, app),
            _ => return false,
        }
        true
    }

    fn mouse(&mut self, event: MouseEvent, lab: &Lab, app: &mut AppContext) {
        let presses =
            matches!(event.kind, MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left));
        if presses && self.map.contains(Position::new(event.column, event.row)) {
            let share = |at: u16, start: u16, length: u16| f32::from(at - start) / f32::from(length.max(2) - 1);
            let u = share(event.column, self.map.x, self.map.width) * 2.0 - 1.0;
            let v = 1.0 - share(event.row, self.map.y, self.map.height) * 2.0;
            self.move_to([u * self.reach, v * self.reach], lab, app);
        }
    }

    fn answered(&mut self, (key, answer): &Reply, lab: &Lab, app: &mut AppContext) -> bool {
        match (key.as_str(), answer) {
            ("plane/map", Ok(Answer::LatentPlane(plane))) => {
                self.reach = reach(plane);
                let fresh = self.latent.len() != plane.origin.len();
                self.plane = Some(plane.clone());
                if fresh {
                    self.pins = [None, None];
                    (self.cursor, self.trail, self.example) = ([0.0, 0.0], Vec::new(), None);
                    (self.morph, self.off_plane) = (None, false);
                }
                self.failure = None;
                self.renew(lab, app);
            }
            ("plane/here", Ok(Answer::Pictures { pictures })) if self.plane.is_some() => {
                self.picture = pictures.first().cloned();
            }
            ("plane/morph", Ok(Answer::Pictures { pictures })) => {
                if let Some(morph) = &mut self.morph {
                    morph.pictures.clone_from(pictures);
                }
            }
            ("plane/example", Ok(Answer::Examples { pictures, labels })) => {
                if let (Some(picture), Some(label)) = (pictures.first(), labels.first()) {
                    self.example = Some((self.examples_seen - 1, *label, picture.clone()));
                    app.ask(lab, "plane/code", Query::Encode { pictures: vec![picture.clone()] });
                }
            }
            ("plane/code", Ok(Answer::Codes { codes })) => {
                if let Some(code) = codes.first() {
                    self.show(code.mean.clone(), lab, app);
                }
            }
            ("plane/code", Err(failure)) => app.notify(failure.in_language(app.language)),
            // What another model made of the place is not this one's.
            ("plane/map", Err(failure)) => {
                (self.plane, self.picture, self.example) = (None, None, None);
                (self.latent, self.trail, self.pins) = (Vec::new(), Vec::new(), [None, None]);
                self.morph = None;
                self.failure = Some(failure.clone());
            }
            ("plane/here" | "plane/morph" | "plane/example", Err(failure)) => self.failure = Some(failure.clone()),
            _ => return false,
        }
        true
    }

    fn tick(&mut self, _lab: &Lab, _app: &mut AppContext) -> bool {
        let Some(morph) = &mut self.morph else { return false };
        if morph.pictures.is_empty() {
            return true;
        }
        if morph.at + 1 < morph.pictures.len() {
            morph.at += 1;
            self.latent.clone_from(&morph.latents[morph.at]);
            self.off_plane = true;
            self.picture = morph.pictures.get(morph.at).cloned();
            if let Some(plane) = &self.plane {
                self.cursor = plane.project(&self.latent).map(|part| part.clamp(-self.reach, self.reach));
            }
            if morph.at + 1 == morph.pictures.len() {
                self.reached.push("morph_finished");
                if morph.joins_digits {
                    self.reached.push("digits_morphed");
                }
            }
            return true;
        }
        false
    }

    fn draw(&mut self, area: Rect, focused: bool, title: &str, app: &mut AppContext, buffer: &mut Buffer) {
        let share = self.plane.as_ref().map_or(String::new(), |plane| match plane.origin.len() {
            _ if plane.is_grid => app.say(text::READ_ON_GRID).to_owned(),
            1 | 2 => String::new(),
            // Without points there are no codes whose variance it could be.
            _ if plane.points.is_empty() => String::new(),
            _ => format!("{:.0} % {}", plane.variance_share * 100.0, app.say(text::VARIANCE_SHARE)),
        });
        let inner = frame(area, title, &share, focused, &app.theme, buffer);
        let strip = if inner.height > 16 { 5 } else { 0 };
        let [top, bottom] = Layout::vertical([Constraint::Fill(1), Constraint::Length(strip)]).areas(inner);
        let side = (top.width / 3).clamp(14, 30).min(top.width / 2);
        let [map, here] = Layout::horizontal([Constraint::Fill(1), Constraint::Length(side)]).areas(top);
        // Without a map there is no place on it to tell of.
        self.map = if self.plane.is_some() { map } else { inner };
        self.draw_map(app, buffer);
        if self.plane.is_none() {
            return;
        }
        let here = here.inner(ratatui::layout::Margin::new(1, 0));
        let mut row = 0;
        let heading = match &self.example {
            Some((number, label, _)) => format!("{} {number}: {label}", app.say(text::TEST_DIGIT)),
            None => app.say(text::DIGIT_HERE).to_owned(),
        };
        write(buffer, here, 0, row, &heading, app.theme.quiet());
        row += 1;
        let pictures: Vec<GrayImage> = match (&self.example, &self.picture) {
            (Some((_, _, given)), Some(picture)) => vec![given.clone(), picture.clone()],
            (_, Some(picture)) => vec![picture.clone()],
            _ => vec![],
        };
        let room = Rect { y: here.y + row, height: here.height.saturating_sub(row + 4), ..here };
        let columns = if pictures.len() > 1 && room.width > 2 * room.height { 2 } else { 1 };
        app.pictures.draw("plane/here", &ImageGrid::new(columns, pictures), None, room, buffer);
        let row = here.height.saturating_sub(3);
        write(buffer, here, 0, row, app.say(text::CODE), app.theme.quiet());
        write(buffer, here, 0, row + 1, &self.code(), app.theme.accented());
        let at = format!("u {:+.2}  v {:+.2}", self.cursor[0], self.cursor[1]).replace('-', "−");
        write(buffer, here, 0, row + 2, &at, app.theme.quiet());
        if strip > 0 {
            let pins = self.pins.iter().flatten().filter_map(|pin| pin.picture.clone());
            let stops = self.morph.as_ref().filter(|morph| !morph.pictures.is_empty());
            let mut pictures: Vec<GrayImage> = stops.map_or_else(|| pins.collect(), |morph| morph.pictures.clone());
            // As many stops as there is room for, the ends among them.
            let room = usize::from(bottom.width / 11).clamp(2, STOPS);
            if pictures.len() > room {
                let last = pictures.len() - 1;
                pictures = (0..room).map(|place| pictures[place * last / (room - 1)].clone()).collect();
            }
            let count = pictures.len().max(1);
            if pictures.is_empty() {
                let how = if self.encodes { text::MORPH_HOW } else { text::MORPH_HOW_DRAWN };
                write(buffer, bottom, 1, bottom.height / 2, app.say(how), app.theme.quiet());
            } else {
                app.pictures.draw("plane/strip", &ImageGrid::new(count, pictures), None, bottom, buffer);
            }
        }
    }

    fn reached(&mut self) -> Vec<&'static str> {
        std::mem::take(&mut self.reached)
    }
}

/// How far a map reaches in u and v: a few codes lie far out, and it ends at a round radius that holds nearly all. Where
/// there are no points codes are standard normal, and three deviations hold them.
fn reach(plane: &Plane) -> f32 {
    if plane.points.is_empty() {
        return 3.0;
    }
    let far = plane.points.iter().flatten().fold(0.0_f32, |far, part| far.max(part.abs()));
    if plane.is_grid {
        return far.max(1.0);
    }
    if plane.origin.len() <= 2 { far.clamp(2.0, 4.0) } else { far.clamp(1.5, 3.5) }
}

/// A closed walk about the middle of a plane, for a preview: codes evenly spaced on it.
pub fn walk(plane: &Plane, stops: usize, seed: u64) -> Vec<Vec<f32>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let turn: f32 = random.random_range(0.0..std::f32::consts::TAU);
    let spread = |axis: usize| {
        if plane.points.is_empty() || plane.is_grid {
            return 1.4;
        }
        let count = plane.points.len() as f32;
        (plane.points.iter().map(|point| point[axis].powi(2)).sum::<f32>() / count).sqrt()
    };
    let radii = [1.4 * spread(0), 1.4 * spread(1)];
    let at = |stop: usize| {
        let angle = turn + stop as f32 / stops as f32 * std::f32::consts::TAU;
        plane.latent_at([radii[0] * angle.cos(), radii[1] * angle.sin()])
    };
    (0..stops).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Language;

    fn plane(origin: [f32; 3], points: Vec<[f32; 2]>) -> Plane {
        let labels = vec![0; points.len()];
        let axes = [vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0]];
        Plane { origin: origin.to_vec(), axes, points, labels, is_grid: false, variance_share: 1.0 }
    }

    #[test]
    fn what_stands_under_the_cursor_is_asked_of_each_new_model() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("vae").unwrap().clone();
        let mut map = LatentPlane::new(true);
        let mut answered = |map: &mut LatentPlane, plane: Plane| {
            map.answered(&("plane/map".to_owned(), Ok(Answer::LatentPlane(plane))), &lab, &mut app);
        };
        answered(&mut map, plane([0.0; 3], vec![[2.0, 2.0]]));
        map.cursor = [1.0, -1.0];
        answered(&mut map, plane([5.0, 6.0, 7.0], vec![[2.0, 2.0]]));
        assert_eq!((map.cursor, &map.latent[..]), ([1.0, -1.0], &[6.0, 5.0, 7.0][..]));
        // A code that was drawn stays what it is, and lies elsewhere on the new map.
        (map.latent, map.off_plane) = (vec![1.0, 0.5, 9.0], true);
        answered(&mut map, plane([1.0, 1.0, 0.0], vec![[2.0, 2.0]]));
        assert_eq!((map.cursor, &map.latent[..]), ([0.0, -0.5], &[1.0, 0.5, 9.0][..]));
    }

    #[test]
    fn a_model_without_a_plane_leaves_nothing_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("gan").unwrap().clone();
        let mut map = LatentPlane::new(false);
        let mut shown = |map: &mut LatentPlane, key: &str, answer: Result<Answer, ExperimentError>| {
            map.answered(&(key.to_owned(), answer), &lab, &mut app);
            let area = Rect::new(0, 0, 78, 20);
            let mut buffer = Buffer::empty(area);
            map.draw(area, true, "latent plane", &mut app, &mut buffer);
            buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect::<String>()
        };
        let code = app_says(text::CODE);
        let of_digits = Answer::LatentPlane(plane([0.0; 3], vec![[2.0, 2.0]]));
        assert!(shown(&mut map, "plane/map", Ok(of_digits)).contains(code));
        let picture = GrayImage { width: 1, height: 1, pixels: vec![0] };
        let digit = || Ok(Answer::Pictures { pictures: vec![picture.clone()] });
        shown(&mut map, "plane/here", digit());
        let failed = shown(&mut map, "plane/map", Err(ExperimentError::new("points in the plane")));
        assert!(failed.contains("points in the plane") && !failed.contains(code), "{failed}");
        assert!(!failed.contains(app_says(text::DIGIT_HERE)), "{failed}");
        // What was asked before comes too late.
        shown(&mut map, "plane/here", digit());
        assert!(map.picture.is_none() && map.latent.is_empty());
    }

    fn app_says(wording: crate::experiment::Wording) -> &'static str {
        wording.in_language(Language::En)
    }

    #[test]
    fn a_walk_between_digits_is_one_between_codes_of_two_classes() {
        let folder = tempfile::tempdir().unwrap();
        let mut app = AppContext::for_tests(Language::En, folder.path());
        let lab = app.catalogue.find("vae").unwrap().clone();
        let picture = GrayImage { width: 1, height: 1, pixels: vec![0] };
        // Pins the codes of two test digits, or places where no digit lies, and goes from one to the other.
        let mut walked = |ends: [Option<u8>; 2]| {
            let mut map = LatentPlane::new(true);
            let plane = Answer::LatentPlane(plane([0.0; 3], vec![[2.0, 2.0]]));
            map.answered(&("plane/map".to_owned(), Ok(plane)), &lab, &mut app);
            for (end, pin) in ends.into_iter().zip([Action::PinStart, Action::PinEnd]) {
                match end {
                    Some(class) => map.example = Some((0, class, picture.clone())),
                    None => _ = map.handle_action(Action::Left, &lab, &mut app),
                }
                map.handle_action(pin, &lab, &mut app);
            }
            map.handle_action(Action::Morph, &lab, &mut app);
            let pictures = vec![picture.clone(); STOPS];
            map.answered(&("plane/morph".to_owned(), Ok(Answer::Pictures { pictures })), &lab, &mut app);
            (0..STOPS).for_each(|_| _ = map.tick(&lab, &mut app));
            map.reached()
        };
        assert_eq!(walked([Some(4), Some(9)]), ["morph_finished", "digits_morphed"]);
        for other in [[Some(4), Some(4)], [Some(4), None], [None, None]] {
            assert_eq!(walked(other), ["morph_finished"], "{other:?}");
        }
    }

    #[test]
    fn a_map_of_noise_alone_reaches_three_deviations() {
        assert_eq!(reach(&plane([0.0; 3], Vec::new())), 3.0);
        assert_eq!(reach(&plane([0.0; 3], vec![[0.5, 0.2]])), 1.5);
    }
}
