//! The words of the screens, in both languages, in one place. Keys have theirs in [`keys`](super::keys), labs in their
//! YAML.

use crate::experiment::Wording;

macro_rules! words {
    ($($name:ident: $en:literal, $ja:literal;)+) => {
        $(pub const $name: Wording = Wording::new($en, $ja);)+
    };
}

words! {
    TAGLINE: "machine learning, live in a terminal", "端末で動かす機械学習";
    CHAPTER_1: "Reinforcement learning", "強化学習";
    CHAPTER_2: "Deep generative models", "深層生成モデル";
    CHAPTER_3: "Attention and transformers", "注意機構とトランスフォーマ";
    MINUTES: "min", "分";
    LABS_DONE: "labs done", "ラボ完了";
    EXERCISES_DONE: "exercises", "演習";
    YOU_WILL: "You will", "できること";
    LAST_RUN: "Last run", "前回";
    NO_RUN_YET: "no run yet; the preview is the model that ships", "まだ実行なし。見本は同梱モデル";
    NOTHING_FOUND: "nothing found; Esc shows all labs", "見つかりません。Esc で全ラボ表示";
    PREVIEW_MAP: "words in the plane of their first two principal components", "第 1・第 2 主成分の平面上の語";
    PREVIEW_WALK: "a walk through the latent plane", "潜在平面の散歩";

    THEORY: "Theory", "理論";
    TRAIN: "Train", "学習";
    EXPLORE: "Explore", "探索";
    EXERCISES: "Exercises", "演習";
    NOTES: "Notes", "ノート";
    PAGE: "page", "ページ";

    RUNNING: "running", "実行中";
    PAUSED: "paused", "一時停止";
    EVALUATING: "final report…", "最終評価中…";
    FINISHED: "finished", "完了";
    STOPPED: "stopped", "停止";
    FAILED: "failed", "失敗";
    STARTING: "starting…", "準備中…";
    PRESETS: "presets", "プリセット";
    KNOBS: "knobs", "つまみ";
    KNOBS_LIVE: "● live while it runs", "● 実行中も回せる";
    SEED: "seed", "シード";
    NOW: "now", "現在";
    STEP: "step", "ステップ";
    RATE: "rate", "速さ";
    PER_SECOND: "/s", "/秒";
    SMOOTHING: "smooth", "平滑";
    LOG_Y: "y log", "y 対数";
    NO_DATA_YET: "no values yet", "値はまだありません";
    GAPS: "values that are not numbers are left out, first at step", "数でない値は抜いてある。最初はステップ";
    PRESS_ENTER: "↵ starts", "↵ で開始";
    EXPORTED: "exported to", "書き出し先:";
    COPIED: "copied", "コピーしました";
    NOTHING_TO_COPY: "nothing to copy: move the cursor onto the curves first", "コピーする値がありません。先にカーソルを曲線へ";
    NO_RUN_TO_RESUME: "no stopped run of this lab", "停止した実行がありません";
    EARLIER_RUNS: "earlier runs", "過去の実行";
    NO_EARLIER_RUNS: "no earlier run of this lab to overlay", "重ねる過去の実行がありません";
    STOPPING: "stopping the run…", "実行を停止しています…";
    SECONDS: "s", "秒";

    FROM_RUN: "model: the run on the Train tab", "モデル: 学習タブの実行";
    FROM_SHIPPED: "model: shipped with the program", "モデル: 同梱";
    THINKING: "…", "…";
    CODE: "code z", "符号 z";
    TEST_DIGIT: "test", "テスト";
    DIGIT_HERE: "the digit here", "ここの数字";
    VARIANCE_SHARE: "of the codes' variance lies in this plane", "の分散がこの平面上";
    DRAW_HERE: "draw a digit: mouse, or arrows and space", "数字を描く: マウス、または矢印と Space";
    MODEL_INPUT: "input", "入力";
    REBUILT: "rebuilt", "再構成";
    RECONSTRUCTION: "reconstruction", "再構成";
    MORPH_HOW: "e: next test digit   a, b: pin A and B   m: walk from A to B",
        "e: 次のテスト画像   a, b: A と B を留める   m: A から B へ歩く";
    MORPH_HOW_DRAWN: "r: random z   a, b: pin A and B   m: walk from A to B",
        "r: z を引く   a, b: A と B を留める   m: A から B へ歩く";
    PIN_FIRST: "pin a code as A with a and another as B with b first", "先に a で A、b で B を留めてください";

    DRAW_NUMBER: "draw", "例";
    GUESS_HOW: "real or fake?  y real   n fake", "本物か偽物か?  y 本物   n 偽物";
    GUESS_YOU: "you", "あなた";
    GUESS_OF: " right of ", "/";
    GUESS_RIGHT: "", " 正解";
    GUESS_WAS_REAL: "it was real", "本物でした";
    GUESS_WAS_FAKE: "it was made by G", "G が作ったものでした";
    GUESS_OVER: "all judged; r plays once more", "終了。r でもう一度";
    GUESS_TRUST: "D had trusted it", "D の信頼度";
    PROMPT_HOW: "digits in words, then ↵: seven · 七 · 2026 · three eights", "数字を言葉で入力して ↵: seven · 七 · 2026 · three eights";
    PROMPT_MOMENT: "moment", "時点";
    PROMPT_STEPS: "steps", "ステップ数";
    PROMPT_GUIDANCE: "guidance w", "ガイダンス w";
    PROMPT_ETA: "η (0 DDIM, 1 DDPM)", "η(0: DDIM、1: DDPM)";
    PROMPT_TIME: "noise left: t", "残りの雑音: t";
    DRAWING: "drawing…", "生成中…";
    PLANE_HOW: "arrows move, Space places a point; it goes to the run with data = drawn", "矢印で移動、Space で点を置く(data = drawn の実行に届きます)";
    PLANE_NO_RUN: "points go to a live run of a preset with data = drawn: start one on the Train tab", "点を置くには、data = drawn のプリセットを学習タブで実行してください";
    PLANE_LEGEND: "● data  ● made", "● データ  ● 生成";
    KL_MOVES: "arrows move", "矢印が動かすのは";
    KL_FITTED: "fitted", "合わせた";
    KL_KINDS_NORMALS: "two normals", "正規分布どうし";
    KL_KINDS_BIMODAL: "bimodal P, normal Q", "双峰の P、正規の Q";
    KL_KINDS_BARS: "bars", "棒";
    KL_EQUAL: "P = Q: both are zero", "P = Q: どちらもゼロ";
    KL_INFINITE: "infinite: q = 0 where p > 0", "無限大: p > 0 なのに q = 0";

    REPL_GREETING: "Words are vectors: add them, subtract them, see what is near. | king - man + woman    paris - france + japan    :help    :use chive (Japanese)",
        "語はベクトル。足し引きして近い語を見る。 | king - man + woman    paris - france + japan    :help    :use chive(日本語)";
    REPL_HOW: "an expression, or :help", "式、または :help";
    REPL_WORKING: "working…  Esc calls it off", "計算中…  Esc で中止";
    REPL_CALLED_OFF: "called off", "中止しました";
    REPL_PLOT: "map", "地図";
    REPL_PLOT_HOW: "drag · wheel · Alt-arrows", "ドラッグ・ホイール・Alt+矢印";
    WORDS_CONTEXT: "context", "周囲の語";
    WORDS_HOW: "arrows or a click choose a word", "矢印かクリックで語を選ぶ";
    WORDS_PINNED: "pinned beside the run's neighbours", "実行の近傍一覧に留めました";
    WORDS_NO_RUN: "words are pinned to a live run: start one on the Train tab", "語を留めるには学習タブで実行してください";

    YOUR_ANSWER: "Your answer", "解答";
    SOLVED: "solved", "正解済";
    HINT: "Hint", "ヒント";
    NO_MORE_HINTS: "no more hints", "ヒントはこれだけ";
    WHY: "Why", "解説";
    DECIDED_BY_RUN: "decided by your runs: train until it holds", "実行の結果で自動判定されます";
    DECIDED_BY_INSTRUMENT: "decided by what you do on the Explore tab", "探索タブでの操作で自動判定されます";
    SAVED: "saved", "保存済";
    NOTES_HINT: "your own notes on this lab, saved as you type", "このラボの自分用ノート。入力と同時に保存";

    TOO_SMALL: "The window is too small", "画面が小さすぎます";
    TOO_SMALL_HOW: "make it at least 80×24, or make the letters smaller", "80×24 以上に広げるか、文字を小さくしてください";
    HELP: "Keys", "キー";
    COMMANDS: "Commands", "コマンド";
    MOUSE_FREE: "the mouse selects text now; M takes it back", "マウスは文字選択用。M で戻す";
    MOUSE_TAKEN: "the mouse works here again", "マウス操作に戻りました";
    PICTURES_AS: "pictures as", "画像:";
    ESC_CLOSES: "Esc closes", "Esc で閉じる";
    QUIT_RUNNING: "a run is under way: it will be stopped and can be resumed. Quit?  ↵ yes   Esc no",
        "実行中です。停止して後で再開できます。終了しますか?  ↵ はい   Esc いいえ";
    SEE_OTHER_TAB: "the run goes on; ● on the Train tab", "実行は続いています(学習タブ ●)";
}

/// The name of a chapter of the lecture.
pub fn chapter(number: u8) -> Wording {
    match number {
        1 => CHAPTER_1,
        2 => CHAPTER_2,
        _ => CHAPTER_3,
    }
}
