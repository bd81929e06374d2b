//! The physics: rigid bodies, joints with motors, contact with friction (crate `rapier2d`), at 200 Hz; the robot is commanded at 20 Hz.

use super::body::Body;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rapier2d::prelude::*;
use serde::{Deserialize, Serialize};

/// Commands a second, and steps of the physics for each.
pub const CONTROL_HZ: f32 = 20.0;
const SUBSTEPS: usize = 10;
/// A torso that pitches further, radians, has fallen; so has one whose middle is lower than this share of standing.
const FALLEN_PITCH: f32 = 1.0;
const FALLEN_HEIGHT: f32 = 0.45;
/// Beyond this speed, m/s or rad/s, the simulation is taken for unstable.
const UNSTABLE: f32 = 100.0;
/// The ground reaches so far to the left and right, in pieces of so much, metres.
const GROUND: [f32; 2] = [-10.0, 200.0];
const PIECE: f32 = 0.25;
/// Lines of a figure that are its torso.
const TORSO_LINES: usize = 4;

/// What the robot walks on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Ground {
    Flat,
    /// Bumps of at most so many metres.
    Rough(f32),
    /// Uphill by so many radians.
    Slope(f32),
}

/// What may differ from one world to another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    pub ground: Ground,
    pub friction: f32,
    /// Factors of the torso's mass, and of the motors' torque and stiffness.
    pub mass: f32,
    pub strength: f32,
}

impl Ground {
    pub const NAMES: [&str; 3] = ["flat", "rough", "slope"];

    /// The ground of a name of [`NAMES`](Self::NAMES).
    pub fn named(name: &str) -> Self {
        match name {
            "rough" => Ground::Rough(0.03),
            "slope" => Ground::Slope(0.08),
            _ => Ground::Flat,
        }
    }
}

impl Default for Conditions {
    fn default() -> Self {
        Conditions { ground: Ground::Flat, friction: 0.9, mass: 1.0, strength: 1.0 }
    }
}

/// How a control step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Standing,
    Fallen,
    /// Speeds beyond all bounds, or no numbers at all: the time step is too long for what the motors do.
    Unstable,
}

/// A robot in its world.
pub struct Robot {
    body: Body,
    world: PhysicsWorld,
    torso: RigidBodyHandle,
    /// Thigh and shank of each leg.
    legs: Vec<[RigidBodyHandle; 2]>,
    shanks: Vec<ColliderHandle>,
    motors: Vec<ImpulseJointHandle>,
    ground: Vec<[f32; 2]>,
    stiffness: f32,
    damping: f32,
}

fn surface(ground: Ground, seed: u64) -> Vec<[f32; 2]> {
    match ground {
        Ground::Flat => vec![[GROUND[0], 0.0], [GROUND[1], 0.0]],
        Ground::Slope(angle) => {
            let rise = |x: f32| x.max(0.0) * angle.tan();
            [GROUND[0], 0.0, 1.0, GROUND[1]].map(|x| [x, rise(x - 1.0)]).to_vec()
        }
        Ground::Rough(height) => {
            let random = &mut ChaCha8Rng::seed_from_u64(seed);
            let pieces = ((GROUND[1] - GROUND[0]) / PIECE) as usize;
            let mut point = |piece: usize| {
                let x = GROUND[0] + PIECE * piece as f32;
                let bump = if x.abs() < 0.6 { 0.0 } else { random.random_range(0.0..=1.0) * height };
                [x, bump]
            };
            (0..=pieces).map(&mut point).collect()
        }
    }
}

impl Robot {
    /// A robot that stands still; `seed` makes the bumps of rough ground.
    pub fn new(body: &Body, conditions: &Conditions, seed: u64) -> Self {
        let mut world = PhysicsWorld::new();
        world.integration_parameters.dt = 1.0 / (CONTROL_HZ * SUBSTEPS as f32);
        world.integration_parameters.max_ccd_substeps = 0;
        let ground = surface(conditions.ground, seed);
        let only_ground = InteractionGroups::new(Group::GROUP_1, Group::GROUP_2, InteractionTestMode::And);
        let is_ground = InteractionGroups::new(Group::GROUP_2, Group::GROUP_1, InteractionTestMode::And);
        for ends in ground.windows(2) {
            // A block under each piece: what gets below its surface is pushed up again.
            let [[x0, y0], [x1, y1]] = [ends[0], ends[1]];
            let corners = [[x0, y0], [x0, y0.min(y1) - 1.0], [x1, y1.min(y0) - 1.0], [x1, y1]];
            let points = corners.iter().map(|&[x, y]| Vector::new(x, y)).collect();
            let block = ColliderBuilder::convex_polyline(points).expect("four corners");
            world.insert_collider(block.friction(conditions.friction).collision_groups(is_ground), None);
        }
        let capsule = |from: [f32; 2], to: [f32; 2], radius: f32, mass: f32| {
            ColliderBuilder::capsule_from_endpoints(Vector::new(from[0], from[1]), Vector::new(to[0], to[1]), radius)
                .mass(mass)
                .friction(conditions.friction)
                .collision_groups(only_ground)
        };
        let still = |x: f32, y: f32, angle: f32| {
            RigidBodyBuilder::dynamic().translation(Vector::new(x, y)).rotation(angle).can_sleep(false)
        };
        let height = body.standing_height();
        let [long, high] = body.torso;
        let torso_shape = ColliderBuilder::cuboid(long, high)
            .mass(body.torso_mass * conditions.mass)
            .friction(conditions.friction)
            .collision_groups(only_ground);
        let (torso, _) = world.insert(still(0.0, height, 0.0), torso_shape);
        let [hip, knee] = body.standing;
        let [thigh, shank] = body.links;
        let (stiffness, damping) = (body.stiffness * conditions.strength, body.damping);
        let (mut legs, mut shanks, mut motors) = (Vec::new(), Vec::new(), Vec::new());
        for at in &body.hips {
            // A link hangs from its own origin.
            let knee_at = [at[0] + thigh * hip.sin(), height + at[1] - thigh * hip.cos()];
            let upper = capsule([0.0, 0.0], [0.0, -thigh], body.radius, body.link_masses[0]);
            let lower = capsule([0.0, 0.0], [0.0, -shank], body.radius, body.link_masses[1]);
            let (upper, _) = world.insert(still(at[0], height + at[1], hip), upper);
            let (lower, foot) = world.insert(still(knee_at[0], knee_at[1], hip + knee), lower);
            let motor = |anchor: [f32; 2], target: f32| {
                RevoluteJointBuilder::new()
                    .local_anchor1(Vector::new(anchor[0], anchor[1]))
                    .local_anchor2(Vector::ZERO)
                    .motor_model(MotorModel::ForceBased)
                    .motor_position(target, stiffness, damping)
                    .motor_max_force(body.torque * conditions.strength)
            };
            motors.push(world.insert_impulse_joint(torso, upper, motor(*at, hip)));
            motors.push(world.insert_impulse_joint(upper, lower, motor([0.0, -thigh], knee)));
            legs.push([upper, lower]);
            shanks.push(foot);
        }
        Robot { body: body.clone(), world, torso, legs, shanks, motors, ground, stiffness, damping }
    }

    /// How far forward the torso is.
    pub fn distance(&self) -> f32 {
        self.world.bodies[self.torso].translation().x
    }

    /// The height of the ground at `x`.
    fn ground_at(&self, x: f32) -> f32 {
        height_at(&self.ground, x)
    }

    /// Height over the ground and pitch; the angles of the joints from how it stands; then the speed forwards, and how fast height, pitch
    /// and angles change: `[observed]`.
    pub fn observe(&self) -> Vec<f32> {
        let torso = &self.world.bodies[self.torso];
        let at = torso.translation();
        let pitch = torso.rotation().angle();
        let mut places = vec![at.y - self.ground_at(at.x), pitch];
        let mut rates = vec![torso.linvel().x, torso.linvel().y, torso.angvel()];
        for &[upper, lower] in &self.legs {
            let [upper, lower] = [upper, lower].map(|link| &self.world.bodies[link]);
            let between = |a: &RigidBody, b: &RigidBody| (a.rotation().inverse() * *b.rotation()).angle();
            places.push(between(torso, upper) - self.body.standing[0]);
            places.push(between(upper, lower) - self.body.standing[1]);
            rates.push(upper.angvel() - torso.angvel());
            rates.push(lower.angvel() - upper.angvel());
        }
        places.extend(rates);
        places
    }

    /// Holds the commanded angles for one control step: `action` is in [−1, 1] for each motor.
    pub fn step(&mut self, action: &[f32]) -> Ended {
        for (motor, (&handle, &part)) in self.motors.iter().zip(action).enumerate() {
            let target = self.body.standing[motor % 2] + self.body.reach[motor % 2] * part.clamp(-1.0, 1.0);
            let joint = self.world.impulse_joints.get_mut(handle, false).expect("a motor");
            joint.data.set_motor_position(JointAxis::AngX, target, self.stiffness, self.damping);
        }
        for _ in 0..SUBSTEPS {
            self.world.step();
        }
        self.state()
    }

    fn state(&self) -> Ended {
        let seen = self.observe();
        let wild = |value: &f32| !value.is_finite() || value.abs() > UNSTABLE;
        if seen.iter().any(wild) {
            Ended::Unstable
        } else if has_fallen(&self.body, seen[0], seen[1]) {
            Ended::Fallen
        } else {
            Ended::Standing
        }
    }

    /// A push forwards (or, if negative, backwards) of so many N·s on the torso.
    pub fn push(&mut self, impulse: f32) {
        self.world.bodies[self.torso].apply_impulse(Vector::new(impulse, 0.0), true);
    }

    /// Which feet touch the ground.
    pub fn contacts(&self) -> Vec<bool> {
        let touches = |foot: &ColliderHandle| {
            self.world.narrow_phase.contact_pairs_with(*foot).any(|pair| pair.has_any_active_contact())
        };
        self.shanks.iter().map(touches).collect()
    }

    /// The surface of the ground, as a line.
    pub fn ground(&self) -> &[[f32; 2]] {
        &self.ground
    }

    /// The torso and the links as lines.
    pub fn limbs(&self) -> Vec<[f32; 4]> {
        let torso = &self.world.bodies[self.torso];
        let seen = self.observe();
        let at = torso.translation();
        figure(&self.body, [at.x, at.y], seen[1], &seen[2..2 + self.body.joints()])
    }

    /// Where feet touch the ground.
    pub fn touching(&self) -> Vec<[f32; 2]> {
        let ends = self.limbs();
        let feet = ends.iter().skip(TORSO_LINES + 1).step_by(2).map(|link| [link[2], link[3]]);
        feet.zip(self.contacts()).filter(|(_, touches)| *touches).map(|(at, _)| at).collect()
    }
}

/// The height of a line of ground at `x`.
pub fn height_at(ground: &[[f32; 2]], x: f32) -> f32 {
    let right = ground.partition_point(|end| end[0] < x).clamp(1, ground.len() - 1);
    let [[x0, y0], [x1, y1]] = [ground[right - 1], ground[right]];
    y0 + (y1 - y0) * ((x - x0) / (x1 - x0)).clamp(0.0, 1.0)
}

/// The sides of the torso, then thigh and shank of each leg, as lines `[x, y, x, y]`; the middle of the torso is at `at`, the joints' angles are counted from
/// how the robot stands.
pub fn figure(body: &Body, at: [f32; 2], pitch: f32, joints: &[f32]) -> Vec<[f32; 4]> {
    let turned = |[x, y]: [f32; 2]| {
        let (sin, cos) = pitch.sin_cos();
        [at[0] + x * cos - y * sin, at[1] + x * sin + y * cos]
    };
    let [long, high] = body.torso;
    let corners = [[-long, -high], [long, -high], [long, high], [-long, high]].map(turned);
    let mut limbs: Vec<[f32; 4]> = (0..TORSO_LINES)
        .map(|side| (corners[side], corners[(side + 1) % TORSO_LINES]))
        .map(|([x0, y0], [x1, y1])| [x0, y0, x1, y1])
        .collect();
    for (leg, hip) in body.hips.iter().enumerate() {
        let mut from = turned(*hip);
        let mut angle = pitch;
        for (part, length) in body.links.iter().enumerate() {
            angle += body.standing[part] + joints[2 * leg + part];
            let to = [from[0] + length * angle.sin(), from[1] - length * angle.cos()];
            limbs.push([from[0], from[1], to[0], to[1]]);
            from = to;
        }
    }
    limbs
}

/// Whether a torso at this height over the ground and this pitch has fallen; so has one of which there are no numbers any more.
pub fn has_fallen(body: &Body, height: f32, pitch: f32) -> bool {
    let stands = pitch.abs() <= FALLEN_PITCH && height >= FALLEN_HEIGHT * body.standing_height();
    !stands
}

#[cfg(test)]
mod tests {
    use super::super::body::Kind;
    use super::*;

    fn bodies() -> [Body; 2] {
        [Kind::Quadruped, Kind::Biped].map(Body::new)
    }

    #[test]
    fn a_quadruped_stands_on_every_ground() {
        let body = Body::new(Kind::Quadruped);
        for name in Ground::NAMES {
            let conditions = Conditions { ground: Ground::named(name), ..Conditions::default() };
            let mut robot = Robot::new(&body, &conditions, 1);
            for _ in 0..100 {
                assert_eq!(robot.step(&vec![0.0; body.joints()]), Ended::Standing, "{name}");
            }
            let seen = robot.observe();
            assert!((seen[0] - body.standing_height()).abs() < 0.03 && seen[1].abs() < 0.1, "{name}: {seen:?}");
            assert!(robot.contacts().iter().all(|touches| *touches), "{name}");
        }
    }

    #[test]
    fn an_observation_is_as_long_as_the_body_says_and_fits_the_figure() {
        for body in bodies() {
            let mut robot = Robot::new(&body, &Conditions::default(), 0);
            (0..7).for_each(|step| {
                let part = if step % 2 == 0 { 0.5 } else { -0.5 };
                robot.step(&vec![part; body.joints()]);
            });
            let seen = robot.observe();
            assert_eq!(seen.len(), body.observed());
            // The figure that is drawn from the angles has its feet where the physics has the shanks' ends.
            for (leg, [_, shank]) in robot.legs.iter().enumerate() {
                let shank = &robot.world.bodies[*shank];
                let foot = shank.position() * Vector::new(0.0, -body.links[1]);
                let drawn = robot.limbs()[TORSO_LINES + 1 + 2 * leg];
                assert!((drawn[2] - foot.x).abs() < 0.02 && (drawn[3] - foot.y).abs() < 0.02, "{drawn:?}, {foot:?}");
            }
        }
    }

    #[test]
    fn a_hard_push_fells_it_and_the_same_steps_lead_to_the_same_place() {
        let body = Body::new(Kind::Quadruped);
        let pushed = |impulse: f32| {
            let mut robot = Robot::new(&body, &Conditions::default(), 0);
            robot.push(impulse);
            let ended = (0..60).map(|_| robot.step(&vec![0.0; body.joints()])).find(|ended| *ended != Ended::Standing);
            (ended, robot.observe())
        };
        assert_eq!(pushed(2.0).0, None);
        assert_eq!(pushed(200.0).0, Some(Ended::Fallen));
        let bits = |seen: Vec<f32>| seen.into_iter().map(f32::to_bits).collect::<Vec<_>>();
        assert_eq!(bits(pushed(12.0).1), bits(pushed(12.0).1));
    }

    #[test]
    fn a_robot_that_is_flung_away_ends_its_episode() {
        let body = Body::new(Kind::Quadruped);
        let mut robot = Robot::new(&body, &Conditions::default(), 0);
        robot.push(1e6);
        assert_eq!(robot.step(&vec![0.0; body.joints()]), Ended::Unstable);
    }

    #[test]
    fn what_lies_is_upside_down_or_no_number_has_fallen() {
        let body = Body::new(Kind::Quadruped);
        let fallen = |height, pitch| has_fallen(&body, height, pitch);
        let standing = body.standing_height();
        assert!(!fallen(standing, 0.0) && !fallen(0.6 * standing, -0.9));
        assert!(
            fallen(0.4 * standing, 0.0)
                && fallen(standing, -1.1)
                && fallen(f32::NAN, 0.0)
                && fallen(standing, f32::NAN)
        );
    }

    #[test]
    fn the_height_of_the_ground_is_that_between_its_points() {
        let ground = [[0.0, 0.0], [1.0, 0.5], [3.0, 0.5]];
        let heights = [-1.0, 0.0, 0.5, 1.0, 2.0, 9.0].map(|x| height_at(&ground, x));
        assert_eq!(heights, [0.0, 0.0, 0.25, 0.5, 0.5, 0.5]);
    }
}
