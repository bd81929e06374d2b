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
    CHAPTER_3: "Attention and transformers", "注意機構とトランスフォーマー";
    MINUTES: "min", "分";
    HOURS: "h", "時間";
    LABS_DONE: "labs done", "ラボ完了";
    EXERCISES_DONE: "exercises", "演習";
    YOU_WILL: "You will", "できること";
    LAST_RUN: "Last run", "前回";
    NO_RUN_YET: "none yet", "まだありません";
    NOTHING_FOUND: "nothing found; ⌫ widens the search, Esc ends it", "見つかりません。⌫ で条件を減らし、Esc で検索を終えます";
    PREVIEW_MAP: "words in the plane of their first two principal components", "第 1・第 2 主成分の平面上の語";
    PREVIEW_GAME: "tree search playing itself, 400 playouts", "木探索どうしの対局(1 手 400 回)";
    PREVIEW_WALK: "a walk through the latent plane", "潜在平面の上の移動";
    PREVIEW_SAMPLES: "samples of the bundled model", "同梱モデルのサンプル";

    THEORY: "Theory", "理論";
    TRAIN: "Train", "学習";
    EXPLORE: "Explore", "探索";
    EXERCISES: "Exercises", "演習";
    NOTES: "Notes", "ノート";
    PAGE: "page", "ページ";

    DEMO: "demo", "デモ";
    DEMO_STEP: "step {0} of {1}", "ステップ {0}/{1}";
    DEMO_AGAIN: "shown again", "再表示";
    DEMO_NEXT: "→ next", "→ で次へ";
    DEMO_LAST: "→ ends the demo", "→ でデモ終了";
    DEMO_DOING: "typing {0}", "入力中 {0}";
    DEMO_UNTIL_PLACE: "waits for a place to train", "学習の順番を待っています";
    DEMO_UNTIL_FINISHED: "waits for the end of the run", "実行の終了を待っています";
    DEMO_UNTIL_STEP: "waits for step {0}, now {1}", "ステップ {0} を待っています(現在 {1})";
    DEMO_UNTIL_SERIES: "waits for {0}, now {1}", "{0} を待っています(現在 {1})";
    DEMO_UNTIL_ANSWER: "waits for the answer", "回答を待っています";
    DEMO_NOT_MET: "the run has ended before {0}; → goes on", "{0} になる前に実行が終わりました。→ で先へ";
    DEMO_THE_END: "its end", "最後";
    DEMO_NO_RUN: "there is no run to change any more", "変更できる実行がもうありません";
    DEMO_NO_TEXT: "nothing takes typed text here: {0}", "ここには文字を入力できません: {0}";
    DEMO_NO_KEY: "a key of the demo means nothing here: {0}", "デモのキーはここでは使えません: {0}";
    DEMO_NOTE: "note", "ノート";
    DEMO_NO_NOTE: "no note for this step", "このステップにノートはありません";
    DEMO_OVER: "the demo has ended; the lab stays as it is", "デモを終わりました。ラボはこのまま使えます";
    DEMO_RUN_GOES_ON: "the demo has ended; its run goes on (S on Train stops it)", "デモを終わりました。デモの実行は続いています(学習タブの S で停止)";
    NO_DEMO: "this lab has no demo", "このラボにデモはありません";

    CLASS: "Class", "クラス";
    CLASS_ANSWERS: "Answers", "解答";
    CLASS_ACCOUNTS: "{0} accounts, {1} labs begun", "アカウント {0} · 取り組み中のラボ {1}";
    CLASS_SUM: "solved", "正解数";
    CLASS_SOLVED_LAST: "solved last: {0}, {1}", "最後に解いた演習: {0}({1})";
    CLASS_TRIED: "tried, not solved: {0}", "未正解: {0}";
    ID_TITLE: "Your ID", "学籍番号";
    ID_ASK: "Which student of this class are you? Type your ID and press Enter. Esc: later.", "このクラスのどの学生かを確認します。学籍番号を入力して Enter を押してください。Esc で後回しにできます。";
    ID_CONFIRM: "Are you {0} ({1})?   ↵ yes   Esc no", "{0}({1})さんですか?   ↵ はい   Esc いいえ";
    ID_KEPT: "you are registered as {0}", "{0}: このアカウントに登録しました";
    CLASS_HERE: "{0} here", "{0} 人";
    CLASS_NOBODY: "nobody whom the filter lets through", "条件に合う人がいません";
    CLASS_PRESENTS: "{0} presents, {1} follow", "{0} が画面を見せています({1} 人が表示中)";
    CLASS_ELSEWHERE: "● your other session presents {0}", "● 別のセッションで発表中 {0}";
    CLASS_BY_HANDS: "hands first", "挙手が先";
    CLASS_BY_IDLE: "longest without a key first", "キー入力のない時間が長い順";
    CLASS_BY_LAB: "by lab", "ラボ順";
    CLASS_NAME: "student", "学生";
    CLASS_COMES: "the list is on its way", "一覧を受信しています";
    CLASS_NO_ANSWERS: "no answers yet", "解答はまだありません";
    CLASS_LAB: "lab", "ラボ";
    CLASS_TAB: "tab", "タブ";
    CLASS_EXERCISE: "exercise", "演習";
    CLASS_KEY: "last key", "最終キー";
    CLASS_RUN: "run", "実行";
    CLASS_FOLLOWS: "follows", "発表視聴";
    CLASS_SIZE: "size", "画面";
    CLASS_HAND: "hand", "挙手";
    CLASS_PICKER: "(picker)", "(一覧)";
    CLASS_TO: "to {0}", "{0} へ";
    CLASS_TO_ALL: "to everybody", "全員へ";
    CLASS_SENT: "sent", "送りました";
    HANDS: "hands up: {0}", "挙手 {0}";
    CAN_ASK: "F8 hand", "F8 挙手";
    HAND_UP: "your hand is up", "挙手中";
    HAND_LOWERED: "{0} has seen your hand", "{0} が挙手を確認しました";
    WATCHED: "{0} sees this screen", "{0} がこの画面を見ています";
    PRESENTING: "presenting · {0} follow", "発表中 · {0} 人が表示中";
    NOW_PRESENTING: "your screen is shown to whoever presses F9; notes are in your other session (F10 there)", "F9 を押した人にこの画面を見せています。発表者ノートは別のセッションの F10 で見られます";
    NOT_PRESENTING: "your screen is shown no longer", "画面を見せるのをやめました";
    NOTES_ELSEWHERE: "while you present, notes are shown in your other session alone: F10 there", "発表中のノートは、別のセッションの F10 でだけ見られます";
    CAN_FOLLOW: "F9 {0}'s screen", "F9 {0} の画面";
    NOBODY_PRESENTS: "nobody shows a screen now", "いま画面を見せている人はいません";
    FOLLOWING: "{0}'s screen", "{0} の画面";
    WATCHING: "watching {0}, who sees your name", "{0} の画面を見ています(相手にはあなたの名前が表示されます)";
    ARROWS_MOVE: "arrows move", "矢印キーで移動";
    ESC_BACK: "Esc back", "Esc で戻る";
    SCREEN_COMES: "the screen is on its way", "画面を受信しています";
    SCREEN_GONE: "that screen is shown no longer", "その画面は終了しました";
    FROM: "{0}: {1}", "{0}: {1}";
    BEGINS_TO_WATCH: "{0} looks at this screen now", "{0} がこの画面を見始めました";
    LIST_ELSEWHERE: "while you present, the class would see the list too: log in a second time and press F10 there", "発表中は一覧も全員に見えてしまいます。もう一度ログインし、そちらで F10 を押してください";
    PRESENTING_OVER: "another instructor presents now", "別の教員が発表を始めました";
    CLASS_GONE: "the server has ended the class; your labs go on", "サーバーとのクラス接続が切れました。ラボはこのまま使えます";
    CLASS_NOT_REACHED: "the class could not be reached ({0}); log out and in again to be part of it", "クラスに接続できませんでした({0})。参加するには、いったんログアウトしてから入り直してください";
    POINTS: "pointer: arrows move it, Esc puts it away", "ポインター: 矢印キーで動かし、Esc で消します";
    WAITS_FOR_PLACE: "○ queue: {0} before you", "○ 順番待ち: 前に {0} 人";
    ASKS_FOR_PLACE: "○ queue", "○ 順番待ち";
    ALL_PLACES_TAKEN: "all places to train are taken; your run begins as soon as one is free. Esc leaves the queue", "学習の席がすべて使われています。空き次第開始します。Esc で取りやめます";
    DISK_FULL: "your folder holds {0} MB of the {1} that it may: delete runs (R, then d) and exports, then start again", "フォルダーの使用量が {0} MB で、上限の {1} MB を超えています。過去の実行(R、d)や書き出したファイルを削除してから開始してください";
    LEFT_QUEUE: "you have left the queue", "順番待ちを取りやめました";

    RUNNING: "running", "実行中";
    PAUSED: "paused", "一時停止";
    EVALUATING: "final report…", "最終評価中…";
    FINISHED: "finished", "完了";
    STOPPED: "stopped", "停止";
    FAILED: "failed", "失敗";
    STARTING: "starting…", "準備中…";
    PRESETS: "presets", "プリセット";
    KNOBS: "knobs", "設定";
    KNOBS_LIVE: "● live while it runs", "● 実行中も変えられる";
    SEED: "seed", "シード";
    NOW: "now", "現在";
    STEP: "step", "ステップ";
    RATE: "rate", "速さ";
    PER_SECOND: "/s", "/秒";
    SMOOTHING: "smooth", "平滑";
    LOG_Y: "y log", "y 対数";
    LATER_HALF: "y: later half", "y: 後半に合わせる";
    NO_DATA_YET: "no values yet", "値はまだありません";
    GAPS: "values that are not numbers are left out, first at step", "数でない値は抜いてある。最初はステップ";
    PRESS_ENTER: "↵ starts", "↵ で開始";
    ANSWER_FULL: "an answer holds {0} letters; the rest was left out", "回答は {0} 文字までです。残りは入りませんでした";
    EXPORT_AGAIN: "{0} holds an earlier export; press x again to overwrite it", "{0} には以前の書き出しがあります。もう一度押すと上書きします";
    EXPORTED: "{0} files (metrics.csv, run.yaml, weights, pictures) exported to {1}", "{0} 個のファイル(metrics.csv、run.yaml、重み、画像)を {1} に書き出しました";
    COPIED: "copied", "コピーしました";
    NOTHING_TO_COPY: "nothing to copy: move the cursor onto the curves first", "コピーする値がありません。先にカーソルを曲線へ";
    NO_RUN_TO_RESUME: "no stopped run of this lab", "停止した実行がありません";
    EARLIER_RUNS: "earlier runs", "過去の実行";
    NO_EARLIER_RUNS: "no earlier run of this lab to overlay", "重ねる過去の実行がありません";
    MEASURED: "measured", "測定値";
    NO_RUNS: "no run of this lab yet", "このラボの実行はまだありません";
    STOP_FIRST: "a run is under way: stop it first (S on its Train tab)", "実行中です。先に停止してください(学習タブの S)";
    RUNS_DELETED: "runs deleted:", "削除した実行:";
    ALL_DELETED: "the runs of this lab were deleted; u restores the last", "このラボの実行は削除されています。u で最後の一つが元に戻ります";
    RUNS_UNDO: "; u in the list of runs restores them", "。実行の一覧で u を押すと元に戻ります";
    RUN_RESTORED: "restored:", "元に戻した実行:";
    NONE_DELETED: "no deleted run of this lab is left", "このラボに、元に戻せる実行はありません";
    TO_BE_DELETED: "✗ deleted when you leave the list; d keeps it", "✗ は一覧を閉じると削除。d で取り消し";
    REPORT_OF: "report of", "結果の報告";
    NO_REPORT_YET: "the report comes at the end of a run", "結果の報告は、実行が終わると出ます";
    REPORT_BUNDLED: "Bundled model: {0}.", "同梱モデルは {0} です。";
    REPORT_ALIKE: "As good as the bundled model ({0}).", "同梱モデル({0})と同じくらいです。";
    REPORT_BETTER: "Better than the bundled model ({0}).", "同梱モデル({0})より良い値です。";
    REPORT_PAPER: "Paper: {0}.", "論文では {0}。";
    REPORT_WORSE: "Worse than the bundled model ({0}).", "同梱モデル({0})より悪い値です。";
    NOTHING_TO_TRAIN: "nothing is trained in this lab", "このラボに学習はありません";
    RUN_PINNED: "pinned: p unpins it, then it can be deleted", "固定されています。p で解除すると削除できます";
    RUNS_FILTER: "filter", "絞り込み";
    RUNS_NAME: "name", "名前";
    RUNS_NOTE: "note", "メモ";
    RUNS_NO_MATCH: "no run matches; Esc shows all", "該当する実行がありません。Esc ですべて表示";
    RUNS_LARGEST: "largest figure first", "値の大きい順";
    RUNS_SMALLEST: "smallest figure first", "値の小さい順";
    RUN_IS_SHOWN: "this run is shown on Train already", "この実行は学習タブに表示中です";
    MOST_OVERLAID: "at most {0} runs are overlaid; o on one of them takes it away", "重ねられるのは {0} 件までです。重ねた実行で o を押すと外れます";
    THIS_RUN: "this run", "この実行";
    OPEN_RUN: "open on Train", "学習タブで表示中";
    UNREADABLE_RUNS: "cannot be read, `shinso runs list` says why:", "読めない実行(理由は shinso runs list):";
    STOPPING: "stopping the run…", "実行を停止しています…";
    SECONDS: "s", "秒";

    MODEL: "model: ", "モデル: ";
    FROM_RUN: "your run", "学習タブの実行";
    FROM_EARLIER_RUN: "run", "実行";
    FROM_WEIGHTS: "--weights", "--weights";
    FROM_SHIPPED: "bundled", "同梱";
    RUN_IS_NOT_SHOWN: "this goes to the run, but another model is shown: go back to your run first", "実行に届く操作ですが、別のモデルを表示中です。先に学習タブの実行へ戻ってください";
    THINKING: "…", "…";
    ANSWERING: "computing…", "計算中…";
    SPACE_AT_END: "· ends in a space: it is part of the text, and can change the answer", "· 末尾に空白があります。空白も文の一部で、答えが変わることがあります";
    CODE: "code z", "符号 z";
    TEST_DIGIT: "test", "テスト";
    DIGIT_HERE: "the digit here", "ここの数字";
    READ_ON_GRID: "what a classifier reads in the picture made at each place", "各点で生成した画像を分類器が読んだ数字";
    VARIANCE_SHARE: "of the codes' variance lies in this plane", "の分散がこの平面上";
    DRAW_HERE: "draw a digit: mouse, or arrows and Space (pen down, pen up)", "数字を描く: マウス、または矢印と Space(ペンを下ろす・上げる)";
    DRAW_HERE_BRIEFLY: "draw: mouse, or arrows, Space: pen", "描く: マウス、または矢印、Space: ペン";
    MODEL_INPUT: "input", "入力";
    REBUILT: "rebuilt", "再構成";
    RECONSTRUCTION: "reconstruction", "再構成";
    MORPH_HOW: "e: next test digit   a, b: pin A and B   m: walk from A to B",
        "e: 次のテスト画像   a, b: A、B に固定   m: A から B へ移動";
    MORPH_HOW_DRAWN: "r: random z   a, b: pin A and B   m: walk from A to B",
        "r: z をランダムに選ぶ   a, b: A、B に固定   m: A から B へ移動";
    PIN_FIRST: "pin a code as A with a and another as B with b first", "先に a で A、b で B に符号を固定してください";

    ACTION_NO_RUN: "this goes to a live run: start one on the Train tab", "実行中の学習に届く操作です。学習タブで開始してください";
    GUESS_HOW: "real or fake?  y real   n fake", "本物か偽物か?  y 本物   n 偽物";
    GUESS_YOU: "you", "あなた";
    GUESS_OF: " right of ", "/";
    GUESS_RIGHT: "", " 正解";
    GUESS_WAS_REAL: "it was real", "本物でした";
    GUESS_WAS_FAKE: "it was generated by G", "G が生成したものでした";
    GUESS_LAST: "the one before", "一つ前の画像";
    GUESS_OVER: "all judged; r plays once more", "終了。r でもう一度";
    GUESS_TRUST: "D's probability that it is real", "D による本物である確率";
    PLANE_LEGEND: "● data  ● generated", "● データ  ● 生成";
    NATS: "nats", "ナット";
    KL_MOVES: "arrows move", "矢印が動かすのは";
    KL_FITTED: "fitted", "合わせた";
    KL_KINDS_NORMALS: "two normals", "正規分布どうし";
    KL_KINDS_BIMODAL: "bimodal P, normal Q", "双峰の P、正規の Q";
    KL_KINDS_BARS: "bars", "棒";
    KL_EQUAL: "P = Q: both are zero", "P = Q: どちらもゼロ";
    KL_NEGATIVE: "below 0", "0 より小さい部分";
    KL_INFINITE: "infinite: q = 0 where p > 0", "無限大: p > 0 なのに q = 0";

    REPL_GREETING: "Words are vectors: add them, subtract them, see what is near. | actor - man + woman    walked - walk + swim    :help    :use chive (Japanese)",
        "語はベクトル。足し引きして近い語を見る。 | actor - man + woman    walked - walk + swim    :help    :use chive(日本語)";
    REPL_VECTORS: "vectors: {0}", "ベクトル: {0}";
    REPL_HOW: "an expression, or :help", "式、または :help";
    REPL_WORKING: "working…  Esc calls it off", "計算中…  Esc で中止";
    REPL_CALLED_OFF: "called off", "中止しました";
    REPL_PLOT: "map", "地図";
    REPL_PLOT_HOW: "drag · wheel · Alt-arrows", "ドラッグ・ホイール・Alt+矢印";

    GAME_TIC_TAC_TOE: "Tic-tac-toe", "三目並べ";
    GAME_CONNECT_FOUR: "Connect Four", "四目並べ";
    GAME_OTHELLO: "Othello", "オセロ";
    GAME_OTHELLO_6: "Othello 6×6", "オセロ 6×6";
    GAME_GOMOKU_9: "Gomoku 9×9", "五目並べ 9×9";
    GAME_GOMOKU_15: "Gomoku 15×15", "五目並べ 15×15";
    GAME_GO_9: "Go 9×9", "囲碁 9×9";
    GAME_GO_13: "Go 13×13", "囲碁 13×13";
    GAME_CHESS: "Chess", "チェス";
    GAME_SHOGI: "Shogi", "将棋";
    BOARD_MOVE: "move", "手数";
    BOARD_LAST: "last", "直前";
    BOARD_YOU: "you", "あなた";
    BOARD_LEVEL: "level", "レベル";
    BOARD_THINKS: "thinks…", "考慮中…";
    BOARD_HINTING: "hint…", "ヒント…";
    BOARD_PONDERS: "it thinks on your time", "相手も考慮中";
    BOARD_COMPARES: "searching…", "探索中…";
    BOARD_CAPTURES: "captures", "アゲハマ";
    BOARD_DISCS: "discs", "石数";
    BOARD_POINTS: "points", "地";
    BOARD_DRAWN: "a draw", "引き分け";
    BOARD_YOU_WIN: "you win", "あなたの勝ち";
    BOARD_IT_WINS: "it wins", "相手の勝ち";
    BOARD_FIRST_WINS: "the first side wins", "先手の勝ち";
    BOARD_SECOND_WINS: "the second side wins", "後手の勝ち";
    BOARD_BY_RESIGNING: " (resigned)", "(投了)";
    BOARD_BY_TIME: " (on time)", "(時間切れ)";
    BOARD_WHAT_NEXT: "n new game   a analyse   u undo", "n 新しい対局   a 解析   u 待った";
    BOARD_NOT_YOUR_TURN: "it is thinking: Space stops it", "相手の手番。Space で止める";
    BOARD_NOT_LEGAL: "no legal move goes there", "そこへは動けません";
    BOARD_NO_PASS: "no passing here", "ここではパスできません";
    BOARD_NO_FURTHER: "no further", "これ以上ありません";
    BOARD_PREDICT_HOW: "put the cursor where you think most visits go, then v", "最も訪問されると思う手にカーソルを置いて v";
    BOARD_PREDICTED: "predicted: most visits went to", "的中: 最多訪問は";
    BOARD_NOT_PREDICTED: "not that one: most visits went to", "はずれ: 最多訪問は";
    BOARD_REVIEWED: "analysed; < and > go through it. Moves that lost 20 % or more:", "解析終了。< > で見る。20 % 以上損した手:";
    BOARD_TYPE_MOVE: "a move (Esc leaves)", "手(Esc でやめる)";
    BOARD_TYPE_POSITION: "a position (Esc leaves)", "局面(Esc でやめる)";
    BOARD_SAVE_TO: "save to", "保存先";
    BOARD_OPEN_FROM: "open a file", "開くファイル";
    BOARD_READING: "reading the file …", "ファイルを読み込んでいます…";
    BOARD_BECOMES: "becomes ← →", "成り先 ← →";
    BOARD_THINKING: "thinking", "思考";
    BOARD_HIDDEN: "what it thinks stays hidden while it is your turn", "あなたの手番の間は隠してあります";
    BOARD_NO_THOUGHT: "nothing thought yet; h asks for a hint", "まだ思考なし。h でヒント";
    BOARD_BLUNDER: "no search: at this level some moves are random", "思考なし。このレベルはときどきでたらめに指します";
    BOARD_COLUMNS: "move    visits    win", "手      訪問数   勝率";
    BOARD_COLUMNS_VALUE: "move              win", "手               勝率";
    BOARD_LINE: "line", "読み筋";
    BOARD_PLAYOUTS: "playouts", "回";
    BOARD_POSITIONS: "positions", "局面";
    BOARD_DEPTH: "depth", "深さ";
    BOARD_NODES: "nodes", "節";
    BOARD_FULL: " (memory full)", "(メモリ満杯)";
    BOARD_BEFORE_MOVE: "before move", "この手の前:";
    BOARD_PROVEN_WIN: "won", "勝ち確定";
    BOARD_PROVEN_LOSS: "lost", "負け確定";
    BOARD_PROVEN_DRAW: "draw", "引分確定";
    BOARD_WIN_RATE: "win rate of the first side", "先手の勝率";
    BOARD_ANALYSING: "analysing", "解析中";
    BOARD_BETTER: "better:", "最善:";
    BOARD_GRAPH_HOW: "by move, as the machine saw it; a analyses", "手ごとの勝率。a で解析";
    BOARD_NEW_GAME: "new game", "新しい対局";
    BOARD_GAME: "game", "ゲーム";
    BOARD_OPPONENT: "opponent", "相手";
    BOARD_SIDE: "you are", "手番";
    BOARD_HANDICAP: "handicap", "ハンデ";
    BOARD_CLOCK: "clock", "時計";
    BOARD_NONE: "none", "なし";
    BOARD_LEVEL_1: "easy to beat", "子どもでも勝てる";
    BOARD_LEVEL_6: "all it has", "全力";
    BOARD_LEVEL_BETWEEN: "", "";
    BOARD_SEAT_FIRST: "the first side", "先手";
    BOARD_SEAT_SECOND: "the second side", "後手";
    BOARD_SEAT_PEOPLE: "both: two people", "両方(二人で)";
    BOARD_SEAT_AGENTS: "watching: machine against itself", "観戦(機械どうし)";
    BOARD_FORM_HOW: "↑↓ row   ← → change   ↵ begin", "↑↓ 行   ← → 変更   ↵ 開始";
    BOARD_SET_UP: "set up a position", "局面を作る";
    BOARD_TO_MOVE: "to move:", "手番:";
    BOARD_EDIT_STONES: "Space or a click: free, first, second side", "Space かクリック: 空き、先手、後手";
    BOARD_EDIT_PIECES: "a letter puts a piece: capitals for the first side, small ones for the second | + promotes (shogi); hands as text", "文字で駒を置く: 大文字は先手、小文字は後手 | + で成る(将棋)。持ち駒は d の文字入力で";
    BOARD_EDIT_HOW: "⌫ frees   c clears all   t whose move | d the position as text", "⌫ 取り除く   c 全部消す   t 手番 | d 局面を文字で入力";
    BOARD_TREE: "tree", "木";
    BOARD_TREE_HOW: "→ open   ← close", "→ 開く   ← 閉じる";
    BOARD_ROOT: "this position", "この局面";
    BOARD_TREE_COLUMNS: "move      N     W     Q     U   UCB", "手        N     W     Q     U   UCB";
    BOARD_NO_TREE: "no tree yet: let MCTS think first (h)", "まだ木がありません。先に MCTS に考えさせてください(h)";
    WALK_SIMULATION: "simulation", "シミュレーション";
    WALK_SELECTION: "select", "選択";
    WALK_EXPANSION: "expand", "展開";
    WALK_PLAYOUT: "simulate", "プレイアウト";
    WALK_BACKUP: "backup", "逆伝播";
    WALK_SELECTED: "the largest UCB each time:", "UCB が最大の手をたどる:";
    WALK_ROOT_EXPANDED: "children under the root", "個の子を根に追加";
    WALK_EXPANDED: "children added", "個の子を追加";
    WALK_NOT_EXPANDED: "a first visit: no children yet", "初回の訪問: まだ子は作らない";
    WALK_PLAYED: "random moves to the end", "手のランダムな手で終局";
    WALK_COUNTED: "N + 1 on the way, and W + the points of the side that moved there", "通った節の N に 1、W にその手を選んだ側の得点を足す";
    WALK_LEAF: "a leaf: no children", "葉: 子なし";
    PUZZLE_NUMBER: "no.", "第";
    PUZZLE_DEALING: "looking for a position…", "問題を探しています…";
    PUZZLE_ASKED: "to move: one move wins, every other does not. Moves to the win:", "の番: 勝てる手は一つだけ。勝つまでの手数:";
    PUZZLE_HOW: "← → and ↵, or click a column; r deals another", "← → と ↵、または列をクリック。r で別の問題";
    PUZZLE_RIGHT: "right! ↵ deals another", "正解! ↵ で次の問題";
    PUZZLE_WRONG: "that does not win: try again, or r for another", "その手では勝てません。もう一度どうぞ。r で別の問題";
    PUZZLE_SOLVED: "solved at the first try:", "一回で解いた数:";

    PANEL_PROBLEM: "this panel cannot be drawn: {0}", "このパネルは描画できません: {0}";
    PANEL_EMPTY: "nothing to show", "表示するものがありません";
    PANEL_MORE: "… {0} more", "… ほか {0}";
    PANEL_PART: "{0} of {1}", "{1} 枚中 {0} 枚";
    PANEL_ABOVE: "… {0} above", "… 上に {0}";
    PANEL_DATA: "data", "データ";
    PANEL_GENERATED: "generated", "生成";
    PANEL_REAL: "real", "実際";
    PANEL_PREDICTED: "predicted", "予測";
    PANEL_POSE: "pose {0}/{1}  {2} s", "姿勢 {0}/{1}  {2} 秒";
    PANEL_CELL: "({0}, {1})", "({0}, {1})";
    PANEL_POLICY: "policy", "方策";
    PANEL_NATS: "{0} nats", "{0} ナット";
    PANEL_PICTURES: "{0} pictures of {1}×{2}", "{1}×{2} の画像 {0} 枚";
    PANEL_ONE_PICTURE: "1 picture of {1}×{2}", "{1}×{2} の画像 1 枚";
    PANEL_CURVE: "{0}: {1} at {2}, {3} at {4}; smallest {5} at {6}, largest {7} at {8}.",
        "{0}: {2} で {1}、{4} で {3}。最小は {6} の {5}、最大は {8} の {7}。";
    PANEL_CURVE_GAPS: "{0} of {1} values are not finite.", "{1} 個のうち {0} 個は有限の数でない。";
    PANEL_CURVE_BAND: "The band runs from {0} to {1}.", "帯の範囲は {0} から {1}。";
    PANEL_LARGEST: "Largest: {0}, {1}: {2}.", "最大: {0}、{1}: {2}。";
    PANEL_POINTS: "{0}: {1} points", "{0}: {1} 点";
    PANEL_ARROWS: "{0} arrows", "矢印 {0} 本";
    PANEL_PATHS: "{0} paths", "経路 {0} 本";
    PANEL_POSES: "{0} poses, {1} s apart", "姿勢 {0} 個、間隔 {1} 秒";
    PANEL_CONTACTS: "pose {0}: {1} contacts", "姿勢 {0}: 接地 {1}";
    PANEL_FREE: "free", "空き";
    PANEL_WALL: "wall", "壁";
    PANEL_START: "start", "開始";
    PANEL_GOAL: "goal", "ゴール";
    PANEL_TRAP: "trap", "罠";
    PANEL_AGENT: "agent", "エージェント";

    YOUR_ANSWER: "Your answer", "解答";
    WRITE_HERE: "↵ begins to write", "↵ で書き始める";
    TYPE_A_NUMBER: "type a number", "数を入力";
    AT_LEAST_CHARACTERS: "at least {0} characters", "{0} 文字以上";
    MORE_PANES: "Tab: {0} more", "Tab: ほか {0}";
    MORE_BELOW: "PageDown: more below", "PageDown: 続き";
    MORE_ABOVE: "PageUp: more above", "PageUp: 前へ";
    SOLVED: "solved", "正解済";
    EXPLAINED: "Two wrong tries: now choose the right answer", "2 回とも不正解です。正しい答えを選んでください";
    HINT: "Hint", "ヒント";
    NO_MORE_HINTS: "no more hints", "ヒントはこれで全部です";
    WHY: "Why", "解説";
    COUNTS_AFTER: "Counts only once “{0}” is solved.", "先に「{0}」を解くと判定されます。";
    DECIDED_BY_RUN: "Decided by your runs: train until it holds.", "実行の結果で自動判定されます。";
    DECIDED_BY_INSTRUMENT: "Decided by what you do on Explore:", "探索タブでの操作で自動判定されます。";
    GO_THERE: "↵ goes there", "↵ で移動";
    ALL_SOLVED: "all exercises of this lab are solved", "このラボの演習はすべて解けています";
    A_LAB: "lab", "ラボ";
    A_RUN: "run", "実行";
    A_PRESET: "preset", "プリセット";
    SAVED: "saved", "保存済";

    PLAIN_WELCOME: "shinso 深層. Type help for the commands.", "shinso 深層。help でコマンドの一覧を表示します。";
    PLAIN_HELP: "labs; open LAB (by id or title, as all names); theory PAGE; train PRESET [KNOB=VALUE …] [seed=N]; status; set KNOB VALUE; pause; stop; wait (for the end of the run); report; views; ask VIEW [INPUT=VALUE …]; say LINE (labs of words); explore NAME; press KEY … (right, enter, m, right*10); type TEXT; show; exercises; exercise NUMBER; hint NUMBER; answer NUMBER ANSWER; notes; note TEXT; quit", "labs 一覧; open ラボ(名前は id か表題); theory ページ; train プリセット [設定=値 …] [seed=N]; status 状況; set 設定 値; pause 一時停止・再開; stop 停止; wait 実行の終わりを待つ; report 結果; views ビュー一覧; ask ビュー [入力=値 …]; say 式(単語のラボ); explore 名前; press キー …(right, enter, m, right*10 など); type 文字列; show 表示; exercises 演習; exercise 番号; hint 番号; answer 番号 解答; notes ノート; note 文; quit 終了";
    PLAIN_HERE: "theory 1 – {0}; exercises 1 – {1}; explore: {2}", "theory 1 – {0}; exercises 1 – {1}; explore: {2}";
    PLAIN_OPEN_FIRST: "open a lab first, such as: open vae", "まずラボを開いてください。例: open vae";
    PLAIN_NO_LAB: "no lab `{0}`: expected one of {1}", "`{0}` というラボはありません。次のどれかです: {1}";
    PLAIN_SEVERAL: "`{0}` may be {1}", "`{0}` に当てはまるものが複数あります: {1}";
    PLAIN_NO_COMMAND: "no command `{0}`; help names them", "`{0}` というコマンドはありません。help で一覧を表示します";
    PLAIN_NO_EXERCISE: "expected the number of an exercise, 1 to {0}", "演習の番号(1 から {0})を書いてください";
    PLAIN_CHOOSE: "expected the number of an option, 1 to {0}", "選択肢の番号(1 から {0})を書いてください";
    PLAIN_NO_PRESET: "no preset `{0}`: expected one of {1}", "`{0}` というプリセットはありません。次のどれかです: {1}";
    PLAIN_NO_KNOB: "no knob `{0}` can be turned during a run: expected one of {1}", "`{0}` は実行中に変えられる設定ではありません。次のどれかです: {1}";
    PLAIN_SEED: "seed `{0}`: expected a whole number from 0", "seed `{0}`: 0 以上の整数を書いてください";
    PLAIN_STARTED: "run {0} has begun; status, stop and wait are about it, and all other commands work meanwhile", "実行 {0} を始めました。status、stop、wait で操作でき、その間もほかのコマンドが使えます";
    PLAIN_SOLVED: "Solved", "正解";
    PLAIN_NO_RUN: "no run is under way", "実行中のものはありません";
    PLAIN_NOT_BY_ANSWER: "decided by what you do, not by an answer", "解答ではなく操作で判定されます";
    PLAIN_DECIDED_THERE: "   Decided by what you do in `{0}`: explore {1}", "   「{0}」での操作で自動判定されます: explore {1}";
    PLAIN_DECIDED_BY_PRESET: "   Decided by a run: train {0}", "   実行の結果で自動判定されます: train {0}";
    PLAIN_COUNTS_AFTER: "   Counts only once “{0}” is solved.", "   先に「{0}」を解くと判定されます。";
    PLAIN_DECIDED_BY_RUN: "   Decided by your runs.", "   実行の結果で自動判定されます。";
    PLAIN_EXPLORE_HOW: "explore NUMBER or NAME opens one; then press KEY …, type TEXT, show", "explore 番号(または名前)で開き、press キー …、type 文字列、show で操作します";
    PLAIN_NO_KEY: "no key `{0}`: expected a character, or enter, esc, tab, space, up, down, left, right, pgup, pgdn, home, end, backspace, alt-x, ctrl-x, each with *N for N times", "`{0}` というキーはありません。1 文字か、enter, esc, tab, space, up, down, left, right, pgup, pgdn, home, end, backspace, alt-x, ctrl-x です。*N で N 回押します";
    PLAIN_KEYS: "Keys: {0}.", "キー: {0}。";
    NO_SHELL: "no shell to go back to here", "ここには戻るシェルがありません";
    NOTES_FULL: "the notes are full: {0} letters at most", "ノートがいっぱいです({0} 文字まで)";
    NOT_SAVED_YET: "not saved yet", "未保存";
    NOTES_MERGED: "written elsewhere meanwhile: both texts are kept", "別の画面でも書かれていました。両方を残しました";
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
    QUIT_SURE: "Quit shinso?  ↵ yes   Esc no", "shinso を終了しますか?  ↵ はい   Esc いいえ";
}

/// A wording with values in the places of `{0}`, `{1}`, ….
pub fn filled(wording: &str, values: &[&dyn std::fmt::Display]) -> String {
    let mut text = String::new();
    let mut rest = wording;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (index, after) = after.split_once('}').unwrap_or((after, ""));
        if let Some(value) = index.parse::<usize>().ok().and_then(|index| values.get(index)) {
            text.push_str(&value.to_string());
        }
        rest = after;
    }
    text + rest
}

/// The name of a chapter of the lecture.
pub fn chapter(number: u8) -> Wording {
    match number {
        1 => CHAPTER_1,
        2 => CHAPTER_2,
        _ => CHAPTER_3,
    }
}
