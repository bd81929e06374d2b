//! The robots: a planar quadruped and a biped. Metres, kilograms, radians, seconds.

/// Which robot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Quadruped,
    Biped,
}

/// A torso with legs of two links. Each leg has two joints, hip and knee, whose motors hold an angle.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    pub kind: Kind,
    /// Half the length and half the height of the torso.
    pub torso: [f32; 2],
    pub torso_mass: f32,
    /// Where the hips are, from the middle of the torso.
    pub hips: Vec<[f32; 2]>,
    /// The lengths of thigh and shank, and their masses.
    pub links: [f32; 2],
    pub link_masses: [f32; 2],
    /// Half the thickness of a link.
    pub radius: f32,
    /// Hip and knee while it stands: the hip from straight down, the knee from a straight leg.
    pub standing: [f32; 2],
    /// How far a motor goes to either side of that.
    pub reach: [f32; 2],
    /// The largest torque of a motor, N·m.
    pub torque: f32,
    /// The motor's torque for an error of 1 rad, and for 1 rad/s.
    pub stiffness: f32,
    pub damping: f32,
}

impl Body {
    pub fn new(kind: Kind) -> Self {
        let quadruped = Body {
            kind,
            torso: [0.25, 0.06],
            torso_mass: 6.0,
            hips: vec![[0.2, -0.03], [0.2, -0.03], [-0.2, -0.03], [-0.2, -0.03]],
            links: [0.18, 0.18],
            link_masses: [0.5, 0.25],
            radius: 0.015,
            standing: [0.6, -1.2],
            reach: [0.7, 0.7],
            torque: 20.0,
            stiffness: 60.0,
            damping: 1.5,
        };
        match kind {
            Kind::Quadruped => quadruped,
            Kind::Biped => Body {
                torso: [0.06, 0.15],
                torso_mass: 4.0,
                hips: vec![[0.0, -0.13], [0.0, -0.13]],
                links: [0.22, 0.22],
                standing: [0.35, -0.7],
                reach: [0.9, 0.8],
                torque: 30.0,
                stiffness: 90.0,
                damping: 2.0,
                ..quadruped
            },
        }
    }

    /// Motors: two a leg.
    pub fn joints(&self) -> usize {
        2 * self.hips.len()
    }

    /// Numbers of an observation: height, pitch, the joints' angles; and how fast each changes, with the speed forwards.
    pub fn observed(&self) -> usize {
        5 + 2 * self.joints()
    }

    /// Numbers of an observation without how fast anything changes.
    pub fn places(&self) -> usize {
        2 + self.joints()
    }

    /// How high the middle of the torso is while the robot stands.
    pub fn standing_height(&self) -> f32 {
        let [hip, knee] = self.standing;
        let leg = self.links[0] * hip.cos() + self.links[1] * (hip + knee).cos();
        leg + self.radius - self.hips[0][1]
    }
}
