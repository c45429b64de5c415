"""Decoders from the definitions of their architectures, in NumPy and double precision: an independent check of the C# ones.

    python3 decoder.py FOLDER

writes, for each family, a folder with config.json, weights in the safetensors format and expected.json (ids and the logits after each), all made
here: nothing of this file comes from or goes through the C# code. One position at a time and loops where loops are plainest.
"""
import json
import os
import struct
import sys

import numpy as np

BASE = dict(vocab_size=29, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=4, intermediate_size=24,
            max_position_embeddings=64, rms_norm_eps=1e-5, rope_theta=10000.0, hidden_act="silu", tie_word_embeddings=False,
            bos_token_id=1, eos_token_id=2)
MLA = dict(model_type="deepseek_v2", kv_lora_rank=10, qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=5, rms_norm_eps=1e-6)

FAMILIES = {
    "llama2": dict(BASE, model_type="llama"),
    "llama3": dict(BASE, model_type="llama", num_key_value_heads=2, head_dim=8, tie_word_embeddings=True, rope_theta=500000.0,
                   rope_scaling=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)),
    "llama-linear": dict(BASE, model_type="llama", num_key_value_heads=1, rope_scaling=dict(type="linear", factor=4.0)),
    "mistral": dict(BASE, model_type="mistral", num_key_value_heads=2, sliding_window=6),
    "qwen2": dict(BASE, model_type="qwen2", num_key_value_heads=2, tie_word_embeddings=True, rms_norm_eps=1e-6),
    "qwen3": dict(BASE, model_type="qwen3", num_key_value_heads=2, head_dim=10, rope_theta=1000000.0,
                  rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=16)),
    "qwen3-moe": dict(BASE, model_type="qwen3_moe", num_key_value_heads=2, head_dim=6, num_experts=6, num_experts_per_tok=3, moe_intermediate_size=10, norm_topk_prob=True),
    "deepseek-v2-lite": dict(BASE, **{k: v for k, v in MLA.items() if k != "rms_norm_eps"}, q_lora_rank=None, n_routed_experts=8, num_experts_per_tok=3, moe_intermediate_size=9,
                             n_shared_experts=2, first_k_dense_replace=1, norm_topk_prob=False, routed_scaling_factor=1.0, topk_method="greedy", n_group=1, topk_group=1, scoring_func="softmax"),
    "deepseek-v2": dict(BASE, **{k: v for k, v in MLA.items() if k != "rms_norm_eps"}, num_hidden_layers=3, q_lora_rank=7, n_routed_experts=8, num_experts_per_tok=3,
                        moe_intermediate_size=9, n_shared_experts=1, first_k_dense_replace=1, norm_topk_prob=False, routed_scaling_factor=3.0, topk_method="group_limited_greedy",
                        n_group=4, topk_group=2, scoring_func="softmax",
                        rope_scaling=dict(type="yarn", factor=8.0, original_max_position_embeddings=8, beta_fast=4, beta_slow=1, mscale=0.6, mscale_all_dim=0.8)),
    "deepseek": dict(BASE, model_type="deepseek", n_routed_experts=7, num_experts_per_tok=3, moe_intermediate_size=9, n_shared_experts=2, first_k_dense_replace=1,
                     norm_topk_prob=True, scoring_func="softmax"),
    "coe-released": dict(BASE, **{k: v for k, v in MLA.items() if k not in ("rms_norm_eps", "model_type")}, model_type="coe_deepseekv2", q_lora_rank=None, n_routed_experts=7,
                         num_experts_per_tok=2, moe_intermediate_size=9, n_shared_experts=1, norm_topk_prob=False, inner_iter=2, use_igate=True, inner_residual=True, outer_residual=False),
    "coe-outer": dict(BASE, model_type="deepseek", n_routed_experts=7, num_experts_per_tok=2, moe_intermediate_size=9, n_shared_experts=1, norm_topk_prob=False, inner_iter=2,
                      use_igate=False, inner_residual=False, outer_residual=True),
    "coe-both": dict(BASE, model_type="deepseek", n_routed_experts=7, num_experts_per_tok=1, moe_intermediate_size=9, norm_topk_prob=False, inner_iter=3, use_igate=True,
                     inner_residual=True, outer_residual=True),
    "coe-prenorm": dict(BASE, model_type="deepseek", n_routed_experts=7, num_experts_per_tok=2, moe_intermediate_size=9, n_shared_experts=1, norm_topk_prob=False, inner_iter=3,
                        use_igate=True, residual="prenorm"),
}


def inverse_frequencies(config, dim):
    """Radians a position of each pair, and the factor of cosines and sines."""
    base, scaling = config["rope_theta"], config.get("rope_scaling")
    plain = 1.0 / base ** (np.arange(0, dim, 2) / dim)
    if scaling is None:
        return plain, 1.0
    kind, factor = scaling.get("rope_type", scaling.get("type")), scaling["factor"]
    if kind == "linear":
        return plain / factor, 1.0
    original = scaling["original_max_position_embeddings"]
    if kind == "llama3":
        low, high, result = scaling["low_freq_factor"], scaling["high_freq_factor"], []
        for frequency in plain:
            wavelength = 2 * np.pi / frequency
            if wavelength > original / low:
                result.append(frequency / factor)
            elif wavelength < original / high:
                result.append(frequency)
            else:
                smooth = (original / wavelength - low) / (high - low)
                result.append((1 - smooth) * frequency / factor + smooth * frequency)
        return np.array(result), 1.0

    def dimension_of(rotations):
        return dim * np.log(original / (rotations * 2 * np.pi)) / (2 * np.log(base))

    first = max(np.floor(dimension_of(scaling.get("beta_fast", 32))), 0)
    last = min(np.ceil(dimension_of(scaling.get("beta_slow", 1))), dim - 1)
    ramp = np.clip((np.arange(dim // 2) - first) / (last - first if last != first else 0.001), 0, 1)
    frequencies = plain / factor * ramp + plain * (1 - ramp)
    if "mscale" in scaling:
        return frequencies, mscale(factor, scaling["mscale"]) / mscale(factor, scaling["mscale_all_dim"])
    return frequencies, mscale(factor, 1)


def mscale(factor, weight):
    return 1.0 if factor <= 1 else 0.1 * weight * np.log(factor) + 1.0


def norm(x, weight, epsilon):
    return x / np.sqrt(np.mean(x * x) + epsilon) * weight


def silu(x):
    return x / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def turn_halves(x, angles, factor):
    half = len(x) // 2
    a, b = x[:half], x[half:]
    return factor * np.concatenate([a * np.cos(angles) - b * np.sin(angles), b * np.cos(angles) + a * np.sin(angles)])


def turn_pairs(x, angles, factor):
    a, b = x[0::2], x[1::2]
    result = np.empty_like(x)
    result[0::2] = factor * (a * np.cos(angles) - b * np.sin(angles))
    result[1::2] = factor * (b * np.cos(angles) + a * np.sin(angles))
    return result


def feed_forward(w, prefix, x):
    return w[prefix + "down_proj.weight"] @ (silu(w[prefix + "gate_proj.weight"] @ x) * (w[prefix + "up_proj.weight"] @ x))


def mixture(config, w, prefix, x, router="gate.weight"):
    scores = softmax(w[prefix + router] @ x)
    experts = len(scores)
    allowed = list(range(experts))
    if config.get("topk_method") == "group_limited_greedy":
        size = experts // config["n_group"]
        order = sorted(range(config["n_group"]), key=lambda g: -scores[g * size:(g + 1) * size].max())
        allowed = [e for g in order[:config["topk_group"]] for e in range(g * size, (g + 1) * size)]
    chosen = sorted(allowed, key=lambda e: -scores[e])[:config["num_experts_per_tok"]]
    weights = scores[chosen]
    weights = weights / weights.sum() if config["norm_topk_prob"] else weights * config.get("routed_scaling_factor", 1.0)
    result = sum(weight * feed_forward(w, f"{prefix}experts.{e}.", x) for e, weight in zip(chosen, weights))
    if config.get("n_shared_experts"):
        result = result + feed_forward(w, prefix + "shared_experts.", x)
    return result


def chain(config, w, p, a):
    """A layer of experts with the residual stream a: rounds through the same experts, a router a round unless use_igate is false."""
    eps, prefix, rounds = config["rms_norm_eps"], p + "mlp.", config.get("inner_iter", 1)
    n = norm(a, w[p + "post_attention_layernorm.weight"], eps)
    routers = [f"gate.{t}.weight" if rounds > 1 and config["use_igate"] else "gate.weight" for t in range(rounds)]
    if "inner_iter" not in config:
        return a + mixture(config, w, prefix, n)
    if config.get("residual") == "prenorm":
        x = a
        for t in range(rounds):
            gains = w[p + "post_attention_layernorm.weight"] if t == 0 else w[f"{prefix}round_norms.{t - 1}.weight"]
            x = x + mixture(config, w, prefix, norm(x, gains, eps), routers[t])
        return x
    h = n
    for router in routers:
        m = mixture(config, w, prefix, h, router)
        h = h + m if config["inner_residual"] else m
    return a + h if config["outer_residual"] else h


def grouped_heads(config, w, p, x, position):
    heads, groups = config["num_attention_heads"], config["num_key_value_heads"]
    size = config.get("head_dim", config["hidden_size"] // heads)
    frequencies, factor = inverse_frequencies(config, size)

    def project(name, count, turns):
        y = w[f"{p}{name}_proj.weight"] @ x
        if f"{p}{name}_proj.bias" in w:
            y = y + w[f"{p}{name}_proj.bias"]
        result = []
        for head in y.reshape(count, size):
            if turns and f"{p}{name}_norm.weight" in w:
                head = norm(head, w[f"{p}{name}_norm.weight"], config["rms_norm_eps"])
            result.append(turn_halves(head, position * frequencies, factor) if turns else head)
        return result

    keys, values = project("k", groups, True), project("v", groups, False)
    share = heads // groups
    return project("q", heads, True), [keys[h // share] for h in range(heads)], [values[h // share] for h in range(heads)], 1 / np.sqrt(size)


def latent_heads(config, w, p, x, position):
    heads, plain, rotary, value = config["num_attention_heads"], config["qk_nope_head_dim"], config["qk_rope_head_dim"], config["v_head_dim"]
    frequencies, factor = inverse_frequencies(config, rotary)
    angles = position * frequencies
    if config["q_lora_rank"]:
        q = w[p + "q_b_proj.weight"] @ norm(w[p + "q_a_proj.weight"] @ x, w[p + "q_a_layernorm.weight"], 1e-6)
    else:
        q = w[p + "q_proj.weight"] @ x
    queries = [np.concatenate([h[:plain], turn_pairs(h[plain:], angles, factor)]) for h in q.reshape(heads, plain + rotary)]
    down = w[p + "kv_a_proj_with_mqa.weight"] @ x
    rank = config["kv_lora_rank"]
    shared = turn_pairs(down[rank:], angles, factor)
    up = (w[p + "kv_b_proj.weight"] @ norm(down[:rank], w[p + "kv_a_layernorm.weight"], 1e-6)).reshape(heads, plain + value)
    scale = 1 / np.sqrt(plain + rotary)
    scaling = config.get("rope_scaling")
    if scaling and scaling.get("mscale_all_dim"):
        scale *= mscale(scaling["factor"], scaling["mscale_all_dim"]) ** 2
    return queries, [np.concatenate([h[:plain], shared]) for h in up], [h[plain:] for h in up], scale


def logits(config, w, ids):
    eps = config["rms_norm_eps"]
    stream = [w["model.embed_tokens.weight"][i] for i in ids]
    for layer in range(config["num_hidden_layers"]):
        p = f"model.layers.{layer}."
        make = latent_heads if "kv_lora_rank" in config else grouped_heads
        rows = [make(config, w, p + "self_attn.", norm(x, w[p + "input_layernorm.weight"], eps), t) for t, x in enumerate(stream)]
        for t in range(len(ids)):
            queries, _, _, scale = rows[t]
            start = max(0, t - config["sliding_window"] + 1) if config.get("sliding_window") else 0
            mixed = []
            for h, query in enumerate(queries):
                share = softmax(np.array([query @ rows[s][1][h] for s in range(start, t + 1)]) * scale)
                mixed.append(sum(share[s - start] * rows[s][2][h] for s in range(start, t + 1)))
            stream[t] = stream[t] + w[p + "self_attn.o_proj.weight"] @ np.concatenate(mixed)
        experts = config.get("n_routed_experts") or config.get("num_experts")
        for t in range(len(ids)):
            if experts and layer >= config.get("first_k_dense_replace", 0):
                stream[t] = chain(config, w, p, stream[t])
            else:
                stream[t] = stream[t] + feed_forward(w, p + "mlp.", norm(stream[t], w[p + "post_attention_layernorm.weight"], eps))
    head = w["model.embed_tokens.weight" if config["tie_word_embeddings"] else "lm_head.weight"]
    return [head @ norm(x, w["model.norm.weight"], eps) for x in stream]


def shapes(config):
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    result = {"model.embed_tokens.weight": (config["vocab_size"], hidden), "model.norm.weight": (hidden,)}
    if not config["tie_word_embeddings"]:
        result["lm_head.weight"] = (config["vocab_size"], hidden)

    def dense(prefix, size):
        result.update({prefix + "gate_proj.weight": (size, hidden), prefix + "up_proj.weight": (size, hidden), prefix + "down_proj.weight": (hidden, size)})

    for layer in range(config["num_hidden_layers"]):
        p = f"model.layers.{layer}."
        a = p + "self_attn."
        result.update({p + "input_layernorm.weight": (hidden,), p + "post_attention_layernorm.weight": (hidden,)})
        if "kv_lora_rank" in config:
            size, rank = config["qk_nope_head_dim"] + config["qk_rope_head_dim"], config["kv_lora_rank"]
            if config["q_lora_rank"]:
                q = config["q_lora_rank"]
                result.update({a + "q_a_proj.weight": (q, hidden), a + "q_a_layernorm.weight": (q,), a + "q_b_proj.weight": (heads * size, q)})
            else:
                result[a + "q_proj.weight"] = (heads * size, hidden)
            result.update({a + "kv_a_proj_with_mqa.weight": (rank + config["qk_rope_head_dim"], hidden), a + "kv_a_layernorm.weight": (rank,),
                           a + "kv_b_proj.weight": (heads * (config["qk_nope_head_dim"] + config["v_head_dim"]), rank), a + "o_proj.weight": (hidden, heads * config["v_head_dim"])})
        else:
            size, groups = config.get("head_dim", hidden // heads), config["num_key_value_heads"]
            for name, count in (("q", heads), ("k", groups), ("v", groups)):
                result[f"{a}{name}_proj.weight"] = (count * size, hidden)
                if config["model_type"] == "qwen2":
                    result[f"{a}{name}_proj.bias"] = (count * size,)
                if config["model_type"].startswith("qwen3") and name != "v":
                    result[f"{a}{name}_norm.weight"] = (size,)
            result[a + "o_proj.weight"] = (hidden, heads * size)
        experts = config.get("n_routed_experts") or config.get("num_experts")
        if experts and layer >= config.get("first_k_dense_replace", 0):
            rounds = config.get("inner_iter", 1)
            if rounds > 1 and config["use_igate"]:
                result.update({f"{p}mlp.gate.{t}.weight": (experts, hidden) for t in range(rounds)})
            else:
                result[p + "mlp.gate.weight"] = (experts, hidden)
            if config.get("residual") == "prenorm":
                result.update({f"{p}mlp.round_norms.{t}.weight": (hidden,) for t in range(rounds - 1)})
            for e in range(experts):
                dense(f"{p}mlp.experts.{e}.", config["moe_intermediate_size"])
            if config.get("n_shared_experts"):
                dense(p + "mlp.shared_experts.", config["moe_intermediate_size"] * config["n_shared_experts"])
        else:
            dense(p + "mlp.", config["intermediate_size"])
    return result


def write_safetensors(path, tensors, half):
    header, data = {}, b""
    for name, value in tensors.items():
        raw = value.astype("<f4")
        raw = (raw.view("<u4") >> 16).astype("<u2").tobytes() if half else raw.tobytes()
        header[name] = dict(dtype="BF16" if half else "F32", shape=list(value.shape), data_offsets=[len(data), len(data) + len(raw)])
        data += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def main(folder):
    for number, (name, config) in enumerate(FAMILIES.items()):
        random = np.random.default_rng(number)
        half = name == "llama2"
        weights = {}
        for tensor, shape in shapes(config).items():
            value = random.normal(1 if "norm" in tensor else 0, 0.3, shape).astype("<f4")
            if half:
                value = (value.view("<u4") & np.uint32(0xFFFF0000)).view("<f4")
            weights[tensor] = value
        own = os.path.join(folder, name)
        os.makedirs(own)
        with open(os.path.join(own, "config.json"), "w") as f:
            json.dump(config, f)
        if half:
            names = list(weights)
            parts = {"model-00001-of-00002.safetensors": names[:5], "model-00002-of-00002.safetensors": names[5:]}
            for file, part in parts.items():
                write_safetensors(os.path.join(own, file), {n: weights[n] for n in part}, half)
            with open(os.path.join(own, "model.safetensors.index.json"), "w") as f:
                json.dump(dict(metadata={}, weight_map={n: file for file, part in parts.items() for n in part}), f)
        else:
            write_safetensors(os.path.join(own, "model.safetensors"), weights, half)
        ids = [int(i) for i in random.integers(0, config["vocab_size"], 21)]
        result = logits(config, {n: v.astype(np.float64) for n, v in weights.items()}, ids)
        with open(os.path.join(own, "expected.json"), "w") as f:
            json.dump(dict(Ids=ids, Logits=[list(map(float, row)) for row in result]), f)


main(sys.argv[1])
