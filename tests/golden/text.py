#!/usr/bin/env python3
"""Writes `text.safetensors`: embedding with padding, by PyTorch in f64.

    python tests/golden/text.py
"""
import torch
import torch.nn.functional as F
from make import F64, HERE, VERSIONS, bits, normal, safetensors

# texts, words of a text, rows of the table, features, and from how many tokens the texts are drawn
CASES = {
    "repeats": (3, 7, 11, 6, 11),
    "few_tokens": (6, 11, 9, 8, 3),
    "rare_tokens": (5, 8, 60, 5, 60),
    "all_padding": (2, 5, 4, 4, 1),
}


def main():
    tensors, metadata = {}, {"made_with": VERSIONS}
    for number, (name, (n, length, rows, features, drawn)) in enumerate(CASES.items()):
        tokens = (bits(3000 + number, n * length) % drawn).astype("int32").reshape(n, 1, length, 1)
        weight, dy = normal(f"{name}.weight", rows, features), normal(f"{name}.dy", n, 1, length, features)
        weight[0] = 0.0  # as torch.nn.Embedding starts its padding row
        table = torch.tensor(weight, dtype=F64, requires_grad=True)
        y = F.embedding(torch.tensor(tokens[..., 0], dtype=torch.long), table, padding_idx=0)
        y.backward(torch.tensor(dy, dtype=F64))
        values = {"x": tokens, "weight": weight, "dy": dy, "y": y.detach().numpy().astype("float32"),
                  "dweight": table.grad.numpy().astype("float32")}
        tensors |= {f"{name}.{part}": value for part, value in values.items()}
        metadata[name] = {"op": "embedding", "padding_idx": 0}
    (HERE / "text.safetensors").write_bytes(safetensors(tensors, metadata))


if __name__ == "__main__":
    main()
