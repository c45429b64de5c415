using static TorchSharp.torch;

namespace Ratchet.Models.Torch;

/// <summary>One block's weights as tensors.</summary>
/// <param name="InputNorm">Norm before attention.</param>
/// <param name="Attention">Grouped-query attention; null where <paramref name="Latent"/> is in its place.</param>
/// <param name="Latent">Latent attention, or null.</param>
/// <param name="Output">Projection of the heads into the residual stream.</param>
/// <param name="PostNorm">Norm before the feed-forward layer.</param>
/// <param name="FeedForward">Feed-forward layer; null where <paramref name="Mixture"/> is in its place.</param>
/// <param name="Mixture">Mixture of experts, or null.</param>
internal sealed record TorchBlock(Tensor InputNorm, TorchGroupedAttention? Attention, TorchLatentAttention? Latent, TorchLinear Output, Tensor PostNorm, TorchFeedForward? FeedForward, TorchMixture? Mixture);

/// <summary>Weights of grouped-query attention. Query, key and value are one matrix: fewer and larger products.</summary>
internal sealed record TorchGroupedAttention(TorchLinear Qkv, Tensor? Bias, Tensor? QueryNorm, Tensor? KeyNorm);

/// <summary>Weights of latent attention; the first two are null where queries come from the residual stream.</summary>
internal sealed record TorchLatentAttention(TorchLinear? QueryDown, Tensor? QueryNorm, TorchLinear Query, TorchLinear KeyValueDown, Tensor KeyValueNorm, TorchLinear KeyValueUp);

/// <summary>Weights of a SwiGLU layer. Gate and up are one matrix.</summary>
internal sealed record TorchFeedForward(TorchLinear GateUp, TorchLinear Down);

/// <summary>Weights of a mixture of experts.</summary>
/// <param name="Routers">A router a round, or one for all.</param>
/// <param name="RoundNorms">Norms before the second and later rounds, where rounds have their own.</param>
/// <param name="Experts">Experts that tokens are sent to.</param>
/// <param name="Shared">What all tokens go through, or null.</param>
internal sealed record TorchMixture(IReadOnlyList<Tensor> Routers, IReadOnlyList<Tensor> RoundNorms, IReadOnlyList<TorchFeedForward> Experts, TorchFeedForward? Shared);

/// <summary>A matrix, [out, in], of one or more matrices of the file, and what an adapter adds to some of its rows.</summary>
internal sealed record TorchLinear(Tensor Weight, IReadOnlyList<TorchLowRank> Adapters);
