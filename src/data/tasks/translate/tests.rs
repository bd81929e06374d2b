//! Both languages against fixed sentences, and the grammar against the parser.

use super::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;

/// Meanings and their English, from a seed.
fn sentences(count: usize, seed: u64) -> Vec<(Sentence, Words, Words)> {
    let random = &mut ChaCha8Rng::seed_from_u64(seed);
    std::iter::repeat_with(|| sampling::draw(random))
        .filter(Sentence::makes_sense)
        .filter_map(|sentence| write(&sentence).map(|(source, target)| (sentence, source, target)))
        .take(count)
        .collect()
}

#[test]
fn sentences_are_translated() {
    let cases = [
        ("the cat that ate the peach slept in the park yesterday", "桃を食べた猫は昨日公園で寝ました"),
        ("yesterday the cat that ate the peach slept in the park", "桃を食べた猫は昨日公園で寝ました"),
        ("Ken did not eat three apples", "健は三個のりんごを食べませんでした"),
        ("there are two black dogs at the station", "駅に黒い犬が二匹います"),
        ("there was no book in the library", "図書館に本はありませんでした"),
        ("there is one cup of hot tea in the kitchen", "台所に熱いお茶が一杯あります"),
        ("Yuki gave the red umbrella to her friend", "由紀は彼女の友達に赤い傘をあげました"),
        ("tomorrow we will go to Kyoto by train", "私たちは明日電車で京都に行きます"),
        ("Taro met the doctor who the girl praised", "太郎は少女が褒めた医者に会いました"),
        ("I am not a lawyer", "私は弁護士ではありません"),
        ("this house was not big", "この家は大きくありませんでした"),
        ("that teacher is very diligent", "あの先生はとても真面目です"),
        ("the letter that he wrote was long", "彼が書いた手紙は長かったです"),
        ("my friend is not riding a bicycle now", "私の友達は今自転車に乗っていません"),
        ("the child cried because the dog chased Naomi", "犬が直美を追いかけたから、子供は泣きました"),
        ("he slept because three men went to Osaka by car", "三人の男性が車で大阪に行ったから、彼は寝ました"),
        ("two women drink three cups of coffee every morning", "二人の女性は毎朝三杯のコーヒーを飲みます"),
        ("Keiko did not call her", "恵子は彼女を呼びませんでした"),
    ];
    for (source, expected) in cases {
        assert_eq!(target(source).as_deref(), Some(expected), "{source}");
    }
}

#[test]
fn what_the_grammar_does_not_write_has_no_target() {
    let others = [
        "",
        " ",
        "Ken",
        "the cat",
        "Ken slept soundly in the park",
        "the cat slept  in the park",
        "the cat slept in the park ",
        "The cat slept in the park",
        "the cat slept in the park .",
        "the cat slept at the park",
        "the cat sleep in the park",
        "the cat will slept in the park",
        "the cat did sleep in the park",
        "a apple is not cheap",
        "an cat slept in the park",
        "one cats slept in the park",
        "three cat slept in the park",
        "three tea are hot now",
        "the cat drank a car yesterday",
        "the cat slept in the park tomorrow",
        "the cat who slept ate a peach",
        "the doctor that slept ate a peach",
        "Ken gave a book to me",
        "Ken saw Ken in the park",
        "we saw me in the park",
        "me saw Ken in the park",
        "Ken saw I in the park",
        "Ken is find a book",
        "Ken is - a book",
        "three - - -",
        "there is the cat in the park",
        "there are a cat in the park",
        "yesterday Ken slept in the park yesterday",
        "Ken slept in the park because",
        "because Yuki ran Ken slept",
        "Ken went to the park in Tokyo",
    ];
    let long = "the cat that ".repeat(100_000);
    assert_eq!(target(&long), None);
    for other in others {
        assert_eq!(target(other), None, "{other}");
    }
}

#[test]
fn the_parser_finds_the_meaning() {
    for (sentence, source, _) in sentences(10_000, 1) {
        assert_eq!(parser::parse(&source.join(" ")), Some(sentence), "{source:?}");
    }
}

#[test]
fn near_misses_are_refused() {
    let lexicon = &*LEXICON;
    let mut optional: BTreeSet<&str> = lexicon.adjectives.iter().map(|adjective| adjective.english).collect();
    optional.extend(lexicon.times.iter().flat_map(|time| words(time.english)));
    // Without them a mass noun, another tense, an affirmative or another number may remain.
    optional.extend(["the", "this", "that", "not", "no", "very", "will"]);
    optional.extend(NUMBERS.map(|number| number[0]));
    optional.extend(lexicon.pronouns.iter().map(|pronoun| pronoun.possessive));
    optional.extend(lexicon.names.iter().map(|name| name.possessive));
    let pasts: BTreeSet<&str> = lexicon.verbs.iter().map(|verb| verb.past).collect();
    let (mut removed, mut swapped) = (0, 0);
    for (_, source, _) in sentences(3_000, 2) {
        for place in 0..source.len() {
            // `her` is an object too.
            let after_her = place > 0 && source[place - 1] == "her";
            if !optional.contains(source[place]) && !after_her {
                let mut miss = source.clone();
                miss.remove(place);
                assert_eq!(target(&miss.join(" ")), None, "`{}` is gone from {source:?}", source[place]);
                removed += 1;
            }
            // `who Ken saw` and `who saw Ken` are both right, and so are `who Ken saw praised` and `who Ken praised
            // saw`.
            let Some(next) = source.get(place + 1) else { continue };
            let is_relative = place > 0 && ["who", "that"].contains(&source[place - 1]);
            let are_verbs = pasts.contains(source[place]) && pasts.contains(next);
            if source[place] != *next && !is_relative && !are_verbs {
                let mut miss = source.clone();
                miss.swap(place, place + 1);
                assert_eq!(target(&miss.join(" ")), None, "from {source:?}");
                swapped += 1;
            }
        }
    }
    assert!(removed > 10_000 && swapped > 10_000, "{removed} {swapped}");
}

#[test]
fn japanese_is_cut_in_one_way() {
    let (_, encoding) = encodings();
    let pieces: BTreeSet<&str> = (3..encoding.len()).map(|id| encoding.piece(id)).collect();
    let longest = pieces.iter().map(|piece| piece.len()).max().unwrap();
    for (_, _, words) in sentences(5_000, 3) {
        let text = words.concat();
        let cut: Vec<&str> = encoding.encode(&text).unwrap().into_iter().map(|id| encoding.piece(id)).collect();
        assert_eq!(cut, words);
        // Ways to cut the first bytes.
        let mut ways = vec![0_usize; text.len() + 1];
        ways[0] = 1;
        for end in 1..=text.len() {
            for start in end.saturating_sub(longest)..end {
                if text.get(start..end).is_some_and(|piece| pieces.contains(piece)) {
                    ways[end] += ways[start];
                }
            }
        }
        assert_eq!(ways[text.len()], 1, "{text}");
    }
}

#[test]
fn every_word_is_used() {
    let (english, japanese) = encodings();
    let (mut sources, mut targets) = (BTreeSet::new(), BTreeSet::new());
    for (_, source, target) in sentences(20_000, 4) {
        sources.extend(source);
        targets.extend(target);
    }
    for (encoding, used) in [(english, sources), (japanese, targets)] {
        let unused: Vec<&str> =
            (3..encoding.len()).map(|id| encoding.piece(id)).filter(|piece| !used.contains(piece)).collect();
        assert!(unused.is_empty(), "{unused:?}");
        assert_eq!(encoding.len() - 3, used.len());
    }
}

#[test]
fn all_lengths_occur() {
    let mut lengths = [BTreeSet::new(), BTreeSet::new()];
    for (_, source, target) in sentences(20_000, 5) {
        lengths[0].insert(source.len());
        lengths[1].insert(target.len());
    }
    let all: BTreeSet<usize> = (SHORTEST..=LONGEST.0).collect();
    assert_eq!(lengths[0], all);
    assert!(lengths[1].is_superset(&(5..=LONGEST.1).collect()), "{:?}", lengths[1]);
}
