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
            block.GateUp.Ensure(t * 2 * f);
        }

        Final.Ensure(t * h);
        FinalScale.Ensure(t);
        Normed.Ensure(t * h);
        Hidden.Ensure(t * f);
        Logits.Ensure((long)targets * SoftmaxKernels.Padded(_config.VocabularySize));
        if (!backward)
            return;
        Gradient.Ensure(t * h);
        GradientFull.Ensure(t * h);
        GradientNormed.Ensure(t * h);
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
