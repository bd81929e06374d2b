//! Real graphics. Encoding takes milliseconds, so it is done on a thread of its own; until it is done the picture of
//! before stays.

use super::cells::{Grid, Look};
use super::{PictureMode, draw_cells, grid};
use crate::experiment::ImageGrid;
use crate::run::inbox::Wake;
use image::{DynamicImage, GrayImage, imageops::FilterType};
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::widgets::Widget;
use ratatui_image::picker::Picker;
use ratatui_image::protocol::Protocol;
use ratatui_image::{Image, Resize};
use std::collections::HashMap;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

struct Job {
    key: String,
    images: ImageGrid,
    size: Size,
    light: bool,
}

/// An encoded picture and what it was made from.
struct Encoded {
    protocol: Protocol,
}

#[derive(Default)]
struct Place {
    wanted: Option<(ImageGrid, Size, bool)>,
    grid: Option<Grid>,
}

/// Encodes pictures in the background.
pub struct Encoder {
    jobs: Sender<Job>,
    done: Arc<Mutex<HashMap<String, Encoded>>>,
    places: HashMap<String, Place>,
}

impl Encoder {
    /// Starts the thread; it ends with the encoder.
    pub fn new(picker: Picker, wake: Wake) -> Self {
        let (jobs, received) = channel::<Job>();
        let done: Arc<Mutex<HashMap<String, Encoded>>> = Arc::default();
        let its_done = Arc::clone(&done);
        let font = picker.font_size();
        let spawned = std::thread::Builder::new().name("pictures".into()).spawn(move || {
            while let Ok(first) = received.recv() {
                // Of the jobs that wait only the latest of each place counts.
                let mut latest: Vec<Job> = vec![first];
                for job in received.try_iter() {
                    latest.retain(|other| other.key != job.key);
                    latest.push(job);
                }
                for job in latest {
                    let image = enlarged(&job, (font.width, font.height));
                    if let Ok(protocol) = picker.new_protocol(image, job.size, Resize::Fit(None)) {
                        let mut done = its_done.lock().unwrap_or_else(PoisonError::into_inner);
                        done.insert(job.key, Encoded { protocol });
                        drop(done);
                        wake();
                    }
                }
            }
        });
        // Without the thread, jobs go nowhere and half blocks stay.
        let _ = spawned;
        Encoder { jobs, done, places: HashMap::new() }
    }

    /// Draws what is encoded, half blocks before the first time, and orders what has changed.
    pub fn draw(&mut self, key: &str, images: &ImageGrid, area: Rect, look: Look, buffer: &mut Buffer) -> Grid {
        let found = grid(images, area);
        let size = Size::new(found.area.width, found.area.height);
        let place = self.places.entry(key.to_owned()).or_default();
        let wanted = place.wanted.as_ref();
        if wanted.is_none_or(|(old, old_size, light)| old != images || *old_size != size || *light != look.light) {
            place.wanted = Some((images.clone(), size, look.light));
            let job = Job { key: key.to_owned(), images: images.clone(), size, light: look.light };
            // A thread that could not be started takes no jobs.
            let _ = self.jobs.send(job);
        }
        place.grid = Some(found.clone());
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        match done.get(key) {
            Some(encoded)
                if encoded.protocol.size().width <= size.width && encoded.protocol.size().height <= size.height =>
            {
                Image::new(&encoded.protocol).render(found.area, buffer);
            }
            _ => draw_cells(images, &found, PictureMode::HalfBlocks, look, buffer),
        }
        found
    }
}

/// The grid at the size of its cells, pixel by pixel.
fn enlarged(job: &Job, (cell_width, cell_height): (u16, u16)) -> DynamicImage {
    let mut whole = job.images.joined(2);
    if job.light {
        whole.pixels.iter_mut().for_each(|pixel| *pixel = 255 - *pixel);
    }
    let (width, height) = (whole.width as u32, whole.height as u32);
    let image = GrayImage::from_raw(width, height, whole.pixels).expect("as many pixels as places");
    let room = (u32::from(job.size.width) * u32::from(cell_width), u32::from(job.size.height) * u32::from(cell_height));
    let scale = (room.0 / width.max(1)).min(room.1 / height.max(1)).clamp(1, 12);
    DynamicImage::ImageLuma8(image::imageops::resize(&image, width * scale, height * scale, FilterType::Nearest))
}
