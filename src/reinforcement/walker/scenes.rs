//! A robot drawn: how it moved, and when which foot was on the ground.

use super::simulator::{CONTROL_HZ, Robot, height_at};
use crate::experiment::panel::{HeatMap, Pose, Poses};
use crate::experiment::{Bilingual, Panel};

/// The ground is drawn so far before and behind the way that was walked, metres.
const AROUND: f32 = 2.0;
/// And has a point every so many metres.
const BETWEEN: f32 = 0.05;

/// How a robot looked over some control steps.
pub struct Scenes {
    pub ground: Vec<[f32; 2]>,
    pub limbs: Vec<Vec<[f32; 4]>>,
    pub touching: Vec<Vec<[f32; 2]>>,
    pub contacts: Vec<Vec<bool>>,
}

impl Scenes {
    pub fn new(robot: &Robot) -> Self {
        let (limbs, touching, contacts) = (Vec::new(), Vec::new(), Vec::new());
        Scenes { ground: robot.ground().to_vec(), limbs, touching, contacts }
    }

    pub fn add(&mut self, robot: &Robot) {
        self.limbs.push(robot.limbs());
        self.touching.push(robot.touching());
        self.contacts.push(robot.contacts());
    }
}

/// The ground where some figures are.
pub fn around(ground: &[[f32; 2]], limbs: &[Vec<[f32; 4]>]) -> Vec<[f32; 2]> {
    let xs = limbs.iter().flatten().map(|limb| limb[0]);
    let [low, high] = xs.fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)]);
    let (low, high) = (low - AROUND, high + AROUND);
    let points = ((high - low) / BETWEEN).ceil().clamp(1.0, 10_000.0) as usize;
    let at = |point: usize| low + (high - low) * point as f32 / points as f32;
    (0..=points).map(|point| [at(point), height_at(ground, at(point))]).collect()
}

/// A robot as it moved, and when which foot was on the ground.
pub fn robot_panels(scenes: &Scenes) -> Vec<Panel> {
    let poses = scenes.limbs.iter().zip(&scenes.touching);
    let pose = |(limbs, contacts): (&Vec<[f32; 4]>, &Vec<[f32; 2]>)| Pose {
        limbs: limbs.clone(),
        contacts: contacts.clone(),
        ..Pose::default()
    };
    let legs = scenes.contacts.first().map_or(0, Vec::len);
    let names = if legs == 4 { vec!["front a", "front b", "rear a", "rear b"] } else { vec!["leg a", "leg b"] };
    let values = (0..legs).flat_map(|leg| scenes.contacts.iter().map(move |step| f32::from(u8::from(step[leg]))));
    // A name at each whole second.
    let times = (0..scenes.contacts.len()).map(|step| match step % CONTROL_HZ as usize {
        0 => (step / CONTROL_HZ as usize).to_string(),
        _ => String::new(),
    });
    vec![
        Panel::Poses(Poses {
            heading: Bilingual::new("the robot", "ロボット"),
            seconds_per_pose: 1.0 / CONTROL_HZ,
            ground: around(&scenes.ground, &scenes.limbs),
            poses: poses.map(pose).collect(),
        }),
        Panel::HeatMap(HeatMap {
            heading: Bilingual::new(
                "footfalls: which foot is on the ground; seconds above",
                "足の接地(front は前足、rear は後足。上の数字は秒)",
            ),
            rows: names.into_iter().map(str::to_owned).collect(),
            columns: times.collect(),
            values: values.collect(),
            range: [0.0, 1.0],
        }),
    ]
}
