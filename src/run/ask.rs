//! Questions to views as a person types them.

use crate::data::drawing;
use crate::experiment::knob::find;
use crate::experiment::{ExperimentError, GrayImage, KnobKind, KnobValue, Knobs, TaskContext, ViewSpec, Wording};
use crate::intake::{self, Purpose};
use std::path::Path;

const IMAGE: Purpose = Purpose::new(Wording::new("a PNG image", "PNG 画像"), 20 << 20);

/// The inputs of a view from words of the form `input=value`. The value of a picture is the path of an image file.
///
/// # Errors
/// When an input is unknown (the nearest is named) or a value is refused (what is expected is named).
pub fn inputs(view: &ViewSpec, assignments: &[String]) -> Result<Knobs, ExperimentError> {
    let declared = (view.inputs)();
    let mut inputs = Knobs::default();
    for assignment in assignments {
        let (name, value) = assignment.split_once('=').ok_or_else(|| {
            ExperimentError::both(
                format!("`{assignment}`: expected input=value, such as {}", example(view)),
                format!("`{assignment}`: {} のように 入力=値 の形で指定してください", example(view)),
            )
        })?;
        let name = name.trim();
        let failure = |error: crate::experiment::KnobError| view.unfit(&error);
        let input = find(&declared, name).map_err(failure)?;
        let value = match input.kind {
            KnobKind::Picture if value.trim() != "none" => KnobValue::from(digit(Path::new(value.trim()))?),
            _ => input.parse(value).map_err(failure)?,
        };
        inputs.0.insert(name.to_owned(), value);
    }
    view.completed(&inputs)
}

/// An input of a view as one would write it.
fn example(view: &ViewSpec) -> String {
    (view.inputs)().first().map_or("seed=3".to_owned(), |input| format!("{}={}", input.name, input.default))
}

/// A digit from an image file, light on dark or dark on light, in the form that models of digits know.
fn digit(path: &Path) -> Result<GrayImage, ExperimentError> {
    let failure = |why: String| ExperimentError::new(format!("{}: {why}", path.display()));
    let bytes = intake::bytes(path, &IMAGE, &TaskContext::default())?;
    let image = image::load_from_memory_with_format(&bytes, image::ImageFormat::Png)
        .map_err(|error| failure(format!("expected a PNG image: {error}")))?;
    let grey = image.to_luma8();
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let mut picture = GrayImage { width, height, pixels: grey.into_raw() };
    // A pen on paper is dark on light; MNIST is the other way round. The frame of the picture is its ground.
    let frame = picture.pixels.iter().enumerate().filter(|(place, _)| {
        let (x, y) = (place % width, place / width);
        x == 0 || y == 0 || x + 1 == width || y + 1 == height
    });
    let (sum, count) = frame.fold((0_u64, 0_u64), |(sum, count), (_, pixel)| (sum + u64::from(*pixel), count + 1));
    if sum > 127 * count {
        picture.pixels.iter_mut().for_each(|pixel| *pixel = 255 - *pixel);
    }
    drawing::to_mnist_form(&picture.intensities().collect::<Vec<f32>>(), width, height)
        .ok_or_else(|| failure("an empty picture: nothing is drawn in it".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{ImageGrid, Knob};
    use crate::run::recorder::png;

    const VIEW: ViewSpec = ViewSpec::new("v", Wording::new("", ""), || {
        vec![
            Knob::integer("rows", 4..=20, 12, ["", ""]),
            Knob::text("text", 20, "", ["", ""]),
            Knob::picture("picture", ["", ""]),
        ]
    });

    fn error(assignment: &str) -> String {
        inputs(&VIEW, &[assignment.to_owned()]).unwrap_err().to_string()
    }

    #[test]
    fn inputs_are_read_as_typed_and_bad_ones_say_what_is_expected() {
        let read = inputs(&VIEW, &["rows=7".to_owned(), "text=a=b c".to_owned()]).unwrap();
        assert_eq!((read.integer("rows"), read.text("text"), read.picture("picture")), (7, "a=b c", None));
        assert_eq!(error("row=7"), "view `v`: unknown input `row`: did you mean `rows`?");
        assert_eq!(error("rows=99"), "view `v`: input `rows` = `99`: expected an integer from 4 to 20");
        assert_eq!(error("rows"), "`rows`: expected input=value, such as rows=12");
        assert!(error("picture=/nowhere.png").starts_with("/nowhere.png: "));
    }

    #[test]
    fn a_picture_is_brought_to_the_form_that_models_know() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.png");
        let mut paper = GrayImage { width: 40, height: 60, pixels: vec![250; 2400] };
        (10..50).for_each(|y| paper.pixels[y * 40 + 17..y * 40 + 24].fill(10));
        std::fs::write(&path, png(&ImageGrid::new(1, vec![paper]))).unwrap();
        let read = inputs(&VIEW, &[format!("picture={}", path.display())]).unwrap();
        let digit = read.picture("picture").unwrap();
        assert_eq!((digit.width, digit.height), (28, 28));
        assert!(digit.pixel(14, 14) > 100 && digit.pixel(2, 2) == 0, "ink is light, paper is dark");
        std::fs::write(&path, "no image").unwrap();
        assert!(error(&format!("picture={}", path.display())).contains("expected a PNG image"));
    }

    #[test]
    fn cut_empty_and_enormous_pictures_are_refused_in_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("odd.png");
        let said = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            let said = error(&format!("picture={}", path.display()));
            assert!(said.starts_with(&format!("{}: ", path.display())) && !said.contains('\n'), "{said}");
            said
        };
        let mut ink = GrayImage::blank(64, 64);
        ink.pixels[64 * 20 + 10..64 * 20 + 50].fill(255);
        let whole = png(&ImageGrid::new(1, vec![ink]));
        for length in [0, 7, 8, 20, 40, whole.len() / 2, whole.len() - 13] {
            assert!(said(&whole[..length]).contains("expected a PNG image"), "{length} bytes");
        }
        assert!(said(&png(&ImageGrid::new(1, vec![GrayImage::blank(1, 1)]))).contains("nothing is drawn"));
        assert!(said(&png(&ImageGrid::new(1, vec![GrayImage::blank(30, 30)]))).contains("nothing is drawn"));
        // A header that promises 60,000 × 60,000 pixels; its checksum is right.
        let header = [&b"IHDR"[..], &60_000_u32.to_be_bytes(), &60_000_u32.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
        let mut checksum = flate2::Crc::new();
        checksum.update(&header);
        let enormous =
            [&whole[..8], &13_u32.to_be_bytes(), &header, &checksum.sum().to_be_bytes(), &whole[33..]].concat();
        assert!(said(&enormous).contains("expected a PNG image"));
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(error(&format!("picture={}", path.display())).contains("a folder; expected a PNG image"));
    }
}
