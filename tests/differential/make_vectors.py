"""Makes the files of word vectors in `vectors/` and what gensim reads in them.

Needs gensim (4.4.0 made what is committed):

    pip install gensim
    python tests/differential/make_vectors.py [--into FOLDER]

For every file `x` there is `x.read`: `refused` if gensim raises an error, else a line with the dimension and then a line for each
word, in order, of four fields between tabs: the word; the first and the last number of its vector, as little-endian 32-bit floats in
hexadecimal; the length of the vector, squares added from left to right, as a little-endian 64-bit float in hexadecimal; the sum of
its numbers. gensim is told what people tell it: whether a file is binary, whether it has a first line, and what to do with bytes that
are not UTF-8. Rust never runs this; it compares with what is committed.
"""

import argparse
import gzip
import logging
import math
import struct
import tempfile
from pathlib import Path

import numpy as np
from gensim.models import KeyedVectors

PLAIN = ["the", "king", "Queen", "well-known", "naïve", "don't", "</s>", "1984", "3.14", "女王", "."]

# Spaces that do not part, joiners, marks, other scripts, and words of 500 bytes.
STRANGE = [
    "a\u00a0b", "\u00a0", "\u3000", "a\u2028b", "a\u0085b", "\u200b", "a\ufeffb", "\ufeff", "👩\u200d👩\u200d👧", "🇯🇵", "e\u0301", "é",
    "مُحَمَّد", "שָׁלוֹם", "हिन्दी", "می\u200cخواهم", "語" * 166 + "xy", "x" * 500, "🦀" * 125, "\ufffd", "a\tb", '"', "#", "0", "-0",
]


def random_rows(count, dimension, seed=1):
    return np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)


def saved(words, rows, **how):
    """What gensim writes."""
    vectors = KeyedVectors(rows.shape[1])
    vectors.add_vectors(words, rows)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "vectors"
        vectors.save_word2vec_format(str(file), **how)
        return file.read_bytes()


def binary(words, rows, count=None, behind=b""):
    """The form of the first word2vec program, which writes a line feed behind every row, and others that do not."""
    written = f"{len(words) if count is None else count} {rows.shape[1]}\n".encode()
    for word, row in zip(words, rows):
        word = word if isinstance(word, bytes) else word.encode()
        written += word + b" " + row.astype("<f4").tobytes() + behind
    return written


def files():
    """Names, bytes, and what gensim is told."""
    of_text, of_glove, of_binary = {}, {"no_header": True}, {"binary": True}
    forms = [("txt", {}, of_text), ("glove.txt", {"write_header": False}, of_glove), ("bin", {"binary": True}, of_binary)]

    # As gensim writes them.
    for name, words, dimension in [("plain", PLAIN, 4), ("one", PLAIN, 1), ("wide", PLAIN[:5], 300), ("strange", STRANGE, 3)]:
        rows = random_rows(len(words), dimension)
        for end, how, told in forms:
            yield f"{name}.{end}", saved(words, rows, **how), told
    for end, how, told in forms:
        yield f"packed.{end}.gz", gzip.compress(saved(PLAIN, random_rows(len(PLAIN), 4), **how), mtime=0), told
    text = saved(PLAIN, random_rows(len(PLAIN), 4))
    halves = gzip.compress(text[:100], mtime=0) + gzip.compress(text[100:], mtime=0)
    yield "members.txt.gz", halves, of_text
    yield "packed_unnamed.txt", gzip.compress(b"2 2\nthe 0.5 0\nking 3 4\n", mtime=0), of_text

    # As other programs do.
    whole = np.array([[3, 4], [1, 0], [6, 8], [5, 12], [0, 2]], dtype=np.float32)
    yield "rows.bin", binary(PLAIN, random_rows(len(PLAIN), 4), behind=b"\n"), of_binary
    yield "crlf.txt", b"2 2\r\nthe 0.5 0\r\nking 3 4\r\n", of_text
    yield "crlf.glove.txt", b"the 0.5 0\r\nking 3 4\r\n", of_glove
    yield "fasttext.txt", b"2 2\nthe 0.5 0 \nking 3 4 \n", of_text
    yield "no_last_feed.txt", b"2 2\nthe 0.5 0\nking 3 4", of_text
    yield "blank_end.txt", b"2 2\nthe 0.5 0\nking 3 4\n\n\n", of_text
    yield "blank_end.glove.txt", b"the 0.5 0\nking 3 4\n\n\n", of_glove
    yield "blank_within.txt", b"2 2\nthe 0.5 0\n\nking 3 4\n", of_text
    yield "header_tab.txt", b"2\t2\nthe 0.5 0\nking 3 4\n", of_text
    yield "header_spaces.txt", b"  2   2  \nthe 0.5 0\nking 3 4\n", of_text
    yield "mark.txt", b"\xef\xbb\xbf2 2\nthe 0.5 0\nking 3 4\n", of_text
    yield "mark.glove.txt", b"\xef\xbb\xbfthe 0.5 0\nking 3 4\n", of_glove
    yield "tabs.txt", b"2 2\nthe\t0.5\t0\nking\t3\t4\n", of_text
    yield "two_spaces.txt", b"2 2\nthe  0.5  0\nking  3  4\n", of_text
    yield "space_within.txt", b"2 2\nnew york 3 4\n. . . 1 0\n", of_text
    yield "space_within.glove.txt", b"the 0.5 0\nnew york 3 4\n", of_glove
    yield "space_before.txt", b"2 2\n the 3 4\nking 1 0\n", of_text
    yield "space_before.bin", binary(["the", "\tking", "\rqueen"], whole), of_binary
    yield "no_word.txt", b"2 2\n 3 4\nking 1 0\n", of_text
    yield "control.txt", b"2 2\n\x01\x7f 3 4\na\x00b 1 0\n", of_text

    # Numbers.
    numbers = ["1e-3", "-1.5E+2", ".5", "5.", "+7", "1e+2", "-0.1e1", "00012", "0.1", "1e-50", "-1e-400"]
    yield "numbers.txt", f"1 {len(numbers)}\na {' '.join(numbers)}\n".encode(), of_text
    # The least, the least of full precision and the largest of 32 bits.
    numbers += ["1e-45", "1.17549435e-38", "3.4028235e38", "123456789", "-0.333333333333"]
    lines = "".join(f"{number}: {number}\n" for number in numbers)
    yield "numbers_alone.txt", f"{len(numbers)} 1\n{lines}".encode(), of_text
    yield "zero.txt", b"5 2\na -0 1\nb 1 -0.0\nc -0 -0\nd 0 0\ne -0e5 0.000\n", of_text
    zeros = np.array([[-0.0, 1], [1, -0.0], [-0.0, -0.0], [0, 0]], dtype=np.float32)
    yield "zero.bin", binary(list("abcd"), zeros), of_binary
    yield "integers.txt", b"3 3\na 1 -2 3\nb 100000 0 7\nc 16777217 1 1\n", of_text
    # Between two numbers of 32 bits, and nearer to the second than 64 bits can tell.
    yield "rounding.txt", b"1 1\na 1.00000017881393432617187499\n", of_text
    yield "rounding_up.txt", b"1 1\na 1.00000005960464477539062501\n", of_text
    yield "underscore.txt", b"1 2\na 1_000 1\n", of_text
    yield "infinite.txt", b"1 2\na inf 1\n", of_text
    yield "nan.txt", b"1 2\na nan 1\n", of_text
    yield "beyond.txt", b"1 2\na 1e39 1\n", of_text
    yield "nan.bin", binary(["a"], np.array([[1, np.nan]], dtype=np.float32)), of_binary

    # What does not fit together.
    rows = random_rows(3, 2)
    three = b"the 0.5 0\nking 3 4\nqueen 1 1\n"
    for count, name in [(5, "count_large"), (2, "count_small")]:
        yield f"{name}.txt", b"%d 2\n" % count + three, of_text
        yield f"{name}.bin", binary(["the", "king", "queen"], rows, count), of_binary
    yield "behind.bin", binary(["the", "king", "queen"], rows) + b"more", of_binary
    yield "feeds_behind.bin", binary(["the", "king", "queen"], rows) + b"\n\n", of_binary
    yield "cut.bin", binary(["the", "king", "queen"], rows)[:-2], of_binary
    yield "repeated.txt", b"5 2\nthe 0.5 0\nking 3 4\nthe 9 9\nqueen 1 1\nking 3 4\n", of_text
    yield "repeated.glove.txt", b"the 0.5 0\nking 3 4\nthe 9 9\n", of_glove
    yield "repeated.bin", binary(["the", "king", "the", "queen"], random_rows(4, 2)), of_binary
    yield "short_row.txt", b"2 3\nthe 1 2 2\nking 5\n", of_text
    yield "no_numbers.txt", b"2 3\nthe 1 2 2\nking\n", of_text
    yield "narrow_header.txt", b"2 2\nthe 1 3 4\nking 2 0 1\n", of_text
    yield "wide_header.txt", b"2 4\nthe 1 3 4\nking 2 0 1\n", of_text
    yield "three_headed.txt", b"2 3 4\nthe 1 0\nking 0 1\n", of_text
    yield "number_first.glove.txt", b"1984 5\nthe 3\n", of_glove
    yield "empty.txt", b"", of_text
    yield "no_words.txt", b"0 3\n", of_text
    yield "no_words.bin", b"0 3\n", of_binary

    # Words that are no UTF-8: of Latin-1, and one that is cut within a letter, as the first word2vec program cuts long ones.
    latin = [b"caf\xe9", b"na\xefve", b"caf\xe8", b"\xe5\xa5", b"plain"]
    rows = b"".join(b"%b %d %d\n" % (word, *row) for word, row in zip(latin, whole.astype(int).tolist()))
    for end, written, told in [("txt", b"5 2\n" + rows, of_text), ("bin", binary(latin, whole), of_binary)]:
        yield f"latin.{end}", written, told
        yield f"latin_replaced.{end}", written, {**told, "unicode_errors": "replace"}


def read(file, told):
    """What gensim reads, in the form of `x.read`."""
    try:
        vectors = KeyedVectors.load_word2vec_format(str(file), **told)
    except (AttributeError, EOFError, OSError, TypeError, ValueError, AssertionError):
        return "refused\n"
    lines = [str(vectors.vector_size)]
    for word, row in zip(vectors.index_to_key, vectors.vectors.tolist()):
        # Places kept for words that came a second time.
        if word is None:
            continue
        squares = 0.0
        for number in row:
            squares += number * number
        ends, length = struct.pack("<ff", row[0], row[-1]), struct.pack("<d", math.sqrt(squares))
        lines.append(f"{word}\t{ends.hex()}\t{length.hex()}\t{sum(row):.9g}")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--into", type=Path, default=Path(__file__).parent / "vectors")
    folder = parser.parse_args().into
    logging.getLogger("gensim").setLevel(logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    made = {name for name, *_ in files()}
    for file in folder.iterdir():
        # Nothing but what an earlier call made.
        assert file.name.removesuffix(".read") in made, f"{file}: not made here; take another folder"
        file.unlink()
    for name, written, told in files():
        file = folder / name
        assert not file.exists(), name
        file.write_bytes(written)
        (folder / f"{name}.read").write_bytes(read(file, told).encode())


main()
