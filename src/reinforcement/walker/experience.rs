//! What the robot has lived through: each control step with what was felt before and after it.

use super::simulator::CONTROL_HZ;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Control steps after a push that count as its consequences.
const AFTER_PUSH: i64 = (CONTROL_HZ / 5.0) as i64;
/// Control steps that count as the beginning of an episode.
const BEGINNING: i64 = 2;
/// Shares of dreams that begin after a push, where there were enough of them, and at the beginning of an episode.
const FROM_PUSHES: f32 = 0.4;
const FROM_BEGINNINGS: f32 = 0.1;
const ENOUGH: usize = 20;
/// Draws for a whole window.
const DRAWS: usize = 100;

/// A control step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<'a> {
    pub observation: &'a [f32],
    pub action: &'a [f32],
    pub next: &'a [f32],
    /// How far forward the torso came, metres.
    pub displacement: f32,
    /// The clock's phase.
    pub phase: f32,
}

/// Control steps, all that there were.
#[derive(Debug, Clone, PartialEq)]
pub struct Experience {
    observed: usize,
    joints: usize,
    /// Row by row: observation, action, next observation, displacement, phase.
    pub(super) rows: Vec<f32>,
    /// Of each row: control steps since its episode began, and since the last push (−1: none).
    pub(super) ages: Vec<i64>,
    pub(super) pushed: Vec<i64>,
}

impl Experience {
    pub fn new(observed: usize, joints: usize) -> Self {
        Experience { observed, joints, rows: Vec::new(), ages: Vec::new(), pushed: Vec::new() }
    }

    fn width(&self) -> usize {
        2 * self.observed + self.joints + 2
    }

    pub fn is_empty(&self) -> bool {
        self.ages.is_empty()
    }

    pub fn len(&self) -> usize {
        self.ages.len()
    }

    pub fn add(&mut self, step: &Step<'_>, age: usize, since_push: Option<usize>) {
        self.rows.extend(step.observation);
        self.rows.extend(step.action);
        self.rows.extend(step.next);
        self.rows.extend([step.displacement, step.phase]);
        self.ages.push(age as i64);
        self.pushed.push(since_push.map_or(-1, |steps| steps as i64));
    }

    pub fn get(&self, index: usize) -> Step<'_> {
        let row = &self.rows[index * self.width()..(index + 1) * self.width()];
        let (observation, rest) = row.split_at(self.observed);
        let (action, rest) = rest.split_at(self.joints);
        let (next, rest) = rest.split_at(self.observed);
        Step { observation, action, next, displacement: rest[0], phase: rest[1] }
    }

    /// Where dreams may begin.
    pub fn starts(&self) -> Starts {
        let among = |fits: &dyn Fn(usize) -> bool| (0..self.len()).filter(|&row| fits(row)).collect();
        Starts {
            all: self.len(),
            pushed: among(&|row| (0..AFTER_PUSH).contains(&self.pushed[row])),
            beginnings: among(&|row| self.ages[row] < BEGINNING),
        }
    }

    /// `length` steps in a row that ends with `last`, fewer at the beginning of an episode.
    pub fn window(&self, last: usize, length: usize) -> std::ops::RangeInclusive<usize> {
        let before = (length - 1).min(self.ages[last] as usize).min(last);
        last - before..=last
    }

    /// `length` steps in a row of one episode, or fewer if no draw meets so many.
    pub fn draw_window(&self, length: usize, random: &mut ChaCha8Rng) -> std::ops::RangeInclusive<usize> {
        let mut draw = || self.window(random.random_range(0..self.len()), length);
        let mut window = draw();
        for _ in 0..DRAWS {
            if window.clone().count() == length {
                break;
            }
            window = draw();
        }
        window
    }
}

/// Control steps that dreams may begin with.
pub struct Starts {
    all: usize,
    pushed: Vec<usize>,
    beginnings: Vec<usize>,
}

impl Starts {
    /// Any step; often one after a push or at the beginning of an episode, which are rare and matter.
    pub fn draw(&self, random: &mut ChaCha8Rng) -> usize {
        let share: f32 = random.random();
        let rare = if share < FROM_PUSHES {
            &self.pushed
        } else if share > 1.0 - FROM_BEGINNINGS {
            &self.beginnings
        } else {
            return random.random_range(0..self.all);
        };
        if rare.len() < ENOUGH { random.random_range(0..self.all) } else { rare[random.random_range(0..rare.len())] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    /// Episodes of `lengths` steps; the observation of a step is its number.
    fn lived(lengths: &[usize]) -> Experience {
        let mut experience = Experience::new(1, 1);
        for &length in lengths {
            for age in 0..length {
                let at = experience.len() as f32;
                let step =
                    Step { observation: &[at], action: &[0.5], next: &[at + 1.0], displacement: 0.1, phase: 2.0 };
                experience.add(&step, age, (age >= 3).then(|| age - 3));
            }
        }
        experience
    }

    #[test]
    fn a_step_is_read_as_it_was_added() {
        let experience = lived(&[3, 2]);
        let step = Step { observation: &[3.0], action: &[0.5], next: &[4.0], displacement: 0.1, phase: 2.0 };
        assert_eq!((experience.len(), experience.get(3)), (5, step));
    }

    #[test]
    fn a_window_stays_in_its_episode() {
        let experience = lived(&[3, 5]);
        assert_eq!(experience.window(2, 2), 1..=2);
        assert_eq!(experience.window(4, 4), 3..=4);
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        for _ in 0..50 {
            assert!([3..=6, 4..=7].contains(&experience.draw_window(4, random)));
        }
    }

    #[test]
    fn dreams_begin_often_after_a_push_and_at_the_beginning() {
        let experience = lived(&[100; 30]);
        let starts = experience.starts();
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let drawn: Vec<usize> = (0..1000).map(|_| starts.draw(random)).collect();
        let share = |fits: &dyn Fn(i64, i64) -> bool| {
            drawn.iter().filter(|&&row| fits(experience.ages[row], experience.pushed[row])).count()
        };
        assert!((350..550).contains(&share(&|_, pushed| (0..AFTER_PUSH).contains(&pushed))));
        assert!((70..180).contains(&share(&|age, _| age < BEGINNING)));
    }
}
