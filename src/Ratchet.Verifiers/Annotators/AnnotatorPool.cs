using Ratchet.Loop;
using Ratchet.Preferences;

namespace Ratchet.Verifiers.Annotators;

/// <summary>Settings of an annotator pool.</summary>
public sealed record AnnotatorPoolOptions
{
    /// <summary>Share of labels that come out wrong because a coin was thrown in place of a judgement, 0 to 0.5: twice as many coins are thrown. 0.25 in AlpacaFarm's training simulator.</summary>
    public double FlipRate { get; init; }

    /// <summary>Responses are shown in random order and the label turned back. Off only to show what a position bias does.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Each member is asked and the most frequent label taken; otherwise one member at random answers.</summary>
    public bool Majority { get; init; }

    /// <summary>Seed of member, noise and order.</summary>
    public ulong Seed { get; init; }
}

/// <summary>Several annotators as one: who answers, whether a coin does, and in which order the responses are shown is drawn for each judgement.</summary>
/// <remarks>
/// <para>The simulated annotators of AlpacaFarm (Dubois et al. 2023, section 3): differences between members imitate those between people, coins imitate the unsteadiness of one.
/// The coin is thrown before anybody is asked.</para>
/// <para>Difference: draws are keyed by instruction, pair and replicate, not by the instruction alone, where all pairs of one instruction share a draw and asking again does not average
/// it out. The key does not see in which order the pair is written, so with <see cref="AnnotatorPoolOptions.Shuffle"/> a pair turned round gets exactly the mirrored label.</para>
/// <para>Members may be programs or prompted models. Equal responses are a tie without anybody being asked.</para>
/// </remarks>
public sealed class AnnotatorPool : IAnnotator
{
    private readonly IReadOnlyList<IAnnotator> _members;
    private readonly AnnotatorPoolOptions _options;
    private readonly RandomStream _stream;

    /// <summary>Makes a pool.</summary>
    /// <param name="name">Name with version.</param>
    /// <param name="members">Members, at least one. Not owned.</param>
    /// <param name="options">Settings.</param>
    public AnnotatorPool(string name, IReadOnlyList<IAnnotator> members, AnnotatorPoolOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(members);
        ArgumentOutOfRangeException.ThrowIfLessThan(members.Count, 1, nameof(members));
        options ??= new AnnotatorPoolOptions();
        if (options.FlipRate is not (>= 0 and <= 0.5))
            throw new ArgumentOutOfRangeException(nameof(options), options.FlipRate, "The flip rate must lie in [0, 0.5].");
        (Name, _members, _options, _stream) = (name, members, options, RandomStream.FromSeed(options.Seed).Derive("annotator pool").Derive(name));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Annotation>> AnnotateAsync(IReadOnlyList<AnnotationRequest> requests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var results = new Annotation?[requests.Count];
        var asked = _members.Select(_ => new List<(int Index, bool Turned, AnnotationRequest Request)>()).ToArray();
        for (var i = 0; i < requests.Count; i++)
        {
            var (pair, replicate) = (requests[i].Pair, requests[i].Replicate);
            if (string.Equals(pair.First, pair.Second, StringComparison.Ordinal))
            {
                results[i] = Label(requests[i], Name, Annotation.Tie);
                continue;
            }

            var inOrder = string.CompareOrdinal(pair.First, pair.Second) < 0;
            var key = Key(pair, replicate);
            var noise = key.Derive("noise");
            if (noise.NextDouble() < 2 * _options.FlipRate)
            {
                var label = Label(requests[i], Name, noise.NextDouble() < 0.5 ? 1 : 2) with { IsNoise = true };
                results[i] = inOrder ? label : label.Mirrored();
                continue;
            }

            // Shown in an order that does not depend on the order in which the pair is written.
            var turned = _options.Shuffle && (key.Derive("order").NextDouble() < 0.5) == inOrder;
            var request = turned ? requests[i] with { Pair = pair.Swapped() } : requests[i];
            if (_options.Majority)
            {
                foreach (var list in asked)
                    list.Add((i, turned, request));
            }
            else
            {
                asked[key.Derive("member").NextInt(_members.Count)].Add((i, turned, request));
            }
        }

        var answers = new List<Annotation>[requests.Count];
        for (var m = 0; m < asked.Length; m++)
        {
            if (asked[m].Count == 0)
                continue;
            var said = await _members[m].AnnotateAsync([.. asked[m].Select(a => a.Request)], cancellationToken).ConfigureAwait(false);
            for (var k = 0; k < said.Count; k++)
            {
                var (index, turned, _) = asked[m][k];
                (answers[index] ??= []).Add(turned ? said[k].Mirrored() : said[k]);
            }
        }

        for (var i = 0; i < results.Length; i++)
            results[i] ??= _options.Majority ? Vote(requests[i], answers[i]) : answers[i][0];
        return results!;
    }

    private Annotation Vote(AnnotationRequest request, List<Annotation> votes)
    {
        var labels = votes.Where(v => v.Preference is not null).Select(v => v.Preference!.Value).ToList();
        return labels.Count > 0 ? Label(request, Name, JudgeAudit.Mode(labels)) : votes[0] with { Annotator = Name };
    }

    private static Annotation Label(AnnotationRequest request, string who, double preference) =>
        new() { PairId = request.Pair.Id, Replicate = request.Replicate, Annotator = who, Preference = preference };

    private RandomStream Key(ResponsePair pair, int replicate)
    {
        var inOrder = string.CompareOrdinal(pair.First, pair.Second) < 0;
        var (low, high) = inOrder ? (pair.First, pair.Second) : (pair.Second, pair.First);
        return _stream.Derive(pair.Instruction).Derive(pair.Id).Derive(low).Derive(high).Derive(replicate);
    }
}
