using Ratchet.Models;

namespace Ratchet.Learning;

/// <summary>
/// Makes the trainer that a learner works with, so that the engine (own kernels or tensor library, device, threads) is chosen in one
/// place.
/// </summary>
/// <param name="weights">Start weights; copied, not kept.</param>
/// <param name="adamW">Optimizer settings.</param>
/// <param name="lora">Adapter to train in place of the weights, or null.</param>
/// <returns>A trainer that the caller disposes.</returns>
public delegate IDecoderTrainer DecoderTrainerFactory(DecoderWeights weights, AdamWOptions adamW, LoraTraining? lora);
