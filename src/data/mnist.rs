//! MNIST: 60,000 handwritten digits to learn from and 10,000 to test with, 28×28 grey pixels each
//! (LeCun, Cortes & Burges).

use super::idx::{self, IdxError, Kind};
use super::unpack::{self, Packed};
use crate::experiment::{ExperimentError, GrayImage, Setting, Source, TaskContext, Wording};
use crate::intake::made::Bytes;
use crate::intake::{self, Purpose};
use crate::tensor::Tensor;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Pixels of a digit.
pub const PIXELS: usize = 28 * 28;
/// Pictures in the training files; the last [`VALIDATION`] of them are held out.
const TRAINING_FILE: usize = 60_000;
const TEST_FILE: usize = 10_000;
/// What a person's own files should be.
const FILE: Wording = Wording::new("a file of digits or labels in IDX format", "IDX 形式の数字かラベルのファイル");
/// Pictures held out of training, for the validation loss.
pub const VALIDATION: usize = 5_000;

macro_rules! packed {
    ($name:literal, $length:expr, $sha256:literal) => {
        Packed {
            name: $name,
            gzip: include_bytes!(concat!("../../assets/mnist/", $name, ".gz")),
            length: $length,
            sha256: $sha256,
        }
    };
}

static FILES: [Packed; 4] = [
    packed!(
        "train-images-idx3-ubyte",
        16 + TRAINING_FILE * PIXELS,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    ),
    packed!(
        "train-labels-idx1-ubyte",
        8 + TRAINING_FILE,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
    ),
    packed!(
        "t10k-images-idx3-ubyte",
        16 + TEST_FILE * PIXELS,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
    ),
    packed!(
        "t10k-labels-idx1-ubyte",
        8 + TEST_FILE,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
    ),
];

/// Digits and what they show.
#[derive(Clone)]
pub struct Digits {
    images: Arc<Bytes>,
    labels: Arc<Bytes>,
    range: Range<usize>,
}

/// The three sets.
#[derive(Clone)]
pub struct Mnist {
    /// The first 55,000 training pictures.
    pub train: Digits,
    /// The last 5,000 training pictures.
    pub validation: Digits,
    /// The test pictures, for final reports and for looking at.
    pub test: Digits,
}

impl Mnist {
    /// A person's own set where there is one, else the embedded one.
    ///
    /// # Errors
    /// As [`from_folder`](Self::from_folder).
    pub fn of(source: &Source) -> Result<Self, ExperimentError> {
        match &source.folder {
            Some(folder) => Self::from_folder(folder),
            None => Ok(Self::embedded(&source.cache)),
        }
    }

    /// The same, if there are enough digits for a batch as large as the knobs ask for.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn for_training(setting: &Setting) -> Result<Self, ExperimentError> {
        let whole = Self::of(&setting.source)?;
        let mnist = setting.digits.map_or_else(|| whole.clone(), |counts| whole.first(counts));
        let (batch, digits) = (setting.knobs.integer("batch"), mnist.train.len());
        if batch as usize > digits {
            return Err(ExperimentError::new(format!("knob `batch` = {batch}: only {digits} digits to learn from")));
        }
        Ok(mnist)
    }

    /// The embedded set, unpacked to `cache` at first use.
    pub fn embedded(cache: &Path) -> Self {
        let folder = cache.join("mnist");
        let [a, b, c, d] = FILES.each_ref().map(|packed| Arc::new(unpack::open(&folder, packed)));
        Self::from_files(a, b, c, d)
    }

    /// A person's own four files in IDX format, plain or with `.gz`, of MNIST's lengths.
    ///
    /// # Errors
    /// Names the file, the byte and what was expected there.
    pub fn from_folder(folder: &Path) -> Result<Self, ExperimentError> {
        let mut files = FILES.iter().enumerate().map(|(index, packed)| {
            let kind = if index % 2 == 0 { Kind::Images } else { Kind::Labels };
            let count = if index < 2 { TRAINING_FILE } else { TEST_FILE };
            read(folder, packed.name, kind, count).map(Arc::new)
        });
        let mut next = || files.next().expect("four files");
        Ok(Self::from_files(next()?, next()?, next()?, next()?))
    }

    /// The first digits of each set, so many for training, validation and test.
    ///
    /// # Panics
    /// If there are not so many.
    #[must_use]
    pub fn first(&self, [train, validation, test]: [usize; 3]) -> Self {
        let first = |digits: &Digits, count: usize| {
            assert!(count <= digits.len(), "{count} of {} digits", digits.len());
            Digits { range: digits.range.start..digits.range.start + count, ..digits.clone() }
        };
        Mnist {
            train: first(&self.train, train),
            validation: first(&self.validation, validation),
            test: first(&self.test, test),
        }
    }

    fn from_files(images: Arc<Bytes>, labels: Arc<Bytes>, test_images: Arc<Bytes>, test_labels: Arc<Bytes>) -> Self {
        let part = |range| Digits { images: Arc::clone(&images), labels: Arc::clone(&labels), range };
        Mnist {
            train: part(0..TRAINING_FILE - VALIDATION),
            validation: part(TRAINING_FILE - VALIDATION..TRAINING_FILE),
            test: Digits { images: test_images, labels: test_labels, range: 0..TEST_FILE },
        }
    }
}

/// The four files of a person's own folder, whether they are there or not.
pub fn files_of(folder: &Path) -> [PathBuf; 4] {
    FILES.each_ref().map(|packed| place(folder, packed.name))
}

/// Where a file lies: as MNIST's own site names it, as Kaggle does, and within a folder of its own name as its archive unpacks.
fn place(folder: &Path, name: &str) -> PathBuf {
    let dotted = name.replacen("-idx", ".idx", 1);
    let names = [name.to_owned(), format!("{name}.gz"), dotted.clone(), format!("{dotted}.gz")];
    let path = names.iter().map(|name| folder.join(name)).find(|path| path.symlink_metadata().is_ok());
    let path = path.unwrap_or_else(|| folder.join(name));
    match path.file_name() {
        Some(own) if path.is_dir() && path.join(own).is_file() => path.join(own),
        _ => path,
    }
}

/// Reads a file whole: a person's own may change or vanish at any time, which must not reach a run.
fn read(folder: &Path, name: &str, kind: Kind, count: usize) -> Result<Bytes, ExperimentError> {
    let path = place(folder, name);
    // A little beyond the right length, so that the check says how much there is too much.
    let purpose = Purpose::new(FILE, (kind.length(count) + (1 << 20)) as u64);
    let bytes = intake::unpacked(&path, &purpose, &TaskContext::default());
    let bytes = bytes.map_err(|error| match path.symlink_metadata() {
        Err(_) => ExperimentError::new(format!("{}: no such file, expected {name} or {name}.gz", path.display())),
        Ok(_) => error,
    })?;
    idx::check(&path, &bytes, kind, count).map_err(|error: IdxError| ExperimentError::new(error.to_string()))?;
    Ok(Bytes::InMemory(bytes))
}

impl Digits {
    pub fn len(&self) -> usize {
        self.range.len()
    }

    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// The pixels of a digit, row by row.
    ///
    /// # Panics
    /// If there are not so many digits.
    pub fn pixels(&self, index: usize) -> &[u8] {
        assert!(index < self.len(), "digit {index} of {}", self.len());
        let start = Kind::Images.header() + (self.range.start + index) * PIXELS;
        &self.images[start..start + PIXELS]
    }

    pub fn picture(&self, index: usize) -> GrayImage {
        GrayImage { width: 28, height: 28, pixels: self.pixels(index).to_vec() }
    }

    /// What a digit shows, 0 to 9.
    ///
    /// # Panics
    /// If there are not so many digits.
    pub fn label(&self, index: usize) -> u8 {
        assert!(index < self.len(), "digit {index} of {}", self.len());
        self.labels[Kind::Labels.header() + self.range.start + index]
    }

    /// Some digits as intensities in [0, 1]: `[indices, 784]`.
    pub fn batch(&self, indices: impl IntoIterator<Item = usize, IntoIter: ExactSizeIterator>) -> Tensor<f32> {
        let indices = indices.into_iter();
        let mut batch = Tensor::filled([indices.len(), PIXELS], 0.0);
        for (row, index) in batch.values_mut().chunks_exact_mut(PIXELS).zip(indices) {
            row.iter_mut().zip(self.pixels(index)).for_each(|(place, &pixel)| *place = f32::from(pixel) / 255.0);
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(changes: impl Fn(&str, &mut Vec<u8>)) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (index, packed) in FILES.iter().enumerate() {
            let count: u32 = if index < 2 { 60_000 } else { 10_000 };
            let mut bytes = vec![0, 0, 8, if index % 2 == 0 { 3 } else { 1 }];
            bytes.extend(count.to_be_bytes());
            if index % 2 == 0 {
                bytes.extend([0, 0, 0, 28, 0, 0, 0, 28]);
            }
            bytes.resize(packed.length, 3);
            changes(packed.name, &mut bytes);
            std::fs::write(folder.path().join(packed.name), bytes).unwrap();
        }
        folder
    }

    #[test]
    fn the_embedded_set_is_mnist() {
        let cache = tempfile::tempdir().unwrap();
        let mnist = Mnist::embedded(cache.path());
        assert_eq!((mnist.train.len(), mnist.validation.len(), mnist.test.len()), (55_000, 5_000, 10_000));
        assert_eq!([0, 1, 2, 3].map(|i| mnist.train.label(i)), [5, 0, 4, 1]);
        assert_eq!(mnist.test.label(0), 7);
        let sum: u64 = (0..55_000).flat_map(|i| mnist.train.pixels(i)).map(|&p| u64::from(p)).sum();
        let rest: u64 = (0..5_000).flat_map(|i| mnist.validation.pixels(i)).map(|&p| u64::from(p)).sum();
        let mean = (sum + rest) as f64 / 255.0 / (60_000.0 * 784.0);
        assert!((mean - 0.13066).abs() < 1e-5, "{mean}");
    }

    #[test]
    fn a_batch_is_in_the_unit_interval() {
        let cache = tempfile::tempdir().unwrap();
        let batch = Mnist::embedded(cache.path()).train.batch([3, 1]);
        assert_eq!(batch.shape(), [2, 784]);
        assert!(batch.iter().all(|value| (0.0..=1.0).contains(value)));
        assert_eq!(batch.iter().copied().fold(0.0, f32::max), 1.0);
    }

    /// Files as they are found: under other names, packed or not whatever the name says, in members, padded, as links.
    #[test]
    fn files_are_known_by_their_bytes_wherever_they_come_from() {
        use std::io::Write;
        let packed = |bytes: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        };
        let name = FILES[1].name;
        let good = || folder_with(|_, _| ());
        let with = |change: &dyn Fn(&Path, &[u8])| {
            let folder = good();
            let bytes = std::fs::read(folder.path().join(name)).unwrap();
            std::fs::remove_file(folder.path().join(name)).unwrap();
            change(folder.path(), &bytes);
            Mnist::from_folder(folder.path()).map(drop).map_err(|error| error.to_string())
        };
        let put = |folder: &Path, name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
        let gz = format!("{name}.gz");
        assert_eq!(with(&|folder, bytes| put(folder, &gz, &packed(bytes))), Ok(()));
        assert_eq!(with(&|folder, bytes| put(folder, &gz, bytes)), Ok(()), "named so, but plain");
        assert_eq!(with(&|folder, bytes| put(folder, name, &packed(bytes))), Ok(()), "packed under a plain name");
        let members = |bytes: &[u8]| [packed(&bytes[..1000]), packed(&bytes[1000..])].concat();
        assert_eq!(with(&|folder, bytes| put(folder, &gz, &members(bytes))), Ok(()));
        assert_eq!(with(&|folder, bytes| put(folder, &gz, &[packed(bytes), vec![0; 512]].concat())), Ok(()));
        assert_eq!(with(&|folder, bytes| put(folder, "train-labels.idx1-ubyte", bytes)), Ok(()));
        let within = |folder: &Path, bytes: &[u8]| {
            std::fs::create_dir(folder.join(name)).unwrap();
            put(&folder.join(name), name, bytes);
        };
        assert_eq!(with(&within), Ok(()));
        let linked = |folder: &Path, bytes: &[u8]| {
            put(folder, "elsewhere", bytes);
            std::os::unix::fs::symlink(folder.join("elsewhere"), folder.join(name)).unwrap();
        };
        assert_eq!(with(&linked), Ok(()));
        // And what is none of these, in one line with the place.
        let looped =
            |folder: &Path, _: &[u8]| std::os::unix::fs::symlink(folder.join(name), folder.join(name)).unwrap();
        let refused = |change: &dyn Fn(&Path, &[u8]), part: &str| {
            let said = with(change).unwrap_err();
            assert!(said.contains(name) && said.contains(part) && !said.contains('\n'), "{said}");
        };
        refused(&looped, "leads back to itself");
        refused(&|_, _| (), "no such file, expected");
        refused(&|folder, bytes| put(folder, &gz, &packed(bytes)[..100]), "expected a whole gzip file");
        refused(&|folder, _| put(folder, &gz, b"<!DOCTYPE html>"), "not the IDX format");
        refused(&|folder, _| put(folder, name, b""), "byte 0: the file ends");
        refused(
            &|folder, bytes| put(folder, name, &[bytes, b"\n"].concat()),
            "1 more bytes, expected the end of the file",
        );
        refused(&|folder, bytes| put(folder, name, &[&[1, 8, 0, 0], &bytes[4..]].concat()), "not the IDX format");
        let huge = [&[0, 0, 8, 1][..], &[0xff; 4]].concat();
        refused(&|folder, _| put(folder, name, &huge), "4294967295 items, expected 60000");
        let bomb = packed(&vec![3; 60_008 + (1 << 20) + 1]);
        refused(&|folder, _| put(folder, &gz, &bomb), "more than 1 MB");
        refused(&|folder, _| std::fs::create_dir(folder.join(name)).unwrap(), "a folder");
    }

    #[test]
    fn the_files_of_a_folder_are_those_that_are_read_and_no_others() {
        let folder = folder_with(|_, _| ());
        let digest = || intake::digest_of(&files_of(folder.path()), &TaskContext::default()).unwrap();
        let before = digest();
        std::fs::write(folder.path().join("README"), "mine").unwrap();
        assert_eq!(digest(), before, "a file beside them");
        let path = folder.path().join(FILES[3].name);
        let mut bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join(FILES[3].name), &bytes).unwrap();
        assert_eq!(digest(), before, "in a folder of its own name");
        bytes[20] ^= 1;
        std::fs::write(path.join(FILES[3].name), &bytes).unwrap();
        assert_ne!(digest(), before);
    }

    #[test]
    fn a_persons_own_files_are_checked() {
        assert!(Mnist::from_folder(folder_with(|_, _| ()).path()).is_ok());
        let swapped = folder_with(|name, bytes| {
            if name == "train-images-idx3-ubyte" {
                bytes.truncate(16 + 10_000 * 784);
                bytes[4..8].copy_from_slice(&10_000_u32.to_be_bytes());
            }
        });
        let error = Mnist::from_folder(swapped.path()).err().unwrap().to_string();
        assert!(error.ends_with("train-images-idx3-ubyte: byte 4: 10000 items, expected 60000"), "{error}");
        let empty = tempfile::tempdir().unwrap();
        let error = Mnist::from_folder(empty.path()).err().unwrap().to_string();
        assert!(
            error.ends_with("no such file, expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz"),
            "{error}"
        );
    }
}
