using Ratchet.Models.Cpu;

namespace Ratchet.Sampling;

/// <summary>A job on own kernels: its samples may run on any worker.</summary>
internal sealed class CpuJob(SamplePrompt prompt, SamplingOptions options, int vocabularySize, ISampleObserver? observer = null, bool scorePrompt = false)
    : SampleJob(prompt, options, vocabularySize, observer, scorePrompt)
{
    /// <summary>Keys and values of the prompt.</summary>
    public PageTable Table { get; set; } = null!;
}

/// <summary>A sequence on own kernels: it can move from one worker to another.</summary>
internal sealed class CpuSequence(PageTable table) : SampleSequence<CpuJob>
{
    public PageTable Table { get; } = table;

    /// <summary>Ids drafted for the next pass.</summary>
    public int[] Draft { get; private set; } = [];

    /// <summary>Of them, those that are there.</summary>
    public int Drafted { get; private set; }

    /// <summary>Drafts ids for the next pass, at most so many.</summary>
    public void MakeDraft(int most)
    {
        most = Math.Min(most, Job.Options.Draft);
        if (Draft.Length < most)
            Draft = new int[Job.Options.Draft];
        Drafted = most <= 0 ? 0 : PromptLookup.Draft(Whole, Draft.AsSpan(0, most));
    }
}

/// <summary>
/// Drafts by looking up where the last ids stood before and taking what followed there (prompt lookup decoding, Saxena 2023; verified as in Leviathan et al. 2023).
/// </summary>
internal static class PromptLookup
{
    private const int Longest = 4;
    private const int Shortest = 2;

    /// <summary>Writes what followed the latest earlier place of the longest ending that has one; gives the number of ids.</summary>
    public static int Draft(ReadOnlySpan<int> ids, Span<int> draft)
    {
        for (var length = Math.Min(Longest, ids.Length - 1); length >= Shortest; length--)
        {
            var place = ids[..^1].LastIndexOf(ids[^length..]);
            if (place < 0)
                continue;
            var follow = ids[(place + length)..];
            var count = Math.Min(follow.Length, draft.Length);
            follow[..count].CopyTo(draft);
            return count;
        }

        return 0;
    }
}
