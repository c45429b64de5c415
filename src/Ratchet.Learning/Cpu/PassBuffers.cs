using Ratchet.Models;

namespace Ratchet.Learning.Cpu;

/// <summary>The memory that one worker needs for passes over a chunk of rows; grows to the largest chunk and is then kept.</summary>
internal sealed unsafe class PassBuffers : IDisposable
{
    private readonly List<NativeBuffer> _all = [];
    private readonly DecoderConfig _config;
    private readonly int _qkvWidth;
    private int _tokens;

    /// <summary>Makes empty buffers for a model.</summary>
    public PassBuffers(ParameterLayout layout)
    {
        _config = layout.Config;
        _qkvWidth = layout.QkvWidth;
        Blocks = new BlockActivations[_config.Layers];
        for (var i = 0; i < Blocks.Length; i++)
            Blocks[i] = new BlockActivations { Input = New(), InputScale = New(), Qkv = New(), Raw = New(), HeadScale = New(), Attended = New(), LogSums = New(), Middle = New(), MiddleScale = New(), GateUp = New() };
        Mixtures = new MixtureActivations?[_config.Layers];
        for (var i = 0; i < Mixtures.Length; i++)
        {
            if (_config.IsMixture(i))
                Mixtures[i] = new MixtureActivations { Rounds = [.. Enumerable.Range(0, _config.Mixture!.Rounds).Select(_ => NewRound(_config.Mixture))] };
        }

        Gathered = New();
        ExpertOutput = New();
        ExpertHidden = New();
        GradientState = New();
        WeightGradients = New();
        RouterGradient = New();
        Final = New();
        FinalScale = New();
        Normed = New();
        Logits = New();
        Hidden = New();
        Packed = New();
        Gradient = New();
        GradientFull = New();
        GradientNormed = New();
        GradientGateUp = New();
        GradientQkv = New();
        GradientAttended = New();
        Scores = New();
        ScoreGradients = New();
        PackedKeys = New();
        PackedKeysTransposed = New();
        PackedValues = New();
        PackedQueries = New();
    }

    /// <summary>What each block keeps from the forward pass for the backward pass.</summary>
    public BlockActivations[] Blocks { get; }

    /// <summary>What each block's mixture keeps; null in blocks without one.</summary>
    public MixtureActivations?[] Mixtures { get; }

    /// <summary>Rows sorted by expert [T · chosen, H], used at once.</summary>
    public NativeBuffer Gathered { get; }

    /// <summary>What experts make of such rows, then the gradient of what went in [T · chosen, H].</summary>
    public NativeBuffer ExpertOutput { get; }

    /// <summary>Hidden layer of one row [expert size].</summary>
    public NativeBuffer ExpertHidden { get; }

    /// <summary>Gradient of a mixture's state between rounds [T, H].</summary>
    public NativeBuffer GradientState { get; }

    /// <summary>Gradient of each choice's weight, sorted by expert [T · chosen].</summary>
    public NativeBuffer WeightGradients { get; }

    /// <summary>Gradient of router outputs [T, experts].</summary>
    public NativeBuffer RouterGradient { get; }

    /// <summary>Output of the last block at target positions [targets, H].</summary>
    public NativeBuffer Final { get; }

    public NativeBuffer FinalScale { get; }

    /// <summary>Output of a norm [T, H], used at once.</summary>
    public NativeBuffer Normed { get; }

    /// <summary>Logits, then their gradient [targets, V padded].</summary>
    public NativeBuffer Logits { get; }

    /// <summary>Hidden layer of the SwiGLU [T, F].</summary>
    public NativeBuffer Hidden { get; }

    /// <summary>Right side of weight-gradient products, packed.</summary>
    public NativeBuffer Packed { get; }

    /// <summary>Gradient of the residual stream.</summary>
    public NativeBuffer Gradient { get; }

    /// <summary>The same for all tokens, where <see cref="Gradient"/> holds target positions only.</summary>
    public NativeBuffer GradientFull { get; }

    public NativeBuffer GradientNormed { get; }

    public NativeBuffer GradientGateUp { get; }

    public NativeBuffer GradientQkv { get; }

    public NativeBuffer GradientAttended { get; }

    public NativeBuffer Scores { get; }

    public NativeBuffer ScoreGradients { get; }

    public NativeBuffer PackedKeys { get; }

    public NativeBuffer PackedKeysTransposed { get; }

    public NativeBuffer PackedValues { get; }

    public NativeBuffer PackedQueries { get; }

    /// <summary>Makes room for a chunk; contents are lost when something grows.</summary>
    /// <param name="tokens">Input tokens.</param>
    /// <param name="targets">Targets.</param>
    /// <param name="backward">Also for the backward pass.</param>
    public void Reserve(int tokens, int targets, bool backward)
    {
        long h = _config.HiddenSize, q = (long)_config.Heads * _config.HeadSize, f = _config.FeedForwardSize;
        long heads = _config.Heads + _config.KeyValueHeads;
        _tokens = Math.Max(_tokens, tokens);
        long t = _tokens;
        var dense = _config.Mixture is null || _config.Mixture.FirstDenseLayers > 0;
        foreach (var block in Blocks)
        {
            block.Input.Ensure(t * h);
            block.InputScale.Ensure(t);
            block.Qkv.Ensure(t * _qkvWidth);
            if (_config.QkNorm)
            {
                block.Raw.Ensure(t * heads * _config.HeadSize);
                block.HeadScale.Ensure(t * heads);
            }

            block.Attended.Ensure(t * q);
            block.LogSums.Ensure(t * _config.Heads);
            block.Middle.Ensure(t * h);
            block.MiddleScale.Ensure(t);
            if (dense)
                block.GateUp.Ensure(t * 2 * f);
        }

        ReserveMixtures(t, backward);

        Final.Ensure(t * h);
        FinalScale.Ensure(t);
        Normed.Ensure(t * h);
        if (dense)
            Hidden.Ensure(t * f);
        Logits.Ensure((long)targets * SoftmaxKernels.Padded(_config.HeadOutputs));
        if (!backward)
            return;
        Gradient.Ensure(t * h);
        GradientFull.Ensure(t * h);
        GradientNormed.Ensure(t * h);
        if (dense)
            GradientGateUp.Ensure(t * 2 * f);
        GradientQkv.Ensure(t * _qkvWidth);
        GradientAttended.Ensure(t * q);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in _all)
            buffer.Dispose();
    }

    private void ReserveMixtures(long t, bool backward)
    {
        if (_config.Mixture is not { } mixture)
            return;
        long h = _config.HiddenSize, k = mixture.ExpertsPerToken, f = mixture.ExpertSize, shared = (long)mixture.SharedExperts * f;
        foreach (var kept in Mixtures)
        {
            foreach (var round in kept?.Rounds ?? [])
            {
                round.State.Ensure(t * h);
                round.Scale.Ensure(t);
                round.Scores.Ensure(t * mixture.Experts);
                foreach (var choices in (NativeBuffer[])[round.Choices, round.Weights, round.Places, round.Tokens])
                    choices.Ensure(t * k);
                round.GateUp.Ensure(t * k * 2 * f);
                round.SharedGateUp.Ensure(t * 2 * shared);
            }
        }

        Gathered.Ensure(t * k * h);
        ExpertOutput.Ensure(t * k * h);
        Hidden.Ensure(t * Math.Max(k * f, shared));
        if (!backward)
            return;
        ExpertHidden.Ensure(f);
        GradientState.Ensure(t * h);
        WeightGradients.Ensure(t * k);
        RouterGradient.Ensure(t * mixture.Experts);
        GradientGateUp.Ensure(t * 2 * Math.Max(k * f, shared));
    }

    private RoundActivations NewRound(ExpertMixture mixture) => new()
    {
        State = New(), Scale = New(), Scores = New(), Choices = New(), Weights = New(), Places = New(), Tokens = New(), GateUp = New(), SharedGateUp = New(),
        Starts = new int[mixture.Experts + 1],
    };

    private NativeBuffer New()
    {
        var buffer = new NativeBuffer();
        _all.Add(buffer);
        return buffer;
    }
}

/// <summary>What one block keeps; T tokens, in the last block target positions only from <see cref="Attended"/> on.</summary>
internal sealed class BlockActivations
{
    /// <summary>Residual stream before the block [T, H].</summary>
    public required NativeBuffer Input { get; init; }

    /// <summary>RMSNorm factors of the input [T].</summary>
    public required NativeBuffer InputScale { get; init; }

    /// <summary>Queries, keys and values as attention sees them [T, (Heads + 2 KeyValueHeads) · d].</summary>
    public required NativeBuffer Qkv { get; init; }

    /// <summary>Queries and keys before QK-norm [T, (Heads + KeyValueHeads) · d].</summary>
    public required NativeBuffer Raw { get; init; }

    /// <summary>QK-norm factors [T, Heads + KeyValueHeads].</summary>
    public required NativeBuffer HeadScale { get; init; }

    /// <summary>Attention's output [T, Heads · d].</summary>
    public required NativeBuffer Attended { get; init; }

    /// <summary>Log-sums of attention's exponentials [T, Heads].</summary>
    public required NativeBuffer LogSums { get; init; }

    /// <summary>Residual stream between attention and feed-forward [T, H].</summary>
    public required NativeBuffer Middle { get; init; }

    public required NativeBuffer MiddleScale { get; init; }

    /// <summary>Gate and up [T, 2F].</summary>
    public required NativeBuffer GateUp { get; init; }
}

/// <summary>What a mixture layer keeps, round by round.</summary>
internal sealed class MixtureActivations
{
    public required RoundActivations[] Rounds { get; init; }
}

/// <summary>What one round of a mixture keeps; T tokens, in the last block target positions only; K choices a token.</summary>
internal sealed class RoundActivations
{
    /// <summary>State before the round [T, H]: the residual stream where rounds have norms of their own, else the round's input. Unused in the first round of the former.</summary>
    public required NativeBuffer State { get; init; }

    /// <summary>RMSNorm factors of the state [T], where rounds have norms of their own.</summary>
    public required NativeBuffer Scale { get; init; }

    /// <summary>Router scores [T, experts].</summary>
    public required NativeBuffer Scores { get; init; }

    /// <summary>Chosen experts, int32, [T, K].</summary>
    public required NativeBuffer Choices { get; init; }

    /// <summary>Their weights [T, K].</summary>
    public required NativeBuffer Weights { get; init; }

    /// <summary>Place of each choice among the rows sorted by expert, int32, [T, K].</summary>
    public required NativeBuffer Places { get; init; }

    /// <summary>Token of each sorted row, int32, [T · K].</summary>
    public required NativeBuffer Tokens { get; init; }

    /// <summary>First sorted row of each expert, and the number of rows behind the last.</summary>
    public required int[] Starts { get; init; }

    /// <summary>Gate and up of sorted rows [T · K, 2 · expert size].</summary>
    public required NativeBuffer GateUp { get; init; }

    /// <summary>Gate and up of the shared experts [T, 2 · shared size].</summary>
    public required NativeBuffer SharedGateUp { get; init; }
}
