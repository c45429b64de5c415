"""Opens what `Ratchet.Bench peers make FOLDER` wrote with Transformers and PEFT and compares the logits; then writes models of its own
for `Ratchet.Bench peers check FOLDER`.

usage: python3 bench/peers.py FOLDER [DEVICE]      (needs torch, transformers, peft; DEVICE is cpu or cuda)
"""

import json
import pathlib
import shutil
import sys

import peft
import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM

TOLERANCE = 1e-4


def expected(folder):
    with open(folder / "expected.json") as file:
        content = json.load(file)
    return content["ids"], torch.tensor(content["logits"]).view(len(content["ids"]), -1)


def logits(model, ids, device):
    with torch.no_grad():
        return model(torch.tensor([ids], device=device)).logits[0].float().cpu()


def load(folder, device):
    model, info = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
    return model.to(device).eval()


def theirs():
    """Shapes that Transformers initialises and saves by itself."""
    common = dict(vocab_size=150, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                  intermediate_size=80, max_position_embeddings=96, initializer_range=0.15)
    latent = dict(common, num_key_value_heads=4, q_lora_rank=20, kv_lora_rank=16, qk_nope_head_dim=12, qk_rope_head_dim=8,
                  v_head_dim=12, n_routed_experts=6, num_experts_per_tok=2, moe_intermediate_size=24, n_shared_experts=1,
                  first_k_dense_replace=1, tie_word_embeddings=False)
    yield "llama", AutoConfig.for_model("llama", **common)
    yield "llama-tied", AutoConfig.for_model("llama", tie_word_embeddings=True, **common)
    yield "mistral", AutoConfig.for_model("mistral", sliding_window=9, **common)
    yield "qwen2", AutoConfig.for_model("qwen2", **common)
    yield "qwen3", AutoConfig.for_model("qwen3", head_dim=20, **common)
    yield "qwen3-moe", AutoConfig.for_model("qwen3_moe", head_dim=12, num_experts=6, num_experts_per_tok=2, moe_intermediate_size=24,
                                            norm_topk_prob=True, decoder_sparse_step=1, **common)
    yield "deepseek-v2", AutoConfig.for_model("deepseek_v2", **latent)
    yield "deepseek-v2-lite", AutoConfig.for_model("deepseek_v2", **dict(latent, q_lora_rank=None))


def main():
    folder = pathlib.Path(sys.argv[1])
    device = sys.argv[2] if len(sys.argv) > 2 else "cpu"
    torch.backends.cuda.matmul.allow_tf32 = False
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__}, device {device}\n")
    wrong = 0
    print("| made by Ratchet | opened by | largest difference of a logit |\n|---|---|---|")
    for made in sorted((folder / "ratchet").iterdir()) + sorted((folder / "adapters").iterdir()):
        adapter = made.parent.name == "adapters"
        try:
            ids, wanted = expected(made)
            if adapter:
                base = load(folder / "ratchet" / made.name.rsplit("-", 1)[0], device)
                model = peft.PeftModel.from_pretrained(base, made).to(device).eval()
                merged = peft.PeftModel.from_pretrained(load(folder / "ratchet" / made.name.rsplit("-", 1)[0], device), made).to(device).merge_and_unload().eval()
                difference = max((logits(m, ids, device) - wanted).abs().max().item() for m in (model, merged))
            else:
                difference = (logits(load(made, device), ids, device) - wanted).abs().max().item()
            wrong += difference > TOLERANCE
            said = f"{difference:.1e}"
        except Exception as error:  # One family must not hide the others.
            wrong += 1
            said = f"{type(error).__name__}: {error}".replace("\n", " ")[:300]
        print(f"| {made.name} | {'PEFT, beside and merged' if adapter else 'Transformers'} | {said} |", flush=True)

    torch.manual_seed(1)
    out = folder / "transformers"
    shutil.rmtree(out, ignore_errors=True)
    for name, config in theirs():
        try:
            model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
            with torch.no_grad():
                for parameter in model.parameters():
                    if parameter.dim() == 1:
                        parameter.add_(0.1 * torch.randn_like(parameter))
            ids = [(i * 41) % config.vocab_size for i in range(40)]
            model.save_pretrained(out / name)
            with open(out / name / "expected.json", "w") as file:
                json.dump({"ids": ids, "logits": logits(model, ids, "cpu").flatten().tolist()}, file)
        except Exception as error:
            wrong += 1
            shutil.rmtree(out / name, ignore_errors=True)
            print(f"{name}: not made, {type(error).__name__}: {error}"[:300])
    print(f"\n{wrong} failed" if wrong else "\nall agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
