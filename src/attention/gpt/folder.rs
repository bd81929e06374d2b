//! A GPT-2 that was trained elsewhere, opened from a folder as Hugging Face lays it out: `config.json`, `model.safetensors`, and
//! `tokenizer.json`, or `vocab.json` with `merges.txt`.

use super::generate::TrainedGpt;
use crate::attention::language_model::{Configuration, Gpt};
use crate::data::bytepair::{BytePair, Definition};
use crate::data::tokenizer::Tokenizer;
use crate::experiment::{ExperimentError, TaskContext, Wording};
use crate::intake::{self, Purpose};
use crate::nn::{BlockSettings, Parameters, WeightsFile};
use crate::printer::printable;
use crate::tensor::Tensor;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use std::path::Path;
use std::sync::Arc;

/// Bytes of a file of text at most: the vocabulary of GPT-2 has one million.
const TABLE: Purpose =
    Purpose::new(Wording::new("a table of the model's folder in JSON or text", "JSON かテキストの表"), 64 << 20);
const MOST_LAYERS: usize = 256;
const MOST_WIDTH: usize = 1 << 14;
const MOST_PLACES: usize = 1 << 16;
const MOST_SYMBOLS: usize = 1 << 20;
/// What is added to the variance in a normalisation.
const EPSILON: f64 = 1e-5;

/// What `config.json` says of a network.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Config {
    model_type: String,
    vocab_size: usize,
    n_positions: Option<usize>,
    /// The same under its older name; many files have both.
    n_ctx: Option<usize>,
    n_embd: usize,
    n_layer: usize,
    n_head: usize,
    n_inner: Option<usize>,
    #[serde(default = "gelu")]
    activation_function: String,
    #[serde(default = "epsilon")]
    layer_norm_epsilon: f64,
    #[serde(default = "yes")]
    scale_attn_weights: bool,
    #[serde(default)]
    scale_attn_by_inverse_layer_idx: bool,
    #[serde(default = "yes")]
    tie_word_embeddings: bool,
    #[serde(default)]
    add_cross_attention: bool,
}

fn gelu() -> String {
    "gelu_new".to_owned()
}

fn epsilon() -> f64 {
    EPSILON
}

fn yes() -> bool {
    true
}

/// A text of a file as it can be shown.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}

impl Config {
    /// The shape of the network.
    fn configuration(&self) -> Result<Configuration, ExperimentError> {
        let found = |name: &str, value: &dyn std::fmt::Display, expected: &str| {
            Err(ExperimentError::both(
                format!("{name} = {value}, expected {expected}"),
                format!("{name} = {value}。{expected} にしてください"),
            ))
        };
        if self.model_type != "gpt2" {
            return found("model_type", &quoted(&self.model_type), "\"gpt2\"");
        }
        // Two names of the formula by tanh.
        if !["gelu_new", "gelu_pytorch_tanh"].contains(&self.activation_function.as_str()) {
            return found("activation_function", &quoted(&self.activation_function), "\"gelu_new\"");
        }
        if (self.layer_norm_epsilon - EPSILON).abs() > 1e-3 * EPSILON {
            return found("layer_norm_epsilon", &self.layer_norm_epsilon, "1e-5");
        }
        for (name, value, expected) in [
            ("scale_attn_weights", self.scale_attn_weights, true),
            ("scale_attn_by_inverse_layer_idx", self.scale_attn_by_inverse_layer_idx, false),
            ("add_cross_attention", self.add_cross_attention, false),
        ] {
            if value != expected {
                return found(name, &value, &expected.to_string());
            }
        }
        let Some(context) = self.n_positions.or(self.n_ctx) else {
            return found("n_positions", &"?", "the places that are read at most");
        };
        let hidden = self.n_inner.unwrap_or(4 * self.n_embd);
        for (name, size, most) in [
            ("n_layer", self.n_layer, MOST_LAYERS),
            ("n_embd", self.n_embd, MOST_WIDTH),
            ("n_positions", context, MOST_PLACES),
            ("vocab_size", self.vocab_size, MOST_SYMBOLS),
            ("n_inner", hidden, 4 * MOST_WIDTH),
        ] {
            if !(1..=most).contains(&size) {
                return found(name, &size, &format!("1 – {most}"));
            }
        }
        if self.n_head == 0 || !self.n_embd.is_multiple_of(self.n_head) {
            return found("n_head", &self.n_head, &format!("a divisor of n_embd = {}", self.n_embd));
        }
        Ok(Configuration {
            layers: self.n_layer,
            block: BlockSettings { hidden, ..BlockSettings::new(self.n_embd, self.n_head) },
            context,
            symbols: self.vocab_size,
            is_tied: self.tie_word_embeddings,
            is_causal: true,
        })
    }
}

/// The text of a file in the folder; none if there is no such file.
fn text(folder: &Path, name: &str) -> Result<Option<String>, ExperimentError> {
    let path = folder.join(name);
    if std::fs::symlink_metadata(&path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return Ok(None);
    }
    intake::text(&path, &TABLE, &TaskContext::default()).map(Some)
}

fn missing(folder: &Path, what: &str) -> ExperimentError {
    let folder = folder.display();
    ExperimentError::both(
        format!(
            "{folder}: {what} is missing; expected a GPT-2 as Hugging Face lays it out: config.json, model.safetensors, and tokenizer.json or vocab.json with merges.txt"
        ),
        format!(
            "{folder}: {what} がありません。Hugging Face 形式の GPT-2(config.json、model.safetensors、tokenizer.json または vocab.json と merges.txt)が必要です"
        ),
    )
}

fn tokenizer(folder: &Path) -> Result<BytePair, ExperimentError> {
    let definition = match text(folder, "tokenizer.json")? {
        Some(file) => Definition::of_tokenizer(&file),
        None => {
            let list = |name: &str| text(folder, name)?.ok_or_else(|| missing(folder, name));
            Definition::of_lists(&list("vocab.json")?, &list("merges.txt")?)
        }
    };
    definition.and_then(|definition| BytePair::defined(&definition)).map_err(|why| why.in_file(folder))
}

/// Where a parameter of [`Gpt`] stands in the file, and whether it stands there turned: as `[inputs, outputs]`.
fn place_in_file(name: &str) -> (String, bool) {
    let parts: Vec<&str> = name.split('.').collect();
    let part = |part: &str| match part {
        "gamma" => "weight",
        "beta" => "bias",
        _ => "",
    };
    match parts[..] {
        ["tokens", "weight"] => ("wte.weight".to_owned(), false),
        ["positions", "weight"] => ("wpe.weight".to_owned(), false),
        ["norm", which] => (format!("ln_f.{}", part(which)), false),
        ["block", layer, "norm", number, which] => {
            let number = if number == "0" { 1 } else { 2 };
            (format!("h.{layer}.ln_{number}.{}", part(which)), false)
        }
        ["block", layer, of, matrix, which] => {
            let place = match (of, matrix) {
                ("attention", "query_key_value") => "attn.c_attn",
                ("attention", _) => "attn.c_proj",
                (_, "widen") => "mlp.c_fc",
                _ => "mlp.c_proj",
            };
            (format!("h.{layer}.{place}.{which}"), which == "weight")
        }
        _ => ("lm_head.weight".to_owned(), false),
    }
}

impl TrainedGpt {
    /// A GPT-2 from a folder.
    ///
    /// # Errors
    /// When a file is missing or broken, or it is another kind of network: what, and where.
    pub fn open_folder(folder: &Path) -> Result<Self, ExperimentError> {
        if !folder.is_dir() {
            let why = ExperimentError::both("no folder", "フォルダーではありません");
            return Err(why.in_file(folder));
        }
        let config = text(folder, "config.json")?.ok_or_else(|| missing(folder, "config.json"))?;
        let in_config = |why: ExperimentError| why.in_file(&folder.join("config.json"));
        let config: Config =
            serde_json::from_str(&config).map_err(|error| in_config(ExperimentError::new(error.to_string())))?;
        let configuration = config.configuration().map_err(in_config)?;
        let tokenizer = tokenizer(folder)?;
        if tokenizer.len() > configuration.symbols {
            let (symbols, size) = (tokenizer.len(), configuration.symbols);
            let why = ExperimentError::both(
                format!("the vocabulary has {symbols} symbols, the network vocab_size = {size}; expected no more"),
                format!("語彙の {symbols} 個の記号が、ネットワークの vocab_size = {size} を超えています"),
            );
            return Err(why.in_file(folder));
        }
        let path = folder.join("model.safetensors");
        if !path.is_file() {
            return Err(missing(folder, "model.safetensors"));
        }
        let (network, parameters) = weights(&path, configuration).map_err(|why| why.in_file(&path))?;
        Ok(TrainedGpt {
            network: Arc::new(network),
            parameters,
            tokenizer: Arc::new(Tokenizer::BytePair(tokenizer)),
            language: None,
            folder: Some(printable(&folder.display().to_string())),
            example: Arc::default(),
        })
    }
}

fn weights(path: &Path, configuration: Configuration) -> Result<(Gpt, Parameters<f32>), ExperimentError> {
    let file = WeightsFile::open(path)?;
    // The model with its head, or without.
    let prefix = if file.has("transformer.wte.weight") { "transformer." } else { "" };
    let mut parameters = Parameters::unfilled();
    let network = Gpt::new(configuration, &mut parameters, &mut ChaCha8Rng::seed_from_u64(0));
    parameters.fill(|name, shape| -> Result<Tensor<f32>, ExperimentError> {
        let (place, is_turned) = place_in_file(name);
        let place = if place == "lm_head.weight" { place } else { format!("{prefix}{place}") };
        match shape {
            &[rows, columns] if is_turned => file.transposed(&place, [rows, columns]),
            shape => file.tensor(&place, shape),
        }
    })?;
    Ok((network, parameters))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Precision;
    use crate::nn::weights;
    use std::fs;
    use std::path::PathBuf;

    /// A tiny GPT-2 and what Hugging Face's transformers say of it, see `tests/reference/hugging_face_gpt2.py`.
    const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference/gpt2");

    #[derive(Deserialize)]
    struct Expected {
        given: Vec<usize>,
        /// Logits at these places.
        at: Vec<usize>,
        logits: Vec<Vec<f32>>,
        texts: Vec<String>,
        tokens: Vec<Vec<usize>>,
    }

    fn expected() -> Expected {
        serde_json::from_str(&fs::read_to_string(format!("{REFERENCE}/expected.json")).unwrap()).unwrap()
    }

    /// A copy of the folder, without some of its files.
    fn copy(without: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let names = ["config.json", "model.safetensors", "tokenizer.json", "vocab.json", "merges.txt"];
        for name in names.iter().filter(|name| !without.contains(name)) {
            fs::copy(format!("{REFERENCE}/{name}"), folder.path().join(name)).unwrap();
        }
        folder
    }

    fn error(folder: &Path) -> String {
        let error = TrainedGpt::open_folder(folder).err().expect("a refusal").to_string();
        error.replace(&folder.display().to_string(), "DIR")
    }

    fn change(folder: &Path, name: &str, from: &str, to: &str) -> PathBuf {
        let path = folder.join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has {from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        path
    }

    #[test]
    fn logits_are_those_of_transformers() {
        let expected = expected();
        let model = TrainedGpt::open_folder(Path::new(REFERENCE)).unwrap();
        let found = model.all_logits(&expected.given);
        let rows: Vec<&[f32]> = found.chunks_exact(model.network.configuration.symbols).collect();
        for (place, logits) in expected.at.iter().zip(&expected.logits) {
            for (a, b) in rows[*place].iter().zip(logits) {
                assert!((a - b).abs() < 1e-4, "place {place}: {a}, expected {b}");
            }
        }
    }

    #[test]
    fn tokens_are_those_of_tokenizers() {
        let expected = expected();
        assert_eq!(expected.texts.len(), 1000);
        for without in [&["vocab.json", "merges.txt"][..], &["tokenizer.json"]] {
            let folder = copy(without);
            let model = TrainedGpt::open_folder(folder.path()).unwrap();
            for (text, tokens) in expected.texts.iter().zip(&expected.tokens) {
                assert_eq!(&model.tokenizer().encode(text).unwrap(), tokens, "{text:?}");
                assert_eq!(&model.tokenizer().decode(tokens), text);
            }
        }
    }

    /// The model without its head, as some files have it; half the bits; a last layer of its own.
    #[test]
    fn other_files_of_the_same_network_are_opened() {
        let whole = TrainedGpt::open_folder(Path::new(REFERENCE)).unwrap();
        let bytes = fs::read(format!("{REFERENCE}/model.safetensors")).unwrap();
        let archive = weights::decode(&bytes).unwrap();
        let names = |name: &str| name.trim_start_matches("transformer.").to_owned();
        let tensors = || archive.tensors.iter().map(|(name, value)| (names(name), value));
        let folder = copy(&[]);
        let path = folder.path().join("model.safetensors");
        let given = [1, 2, 3];
        let expected = whole.all_logits(&given);
        for (precision, far) in [(Precision::Single, 1e-5), (Precision::Half, 0.05)] {
            fs::write(&path, weights::encode(tensors(), None, precision)).unwrap();
            let found = TrainedGpt::open_folder(folder.path()).unwrap().all_logits(&given);
            assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < far));
        }
        change(folder.path(), "config.json", "\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false");
        assert_eq!(error(folder.path()), "DIR/model.safetensors: tensor `lm_head.weight` is missing");
        let doubled = archive.tensors["transformer.wte.weight"].mapv(|x| 2.0 * x);
        let doubled = crate::tensor::Tensor::from(doubled.into_owned());
        let with_head = tensors().chain([("lm_head.weight".to_owned(), &doubled)]);
        fs::write(&path, weights::encode(with_head, None, Precision::Single)).unwrap();
        let found = TrainedGpt::open_folder(folder.path()).unwrap().all_logits(&given);
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - 2.0 * b).abs() < 1e-4));
    }

    #[test]
    fn what_is_missing_or_of_another_kind_is_said() {
        let files = "expected a GPT-2 as Hugging Face lays it out: config.json, model.safetensors, and tokenizer.json or vocab.json with merges.txt";
        assert_eq!(error(Path::new("/nowhere/at/all")), "DIR: no folder");
        for name in ["config.json", "model.safetensors"] {
            assert_eq!(error(copy(&[name]).path()), format!("DIR: {name} is missing; {files}"));
        }
        assert_eq!(
            error(copy(&["tokenizer.json", "vocab.json"]).path()),
            format!("DIR: vocab.json is missing; {files}")
        );
        assert_eq!(
            error(copy(&["tokenizer.json", "merges.txt"]).path()),
            format!("DIR: merges.txt is missing; {files}")
        );
        let changed = |from: &str, to: &str| {
            let folder = copy(&[]);
            change(folder.path(), "config.json", from, to);
            error(folder.path())
        };
        assert_eq!(changed("\"gpt2\"", "\"llama\""), "DIR/config.json: model_type = \"llama\", expected \"gpt2\"");
        assert_eq!(
            changed("gelu_new", "relu"),
            "DIR/config.json: activation_function = \"relu\", expected \"gelu_new\""
        );
        assert_eq!(changed("1e-05", "1e-06"), "DIR/config.json: layer_norm_epsilon = 0.000001, expected 1e-5");
        assert_eq!(
            changed("\"n_layer\": 2", "\"n_layer\": 1000000000"),
            "DIR/config.json: n_layer = 1000000000, expected 1 – 256"
        );
        assert_eq!(
            changed("\"n_head\": 3", "\"n_head\": 5"),
            "DIR/config.json: n_head = 5, expected a divisor of n_embd = 24"
        );
        assert_eq!(
            changed("\"vocab_size\": 400", "\"vocab_size\": 300"),
            "DIR: the vocabulary has 400 symbols, the network vocab_size = 300; expected no more"
        );
        assert_eq!(
            changed("\"n_layer\": 2", "\"n_layer\": 3"),
            "DIR/model.safetensors: tensor `transformer.h.2.attn.c_attn.weight` is missing"
        );
        assert_eq!(
            changed("\"n_embd\": 24", "\"n_embd\": 48"),
            "DIR/model.safetensors: tensor `transformer.wte.weight` has shape [400, 24], expected [400, 48]"
        );
        assert!(changed("{", "[").starts_with("DIR/config.json: "));
        // Older files have the places under two names.
        let folder = copy(&[]);
        change(folder.path(), "config.json", "\"n_positions\"", "\"n_ctx\": 32, \"n_positions\"");
        assert_eq!(TrainedGpt::open_folder(folder.path()).unwrap().network.configuration.context, 32);
        assert_eq!(
            changed("\"gpt2\"", "\"\\u001b[31m\""),
            "DIR/config.json: model_type = \"\\u{1b}[31m\", expected \"gpt2\""
        );
        let found = changed("vocab_size", "size");
        assert!(found.starts_with("DIR/config.json: missing field `vocab_size`"), "{found}");
        let folder = copy(&[]);
        change(folder.path(), "tokenizer.json", "\"model\":{\"type\":\"BPE\"", "\"model\":{\"type\":\"WordPiece\"");
        assert!(error(folder.path()).starts_with("DIR: tokenizer.json: model.type = \"WordPiece\""));
        fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
        fs::File::create(folder.path().join("vocab.json")).unwrap().set_len(3 << 30).unwrap();
        assert!(error(folder.path()).starts_with("DIR/vocab.json: more than 67 MB; expected a table"));
    }

    #[test]
    fn a_text_begins_behind_the_end_of_another_and_ends_there() {
        let mut model = TrainedGpt::open_folder(Path::new(REFERENCE)).unwrap();
        let end = model.end_of_text().unwrap();
        assert_eq!(model.prompt("").unwrap(), [end]);
        assert_eq!(model.prompt("the").unwrap().len(), 1);
        // A model that says nothing but the end of a text.
        model.parameters.get_mut("norm.gamma").unwrap().fill(0.0);
        let likeliest = model.parameters.get("tokens.weight").unwrap().clone();
        let row: Vec<f32> = (0..24).map(|column| 100.0 * likeliest[[end, column]]).collect();
        model.parameters.get_mut("norm.beta").unwrap().iter_mut().zip(row).for_each(|(beta, x)| *beta = x);
        let how = super::super::Continuation {
            settings: crate::nn::SamplingSettings::default(),
            most: 9,
            seed: 1,
            stops_at_line: false,
        };
        let mut said = Vec::new();
        model
            .generate(&[5], &how, |generated| {
                said.push(generated.token);
                Ok(())
            })
            .unwrap();
        assert_eq!(said, [end]);
    }
}
