using Ratchet.Checkpoints;
using Ratchet.Loop;
using Ratchet.Rollouts;

namespace Ratchet.Learning.Preferences;

/// <summary>What a training on preferences is asked for.</summary>
public sealed record PreferenceRequest
{
    /// <summary>Model to start from. A reward model may start from a policy, whose trunk gets a fresh head, or from a model with a scalar head.</summary>
    public required Checkpoint From { get; init; }

    /// <summary>Reference of <see cref="DpoLearner"/>; null takes <see cref="From"/>.</summary>
    public Checkpoint? Reference { get; init; }

    /// <summary>Pairs, at least one with a weight.</summary>
    public required IReadOnlyList<PreferencePair> Pairs { get; init; }

    /// <summary>Passes over the pairs.</summary>
    public required double Epochs { get; init; }

    /// <summary>Parent of the streams of data order and fresh head.</summary>
    public required RandomStream Stream { get; init; }

    /// <summary>Folder that the checkpoint is written into; snapshots lie beside it in <c>FOLDER.snapshot</c>.</summary>
    public required string Folder { get; init; }
}

/// <summary>Responses to one prompt with labels, for the listwise loss.</summary>
public sealed record LabelledGroup
{
    /// <summary>Identifier, unique in a data set.</summary>
    public required string Id { get; init; }

    /// <summary>Ids of the prompt.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    /// <summary>Responses and whether each is right; at least one of each kind.</summary>
    public required IReadOnlyList<(IReadOnlyList<int> Response, bool IsRight)> Responses { get; init; }

    /// <summary>
    /// Groups of verified rollouts; those whose answers are all of one kind are left out, as are unknown and unjudged rollouts.
    /// </summary>
    public static IReadOnlyList<LabelledGroup> From(IEnumerable<Rollout> rollouts)
    {
        ArgumentNullException.ThrowIfNull(rollouts);
        var groups = new List<LabelledGroup>();
        foreach (var group in rollouts.Where(r => r.Outcome is RolloutOutcome.Accepted or RolloutOutcome.Rejected).GroupBy(r => r.Group, StringComparer.Ordinal))
        {
            var members = group.ToList();
            if (members.Select(r => r.Outcome).Distinct().Count() < 2)
                continue;
            groups.Add(new LabelledGroup
            {
                Id = group.Key,
                Prompt = [.. members[0].Ids.Take(members[0].TargetStart)],
                Responses = [.. members.Select(r => ((IReadOnlyList<int>)[.. r.Ids.Skip(r.TargetStart)], r.Outcome == RolloutOutcome.Accepted))],
            });
        }

        return groups;
    }
}

/// <summary>What the training of a reward model on labelled groups is asked for.</summary>
public sealed record LabelledGroupRequest
{
    /// <summary>Model to start from, as in <see cref="PreferenceRequest.From"/>.</summary>
    public required Checkpoint From { get; init; }

    /// <summary>Groups, at least one.</summary>
    public required IReadOnlyList<LabelledGroup> Groups { get; init; }

    /// <summary>Passes over the groups.</summary>
    public required double Epochs { get; init; }

    /// <summary>Parent of the streams of data order and fresh head.</summary>
    public required RandomStream Stream { get; init; }

    /// <summary>Folder that the checkpoint is written into.</summary>
    public required string Folder { get; init; }
}
