//! Word vectors as a table in a safetensors file, with a vocabulary beside it: `x.safetensors` has its words in `x.vocab.txt`.

use super::input::Input;
use super::{Filling, LONGEST_WORD, Loaded, VECTORS, WIDEST};
use crate::intake;
use half::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::Metadata;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The longest header, as the format's own library has it.
const LONGEST_HEADER: u64 = 100_000_000;

/// A table `[words, dimension]`, read row by row, and a word a line in `NAME.vocab.txt` beside it.
pub fn read(path: &Path, name: &str, input: &mut Input) -> Result<Loaded, String> {
    let table = Table::find(input)?;
    let Table { words: count, dimension, dtype, .. } = table;
    let size = match dtype {
        Dtype::F16 | Dtype::BF16 => 2,
        Dtype::F32 => 4,
        other => return Err(format!("the table holds {other:?}; expected F16, BF16 or F32")),
    };
    if !(1..=WIDEST).contains(&dimension) || count > u32::MAX as usize {
        return Err(format!("a table [{count}, {dimension}]; expected 1 to {WIDEST} numbers a word"));
    }
    let beside = vocabulary(path);
    let (list, length) = intake::open(&beside, &VECTORS).map_err(|error| format!("its vocabulary: {error}"))?;
    let mut list = Input::new(list, length, input.task).map_err(|error| format!("its vocabulary: {error}"))?;
    input.pass(table.before)?;
    let (mut filling, mut line, mut row) = (Filling::new(name, dimension), Vec::new(), vec![0; dimension * size]);
    for _ in 0..count {
        input.tick()?;
        input.fill(&mut row)?;
        let at = list.line + 1;
        let Some(word) = list.line(&mut line, LONGEST_WORD as u64)? else {
            let beside = beside.display();
            return Err(format!("{count} vectors, but {beside} ends before line {at}; expected a word for each"));
        };
        let values = filling.values.iter_mut();
        match dtype {
            Dtype::F32 => {
                values.zip(row.as_chunks::<4>().0).for_each(|(value, bytes)| *value = f32::from_le_bytes(*bytes))
            }
            Dtype::F16 => values
                .zip(row.as_chunks::<2>().0)
                .for_each(|(value, bytes)| *value = f16::from_le_bytes(*bytes).to_f32()),
            _ => values
                .zip(row.as_chunks::<2>().0)
                .for_each(|(value, bytes)| *value = bf16::from_le_bytes(*bytes).to_f32()),
        }
        if let Some(value) = filling.values.iter().find(|value| !value.is_finite()) {
            return Err(format!("row {at}: expected finite numbers, found {value}"));
        }
        filling.take(word)?;
    }
    if list.next_byte_but_spaces()?.is_some() {
        return Err(format!(
            "{}, line {}: a word more than the {count} vectors; expected the end of the file",
            beside.display(),
            list.line + 1
        ));
    }
    input.pass(table.after)?;
    match input.next_byte_but_spaces()? {
        None => Ok(filling.loaded),
        Some(_) => Err(format!("byte {}: more than the header promises; expected the end of the file", input.offset)),
    }
}

/// The table in a file, and the bytes of other tensors before and behind it.
struct Table {
    words: usize,
    dimension: usize,
    dtype: Dtype,
    before: u64,
    after: u64,
}

impl Table {
    /// The tensor `vectors`, or the only one of two axes.
    fn find(input: &mut Input) -> Result<Self, String> {
        let mut header = vec![0; 8];
        input.fill(&mut header)?;
        let length = u64::from_le_bytes(header[..].try_into().expect("eight bytes"));
        if length > LONGEST_HEADER {
            return Err(format!("a header of {length} bytes; expected at most {LONGEST_HEADER}"));
        }
        header.clear();
        (&mut input.reader).take(length).read_to_end(&mut header).map_err(|error| input.broken(&error))?;
        input.offset = 8 + header.len() as u64;
        let header: Metadata = serde_json::from_slice(&header)
            .map_err(|error| format!("not a whole safetensors file: its header: {error}"))?;
        let mut tensors: Vec<_> = header.tensors().into_iter().collect();
        tensors.sort_by_key(|(_, of)| of.data_offsets);
        let end = tensors.last().map_or(0, |(_, of)| of.data_offsets.1 as u64);
        let mut tables: Vec<_> = tensors.into_iter().filter(|(_, of)| of.shape.len() == 2).collect();
        if tables.iter().any(|(name, _)| name == "vectors") {
            tables.retain(|(name, _)| name == "vectors");
        }
        match &tables[..] {
            [(_, of)] => Ok(Table {
                words: of.shape[0],
                dimension: of.shape[1],
                dtype: of.dtype,
                before: of.data_offsets.0 as u64,
                after: end - of.data_offsets.1 as u64,
            }),
            [] => Err("no tensor of two axes; expected `vectors` [words, dimension]".to_owned()),
            several => {
                let mut names: Vec<String> = several.iter().map(|(name, _)| format!("`{name}`")).collect();
                names.sort();
                Err(format!(
                    "several tables: {}; expected only one of two axes, or one named `vectors`",
                    names.join(", ")
                ))
            }
        }
    }
}

impl Input<'_> {
    /// The next bytes, as many as there is room for.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), String> {
        match self.reader.read_exact(bytes) {
            Ok(()) => {
                self.offset += bytes.len() as u64;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err("not a whole safetensors file: it is cut short".to_owned())
            }
            Err(error) => Err(self.broken(&error)),
        }
    }

    /// Passes over so many bytes.
    fn pass(&mut self, bytes: u64) -> Result<(), String> {
        let passed =
            io::copy(&mut (&mut self.reader).take(bytes), &mut io::sink()).map_err(|error| self.broken(&error))?;
        self.offset += passed;
        if passed == bytes { Ok(()) } else { Err("not a whole safetensors file: it is cut short".to_owned()) }
    }
}

/// `x.safetensors` has its words in `x.vocab.txt`.
fn vocabulary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".gz").unwrap_or(&name);
    let stem = stem.strip_suffix(".safetensors").unwrap_or(stem);
    path.with_file_name(format!("{stem}.vocab.txt"))
}
