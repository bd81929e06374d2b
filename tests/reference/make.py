"""The losses of 50 training steps of the workloads of `shinso bench`, by PyTorch.

Weights, data and noise are counted out by the formula of src/bench/source.rs, so both programs start from the same
numbers. Writes one small safetensors file for each workload next to this script:

    python make.py [NAME ...]     (needs torch, numpy and safetensors; made with torch 2.15 on one thread)
"""
import math
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

STEPS = 50
DATA, DRAWN = 1000, 2000
HERE = Path(__file__).parent


def uniform(stream, start, count):
    """The upper halves of SplitMix64's finaliser, as fractions."""
    with np.errstate(over="ignore"):
        z = (np.uint64(stream) << np.uint64(32)) + np.arange(start, start + count, dtype=np.uint64)
        z = z + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(32)).astype(np.float64) / 4294967296.0


class Parameters:
    """Hands out parameters in the order in which the Rust model adds them."""

    def __init__(self):
        self.all = []

    def weight(self, *shape):
        limit = 1 / math.sqrt(math.prod(shape[1:]))
        values = (2 * uniform(len(self.all), 0, math.prod(shape)) - 1) * limit
        return self._keep(torch.tensor(values.astype(np.float32).reshape(shape)))

    def zeros(self, n):
        return self._keep(torch.zeros(n))

    def ones(self, n):
        return self._keep(torch.ones(n))

    def linear(self, inputs, outputs, bias=True):
        return (self.weight(outputs, inputs), self.zeros(outputs) if bias else None)

    def _keep(self, tensor):
        self.all.append(tensor.requires_grad_(True))
        return tensor


class Drawn:
    def __init__(self):
        self.count = 0

    def numbers(self, n):
        self.count += n
        return uniform(DRAWN, self.count - n, n)

    def noise(self, *shape):
        values = (2 * self.numbers(math.prod(shape)) - 1) * math.sqrt(3)
        return torch.tensor(values.astype(np.float32).reshape(shape))


def symbols(stream, count, below):
    return torch.tensor((uniform(DATA + stream, 0, count) * below).astype(np.int64))


def train(name, parameters, optimiser, loss_at):
    losses = []
    for step in range(STEPS):
        loss = loss_at(step)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    save_file({"losses": np.array(losses, dtype=np.float32)}, HERE / f"{name}.safetensors")
    print(name, losses[0], losses[-1])


def vae():
    p, drawn, batch = Parameters(), Drawn(), 128
    enc, mean, lv = p.linear(784, 400), p.linear(400, 20), p.linear(400, 20)
    dec, out = p.linear(20, 400), p.linear(400, 784)
    data = torch.tensor((uniform(DATA, 0, 8192 * 784) < 0.2).astype(np.float32).reshape(8192, 784))

    def loss_at(step):
        start = (step + 1) * batch % 8192
        x, eps = data[start:start + batch], drawn.noise(batch, 20)
        h = F.relu(F.linear(x, *enc))
        mu, log_variance = F.linear(h, *mean), F.linear(h, *lv)
        z = mu + eps * torch.exp(0.5 * log_variance)
        logits = F.linear(F.relu(F.linear(z, *dec)), *out)
        rec = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = 0.5 * (mu**2 + log_variance.exp() - log_variance - 1).sum()
        return (rec + kl) / batch

    train("vae", p, torch.optim.Adam(p.all, lr=1e-3), loss_at)


def lenet():
    p, batch = Parameters(), 64

    def convolution(inputs, outputs):
        # Counted out as [outputs, 5, 5, inputs]; kept so, that the optimiser sees the same numbers.
        return p.weight(outputs, 5, 5, inputs), p.zeros(outputs)

    c1, c2 = convolution(1, 8), convolution(8, 16)
    d1, d2 = p.linear(400, 120), p.linear(120, 10)
    data = torch.tensor(uniform(DATA, 0, 4096 * 784).astype(np.float32).reshape(4096, 1, 28, 28))
    labels = symbols(1, 4096, 10)

    def loss_at(step):
        start = (step + 1) * batch % 4096
        x = F.max_pool2d(F.relu(F.conv2d(data[start:start + batch], c1[0].permute(0, 3, 1, 2), c1[1], padding=2)), 2)
        x = F.max_pool2d(F.relu(F.conv2d(x, c2[0].permute(0, 3, 1, 2), c2[1])), 2)
        x = x.permute(0, 2, 3, 1).reshape(batch, 400)  # the channels of a place together
        return F.cross_entropy(F.linear(F.relu(F.linear(x, *d1)), *d2), labels[start:start + batch])

    train("lenet", p, torch.optim.Adam(p.all, lr=1e-3), loss_at)


def gpt():
    p, drawn, batch, context, width, heads, vocabulary, letters = Parameters(), Drawn(), 16, 128, 128, 4, 96, 200_000
    tok, pos = p.weight(vocabulary, width), p.weight(context, width)
    blocks = []
    for _ in range(4):
        linears = [p.linear(width, 3 * width), p.linear(width, width), p.linear(width, 4 * width), p.linear(4 * width, width)]
        norms = [(p.ones(width), p.zeros(width)) for _ in range(2)]
        blocks.append((linears, norms))
    norm, head = (p.ones(width), p.zeros(width)), p.weight(vocabulary, width)
    text = symbols(0, letters, vocabulary)

    def loss_at(_step):
        at = (drawn.numbers(batch) * (letters - context - 1)).astype(np.int64)
        x = tok[torch.stack([text[a:a + context] for a in at])] + pos
        for (qkv, proj, fc, out), (n1, n2) in blocks:
            h = F.linear(F.layer_norm(x, (width,), *n1), *qkv)
            q, k, v = h.view(batch, context, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
            a = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(batch, context, width)
            x = x + F.linear(a, *proj)
            x = x + F.linear(F.gelu(F.linear(F.layer_norm(x, (width,), *n2), *fc), approximate="tanh"), *out)
        logits = F.linear(F.layer_norm(x, (width,), *norm), head)
        y = torch.stack([text[a + 1:a + context + 1] for a in at])
        return F.cross_entropy(logits.view(-1, vocabulary), y.view(-1))

    train("gpt", p, torch.optim.AdamW(p.all, lr=3e-4, weight_decay=0.1), loss_at)


def cell(kind, x, state, w, u, b, c):
    """One step of a GRU or LSTM, from the equations."""
    h, memory = state
    i, j = F.linear(x, w, b), F.linear(h, u, c)
    if kind == "gru":
        (ri, zi, ni), (rj, zj, nj) = i.chunk(3, 1), j.chunk(3, 1)
        r, z = torch.sigmoid(ri + rj), torch.sigmoid(zi + zj)
        n = torch.tanh(ni + r * nj)
        h = (1 - z) * n + z * h
        return h, h
    i, f, g, o = (i + j).chunk(4, 1)
    memory = torch.sigmoid(f) * memory + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(memory), memory


def seq2seq(kind):
    p, batch, source_length, target_length, vocabulary, h, pairs = Parameters(), 64, 24, 12, 64, 128, 4096
    gates = 3 if kind == "gru" else 4
    source_table, target_table = p.weight(vocabulary, h), p.weight(vocabulary, h)

    def recurrent(inputs):
        # The weights are counted out; which of them are weights is told by their axes.
        return p.weight(gates * h, inputs), p.weight(gates * h, h), p.zeros(gates * h), p.zeros(gates * h)

    encoder, decoder = recurrent(h), recurrent(2 * h)
    query, key = p.linear(h, h, bias=False), p.linear(h, h)
    direction, out = p.weight(1, h), p.linear(2 * h, vocabulary)
    source = symbols(0, pairs * source_length, vocabulary).view(pairs, -1)
    target = symbols(1, pairs * (target_length + 1), vocabulary).view(pairs, -1)

    def loss_at(step):
        start = (step + 1) * batch % pairs
        x, t = source_table[source[start:start + batch]], target[start:start + batch]
        state, keys = (torch.zeros(batch, h), torch.zeros(batch, h)), []
        for at in range(source_length):
            state = cell(kind, x[:, at], state, *encoder)
            keys.append(state[0])
        keys = torch.stack(keys, 1)
        projected, written, told = F.linear(keys, *key), target_table[t[:, :-1]], []
        for at in range(target_length):
            score = (direction * torch.tanh(F.linear(state[0], *query)[:, None] + projected)).sum(-1)
            found = (torch.softmax(score, 1)[:, :, None] * keys).sum(1)
            state = cell(kind, torch.cat([written[:, at], found], 1), state, *decoder)
            told.append(torch.cat([state[0], found], 1))
        logits = F.linear(torch.stack(told, 1), *out)
        return F.cross_entropy(logits.reshape(-1, vocabulary), t[:, 1:].reshape(-1))

    train(f"seq2seq-{kind}", p, torch.optim.Adam(p.all, lr=1e-3), loss_at)


def transformer():
    p, batch, source_length, target_length, vocabulary, width, heads, pairs = Parameters(), 64, 24, 12, 64, 128, 4, 4096
    source_table, target_table = p.weight(vocabulary, width), p.weight(vocabulary, width)

    def norm():
        return p.ones(width), p.zeros(width)

    def block(decodes):
        own = p.linear(width, 3 * width), p.linear(width, width)
        memory = (p.linear(width, width), p.linear(width, 2 * width), p.linear(width, width)) if decodes else None
        feed = p.linear(width, 4 * width), p.linear(4 * width, width)
        return own, memory, feed, [norm() for _ in range(3 if decodes else 2)]

    encoder, decoder = [block(False) for _ in range(2)], [block(True) for _ in range(2)]
    encoder_norm, decoder_norm, out = norm(), norm(), p.linear(width, vocabulary)
    source = symbols(0, pairs * source_length, vocabulary).view(pairs, -1)
    target = symbols(1, pairs * (target_length + 1), vocabulary).view(pairs, -1)
    places = torch.arange(source_length)[:, None] / 10_000 ** (torch.arange(0, width, 2, dtype=torch.float64) / width)
    places = torch.stack([places.sin(), places.cos()], 2).reshape(source_length, width).float()

    def attend(q, k, v, causal):
        q, k, v = (x.view(batch, -1, heads, width // heads).transpose(1, 2) for x in (q, k, v))
        found = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return found.transpose(1, 2).reshape(batch, -1, width)

    def run(x, blocks, memory):
        for (own, to_memory, (widen, narrow), norms) in blocks:
            q, k, v = F.linear(F.layer_norm(x, (width,), *norms[0]), *own[0]).chunk(3, 2)
            x = x + F.linear(attend(q, k, v, to_memory is not None), *own[1])
            if to_memory is not None:
                query, key_value, back = to_memory
                k, v = F.linear(memory, *key_value).chunk(2, 2)
                q = F.linear(F.layer_norm(x, (width,), *norms[1]), *query)
                x = x + F.linear(attend(q, k, v, False), *back)
            h = F.gelu(F.linear(F.layer_norm(x, (width,), *norms[-1]), *widen), approximate="tanh")
            x = x + F.linear(h, *narrow)
        return x

    def loss_at(step):
        start = (step + 1) * batch % pairs
        s, t = source[start:start + batch], target[start:start + batch]
        memory = F.layer_norm(run(source_table[s] + places, encoder, None), (width,), *encoder_norm)
        x = run(target_table[t[:, :-1]] + places[:target_length], decoder, memory)
        logits = F.linear(F.layer_norm(x, (width,), *decoder_norm), *out)
        return F.cross_entropy(logits.reshape(-1, vocabulary), t[:, 1:].reshape(-1))

    train("transformer", p, torch.optim.Adam(p.all, lr=1e-3), loss_at)


ALL = {"vae": vae, "lenet": lenet, "gpt": gpt, "seq2seq-gru": lambda: seq2seq("gru"),
       "seq2seq-lstm": lambda: seq2seq("lstm"), "transformer": transformer}

if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[1:] or ALL:
        ALL[name]()
