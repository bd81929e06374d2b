//! `shinso generate`: a language model goes on with a text, token by token, on standard output.

use super::arguments::GenerateArguments;
use super::signals::Interrupt;
use crate::attention::gpt::{self, Continuation, Generated, TrainedGpt};
use crate::environment::Environment;
use crate::exit::Exit;
use crate::experiment::ExperimentError;
use crate::nn::SamplingSettings;
use crate::printer::{self, json_line, print};
use serde_json::json;
use std::io::{self, IsTerminal, Read, Write};
use std::time::Instant;

/// Bytes of a prompt at most.
const LONGEST_PROMPT: u64 = 1 << 20;

pub fn run(environment: &Environment, arguments: &GenerateArguments) -> Exit {
    let settings = SamplingSettings {
        temperature: arguments.temperature,
        top_k: (arguments.top_k > 0).then_some(arguments.top_k),
        top_p: arguments.top_p,
    };
    if let Err(error) = settings.check() {
        return Exit::usage(error);
    }
    let text = match prompt(arguments) {
        Ok(text) => text,
        Err(exit) => return exit,
    };
    let begun = Instant::now();
    let opened = model(environment, arguments.run.as_deref()).and_then(|model| {
        let prompt = model.is_for_continuing().and_then(|()| model.fitting_prompt(&text));
        prompt.map(|prompt| (model, prompt)).map_err(|error| Exit::failed(error.in_language(environment.language)))
    });
    let (model, (prompt, note)) = match opened {
        Ok(opened) => opened,
        Err(exit) => return exit,
    };
    if let Some(note) = note {
        printer::note(note.in_language(environment.language));
    }
    // From here on Ctrl-C ends it between two tokens; before, at once.
    let interrupt = match Interrupt::listen() {
        Ok(interrupt) => interrupt,
        Err(error) => return Exit::failed(error),
    };
    let how =
        Continuation { settings, most: arguments.tokens, seed: arguments.seed, stops_at_line: model.tells_stories() };
    let mut out = Output { is_json: arguments.json, pending: Vec::new(), ended: None };
    let (mut count, mut first) = (0_u32, None);
    let result = model.generate(&prompt, &how, |generated| {
        count += 1;
        first.get_or_insert_with(|| begun.elapsed());
        out.token(&model, &generated);
        match out.ended.is_some() || interrupt.is_set() {
            // What ends it is known already.
            true => Err(ExperimentError::new("")),
            false => Ok(()),
        }
    });
    if let Some(exit) = out.ended {
        return exit;
    }
    let is_interrupted = interrupt.is_set();
    if let (Err(error), false) = (&result, is_interrupted) {
        return Exit::failed(error.in_language(environment.language));
    }
    let rest = first.map(|first| (begun.elapsed() - first).as_secs_f64());
    let line = json!({
        "version": 1,
        "event": if is_interrupted { "interrupted" } else { "finished" },
        "text": out.rest(),
        "prompt_tokens": prompt.len(),
        "tokens": count,
        "first_token_seconds": first.map(|first| first.as_secs_f64()),
        "tokens_per_second": rest.filter(|_| count > 1).map(|rest| f64::from(count - 1) / rest),
    });
    let end = if arguments.json { json_line(&line) } else { out.rest() + "\n" };
    match print(&end) {
        Exit::Done if is_interrupted => Exit::Interrupted,
        exit => exit,
    }
}

/// The prompt, or what stands on standard input.
fn prompt(arguments: &GenerateArguments) -> Result<String, Exit> {
    if let Some(prompt) = &arguments.prompt {
        return Ok(prompt.clone());
    }
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Ok(String::new());
    }
    let mut bytes = Vec::new();
    let read = stdin.lock().take(LONGEST_PROMPT + 1).read_to_end(&mut bytes);
    read.map_err(|error| Exit::Failed(format!("standard input: {error}")))?;
    if bytes.len() as u64 > LONGEST_PROMPT {
        return Err(Exit::Failed(format!("standard input: expected a prompt of at most {LONGEST_PROMPT} bytes")));
    }
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        Exit::Failed(format!("standard input, byte {place}: expected UTF-8"))
    })?;
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

/// The model of a folder, of a run, or the bundled one.
fn model(environment: &Environment, run: Option<&str>) -> Result<TrainedGpt, Exit> {
    let in_words = |error: ExperimentError| Exit::failed(error.in_language(environment.language));
    let (weights, knobs) = match (run, &environment.source.weights) {
        (None, Some(folder)) => return TrainedGpt::open_folder(folder).map_err(in_words),
        (Some(run), _) => super::ask::weights_of_run(environment, &gpt::EXPERIMENT, run)?,
        (None, None) => {
            (gpt::EXPERIMENT.bundled.weights.to_vec(), gpt::EXPERIMENT.bundled_knobs().map_err(Exit::failed)?)
        }
    };
    TrainedGpt::open(&weights, &knobs).map_err(in_words)
}

/// Text on its way out.
struct Output {
    is_json: bool,
    /// Bytes of a character that is not whole yet.
    pending: Vec<u8>,
    /// Why nothing more can be written.
    ended: Option<Exit>,
}

impl Output {
    fn token(&mut self, model: &TrainedGpt, generated: &Generated) {
        let is_end = Some(generated.token) == model.end_of_text();
        if !is_end {
            self.pending.extend(model.tokenizer().bytes(generated.token));
        }
        let text = whole_characters(&mut self.pending);
        let text = if self.is_json {
            let line = json!({
                "version": 1,
                "event": "token",
                "token": generated.token,
                // The characters that are whole with it.
                "text": text,
                "log_probability": generated.log_probability,
                "entropy": generated.entropy,
            });
            json_line(&line)
        } else {
            text
        };
        // A reader that went away wants no more of it.
        let written = printer::out().write_all(text.as_bytes()).and_then(|()| io::stdout().flush());
        self.ended = written.is_err().then(|| printer::written(written));
    }

    /// Bytes that have become no character.
    fn rest(&self) -> String {
        String::from_utf8_lossy(&self.pending).into_owned()
    }
}

/// Takes the characters that are whole from the front; bytes that can belong to none become U+FFFD.
fn whole_characters(bytes: &mut Vec<u8>) -> String {
    let whole = match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        // Behind a fault there may be the beginning of another character.
        Err(_) => bytes.len() - bytes.utf8_chunks().last().map_or(0, |chunk| unfinished(chunk.invalid())),
        Ok(_) => bytes.len(),
    };
    let rest = bytes.split_off(whole);
    let text = String::from_utf8_lossy(bytes).into_owned();
    *bytes = rest;
    text
}

/// How many of these bytes may yet become a character.
fn unfinished(bytes: &[u8]) -> usize {
    let is_begun = std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none());
    if is_begun { bytes.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However a text is cut into tokens, it comes out whole, and at once as far as its characters are whole.
        #[test]
        fn characters_come_out_whole(text in "\\PC{0,20}", size in 1_usize..4) {
            let (mut pending, mut out) = (Vec::new(), String::new());
            for part in text.as_bytes().chunks(size) {
                pending.extend(part);
                out.push_str(&whole_characters(&mut pending));
                prop_assert!(pending.len() < 4 && text.starts_with(&out));
            }
            prop_assert_eq!((out, pending), (text, Vec::new()));
        }

        #[test]
        fn bytes_are_shown_as_those_of_a_whole_text(bytes in prop::collection::vec(any::<u8>(), 0..20)) {
            let (mut pending, mut out) = (Vec::new(), String::new());
            for byte in &bytes {
                pending.push(*byte);
                out.push_str(&whole_characters(&mut pending));
            }
            out.push_str(&String::from_utf8_lossy(&pending));
            prop_assert_eq!(out, String::from_utf8_lossy(&bytes));
        }
    }
}
