//! The simulated robot: control steps, one after another on one core.

use super::{Unit, Workload};
use crate::reinforcement::walker::body::{Body, Kind};
use crate::reinforcement::walker::episode::A_SECOND;
use crate::reinforcement::walker::policy::Senses;
use crate::reinforcement::walker::simulator::{Conditions, Ended, Robot};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Seconds of the robot before it is set up anew.
const SECONDS: usize = 10;

/// A quadruped that swings its legs.
pub struct Walking {
    body: Body,
    senses: Senses,
    policy: Vec<f32>,
    robot: Robot,
    at: usize,
    action: Vec<f32>,
}

impl Walking {
    pub fn new() -> Self {
        let body = Body::new(Kind::Quadruped);
        let senses = Senses::new(&body, body.observed(), 2.0);
        let policy = senses.swinging(0.3, &mut ChaCha8Rng::seed_from_u64(1));
        let robot = Robot::new(&body, &Conditions::default(), 0);
        Walking { body, senses, policy, robot, at: 0, action: Vec::new() }
    }
}

impl Workload for Walking {
    fn step(&mut self) -> f32 {
        for _ in 0..A_SECOND {
            self.action.clear();
            self.senses.act(&self.policy, &self.robot.observe(), self.senses.phase(self.at), &mut self.action);
            self.at += 1;
            if self.robot.step(&self.action) != Ended::Standing || self.at == SECONDS * A_SECOND {
                (self.robot, self.at) = (Robot::new(&self.body, &Conditions::default(), 0), 0);
            }
        }
        self.robot.distance()
    }

    fn size(&self) -> (usize, Unit) {
        (A_SECOND, Unit::Samples)
    }

    fn weights(&self) -> Vec<u8> {
        self.policy.iter().flat_map(|weight| weight.to_le_bytes()).collect()
    }

    fn steps(&self) -> (usize, usize) {
        (1000, 50)
    }
}
