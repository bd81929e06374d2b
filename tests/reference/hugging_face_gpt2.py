"""A GPT-2 by Hugging Face's transformers: a tiny one for tests, a large one of random weights, and its speed.

    python hugging_face_gpt2.py tiny DIR            the files of tests/reference/gpt2
    python hugging_face_gpt2.py random DIR          a model of the size of GPT-2 (124 M), with DIR/vocab.json and merges.txt made up
    python hugging_face_gpt2.py speed DIR [--threads 2] [--tokens 100]
                                                    one JSON line: tokens a second at batch 1 with a cache, seconds to the
                                                    first token from the start of Python, resident memory at its peak
Needs torch, transformers and tokenizers; the tiny model was made with torch 2.15, transformers 5.24 and tokenizers 0.23.
"""
import argparse
import json
import random
import resource
import sys
import time
from pathlib import Path

BEGUN = time.perf_counter()

WORDS = (
    "the a of and in it was that for on with as his they at be this from have or had by hot but some what there we can out "
    "other were all your when up use word how said an each she which their time if will way about many then them would "
    "write like so these her long make thing see him two has look more day could go come did my sound no most number who"
).split()
JAPANESE = ["今日", "は", "晴れ", "です", "。", "東京", "の", "駅", "で", "本", "を", "読む", "、", "カタカナ", "ー", "「", "」"]
ODD = ["😀", "👩‍👩‍👧", "é", "e\u0301", "ß", "Ω", "½", "Ⅻ", "²", "\t", "\n", "\r\n", "  ", "   ", "\u3000", "\u00a0", "\x00", "\x1b[2J", "\x7f",
       "\u202e", "\ufeff", "'s", "'T", "don't", "I'll", "we've", "!?", "...", "--", "3.14", "1,000", "٣", "_", "$", "\u200b", "𝒳", "한국", "हिन्दी", "ไทย",
       "<|endoftext|>", "<|endof", "text|>"]


def strings(count, seed):
    dice = random.Random(seed)
    kinds = [WORDS, WORDS, JAPANESE, ODD]
    for _ in range(count):
        parts = []
        for _ in range(dice.randrange(1, 9)):
            kind = dice.choice(kinds)
            parts.append(dice.choice(kind))
            if dice.random() < 0.6:
                parts.append(" ")
        yield "".join(parts)


def vocabulary(folder, size, special=("<|endoftext|>",)):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=list(special), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                                  show_progress=False)
    tokenizer.train_from_iterator((text.replace("<|endoftext|>", "") for text in strings(4000, 1)), trainer)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    tokenizer.model.save(str(folder))
    return tokenizer


def tiny(folder):
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    tokenizer = vocabulary(folder, 400)
    torch.manual_seed(1)
    config = GPT2Config(vocab_size=tokenizer.get_vocab_size(), n_positions=32, n_embd=24, n_layer=2, n_head=3, initializer_range=0.2,
                        bos_token_id=0, eos_token_id=0)
    model = GPT2LMHeadModel(config).eval()
    for name, value in model.named_parameters():
        if name.endswith("bias") or "ln_" in name:
            torch.nn.init.normal_(value, 1.0 if name.endswith("weight") else 0.0, 0.3)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    given = [3, 1, 250, 17, 8, 399, 0, 42]
    with torch.no_grad():
        logits = model(torch.tensor([given])).logits[0]
    texts = list(strings(1000, 2))
    expected = {
        "given": given,
        "logits": [[round(x, 6) for x in row] for row in logits[[0, 3, 7]].tolist()],
        "at": [0, 3, 7],
        "texts": texts,
        "tokens": [tokenizer.encode(text).ids for text in texts],
    }
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, separators=(",", ":")))


def large(folder):
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    vocabulary(folder, 400)
    # As many symbols as GPT-2 has, the rest of them pieces that no merge makes.
    path = folder / "vocab.json"
    symbols = json.loads(path.read_text())
    for number in range(len(symbols), 50257):
        symbols[f"piece{number}"] = number
    path.write_text(json.dumps(symbols))
    (folder / "tokenizer.json").unlink()
    torch.manual_seed(1)
    GPT2LMHeadModel(GPT2Config()).save_pretrained(folder)


def speed(folder, threads, tokens):
    import torch
    from transformers import GPT2LMHeadModel

    torch.set_num_threads(threads)
    model = GPT2LMHeadModel.from_pretrained(folder).eval()
    prompt = torch.tensor([[10, 20, 30, 40, 50, 60, 70, 80]])
    marks = []

    class Mark:
        def put(self, value):
            marks.append(time.perf_counter())

        def end(self):
            pass

    with torch.no_grad():
        model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=tokens, min_new_tokens=tokens, do_sample=True,
                       top_k=0, use_cache=True, streamer=Mark(), pad_token_id=0)
    # The streamer gets the prompt first.
    marks = marks[1:]
    print(json.dumps({
        "tokens_per_second": (len(marks) - 1) / (marks[-1] - marks[0]),
        "first_token_seconds": marks[0] - BEGUN,
        "resident_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "dtype": str(model.dtype),
        "threads": threads,
    }))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", choices=["tiny", "random", "speed"])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--tokens", type=int, default=100)
    given = arguments.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.what == "tiny":
        tiny(given.folder)
    elif given.what == "random":
        large(given.folder)
    else:
        speed(given.folder, given.threads, given.tokens)


if __name__ == "__main__":
    sys.exit(main())
