//! What a conversation says, in both languages.

use super::expression::{Function, Why};
use crate::experiment::Language;

/// One of two wordings.
pub fn either<'a>(language: Language, en: &'a str, ja: &'a str) -> &'a str {
    match language {
        Language::En => en,
        Language::Ja => ja,
    }
}

/// A fault in a sentence.
pub fn why(why: &Why, language: Language, japanese_words: bool) -> String {
    let either = |en: &str, ja: &str| either(language, en, ja).to_owned();
    match why {
        Why::NoValue => either("a word, a number or a bracket is missing here", "ここに単語・数・括弧が必要です"),
        Why::NoOperator => either(
            "two values with nothing between them: expected + - * / or . (quote words with spaces in them)",
            "値が二つ並んでいます。間に + - * / . のどれかが必要です(空白を含む語は引用符で囲む)",
        ),
        Why::Sign(sign) => match language {
            Language::En => format!("`{sign}` has no meaning here"),
            Language::Ja => format!("ここの `{sign}` は解釈できません"),
        },
        Why::Open(sign) => match language {
            Language::En => format!("`{sign}` is never closed"),
            Language::Ja => format!("`{sign}` が閉じていません"),
        },
        Why::NotAName => either("only a name can stand before =", "= の左に置けるのは名前だけです"),
        Why::Sides => {
            either("an analogy has four sides: king : man :: queen : ?", "類推は四項です: king : man :: queen : ?")
        }
        Why::TwoQuestions => either("an analogy asks for one side; write one ?", "? は一か所だけです"),
        Why::Question => either(
            "? stands for a side of an analogy: king : man :: queen : ?",
            "? は類推の項です: king : man :: queen : ?",
        ),
        Why::Deep => either("too many brackets within brackets", "括弧の入れ子が深すぎます"),
        Why::Long(most) => match language {
            Language::En => format!("too long: expected at most {most} words, numbers and signs"),
            Language::Ja => format!("長すぎます。単語・数・記号は合わせて {most} 個までです"),
        },
        Why::Unknown { word, near } => unknown(word, near, language, japanese_words),
        Why::NeedsVector => {
            either("a number; a word or a vector is needed here", "数です。ここには単語かベクトルが必要です")
        }
        Why::NeedsNumber => {
            either("a vector cannot divide; a number is needed here", "ベクトルでは割れません。数が必要です")
        }
        Why::TwoVectors => either(
            "two vectors cannot be multiplied; their cosine is written a . b",
            "ベクトルどうしの積はありません。コサインは a . b と書きます",
        ),
        Why::Zero => either("division by zero", "0 では割れません"),
        Why::Count(wanted) => {
            let names: Vec<&str> = Function::NAMES.iter().map(|(name, _)| *name).collect();
            match language {
                Language::En => format!("expected {wanted} value(s) in the brackets (functions: {})", names.join(", ")),
                Language::Ja => format!("引数は {wanted} 個です(関数: {})", names.join("、")),
            }
        }
        Why::TooLarge => either("the numbers grow beyond what can be kept", "数が大きすぎて表せません"),
    }
}

fn unknown(word: &str, near: &[String], language: Language, japanese_words: bool) -> String {
    let near = near.join(either(language, ", ", "、"));
    let mut said = match (language, near.is_empty()) {
        (Language::En, false) => format!("no word `{word}` here; spelled alike: {near}"),
        (Language::En, true) => format!("no word `{word}` here, and none spelled much like it"),
        (Language::Ja, false) => format!("`{word}` という語はありません。似た綴り: {near}"),
        (Language::Ja, true) => format!("`{word}` という語も、似た綴りの語もありません"),
    };
    if japanese_words {
        said.push_str(either(
            language,
            " (words stand in their dictionary form: 走る for 走った, 為る for する)",
            "(見出し語の形で収録: 走った→走る、する→為る)",
        ));
    }
    said
}

/// A command: what to type, and what it does.
pub struct Help {
    pub name: &'static str,
    pub arguments: [&'static str; 2],
    pub does: [&'static str; 2],
    pub example: &'static str,
}

const fn help(
    name: &'static str,
    arguments: [&'static str; 2],
    does: [&'static str; 2],
    example: &'static str,
) -> Help {
    Help { name, arguments, does, example }
}

/// Every command.
pub const COMMANDS: [Help; 16] = [
    help("help", ["[COMMAND]", "[コマンド]"], ["what can be typed", "入力できるもの"], ":help plot"),
    help("nn", ["WORD", "語"], ["the nearest words", "最も近い語"], ":nn king"),
    help("path", ["A B", "A B"], ["the words on the way from A to B", "A から B への途中にある語"], ":path hot cold"),
    help(
        "odd",
        ["A B C …", "A B C …"],
        ["the one that does not belong", "仲間はずれ"],
        ":odd breakfast lunch dinner car",
    ),
    help(
        "plot",
        ["WORDS [by A>B [C>D]]", "語… [by A>B [C>D]]"],
        ["a map of words: by their principal components, or along axes", "語の地図。主成分、または自分で決めた軸で"],
        ":plot king queen prince princess beggar maid by man>woman poor>rich",
    ),
    help(
        "bias",
        ["[A>B] [WORDS]", "[A>B] [語…]"],
        [
            "words along a direction; occupations from he to she if nothing is said",
            "語をある方向に並べる。省略時は職業を he から she へ",
        ],
        ":bias he>she nurse engineer",
    ),
    help(
        "analogies",
        ["FILE", "ファイル"],
        ["the share of analogy questions answered right, section by section", "類推問題の正答率(分野ごと)"],
        ":analogies questions-words.txt",
    ),
    help(
        "use",
        ["[NAME]", "[名前]"],
        ["switch between sets of vectors, or list them", "ベクトルの切り替え、または一覧"],
        ":use chive",
    ),
    help(
        "load",
        ["FILE", "ファイル"],
        [
            "vectors from GloVe, word2vec, fastText or safetensors files",
            "GloVe・word2vec・fastText・safetensors のファイルを読む",
        ],
        ":load vectors.txt.gz",
    ),
    help(
        "include",
        ["on|off", "on|off"],
        ["whether the words that were typed may be answers", "入力した語を答えに含めるか"],
        ":include on",
    ),
    help("top", ["N", "N"], ["how many words an answer lists", "答えに並べる語の数"], ":top 20"),
    help("names", ["", ""], ["names that were given", "付けた名前の一覧"], ":names"),
    help("forget", ["NAME|all", "名前|all"], ["takes a name back", "名前を取り消す"], ":forget royal"),
    help("history", ["[N]", "[N]"], ["lines typed before", "これまでの入力"], ":history 20"),
    help(
        "save",
        ["FILE", "ファイル"],
        [
            "the lines of this session, for `shinso embed < FILE`; :save! writes over a file",
            "このセッションの入力を保存。`shinso embed < ファイル` で再実行。:save! は上書き",
        ],
        ":save session.txt",
    ),
    help("sets", ["", ""], ["the sets of vectors there are", "ベクトルの一覧"], ":sets"),
];

/// Expressions to learn from.
pub const EXAMPLES: [(&str, [&str; 2]); 8] = [
    ("king - man + woman", ["arithmetic; the nearest words answer", "足し引き。最も近い語が答え"]),
    ("2*paris - france + (japan + italy)/2", ["numbers, brackets", "数と括弧"]),
    ("cat . dog", ["cosine", "コサイン類似度"]),
    ("|king|", ["length of the vector in its file", "ファイルでのベクトルの長さ"]),
    ("dist(cat, dog)", ["distance between unit vectors", "単位ベクトルどうしの距離"]),
    ("mean(red, green, blue)", ["mean", "平均"]),
    ("king : man :: queen : ?", ["analogy, ? on any side", "類推。? はどこでも"]),
    ("royal = king - man", ["a name for a value", "値に名前を付ける"]),
];

/// Occupations for `:bias`, in English and in Japanese.
pub const OCCUPATIONS: [&[&str]; 2] = [
    &[
        "nurse",
        "engineer",
        "teacher",
        "doctor",
        "secretary",
        "carpenter",
        "lawyer",
        "dancer",
        "scientist",
        "librarian",
        "soldier",
        "hairdresser",
        "professor",
        "programmer",
        "maid",
        "pilot",
        "banker",
        "housekeeper",
    ],
    &[
        "医師",
        "看護師",
        "教師",
        "技術者",
        "秘書",
        "大工",
        "弁護士",
        "保育士",
        "科学者",
        "兵士",
        "教授",
        "歌手",
        "作家",
        "消防士",
        "主婦",
        "社長",
        "モデル",
        "農民",
    ],
];

/// Directions for `:bias`: the first pair of which both words are there.
pub const DIRECTIONS: [(&str, &str); 3] = [("he", "she"), ("男", "女"), ("man", "woman")];
