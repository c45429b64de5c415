namespace Ratchet.Models.Cpu;

/// <summary>Activations of one worker for up to <see cref="Rows"/> rows, and the rows' inputs. Used by one thread at a time.</summary>
internal sealed unsafe class DecoderWorkspace : IDisposable
{
    private readonly NativeBuffer<float> _floats;
    private readonly NativeBuffer<nint> _pages;

    public DecoderWorkspace(DecoderConfig config, int rows)
    {
        Rows = rows;
        var heads = config.Heads * config.HeadSize;
        var qkv = heads + (2 * config.KeyValueHeads * config.HeadSize);
        PositionLimit = (config.MaxPositions + 15) / 16 * 16;
        _floats = new NativeBuffer<float>(((long)rows * ((2L * config.HiddenSize) + qkv + heads + (3L * config.FeedForwardSize) + config.VocabularySize + 96)) + PositionLimit + 16);
        _pages = new NativeBuffer<nint>(rows);
        var next = _floats.Pointer;
        Residual = Take(ref next, rows, config.HiddenSize);
        Normed = Take(ref next, rows, config.HiddenSize);
        QueriesKeysValues = Take(ref next, rows, qkv);
        Attended = Take(ref next, rows, heads);
        GateUp = Take(ref next, rows, 2 * config.FeedForwardSize);
        Activated = Take(ref next, rows, config.FeedForwardSize);
        Logits = Take(ref next, rows, config.VocabularySize);
        Scores = Take(ref next, 1, PositionLimit);
        Ids = new int[rows];
        Positions = new int[rows];
        Pages = (float***)_pages.Pointer;
    }

    public int Rows { get; }

    public int PositionLimit { get; }

    /// <summary>Token of each row.</summary>
    public int[] Ids { get; }

    /// <summary>Position of each row in its sequence, from 0.</summary>
    public int[] Positions { get; }

    /// <summary>Page table of each row's sequence.</summary>
    public float*** Pages { get; }

    public float* Residual { get; }

    public float* Normed { get; }

    public float* QueriesKeysValues { get; }

    public float* Attended { get; }

    public float* GateUp { get; }

    public float* Activated { get; }

    /// <summary>Result: logits, [rows asked for, VocabularySize].</summary>
    public float* Logits { get; }

    public float* Scores { get; }

    public void Dispose()
    {
        _floats.Dispose();
        _pages.Dispose();
    }

    private static float* Take(ref float* next, int rows, int width)
    {
        var start = next;
        next += (((long)rows * width) + 15) / 16 * 16;
        return start;
    }
}
