using Ratchet.Loop;
using Ratchet.Models.Cpu;

namespace Ratchet.Sampling;

/// <summary>A prompt whose keys, values and last logits are there for all its samples.</summary>
internal sealed class CpuPrefix(int prompt, PageTable table, float[] logits, int samples)
{
    public int Prompt { get; } = prompt;

    public PageTable Table { get; } = table;

    /// <summary>Logits after the prompt's last id: every sample's first token is drawn from them.</summary>
    public float[] Logits { get; } = logits;

    /// <summary>Number of the next sample to start.</summary>
    public int Next { get; set; }

    /// <summary>Samples that have not ended.</summary>
    public int Open { get; set; } = samples;
}

/// <summary>One sequence being sampled: all its state, so that it can move from one worker to another. Reused from one sequence to the next.</summary>
internal sealed class CpuSequence(PageTable table, int capacity)
{
    public RandomStream Stream;

    public PageTable Table { get; } = table;

    public int[] Ids { get; } = new int[capacity];

    public float[] LogProbabilities { get; } = new float[capacity];

    public CpuPrefix Prefix { get; set; } = null!;

    /// <summary>Place among all results.</summary>
    public int Result { get; set; }

    /// <summary>Sampled ids.</summary>
    public int Count { get; set; }

    /// <summary>Positions of the prompt.</summary>
    public int PromptLength { get; set; }

    /// <summary>Largest number of sampled ids.</summary>
    public int Limit { get; set; }

    public ReadOnlySpan<int> Sampled => Ids.AsSpan(0, Count);
}
