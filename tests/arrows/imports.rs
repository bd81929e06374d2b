//! Reads which module of the crate needs which other, from the sources alone.

use std::collections::{BTreeMap, BTreeSet};

/// A module by its place in the crate: `src/run/store.rs` is `["run", "store"]`.
pub type Module = Vec<String>;

struct Import {
    line: usize,
    /// As written, a group taken apart.
    path: Vec<String>,
    /// What it is called where it is imported.
    name: String,
}

struct File {
    name: String,
    module: Module,
    imports: Vec<Import>,
}

/// One module needs another.
#[derive(Debug)]
pub struct Arrow {
    pub file: String,
    pub line: usize,
    pub from: Module,
    pub to: Module,
}

/// Words and punctuation with their lines; no comments and no literals of text.
fn tokens(source: &str) -> Vec<(usize, &str)> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let (mut tokens, mut rest, mut line) = (Vec::new(), source, 1);
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').or(Some(rest.len()))
        } else if rest.starts_with("/*") {
            Some(rest.find("*/").map_or(rest.len(), |at| at + 2))
        } else if first.is_whitespace() {
            Some(first.len_utf8())
        } else {
            literal(rest)
        };
        let length = skipped.unwrap_or_else(|| match rest.find(|letter| !is_word(letter)) {
            _ if rest.starts_with("::") => 2,
            Some(0) => first.len_utf8(),
            end => end.unwrap_or(rest.len()),
        });
        let (token, after) = rest.split_at(length);
        if skipped.is_none() {
            tokens.push((line, token));
        }
        line += token.matches('\n').count();
        rest = after;
    }
    tokens
}

/// The length of the text or character in quotes that `rest` begins with.
fn literal(rest: &str) -> Option<usize> {
    let raw = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r')).unwrap_or("");
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    if raw[hashes..].starts_with('"') {
        let start = rest.len() - raw.len() + hashes + 1;
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len()));
    }
    let quote = rest.chars().next().filter(|first| ['"', '\''].contains(first))?;
    let mut letters = rest.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            _ if letter == quote => return Some(at + 1),
            // A lifetime has no second quote.
            _ if quote == '\'' && !rest[at + letter.len_utf8()..].starts_with('\'') && !rest.starts_with("'\\") => {
                return None;
            }
            _ => {}
        }
    }
    Some(rest.len())
}

/// The tokens without what is compiled for tests alone, and the names of the modules that are.
fn without_tests<'a>(tokens: &[(usize, &'a str)]) -> (Vec<(usize, &'a str)>, Vec<&'a str>) {
    let (mut kept, mut modules, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        let ahead: Vec<&str> = tokens[at..].iter().take(7).map(|(_, token)| *token).collect();
        if ahead != ["#", "[", "cfg", "(", "test", ")", "]"] {
            kept.push(tokens[at]);
            at += 1;
            continue;
        }
        let mut depth = 0;
        for (_, token) in &tokens[at + 7..] {
            at += 1;
            depth += i32::from(*token == "{") - i32::from(*token == "}");
            if depth <= 0 && [";", "}"].contains(token) {
                break;
            }
        }
        at += 7;
        if let [.., (_, "mod"), (_, name), (_, ";")] = &tokens[..at] {
            modules.push(*name);
        }
    }
    (kept, modules)
}

/// Every path of a `use`, and every one in the code that begins with `crate`, `self` or `super`.
fn imports(tokens: &[(usize, &str)]) -> Vec<Import> {
    let word = |at: usize| tokens.get(at).map_or("", |(_, token)| *token);
    let (mut found, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let before = at;
        if word(at) == "use" {
            at += 1;
            tree(tokens, &mut at, &[], &mut found);
        } else if ["crate", "self", "super"].contains(&word(at)) && word(at + 1) == "::" {
            tree(tokens, &mut at, &[], &mut found);
        }
        at = at.max(before + 1);
    }
    found
}

/// Reads one path, or a group of them after `prefix`.
fn tree(tokens: &[(usize, &str)], at: &mut usize, prefix: &[String], found: &mut Vec<Import>) {
    let mut path = prefix.to_vec();
    let mut line = 0;
    while let Some((at_line, token)) = tokens.get(*at) {
        if *token == "{" {
            *at += 1;
            while tokens.get(*at).is_some_and(|(_, token)| *token != "}") {
                let before = *at;
                tree(tokens, at, &path, found);
                *at = (*at).max(before + 1);
            }
            *at += 1;
            return;
        }
        if !token.starts_with(|letter: char| letter.is_alphabetic() || letter == '_' || letter == '*') {
            break;
        }
        line = *at_line;
        if *token != "self" || path.is_empty() {
            path.push((*token).to_owned());
        }
        *at += 1;
        if tokens.get(*at).is_none_or(|(_, token)| *token != "::") {
            break;
        }
        *at += 1;
    }
    let mut name = path.last().cloned().unwrap_or_default();
    if let [(_, "as"), (_, other), ..] = tokens[(*at).min(tokens.len())..] {
        name = other.to_owned();
        *at += 2;
    }
    if line > 0 {
        found.push(Import { line, path, name });
    }
}

/// The files that are compiled outside tests, read. A source is its name, as `src/nn/adam.rs`, and its text.
fn read(sources: &[(String, String)]) -> Vec<File> {
    let mut files = Vec::new();
    let mut of_tests = BTreeSet::new();
    for (name, source) in sources {
        let path = name.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        let module: Module = path.split('/').filter(|part| *part != "lib").map(str::to_owned).collect();
        let tokens = tokens(source);
        let (tokens, tests) = without_tests(&tokens);
        of_tests.extend(tests.into_iter().map(|name| [module.clone(), vec![name.to_owned()]].concat()));
        files.push(File { name: name.clone(), module, imports: imports(&tokens) });
    }
    files.retain(|file| !of_tests.iter().any(|module| file.module.starts_with(module)));
    files
}

/// Who needs whom. A name that a module passes on is followed to where it is from.
pub fn arrows(sources: &[(String, String)]) -> Vec<Arrow> {
    let files = read(sources);
    let modules: BTreeSet<&Module> = files.iter().map(|file| &file.module).collect();
    let absolute = |module: &Module, path: &[String]| -> Option<Vec<String>> {
        let ups = path.iter().take_while(|part| *part == "super").count();
        match path[0].as_str() {
            "crate" | "shinso" => Some(path[1..].to_vec()),
            "self" => Some([module, &path[1..]].concat()),
            "super" => Some([&module[..module.len().saturating_sub(ups)], &path[ups..]].concat()),
            child => {
                modules.contains(&[module.clone(), vec![child.to_owned()]].concat()).then(|| [module, path].concat())
            }
        }
    };
    let mut passed_on = BTreeMap::new();
    for file in &files {
        for import in &file.imports {
            if let Some(path) = absolute(&file.module, &import.path) {
                passed_on.insert([&file.module[..], std::slice::from_ref(&import.name)].concat(), path);
            }
        }
    }
    let home = |path: &[String]| -> Module {
        let known = (0..=path.len()).rev().find(|length| modules.contains(&path[..*length].to_vec()));
        path[..known.unwrap_or(0)].to_vec()
    };
    let mut arrows = Vec::new();
    for file in &files {
        for import in &file.imports {
            let Some(mut path) = absolute(&file.module, &import.path) else { continue };
            for _ in 0..4 {
                let to = home(&path);
                arrows.push(Arrow {
                    file: file.name.clone(),
                    line: import.line,
                    from: file.module.clone(),
                    to: to.clone(),
                });
                let Some(onward) = path.get(..=to.len()).and_then(|name| passed_on.get(name)) else { break };
                path = [onward, &path[to.len() + 1..]].concat();
            }
        }
    }
    arrows.retain(|arrow| !arrow.from.starts_with(&arrow.to) && !arrow.to.starts_with(&arrow.from));
    arrows
}
