"""Writes the small files by which reading gensim's formats is tested: python make.py, with gensim installed."""
import gzip
import shutil

import numpy as np
from gensim.models import KeyedVectors

vectors = KeyedVectors(4)
words = ["the", "king", "queen", "well-known", "女王", "naïve"]
rows = np.array([[((3 * i + j) % 7) / 4 - 0.5 for j in range(4)] for i in range(len(words))], dtype=np.float32)
vectors.add_vectors(words, rows)
vectors.save_word2vec_format("vectors.txt", binary=False)
vectors.save_word2vec_format("vectors.bin", binary=True)
with open("vectors.bin", "rb") as plain, gzip.GzipFile("vectors.bin.gz", "wb", mtime=0) as packed:
    shutil.copyfileobj(plain, packed)
