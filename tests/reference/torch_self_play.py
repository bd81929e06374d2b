"""The network of the lab `self-play` in PyTorch (CPU), and a plain AlphaZero loop around it.

    torch_self_play.py evaluations   evaluations a second of the network, batches of 64
    torch_self_play.py games         games of Connect Four a second: pyspiel's rules and its MCTS in Python, with the
                                     network as its evaluator, one position at a time; 64 simulations a move, Dirichlet
                                     noise at the root, the first ten moves drawn by their visits

The network: planes [5, 6, 7], a stem and residual blocks of 3x3 convolutions without normalisation, two heads. One JSON
line, as the peer scripts write it.
"""

import argparse
import json
import statistics
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

ROWS, COLUMNS, PLANES, HEAD, VALUE = 6, 7, 5, 8, 64


class Net(nn.Module):
    def __init__(self, channels, blocks):
        super().__init__()
        conv = lambda inputs, outputs, size: nn.Conv2d(inputs, outputs, size, padding=size // 2)
        self.stem = conv(PLANES, channels, 3)
        self.blocks = nn.ModuleList(
            nn.ModuleList([conv(channels, channels, 3), conv(channels, channels, 3)]) for _ in range(blocks)
        )
        self.policy_channels, self.value_channels = conv(channels, HEAD, 1), conv(channels, HEAD, 1)
        self.policy = nn.Linear(HEAD * ROWS * COLUMNS, COLUMNS)
        self.hidden, self.out = nn.Linear(HEAD * ROWS * COLUMNS, VALUE), nn.Linear(VALUE, 1)

    def forward(self, planes):
        x = F.relu(self.stem(planes))
        for first, second in self.blocks:
            x = F.relu(x + second(F.relu(first(x))))
        policy = self.policy(F.relu(self.policy_channels(x)).flatten(1))
        value = self.out(F.relu(self.hidden(F.relu(self.value_channels(x)).flatten(1))))
        return policy, torch.tanh(value)


def evaluations(net, args):
    planes = torch.rand(64, PLANES, ROWS, COLUMNS)
    if args.channels_last:
        net, planes = net.to(memory_format=torch.channels_last), planes.to(memory_format=torch.channels_last)
    if args.compile:
        net = torch.compile(net)
    times = []
    with torch.inference_mode():
        for step in range(args.warmup + args.steps):
            begun = time.perf_counter()
            net(planes)
            if step >= args.warmup:
                times.append(time.perf_counter() - begun)
    return {"evaluations_per_s": round(64 / statistics.median(times), 1)}


def games(net, args):
    import pyspiel
    from open_spiel.python.algorithms import mcts

    game = pyspiel.load_game("connect_four")

    class Evaluator(mcts.Evaluator):
        def __init__(self):
            self.latest = None

        def both(self, state):
            if self.latest is None or self.latest[0] is not state:
                # pyspiel's planes: empty, the one side, the other; rows from below.
                tensor = np.array(state.observation_tensor(), np.float32).reshape(3, ROWS, COLUMNS)
                mover = state.current_player()
                own, other = (tensor[2], tensor[1]) if mover == 0 else (tensor[1], tensor[2])
                # The cells that would win are left at zero: they cost Python time, and the network takes as long.
                none = np.zeros_like(own)
                planes = torch.from_numpy(np.stack([own, other, np.ones_like(own), none, none]))[None]
                with torch.inference_mode():
                    logits, value = net(planes)
                legal = state.legal_actions()
                shares = torch.softmax(logits[0, legal], 0).tolist()
                value = float(value)
                self.latest = (state, list(zip(legal, shares)), [value, -value] if mover == 0 else [-value, value])
            return self.latest

        def prior(self, state):
            return self.both(state)[1]

        def evaluate(self, state):
            return np.array(self.both(state)[2])

    random = np.random.RandomState(args.seed)
    bot = mcts.MCTSBot(
        game, 1.5, args.simulations, Evaluator(), solve=True, random_state=random, dirichlet_noise=(0.25, 1.0),
        child_selection_fn=mcts.SearchNode.puct_value,
    )
    played = moves = 0
    begun = time.perf_counter()
    while time.perf_counter() - begun < args.seconds or played == 0:
        state, ply = game.new_initial_state(), 0
        while not state.is_terminal():
            root = bot.mcts_search(state)
            if ply < 10:
                visits = np.array([child.explore_count for child in root.children], float)
                action = root.children[random.choice(len(visits), p=visits / visits.sum())].action
            else:
                action = root.best_child().action
            state.apply_action(action)
            ply += 1
        played, moves = played + 1, moves + ply
    seconds = time.perf_counter() - begun
    return {
        "games_per_s": round(played / seconds, 4),
        "moves_per_s": round(moves / seconds, 2),
        "games": played,
        "seconds": round(seconds, 1),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["evaluations", "games"])
    parser.add_argument("--channels", type=int, default=32)
    parser.add_argument("--blocks", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--warmup", type=int, default=50)
    parser.add_argument("--simulations", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--compile", action="store_true")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    net = Net(args.channels, args.blocks).eval()
    result = {"name": f"torch_self_play_{args.what}", "threads": args.threads, "torch": torch.__version__}
    print(json.dumps(result | (evaluations if args.what == "evaluations" else games)(net, args)))


if __name__ == "__main__":
    main()
