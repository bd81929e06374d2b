"""A Transformer of PyTorch's layers: width 128, 4 heads, 2 + 2 blocks (pre-norm, GELU), 24 symbols to 12, batch 64, Adam.

The workload `transformer` of `shinso bench`, timed call by call. Prints one JSON line; samples are pairs.

    python torch_transformer.py [--threads 2] [--steps 50]
"""
import argparse
import json
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

BATCH, FROM, TO, VOCABULARY, WIDTH, HEADS, LAYERS, PAIRS = 64, 24, 12, 64, 128, 4, 2, 4096


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.source, self.target = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(VOCABULARY, WIDTH)
        settings = dict(d_model=WIDTH, nhead=HEADS, dim_feedforward=4 * WIDTH, dropout=0.0, batch_first=True,
                        norm_first=True, activation=lambda x: F.gelu(x, approximate="tanh"))
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(**settings), LAYERS, nn.LayerNorm(WIDTH),
                                             enable_nested_tensor=False)
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(**settings), LAYERS, nn.LayerNorm(WIDTH))
        self.out = nn.Linear(WIDTH, VOCABULARY)
        angles = torch.arange(FROM)[:, None] / 10_000 ** (torch.arange(0, WIDTH, 2) / WIDTH)
        self.register_buffer("places", torch.stack([angles.sin(), angles.cos()], 2).reshape(FROM, WIDTH))
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(TO))

    def forward(self, source, given):
        memory = self.encoder(self.source(source) + self.places)
        x = self.target(given) + self.places[:TO]
        return self.out(self.decoder(x, memory, tgt_mask=self.mask, tgt_is_causal=True))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--steps", type=int, default=50)
    arguments.add_argument("--warmup", type=int, default=20)
    arguments.add_argument("--fused", action="store_true", help="Adam in one kernel")
    args = arguments.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)
    source = torch.randint(0, VOCABULARY, (PAIRS, FROM))
    target = torch.randint(0, VOCABULARY, (PAIRS, TO + 1))
    network = Transformer()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3, fused=args.fused)
    seconds = []
    for step in range(args.warmup + args.steps):
        begun = time.perf_counter()
        start = (step + 1) * BATCH % PAIRS
        pairs = target[start:start + BATCH]
        logits = network(source[start:start + BATCH], pairs[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, VOCABULARY), pairs[:, 1:].reshape(-1))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seconds.append(time.perf_counter() - begun)
    median = statistics.median(seconds[args.warmup:])
    print(json.dumps({"name": "torch_transformer", "samples_per_s": round(BATCH / median, 1), "threads": args.threads,
                      "step_ms": round(median * 1e3, 3), "loss": round(float(loss), 5), "torch": torch.__version__}))


if __name__ == "__main__":
    main()
