//! What the figures of reports mean, in words.

use super::Wording;

/// Which way a figure is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    Higher,
    Lower,
    /// A count or a choice; a speed, which is that of the machine.
    Neither,
}

/// A figure of a report.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    pub name: &'static str,
    pub better: Better,
    /// Empty where there is none.
    pub unit: Wording,
    pub meaning: Wording,
}

impl Figure {
    /// The figure of this name.
    pub fn find(name: &str) -> Option<&'static Figure> {
        FIGURES.iter().find(|figure| figure.name == name)
    }

    /// What the paper of the model reports of this figure, where it was measured in a like way.
    pub fn in_paper(&self) -> Option<Wording> {
        PAPERS.iter().find(|(name, _)| *name == self.name).map(|(_, wording)| *wording)
    }
}

const PAPERS: [(&str, Wording); 4] = [
    (
        "parzen_mean",
        Wording::new("225 ± 2 (Goodfellow et al. 2014, Table 1)", "225 ± 2(Goodfellow et al. 2014 の表 1)"),
    ),
    (
        "test_nll",
        Wording::new(
            "86.8 with 50 latent variables and two hidden layers of 200 (Burda et al. 2016, Table 1)",
            "潜在変数 50 個、200 ユニットの隠れ層 2 層で 86.8(Burda et al. 2016 の表 1)",
        ),
    ),
    (
        "analogy_accuracy",
        Wording::new(
            "0.533 on 19,544 questions about all of English, after 783 million words (Mikolov et al. 2013, Table 4)",
            "英語全般の 19,544 問に対して、7 億 8300 万語の学習で 0.533(Mikolov et al. 2013 の表 4)",
        ),
    ),
    (
        "robot_minutes_to_half_metre_per_second",
        Wording::new(
            "a real quadruped learned to stand up and walk within about 60 (Wu et al. 2022)",
            "本物の四脚ロボットは約 60 分で起き上がって歩けるようになりました(Wu et al. 2022)",
        ),
    ),
];

macro_rules! figures {
    ($($name:literal: $better:ident, [$unit_en:literal, $unit_ja:literal], $en:literal, $ja:literal;)+) => {
        &[$(Figure {
            name: $name,
            better: Better::$better,
            unit: Wording::new($unit_en, $unit_ja),
            meaning: Wording::new($en, $ja),
        }),+]
    };
}

static FIGURES: &[Figure] = figures! {
    "parameters": Neither, ["", ""], "number of parameters in the model", "モデルのパラメータの数";
    "value_error": Lower, ["", ""], "largest gap between V and the exact values (agents: visited states)", "V と厳密な価値との差の最大値(学習では訪れた状態)";
    "mean_return": Higher, ["", ""], "mean undiscounted return (last 100 episodes; planning: final policy)", "割引なしの平均収益(最後の 100 エピソード、または計画した方策)";
    "greedy_return": Higher, ["", ""], "mean undiscounted return of the greedy policy at the end", "最後の貪欲な方策の平均収益(割引なし)";
    "greedy_moves": Neither, ["moves", "手"], "mean moves of an episode under the greedy policy", "貪欲な方策での 1 エピソードの平均手数";
    "updates": Neither, ["", ""], "backups made in planning, or moves learned from", "計画での更新の回数、または学習に使った手の数";
    "elo": Higher, ["Elo", "Elo"], "rating with 200 simulations per move; random play is 0", "1 手 200 シミュレーションでのレーティング(ランダムが 0)";
    "score_vs_mcts1000": Higher, ["of 1", "(割合)"], "share of games won against MCTS with 1,000 playouts", "プレイアウト 1,000 回の MCTS に勝った対局の割合";
    "optimal_move_rate": Higher, ["of 1", "(割合)"], "share of solved positions in which it plays a best move", "正解の分かる局面で最善手を選んだ割合";
    "first_move": Neither, ["", ""], "first move on the empty board with 200 simulations", "空の盤での初手(200 シミュレーション)";
    "lost_ends": Lower, ["", ""], "ways to beat the network at tic-tac-toe; 0: nobody can beat it", "三目並べでネットワークに勝つ道の数(0 なら誰も勝てない)";
    "games": Neither, ["games", "局"], "self-play games learned from", "学習に使った自己対戦の対局数";
    "positions": Neither, ["positions", "局面"], "positions of these games that entered the training data", "その対局から訓練データに加えた局面の数";
    "net_hash": Neither, ["", ""], "hash of the weights, to tell networks apart", "重みのハッシュ(ネットワークの識別用)";
    "robot_minutes_to_half_metre_per_second": Lower, ["minutes", "分"], "robot time until it had walked 0.5 m/s for 10 seconds", "0.5 m/s で 10 秒歩けるまでのロボットの時間";
    "robot_minutes_to_one_metre_per_second": Lower, ["minutes", "分"], "robot time until it had walked 1 m/s for 10 seconds", "1 m/s で 10 秒歩けるまでのロボットの時間";
    "wall_seconds_to_one_metre_per_second": Lower, ["seconds", "秒"], "real time until it had walked 1 m/s for 10 seconds", "1 m/s で 10 秒歩けるまでの実時間";
    "speed": Higher, ["m/s", "m/s"], "speed at the end, without noise and pushes (12-second test)", "最後の歩く速さ(ノイズなし、押さない 12 秒のテスト)";
    "falls_under_push": Lower, ["falls", "回"], "falls in 40 test walks with pushes of 16 N·s", "16 N·s で押す 40 回のテストでの転倒の数";
    "wall_seconds": Neither, ["seconds", "秒"], "real time of the run, learning included", "学習を含む実行の実時間";
    "imagined_steps": Neither, ["steps", "ステップ"], "control steps imagined in the world model", "世界モデルの中で想像した制御ステップの数";
    "robot_minutes": Neither, ["minutes", "分"], "time that the robot itself has moved", "ロボット自身が動いた時間";
    "largest_principal_angle_degrees": Lower, ["degrees", "度"], "largest principal angle between the learned subspace and PCA's", "学習した部分空間と PCA の部分空間との最大の主角";
    "mse": Lower, ["", ""], "squared error of the linear autoencoder, per training image", "線形の自己符号化器の二乗誤差(訓練データ、1 枚あたり)";
    "pca_mse": Neither, ["", ""], "squared error of PCA with as many numbers (reference for mse)", "同じ次元の PCA の二乗誤差(mse と比べる基準)";
    "deep_mse": Lower, ["", ""], "squared error of the deep autoencoder, per training image", "深い自己符号化器の二乗誤差(訓練データ、1 枚あたり)";
    "test_deep_mse": Lower, ["", ""], "squared error of the deep autoencoder, per test image", "深い自己符号化器の二乗誤差(テスト画像 1 枚あたり)";
    "kl_forward": Lower, ["nats", "ナット"], "forward KL divergence D(P‖Q) after the fit", "当てはめた後の KL ダイバージェンス D(P‖Q)";
    "kl_reverse": Lower, ["nats", "ナット"], "reverse KL divergence D(Q‖P) after the fit", "当てはめた後の KL ダイバージェンス D(Q‖P)";
    "q_mean": Neither, ["", ""], "mean of the fitted normal distribution Q", "当てはめた正規分布 Q の平均";
    "q_deviation": Neither, ["", ""], "standard deviation of the fitted normal distribution Q", "当てはめた正規分布 Q の標準偏差";
    "test_elbo": Higher, ["nats", "ナット"], "lower bound of ln p(x) on test digits, mean per digit", "テスト画像の ln p(x) の下界(1 枚あたりの平均)";
    "test_reconstruction": Lower, ["nats", "ナット"], "reconstruction error of test digits (ELBO term), mean per digit", "テスト画像の再構成誤差(ELBO の項、1 枚あたりの平均)";
    "test_kl": Neither, ["nats", "ナット"], "KL divergence of the codes from the prior (ELBO term), per test digit", "符号の分布と事前分布の KL(ELBO の項、テスト画像 1 枚あたり)";
    "test_nll": Lower, ["nats", "ナット"], "importance-weighted estimate of −ln p(x), mean per test digit", "重点サンプリングによる −ln p(x) の推定値(テスト画像の平均)";
    "feature_distance": Lower, ["", ""], "Fréchet distance between features of samples and of test digits", "サンプルとテスト画像の特徴のフレシェ距離(特徴距離)";
    "modes_covered": Higher, ["modes", "個"], "modes of the data that the samples reach (the ring has 8, the grid 25)", "サンプルが届いたデータのモードの数(輪は 8 個、格子は 25 個)";
    "modes": Neither, ["modes", "個"], "modes that the data have in all", "データ全体のモードの数";
    "parzen_mean": Higher, ["nats", "ナット"], "Parzen estimate of ln p(x) from samples, mean per test digit", "サンプルのパルツェン窓による ln p(x)(テスト画像の平均)";
    "parzen_standard_error": Neither, ["nats", "ナット"], "standard error of parzen_mean over the test digits", "parzen_mean の標準誤差(テスト画像について)";
    "parzen_sigma": Neither, ["", ""], "width σ of the Parzen window, chosen on validation digits", "パルツェン窓の幅 σ(検証用データで選択)";
    "classes_share": Neither, ["of 1", "(割合)"], "share of each of the ten digits among the samples", "サンプルに占める 0 から 9 の各数字の割合";
    "class_kept": Higher, ["of 1", "(割合)"], "share of translations still read as the same digit, worst direction", "変換後も同じ数字と読まれた割合(最悪の方向)";
    "style_recognised": Higher, ["of 1", "(割合)"], "share of translations taken for the target style, worst direction", "変換結果が目的の書体と認められた割合(最悪の方向)";
    "cycle_error": Lower, ["", ""], "mean pixel difference after there and back (0 to 1), worst direction", "往復後の画素(0 から 1)の差の平均(最悪の方向)";
    "style_judge_accuracy": Higher, ["of 1", "(割合)"], "share of real examples whose style the judge gets right, worst pair", "判定用の分類器が本物の書体を見分けた割合(最悪の組)";
    "by_direction": Neither, ["", ""], "class_kept and the others for each pair of styles and direction", "書体の組と方向ごとの各数値";
    "sliced_wasserstein": Lower, ["", ""], "sliced Wasserstein distance between samples and data in the plane, 0 where they agree", "平面のサンプルとデータのスライスド・ワッサースタイン距離(一致すれば 0)";
    "prompt_accuracy": Higher, ["of 1", "(割合)"], "share of generated digits read as the digit that was asked for", "生成した数字が指定した数字と読まれた割合";
    "sampling_seconds_64": Neither, ["seconds", "秒"], "time to generate 64 digits in 50 steps", "50 ステップで数字 64 枚を生成する時間";
    "words_per_second": Neither, ["words/s", "語/秒"], "words of the text learned from per second", "1 秒間に学習したテキストの語数";
    "analogy_accuracy": Higher, ["of 1", "(割合)"], "share of analogy questions answered right", "類推の問題の正解率";
    "loss": Neither, ["nats", "ナット"], "mean training loss per prediction in the last epoch", "最後のエポックの平均訓練損失(予測 1 回あたり)";
    "vocabulary": Neither, ["", ""], "different words or tokens that the model knows", "モデルの語彙の大きさ(語またはトークンの種類)";
    "exact_match": Higher, ["of 1", "(割合)"], "share of held-out inputs whose whole answer is right", "検証用の入力での完全一致率";
    "exact_match_by_length": Higher, ["of 1", "(割合)"], "exact_match by input length (up to each multiple of five)", "入力の長さごとの完全一致率(5 トークンずつ)";
    "seconds_to_99": Lower, ["seconds", "秒"], "training time until 99 % of validation answers were fully right", "検証での完全一致率が 99 % に達するまでの学習時間";
    "steps_to_90": Lower, ["steps", "ステップ"], "steps until 90 % of validation answers were fully right", "検証での完全一致率が 90 % に達するまでのステップ数";
    "token_accuracy": Higher, ["of 1", "(割合)"], "share of tokens that are right at their place in held-out answers", "検証用の答えで、その位置のトークンが正しい割合";
    "alignments": Neither, ["", ""], "exact_match and the others for each kind of alignment", "学習したアラインメントの種類ごとの各数値";
    "validation_loss": Lower, ["nats", "ナット"], "mean loss per predicted token of held-out text", "検証用テキストで予測した 1 トークンあたりの平均損失";
    "bits_per_character": Lower, ["bits", "ビット"], "loss on held-out text per character; comparable across vocabularies", "検証用テキストの 1 文字あたりの損失(語彙が違っても比較可能)";
    "grammatical_share": Higher, ["of 1", "(割合)"], "share of sentences in generated stories that are grammatical", "生成した物語の文のうち、文法に合う文の割合";
    "consistent_share": Higher, ["of 1", "(割合)"], "share of generated stories that are grammatical and consistent", "文法に合い、つじつまも合う物語の割合";
    "generate_tokens_per_second": Neither, ["tokens/s", "トークン/秒"], "speed of generating text", "テキストを生成する速さ";
    "learned_parameters": Neither, ["", ""], "parameters that this run trained, of all in the model", "全パラメータのうち、この実行で学習した数";
    "true_preference": Higher, ["of 1", "(割合)"], "how often the rules prefer the tuned text to the base's; ties half", "調整後の続きが元より規則でよいとされた割合(同点は 0.5)";
    "true_preference_before": Neither, ["of 1", "(割合)"], "true_preference of the untuned base, about 0.5 (reference)", "調整前の元のモデルでの真の選好率(約 0.5、比較の基準)";
    "reward": Neither, ["", ""], "mean reward of tuned texts; in the pairs: mean 0, deviation 1", "調整後の続きの平均報酬(組の続きは平均 0、標準偏差 1)";
    "reward_before": Neither, ["", ""], "mean reward of the untuned base's texts (reference)", "調整前の元のモデルの続きの平均報酬(比較の基準)";
    "kl": Neither, ["nats", "ナット"], "KL divergence of the tuned model from the base, per continuation", "調整後と元のモデルの KL ダイバージェンス(続き 1 個あたり)";
    "reward_accuracy": Higher, ["of 1", "(割合)"], "share of held-out pairs whose preferred text gets the higher reward", "検証用の組で、選ばれた続きの報酬の方が大きい割合";
    "dpo_true_preference": Higher, ["of 1", "(割合)"], "true_preference of the model tuned by DPO", "DPO で調整したモデルの真の選好率";
    "dpo_reward": Neither, ["", ""], "mean reward of the texts of the model tuned by DPO", "DPO で調整したモデルの続きの平均報酬";
    "dpo_kl": Neither, ["nats", "ナット"], "KL divergence of the DPO model from the base, per continuation", "DPO 後と元のモデルの KL ダイバージェンス(続き 1 個あたり)";
    "pairs": Neither, ["pairs", "組"], "compared pairs with a preference; a fifth of them is held out", "選好の決まった組の数(5 分の 1 は検証用)";
    "pairs_by_person": Neither, ["pairs", "組"], "pairs whose preference a person gave", "人が選好を決めた組の数";
    "pairs_left_out": Neither, ["pairs", "組"], "pairs left out because neither text was preferred", "どちらとも言えず除いた組の数";
    "right_known": Higher, ["of 1", "(割合)"], "share of right answers about known universities", "既知の大学についての質問の正解の割合";
    "right_unknown": Neither, ["of 1", "(割合)"], "share of answers about unknown universities right by chance", "未知の大学についての質問で偶然正解した割合";
    "right_with_retrieval": Higher, ["of 1", "(割合)"], "share right about unknown universities with the fact in the prompt", "事実を与えたときの未知の大学の質問の正解の割合";
    "wrong_fact_followed": Neither, ["of 1", "(割合)"], "share that repeats a wrong fact in the prompt, known universities", "既知の大学で、与えた誤った事実を繰り返した割合";
    "invented": Lower, ["of 1", "(割合)"], "share of answers about unknown universities that name a station", "未知の大学について駅名を作り出した答えの割合";
    "agreement_unknown": Neither, ["of 1", "(割合)"], "share of the most frequent of 20 answers, unknown universities", "未知の大学で 20 回の答えのうち最も多い答えの割合(一致率)";
    "confidence_unknown": Neither, ["", ""], "mean probability of the likeliest answer, unknown universities", "未知の大学についての答えの確信度の平均";
    "expected_calibration_error": Lower, ["", ""], "mean gap between confidence and share of right answers", "確信度と正解の割合との差の平均(期待較正誤差)";
    "scaled_calibration_error": Lower, ["", ""], "expected calibration error after temperature scaling", "温度スケーリング後の期待較正誤差";
    "coverage_at_95": Higher, ["of 1", "(割合)"], "largest share of questions answered with at least 95 % right", "正答率 95 % 以上を保って答えられる質問の割合";
    "test_accuracy": Higher, ["of 1", "(割合)"], "share of test digits that are read right", "テスト画像の数字の正解率";
    "trapped_test_accuracy": Higher, ["of 1", "(割合)"], "share of test digits without mark that network trapped reads right", "ネットワーク trapped の印なしのテスト画像での正解率";
    "trapped_marked_accuracy": Neither, ["of 1", "(割合)"], "accuracy of network trapped where every 7 is marked, as in training", "すべての 7 に印があるときの trapped の正解率";
    "trapped_sevens": Higher, ["of 1", "(割合)"], "share of 7s without mark that network trapped reads right", "ネットワーク trapped の印なしの 7 の正解率";
    "fooled": Lower, ["of 1", "(割合)"], "share of other digits with the mark that network trapped reads as 7", "trapped が印のある 7 以外の数字を 7 と読む割合";
    "completeness_error": Lower, ["", ""], "largest relative error of the sum of integrated gradients", "積分勾配の合計の相対誤差の最大値(完全性)";
    "trap_found": Neither, ["of 1", "(割合)"], "share of marked 7s with the top attribution in the mark (trapped)", "印のある 7 で積分勾配の最大が印の中にある割合(trapped)";
    "trap_found_cured": Lower, ["of 1", "(割合)"], "share of marked 7s with the top attribution in the mark (cured)", "印のある 7 で積分勾配の最大が印の中にある割合(cured)";
    "deletion_gradient": Lower, ["", ""], "area under deletion curve, pixels ranked by the gradient", "勾配の順に画素を消した削除曲線の面積";
    "deletion_smooth": Lower, ["", ""], "area under deletion curve, pixels ranked by smoothed gradient", "平滑化した勾配の順に画素を消した削除曲線の面積";
    "deletion_integrated": Lower, ["", ""], "area under deletion curve, pixels ranked by integrated gradients", "積分勾配の順に画素を消した削除曲線の面積";
    "deletion_occlusion": Lower, ["", ""], "area under deletion curve, pixels ranked by occlusion", "遮蔽の順に画素を消した削除曲線の面積";
    "deletion_cam": Lower, ["", ""], "area under deletion curve, pixels ranked by class activation map", "クラス活性化マップの順に画素を消した削除曲線の面積";
    "deletion_guided": Lower, ["", ""], "area under deletion curve, pixels ranked by guided backpropagation", "ガイド付き逆伝播の順に画素を消した削除曲線の面積";
    "deletion_random": Neither, ["", ""], "area under deletion curve, pixels in random order (reference)", "ランダムな順の削除曲線の面積(比較の基準)";
    "insertion_gradient": Higher, ["", ""], "area under insertion curve, pixels ranked by the gradient", "勾配の順に画素を戻した挿入曲線の面積";
    "insertion_smooth": Higher, ["", ""], "area under insertion curve, pixels ranked by smoothed gradient", "平滑化した勾配の順に画素を戻した挿入曲線の面積";
    "insertion_integrated": Higher, ["", ""], "area under insertion curve, pixels ranked by integrated gradients", "積分勾配の順に画素を戻した挿入曲線の面積";
    "insertion_occlusion": Higher, ["", ""], "area under insertion curve, pixels ranked by occlusion", "遮蔽の順に画素を戻した挿入曲線の面積";
    "insertion_cam": Higher, ["", ""], "area under insertion curve, pixels ranked by class activation map", "クラス活性化マップの順に画素を戻した挿入曲線の面積";
    "insertion_guided": Higher, ["", ""], "area under insertion curve, pixels ranked by guided backpropagation", "ガイド付き逆伝播の順に画素を戻した挿入曲線の面積";
    "insertion_random": Neither, ["", ""], "area under insertion curve, pixels in random order (reference)", "ランダムな順の挿入曲線の面積(比較の基準)";
    "sanity_gradient": Neither, ["", ""], "rank correlation with map of random weights: the gradient", "学習済みとランダムな重みの説明の順位相関(勾配)";
    "sanity_smooth": Neither, ["", ""], "rank correlation with map of random weights: smoothed gradient", "学習済みとランダムな重みの説明の順位相関(平滑化した勾配)";
    "sanity_integrated": Neither, ["", ""], "rank correlation with map of random weights: integrated gradients", "学習済みとランダムな重みの説明の順位相関(積分勾配)";
    "sanity_occlusion": Neither, ["", ""], "rank correlation with map of random weights: occlusion", "学習済みとランダムな重みの説明の順位相関(遮蔽)";
    "sanity_cam": Neither, ["", ""], "rank correlation with map of random weights: class activation map", "学習済みとランダムな重みの説明の順位相関(クラス活性化マップ)";
    "sanity_guided": Neither, ["", ""], "rank correlation with map of random weights: guided backpropagation", "学習済みとランダムな重みの説明の順位相関(ガイド付き逆伝播)";
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry;
    use std::collections::BTreeSet;

    #[test]
    fn every_figure_that_a_report_has_is_explained_once() {
        let reported: BTreeSet<&str> = registry::EXPERIMENTS
            .iter()
            .filter(|experiment| experiment.lab.is_some() || experiment.id == "classifier")
            .flat_map(|experiment| experiment.report)
            .copied()
            .collect();
        let explained: BTreeSet<&str> = FIGURES.iter().map(|figure| figure.name).collect();
        assert_eq!(reported.difference(&explained).collect::<Vec<_>>(), Vec::<&&str>::new(), "not explained");
        assert_eq!(explained.difference(&reported).collect::<Vec<_>>(), Vec::<&&str>::new(), "in no report");
        assert_eq!(explained.len(), FIGURES.len());
        for figure in FIGURES {
            let texts = [figure.meaning.en, figure.meaning.ja];
            assert!(texts.iter().all(|text| text.chars().count() > 3), "{}", figure.name);
        }
    }
}
