//! What begins with a colon.

use super::analogies;
use super::evaluate::Vector;
use super::expression::{self, ExpressionError, Node};
use super::map::{Axis, plot};
use super::session::{MOST, Session, Set};
use super::sets::EMBEDDED;
use super::wording::{COMMANDS, DIRECTIONS, EXAMPLES, Help, OCCUPATIONS, either};
use crate::data::questions;
use crate::data::vectors::read;
use crate::experiment::Bar;
use crate::experiment::knob::nearest;
use crate::experiment::{ExperimentError, Language, Panel, TaskContext};
use crate::intake::{self, gate};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Stops on a way between two words.
const STOPS: usize = 12;

/// A command with what stands after it.
struct Order<'a> {
    line: &'a str,
    rest: &'a str,
    /// Where `rest` starts in `line`.
    start: usize,
    language: Language,
}

impl Order<'_> {
    fn say<'b>(&self, en: &'b str, ja: &'b str) -> &'b str {
        either(self.language, en, ja)
    }

    /// A fault over what stands after the command.
    fn fault(&self, text: impl Into<String>) -> Vec<Panel> {
        let from = if self.rest.is_empty() { 0 } else { self.start };
        vec![Panel::fault(self.line, from, self.line.len(), text)]
    }

    /// How the command is written.
    fn usage(&self, name: &str) -> Vec<Panel> {
        let help = COMMANDS.iter().find(|help| help.name == name).expect("a command of the list");
        let arguments = self.say(help.arguments[0], help.arguments[1]);
        let example = help.example;
        self.fault(match self.language {
            Language::En => format!("expected :{name} {arguments}, such as `{example}`"),
            Language::Ja => format!("書式は :{name} {arguments}。例: `{example}`"),
        })
    }
}

impl Session {
    pub(super) fn command(
        &mut self,
        line: &str,
        command: &str,
        language: Language,
        task: &TaskContext,
    ) -> Result<Vec<Panel>, ExperimentError> {
        let end = command.find(char::is_whitespace).unwrap_or(command.len());
        let (name, rest) = (&command[..end], command[end..].trim());
        let start = line.len() - command[end..].trim_start().len();
        let order = Order { line, rest, start, language };
        let parts = match name {
            "help" | "h" => Ok(self.help(&order)),
            "nn" => self.neighbours(&order),
            "path" => self.path(&order),
            "odd" => self.odd(&order),
            "plot" => self.plot(&order),
            "bias" => self.bias(&order),
            "analogies" => return self.analogies(&order, task),
            "use" => Ok(self.switch(&order)),
            "sets" | "names" if !order.rest.is_empty() => Ok(order.usage(name)),
            "sets" => Ok(self.list_sets(language)),
            "load" => return self.load(&order, task),
            "include" => Ok(self.including(&order)),
            "top" => Ok(self.listing(&order)),
            "names" => Ok(self.list_names(&order)),
            "forget" => Ok(self.forget(&order)),
            "history" => Ok(self.earlier(&order)),
            "save" => Ok(self.save(&order, false)),
            "save!" => Ok(self.save(&order, true)),
            unknown => {
                let near = nearest(unknown, COMMANDS.iter().map(|help| help.name));
                let hint = near.map_or(":help".to_owned(), |near| format!(":{near}"));
                let text = match language {
                    Language::En => format!("no command `:{unknown}`; did you mean `{hint}`?"),
                    Language::Ja => format!("`:{unknown}` というコマンドはありません。`{hint}` ですか?"),
                };
                let (from, to) = (0, line.len() - command[end..].len());
                Ok(vec![Panel::fault(line, from, to, text)])
            }
        };
        Ok(parts.unwrap_or_else(|fault| vec![self.fault(line, fault, language)]))
    }

    /// Values one after another, each with its text.
    fn items(&self, order: &Order) -> Result<Vec<(String, Vector)>, ExpressionError> {
        self.items_of(order.rest, order.start)
    }

    fn items_of(&self, text: &str, start: usize) -> Result<Vec<(String, Vector)>, ExpressionError> {
        let scope = self.scope();
        let moved =
            |fault: ExpressionError| ExpressionError { at: fault.at.start + start..fault.at.end + start, ..fault };
        let nodes = expression::items(text, &|text| scope.knows(text)).map_err(moved)?;
        let item = |node: Node| {
            let name = text[node.at.clone()].trim_matches(['"', '「', '」', '“', '”']).to_owned();
            Ok((name, scope.vector(&node).map_err(moved)?))
        };
        nodes.into_iter().map(item).collect()
    }

    /// `A>B` as a direction, if it is one.
    fn axis(&self, text: &str, start: usize) -> Result<Option<Axis>, ExpressionError> {
        let Some((from, to, at)) = ["->", "→", ">", "＞"]
            .iter()
            .find_map(|arrow| text.split_once(arrow).map(|(from, to)| (from, to, from.len() + arrow.len())))
        else {
            return Ok(None);
        };
        let mut ends = self.items_of(from, start)?;
        let first = ends.len();
        ends.extend(self.items_of(to, start + at)?);
        if first != 1 || ends.len() != 2 {
            return Err(ExpressionError { at: start..start + text.len(), why: expression::Why::NoValue });
        }
        let (to, from) = (ends.remove(1), ends.remove(0));
        Ok(Some(Axis::new(format!("{} → {}", from.0, to.0), from.1, to.1)))
    }

    fn help(&self, order: &Order) -> Vec<Panel> {
        let (ask, language) = (order.rest.trim_start_matches(':'), order.language);
        if !ask.is_empty() {
            return match COMMANDS.iter().find(|help| help.name == ask) {
                Some(help) => vec![Panel::note(format!(
                    ":{} {}  {}  ({})",
                    help.name,
                    order.say(help.arguments[0], help.arguments[1]),
                    order.say(help.does[0], help.does[1]),
                    help.example
                ))],
                None => order.usage("help"),
            };
        }
        let row = |help: &Help| {
            let arguments = order.say(help.arguments[0], help.arguments[1]);
            vec![format!(":{} {arguments}", help.name), order.say(help.does[0], help.does[1]).to_owned()]
        };
        let examples =
            EXAMPLES.iter().map(|(line, does)| vec![(*line).to_owned(), order.say(does[0], does[1]).to_owned()]);
        let names = |first: &str| vec![first.to_owned(), either(language, "what it does", "はたらき").to_owned()];
        vec![
            Panel::table(names(order.say("type", "入力例")), examples.collect()),
            Panel::table(names(order.say("command", "コマンド")), COMMANDS.iter().map(row).collect()),
        ]
    }

    fn neighbours(&self, order: &Order) -> Result<Vec<Panel>, ExpressionError> {
        let items = self.items(order)?;
        Ok(match &items[..] {
            [(_, vector)] => self.nearest(order.rest, vector, order.language),
            _ => order.usage("nn"),
        })
    }

    /// The nearest word at each of some stops between two vectors.
    fn path(&self, order: &Order) -> Result<Vec<Panel>, ExpressionError> {
        let items = self.items(order)?;
        let [(from, a), (to, b)] = &items[..] else { return Ok(order.usage("path")) };
        let mut entries = vec![Bar { name: from.clone(), value: 1.0 }];
        for stop in 1..STOPS {
            let share = stop as f32 / STOPS as f32;
            let vector = a.clone().plus(-share, a).plus(share, b);
            let near = self.vectors().nearest(&vector.values, 1 + vector.inputs.len(), &[]);
            // The nearest that is neither end nor the stop before.
            let found = near.iter().map(|near| (self.vectors().words().get(near.word), near));
            let mut found = found.filter(|(_, near)| !vector.inputs.contains(&near.word));
            if let Some((word, near)) = found.next()
                && entries.iter().all(|entry| entry.name != word)
            {
                entries.push(Bar { name: word.to_owned(), value: near.cosine });
            }
        }
        entries.push(Bar { name: to.clone(), value: 1.0 });
        Ok(vec![Panel::ranked(format!("{from} → {to}"), entries)])
    }

    /// The one that lies furthest from the mean of the others.
    fn odd(&self, order: &Order) -> Result<Vec<Panel>, ExpressionError> {
        let items = self.items(order)?;
        if items.len() < 3 {
            return Ok(order.usage("odd"));
        }
        let cosine = |index: usize| {
            let mut others =
                items.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, (_, vector))| vector);
            let first = others.next().expect("three at least").clone();
            others.fold(first, |sum, next| sum.plus(1.0, next)).cosine(&items[index].1)
        };
        let mut entries: Vec<Bar> = items
            .iter()
            .enumerate()
            .map(|(index, (word, _))| Bar { name: word.clone(), value: cosine(index) as f32 })
            .collect();
        entries.sort_by(|a, b| a.value.total_cmp(&b.value));
        let heading = match order.language {
            Language::En => format!("{} does not belong: cosine with the sum of the others", entries[0].name),
            Language::Ja => format!("仲間はずれは {}(他の語の和とのコサイン)", entries[0].name),
        };
        Ok(vec![Panel::ranked(heading, entries)])
    }

    fn plot(&self, order: &Order) -> Result<Vec<Panel>, ExpressionError> {
        let (words, axes) = match order.rest.split_once(" by ") {
            Some((words, axes)) => (words, axes),
            None => (order.rest, ""),
        };
        let items = self.items_of(words, order.start)?;
        let mut found = Vec::new();
        let mut start = order.start + order.rest.len() - axes.len();
        for text in axes.split(' ') {
            if !text.is_empty() {
                match self.axis(text, start)? {
                    Some(axis) => found.push(axis),
                    None => return Ok(order.usage("plot")),
                }
            }
            start += text.len() + 1;
        }
        if items.len() < 2 || found.len() > 2 || (order.rest.contains(" by ") && found.is_empty()) {
            return Ok(order.usage("plot"));
        }
        let labels: Vec<(String, usize)> = items.iter().map(|(word, _)| (word.clone(), 0)).collect();
        let vectors: Vec<Vec<f32>> = items.into_iter().map(|(_, vector)| vector.values).collect();
        Ok(match plot(&labels, &vectors, &found) {
            Ok(scene) => vec![Panel::plane(scene)],
            Err(failure) => order.fault(failure.to_string()),
        })
    }

    fn bias(&self, order: &Order) -> Result<Vec<Panel>, ExpressionError> {
        let scope = self.scope();
        let (first, rest) = order.rest.split_once(' ').unwrap_or((order.rest, ""));
        let (axis, words, start) = match self.axis(first, order.start)? {
            Some(axis) => (Some(axis), rest, order.start + order.rest.len() - rest.len()),
            None => (None, order.rest, order.start),
        };
        let axis = axis.or_else(|| {
            DIRECTIONS.iter().find_map(|(from, to)| {
                let ends = (scope.word(from)?, scope.word(to)?);
                let [a, b] = [ends.0, ends.1].map(|word| Vector::of_word(scope.vectors, word));
                Some(Axis::new(format!("{from} → {to}"), a, b))
            })
        });
        let Some(axis) = axis else { return Ok(order.usage("bias")) };
        let mut items = self.items_of(words, start)?;
        if items.is_empty() {
            let list = OCCUPATIONS[usize::from(self.japanese())].iter();
            items = list
                .filter_map(|word| Some(((*word).to_owned(), Vector::of_word(scope.vectors, scope.word(word)?))))
                .collect();
        }
        let mut entries: Vec<Bar> = items
            .iter()
            .map(|(word, vector)| Bar { name: word.clone(), value: axis.place(&vector.values) as f32 })
            .collect();
        entries.sort_by(|a, b| a.value.total_cmp(&b.value));
        let heading = match order.language {
            Language::En => format!("{}   (−1 is the first, 1 the second)", axis.name),
            Language::Ja => format!("{}   (−1 が前者、1 が後者)", axis.name),
        };
        Ok(vec![Panel::ranked(heading, entries)])
    }

    fn analogies(&self, order: &Order, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        if order.rest.is_empty() {
            return Ok(order.usage("analogies"));
        }
        let path = gate::typed(order.rest);
        let text = match intake::text(&path, &questions::FILE, task) {
            Ok(text) => text,
            Err(failure) => {
                task.check()?;
                return Ok(order.fault(failure.in_language(order.language)));
            }
        };
        let sections = match questions::parse(&text) {
            Ok(sections) => sections,
            Err(failure) => return Ok(order.fault(format!("{}: {failure}", path.display()))),
        };
        let outcomes = analogies::answer(self.vectors(), &sections, !self.include, task)?;
        let all = analogies::Outcome { name: order.say("all", "全体").to_owned(), ..analogies::total(&outcomes) };
        let row = |outcome: &analogies::Outcome| {
            let share = format!("{:.2} %", 100.0 * outcome.accuracy());
            vec![
                outcome.name.clone(),
                share,
                outcome.right.to_string(),
                outcome.asked.to_string(),
                outcome.unknown.to_string(),
            ]
        };
        let names = order.say("section,accuracy,right,asked,unknown words", "分野,正答率,正解,出題,未知語").split(',');
        let rows = outcomes.iter().chain([&all]).map(row).collect();
        Ok(vec![Panel::table(names.map(str::to_owned).collect(), rows)])
    }

    /// Looks among the sets in use, then among those that ship.
    fn switch(&mut self, order: &Order) -> Vec<Panel> {
        if order.rest.is_empty() {
            return self.list_sets(order.language);
        }
        if let Some(place) = self.sets.iter().position(|set| set.vectors.name == order.rest) {
            self.current = place;
        } else if let Some(embedded) = EMBEDDED.iter().find(|set| set.name == order.rest) {
            self.current = self.add(embedded);
        } else {
            let mut known: Vec<&str> = EMBEDDED.iter().map(|set| set.name).collect();
            let loaded = self.sets.iter().map(|set| set.vectors.name.as_str());
            known.extend(loaded.filter(|name| EMBEDDED.iter().all(|set| set.name != *name)));
            let (known, asked) = (known.join(", "), order.rest);
            return order.fault(match order.language {
                Language::En => format!("no set `{asked}`: expected one of {known}; :load reads others from files"),
                Language::Ja => format!("`{asked}` というベクトルはありません。{known} のどれか。ファイルからは :load"),
            });
        }
        vec![Panel::note(self.about(order.language))]
    }

    fn about(&self, language: Language) -> String {
        let vectors = self.vectors();
        let (name, words, width) = (&vectors.name, vectors.len(), vectors.dimension());
        match language {
            Language::En => format!("{name}: {words} words, {width} numbers each"),
            Language::Ja => format!("{name}: {words} 語、{width} 次元"),
        }
    }

    fn list_sets(&self, language: Language) -> Vec<Panel> {
        let mut rows: Vec<Vec<String>> = EMBEDDED
            .iter()
            .map(|set| vec![set.name.to_owned(), either(language, set.about[0], set.about[1]).to_owned()])
            .collect();
        for set in self.sets.iter().filter(|set| EMBEDDED.iter().all(|own| own.name != set.vectors.name)) {
            rows.push(vec![set.vectors.name.clone(), format!("{} × {}", set.vectors.len(), set.vectors.dimension())]);
        }
        for row in rows.iter_mut().filter(|row| row[0] == self.vectors().name) {
            row[1].push_str(either(language, "  (in use)", "  (使用中)"));
        }
        let names = either(language, "set,what it is", "名前,内容").split(',').map(str::to_owned).collect();
        vec![Panel::table(names, rows)]
    }

    fn load(&mut self, order: &Order, task: &TaskContext) -> Result<Vec<Panel>, ExperimentError> {
        if order.rest.is_empty() {
            return Ok(order.usage("load"));
        }
        let loaded = match read::open(&gate::typed(order.rest), task) {
            Ok(loaded) => loaded,
            Err(failure) => {
                task.check()?;
                return Ok(order.fault(failure.in_language(order.language)));
            }
        };
        let notes = loaded.notes();
        let mut vectors = loaded.vectors;
        // A second file of one name does not take the place of the first.
        let name = vectors.name.clone();
        let taken = |name: &str| self.sets.iter().any(|set| set.vectors.name == name);
        let mut number = 2;
        while taken(&vectors.name) {
            vectors.name = format!("{name}-{number}");
            number += 1;
        }
        self.sets.push(Set { vectors: Arc::new(vectors), names: BTreeMap::new() });
        self.current = self.sets.len() - 1;
        let mut parts = vec![Panel::note(self.about(order.language))];
        parts.extend(notes.iter().map(|note| Panel::note(note.in_language(order.language))));
        Ok(parts)
    }

    fn including(&mut self, order: &Order) -> Vec<Panel> {
        self.include = match order.rest {
            "on" => true,
            "off" => false,
            _ => return order.usage("include"),
        };
        vec![Panel::note(if self.include {
            order.say("words that you type may be answers now", "入力した語も答えに含めます")
        } else {
            order.say("words that you type are no answers", "入力した語は答えから除きます")
        })]
    }

    fn listing(&mut self, order: &Order) -> Vec<Panel> {
        match order.rest.parse() {
            Ok(top) if (1..=MOST).contains(&top) => {
                self.top = top;
                vec![Panel::note(match order.language {
                    Language::En => format!("answers list {top} words"),
                    Language::Ja => format!("答えに {top} 語を並べます"),
                })]
            }
            _ => order.usage("top"),
        }
    }

    fn list_names(&self, order: &Order) -> Vec<Panel> {
        let names: Vec<&str> = self.sets[self.current].names.keys().map(String::as_str).collect();
        let none =
            order.say("no names yet: royal = king - man gives one", "名前はまだありません。例: royal = king - man");
        vec![Panel::note(if names.is_empty() { none.to_owned() } else { names.join("  ") })]
    }

    fn forget(&mut self, order: &Order) -> Vec<Panel> {
        let names = &mut self.sets[self.current].names;
        match order.rest {
            "" => return order.usage("forget"),
            "all" => names.clear(),
            name if names.remove(name).is_some() => {}
            name => {
                return order.fault(match order.language {
                    Language::En => format!("no name `{name}`; :names lists them"),
                    Language::Ja => format!("`{name}` という名前はありません。:names で一覧"),
                });
            }
        }
        vec![Panel::note(order.say("forgotten", "取り消しました"))]
    }

    fn earlier(&self, order: &Order) -> Vec<Panel> {
        let count = match order.rest {
            "" => 20,
            text => match text.parse::<usize>() {
                Ok(count) => count,
                Err(_) => return order.usage("history"),
            },
        };
        let lines = self.history.lines();
        lines[lines.len().saturating_sub(count)..].iter().map(Panel::note).collect()
    }

    /// Writes the lines that were understood; over a file that is there only if that is said.
    fn save(&self, order: &Order, over: bool) -> Vec<Panel> {
        if order.rest.is_empty() {
            return order.usage("save");
        }
        let text: String =
            self.said.iter().filter(|line| !line.starts_with(":save")).map(|line| format!("{line}\n")).collect();
        let way_out = ["`:save! FILE` writes over it", "`:save! ファイル` で上書きできます"];
        let saved = gate::to_write(order.rest, &["txt"]).and_then(|target| {
            if !over {
                target.must_be_new(way_out)?;
            }
            target.write(text.as_bytes()).map(|()| target.path)
        });
        match saved {
            Ok(path) => vec![Panel::note(match order.language {
                Language::En => format!("{} lines saved to {}", text.lines().count(), path.display()),
                Language::Ja => format!("{} 行を {} に保存しました", text.lines().count(), path.display()),
            })],
            Err(failure) => order.fault(failure.in_language(order.language)),
        }
    }
}

#[cfg(test)]
mod tests;
