//! Weights of the program in files that every process maps, so that they take memory once for all of them.
//!
//! The program carries them in 16 bits, each process computes in 32. A server writes them in 32 bits into the folder that all of its
//! sessions read; the tensors of a session then lie in the file. Where there is no such file, each process converts its own.

use super::archive::{Archive, Format, decoded, encode, read};
use crate::experiment::{ExperimentError, Precision};
use crate::intake::made::{self, Bytes};
use crate::tensor::Tensor;
use safetensors::tensor::{Dtype, SafeTensors};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The folder of the files in a cache.
pub const FOLDER: &str = "models";
/// Numbers that are compared at a time.
const PIECE: usize = 1 << 10;

/// Weights that are part of the program: the id of their experiment, and the file.
pub type Bundled = (&'static str, &'static [u8]);

/// A folder of such files.
struct SharedFolder(Vec<Shared>);

struct Shared {
    bundled: &'static [u8],
    file: PathBuf,
    /// What the file holds, found when the weights are first asked for.
    archive: OnceLock<Option<Archive>>,
}

/// The folder of this process.
static FOLDER_OF_THIS_PROCESS: OnceLock<SharedFolder> = OnceLock::new();

/// From now on weights of the program are looked for in a cache. That of the first call stays.
pub fn look_in(cache: &Path, bundled: impl Iterator<Item = Bundled>) {
    FOLDER_OF_THIS_PROCESS.get_or_init(|| SharedFolder::new(&cache.join(FOLDER), bundled));
}

/// What the shared file of some weights holds, if they are weights of the program and there is one.
pub(super) fn archive(weights: &[u8]) -> Option<&'static Archive> {
    FOLDER_OF_THIS_PROCESS.get()?.archive(weights)
}

/// Writes the files into a cache, for all who [look there](look_in).
///
/// # Errors
/// The first that cannot be written.
pub fn write(cache: &Path, bundled: impl Iterator<Item = Bundled>) -> io::Result<()> {
    let folder = cache.join(FOLDER);
    for (id, weights) in bundled {
        let as_single = || {
            let Archive { tensors, state } = decoded(weights).expect("the weights of the program are whole");
            let tensors = tensors.iter().map(|(name, value)| (name.clone(), value));
            encode(tensors, state.as_deref(), Precision::Single)
        };
        made::find_or_make(&folder, &file_name(id), |single| holds_the_same(single, weights), as_single)?;
    }
    Ok(())
}

fn file_name(id: &str) -> String {
    format!("{id}.safetensors")
}

impl SharedFolder {
    fn new(folder: &Path, bundled: impl Iterator<Item = Bundled>) -> Self {
        let shared = |(id, bundled)| Shared { bundled, file: folder.join(file_name(id)), archive: OnceLock::new() };
        SharedFolder(bundled.map(shared).collect())
    }

    fn archive(&self, weights: &[u8]) -> Option<&Archive> {
        // By their place: what is part of the program has one.
        let shared = self.0.iter().find(|shared| std::ptr::eq(shared.bundled, weights))?;
        shared.archive.get_or_init(|| shared.open()).as_ref()
    }
}

impl Shared {
    fn open(&self) -> Option<Archive> {
        let bytes = made::find(&self.file, |single| holds_the_same(single, self.bundled))?;
        let Bytes::Mapped(map) = bytes else { return None };
        // Tensors lie in it until the program ends.
        let bytes: &'static [u8] = Box::leak(Box::new(map));
        in_place(bytes).ok()?
    }
}

/// What a file holds, its tensors where they are; none where they do not lie as they must in memory.
fn in_place(bytes: &'static [u8]) -> Result<Option<Archive>, ExperimentError> {
    let (file, state) = read(bytes)?;
    let tensors = file.iter().map(|(name, view)| Some((name.to_owned(), Tensor::in_place(view.shape(), view.data())?)));
    Ok(tensors.collect::<Option<_>>().map(|tensors| Archive { tensors, state }))
}

/// Whether a file holds the very numbers of another, in 32 bits, and its text.
fn holds_the_same(single: &[u8], weights: &[u8]) -> bool {
    let (Ok((single, text)), Ok((weights, its_text))) = (read(single), read(weights)) else {
        return false;
    };
    text == its_text && single.len() == weights.len() && is_single(&single, &weights)
}

fn is_single(single: &SafeTensors<'_>, weights: &SafeTensors<'_>) -> bool {
    weights.iter().all(|(name, view)| {
        let (Ok(format), Ok(found)) = (Format::of(name, view.dtype()), single.tensor(name)) else { return false };
        let mut numbers = [0.0_f32; PIECE];
        let pieces = view.data().chunks(PIECE * format.bytes()).zip(found.data().chunks(PIECE * size_of::<f32>()));
        found.dtype() == Dtype::F32
            && found.shape() == view.shape()
            && pieces.into_iter().all(|(piece, found)| {
                let numbers = &mut numbers[..piece.len() / format.bytes()];
                format.read(piece, numbers);
                numbers.iter().zip(found.as_chunks::<4>().0).all(|(number, found)| number.to_le_bytes() == *found)
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Weights;
    use crate::tensor::tensor;

    /// Weights as the program carries them: in 16 bits, with a text, at one place for ever.
    fn bundled() -> Bundled {
        let numbers = (0..3_000).map(|place| 0.25 * place as f32 - 7.0).collect();
        let weights = Weights::new().tensor("w", tensor([60, 50], numbers)).tensor("b", tensor([1], vec![-0.5]));
        ("lab", Vec::leak(weights.text("words".into()).encode(Precision::Half)))
    }

    #[test]
    fn weights_lie_in_the_file_and_are_what_the_program_carries() {
        let folder = tempfile::tempdir().unwrap();
        let (id, weights) = bundled();
        let shared_folder = SharedFolder::new(&folder.path().join(FOLDER), [(id, weights)].into_iter());
        write(folder.path(), [(id, weights)].into_iter()).unwrap();
        let (shared, own) = (shared_folder.archive(weights).unwrap(), decoded(weights).unwrap());
        assert_eq!((&shared.tensors, &shared.state), (&own.tensors, &own.state));
        let mut copy = shared.tensors["w"].clone();
        assert_eq!(copy.as_ptr(), shared_folder.archive(weights).unwrap().tensors["w"].as_ptr(), "nothing is copied");
        // Who writes has a copy.
        copy.values_mut()[0] = 9.0;
        copy.fill(1.0);
        assert_eq!(shared.tensors["w"], own.tensors["w"]);
        drop(copy);
        assert_eq!(shared.tensors["w"].clone().reshaped([3_000]).values()[1], -6.75);
        let elsewhere = weights.to_vec();
        assert!(shared_folder.archive(&elsewhere).is_none(), "weights of a run are its own");
    }

    #[test]
    fn a_file_that_is_missing_or_changed_is_not_used_and_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let (id, weights) = bundled();
        let opened =
            || SharedFolder::new(&folder.path().join(FOLDER), [(id, weights)].into_iter()).archive(weights).is_some();
        assert!(!opened(), "there is none");
        write(folder.path(), [(id, weights)].into_iter()).unwrap();
        let path = folder.path().join(FOLDER).join("lab.safetensors");
        let whole = std::fs::read(&path).unwrap();
        let mut turned = whole.clone();
        *turned.last_mut().unwrap() ^= 1;
        let other = Weights::new().tensor("w", tensor([1], vec![2.0])).encode(Precision::Single);
        for damaged in [&whole[..whole.len() - 4], &whole[..20], &turned, &other, weights, b""] {
            std::fs::write(&path, damaged).unwrap();
            assert!(!opened());
            write(folder.path(), [(id, weights)].into_iter()).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), whole);
            assert!(opened());
        }
    }
}
