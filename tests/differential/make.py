"""Makes the corpora of this folder and what other programs read in them.

Needs python-chess (chess), cshogi and sgfmill:

    pip install chess cshogi sgfmill
    python tests/differential/make.py [--games N] [--into FOLDER] [--gnugo PROGRAM]

For every file `x` there is `x.moves`: the moves of its first game as the other program reads them, UCI for chess, USI for shogi, and
for Go a colour and a point (`b D4`, `w pass`). `perft.tsv` has published figures (chessprogramming.org, "Perft Results"), of which the
small ones are counted again here. Rust never runs this; it compares with what is committed.
"""

import argparse
import random
import subprocess
from datetime import datetime
from pathlib import Path

import chess
import chess.pgn
import cshogi
from cshogi import CSA, KI2, KIF
from sgfmill import boards, sgf

BEGUN = datetime(2024, 1, 2, 10)

STARTS = [
    None,
    "r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq - 0 1",
    "8/2p5/3p4/KP5r/1R3p1k/8/4P1P1/8 w - - 0 1",
    "n1n5/PPPk4/8/8/8/8/4Kppp/5N1N b - - 0 1",
]


def pgn(rng, number, file):
    """Random moves, among them comments, variations and annotations as python-chess writes them; every fourth plays on after draws."""
    fen = STARTS[number % len(STARTS)]
    board = chess.Board(fen) if fen else chess.Board()
    game = chess.pgn.Game()
    game.setup(board)
    game.headers["White"] = 'A "quoted" \\ name'
    node = game
    for ply in range(rng.randrange(20, 160)):
        moves = list(board.legal_moves)
        if not moves or (number % 4 and board.is_game_over(claim_draw=True)):
            break
        move = rng.choice(moves)
        if rng.random() < 0.1:
            node.add_variation(rng.choice(moves))
            node.variations.clear() if rng.random() < 0.1 else None
        node = node.add_main_variation(move)
        if rng.random() < 0.1:
            node.comment = "a comment (with ; signs [ and %)"
        if rng.random() < 0.1:
            node.nags.add(rng.randrange(1, 20))
        board.push(move)
    game.headers["Result"] = board.result(claim_draw=True)
    file.write_text(str(game) + "\n", encoding="utf-8")
    with file.open(encoding="utf-8") as lines:
        read = chess.pgn.read_game(lines)
    assert not read.errors, read.errors
    return [move.uci() for move in read.mainline_moves()]


def shogi_game(rng, longest):
    board, moves = cshogi.Board(), []
    for _ in range(longest):
        legal = list(board.legal_moves)
        # Captures and drops are rare among random moves, and what is hardest to write.
        lively = [move for move in legal if not cshogi.move_is_drop(move) and board.piece(cshogi.move_to(move))]
        chosen = rng.choice(lively if lively and rng.random() < 0.3 else legal) if legal else None
        if chosen is None:
            break
        moves.append(chosen)
        board.push(chosen)
    return moves


def kif(rng, number, file):
    moves = shogi_game(rng, rng.randrange(20, 240))
    exporter = KIF.Exporter(str(file))
    exporter.header(["先手の名", "後手の名"], starttime=BEGUN)
    for move in moves:
        exporter.move(move, rng.randrange(100), rng.randrange(10000))
    exporter.end("resign")
    exporter.close()
    return [cshogi.move_to_usi(move) for move in KIF.Parser.parse_file(str(file)).moves]


def ki2(rng, number, file):
    moves, board = shogi_game(rng, rng.randrange(20, 240)), cshogi.Board()
    exporter = KI2.Exporter(str(file))
    exporter.header(["先手の名", "後手の名"], starttime=BEGUN)
    for move in moves:
        exporter.move(move)
        board.push(move)
    exporter.end("resign")
    exporter.close()
    # Its reader takes some of its own moves for others; what it wrote is what was played.
    return [cshogi.move_to_usi(move) for move in moves]


def csa(rng, number, file):
    moves = shogi_game(rng, rng.randrange(20, 240))
    exporter = CSA.Exporter(str(file))
    exporter.info(cshogi.Board(), names=["sente", "gote"], version="V2.2" if number % 2 else "V3.0")
    for move in moves:
        exporter.move(move, time=rng.randrange(100), sep="," if number % 3 == 0 else "\n")
    exporter.endgame("%TORYO", time=3)
    exporter.close()
    read = CSA.Parser.parse_file(str(file))[0]
    return [cshogi.move_to_usi(move) for move in read.moves]


def go_names(game):
    size = game.get_size()
    columns = "ABCDEFGHJKLMNOPQRST"
    names = []
    for node in game.get_main_sequence():
        color, point = node.get_move()
        if color is not None:
            names.append(f"{color} " + (f"{columns[point[1]]}{point[0] + 1}" if point else "pass"))
    return names


def go(rng, number, file, gnugo=None):
    """Random moves, or games that GNU Go plays against itself."""
    size = [9, 13][number % 2]
    if gnugo:
        # It plays from a few random stones, by Japanese rules.
        game, board = sgf.Sgf_game(size=size), boards.Board(size)
        process = subprocess.Popen(
            [gnugo, "--mode", "gtp", "--level", "1", "--seed", str(number + 1), "--boardsize", str(size)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )

        def say(line):
            process.stdin.write(line + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            process.stdout.readline()
            return answer.strip()

        passes, color = 0, "b"
        for ply in range(200):
            if ply < 4:
                columns = "ABCDEFGHJKLMN"[:size]
                answer = f"= {rng.choice(columns)}{rng.randrange(1, size + 1)}"
                if not say(f"play {color} {answer[2:]}").startswith("="):
                    continue
            else:
                answer = say(f"genmove {color}")
            name = answer[2:].upper()
            if name == "RESIGN":
                break
            node = game.extend_main_sequence()
            if name == "PASS":
                node.set_move(color, None)
                passes += 1
            else:
                node.set_move(color, (int(name[1:]) - 1, "ABCDEFGHJKLMN".index(name[0])))
                passes = 0
            color = "w" if color == "b" else "b"
            if passes == 2:
                break
        say("quit")
        process.wait()
    else:
        game, board, color, ko = sgf.Sgf_game(size=size), boards.Board(size), "b", None
        for _ in range(rng.randrange(20, 150)):
            free = [point for colour, point in [(board.get(*p), p) for p in board.board_points] if colour is None]
            free = [point for point in free if point != ko]
            rng.shuffle(free)
            node = game.extend_main_sequence()
            for point in free:
                after = board.copy()
                next_ko = after.play(*point, color)
                if after.get(*point) is not None:
                    board, ko = after, next_ko
                    node.set_move(color, point)
                    break
            else:
                node.set_move(color, None)
                ko = None
            if rng.random() < 0.1:
                node.set("C", "a comment with ] and \\ and ( ; )")
            color = "w" if color == "b" else "b"
    root = game.get_root()
    root.set("KM", 6.5)
    root.set("PB", "black ] name")
    file.write_bytes(game.serialise())
    return go_names(sgf.Sgf_game.from_bytes(file.read_bytes()))


def perft(board, depth):
    if depth == 0:
        return 1
    count = 0
    for move in board.legal_moves:
        board.push(move)
        count += perft(board, depth - 1)
        board.pop()
    return count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--games", type=int, default=8)
    parser.add_argument("--into", type=Path, default=Path(__file__).parent)
    parser.add_argument("--gnugo", help="GNU Go, for games of Go; random ones if it is left out")
    arguments = parser.parse_args()
    for line in (Path(__file__).parent / "perft.tsv").read_text(encoding="utf-8").splitlines():
        fen, depth, lines = line.split("\t")
        assert int(lines) > 100_000 or perft(chess.Board(fen), int(depth)) == int(lines), fen
    kinds = {"pgn": pgn, "kif": kif, "ki2": ki2, "csa": csa, "sgf": lambda *of: go(*of, gnugo=arguments.gnugo)}
    for kind, make in kinds.items():
        folder = arguments.into / kind
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(arguments.games):
            file = folder / f"{number:03}.{kind}"
            moves = make(random.Random(f"{kind} {number}"), number, file)
            Path(f"{file}.moves").write_text("\n".join(moves) + "\n", encoding="utf-8")


main()
