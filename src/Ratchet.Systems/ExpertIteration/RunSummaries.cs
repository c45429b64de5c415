using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Ratchet.Journal;
using Ratchet.Runs;

namespace Ratchet.Systems.ExpertIteration;

/// <summary>Makes the summary of a run from its journal.</summary>
internal static class RunSummaries
{
    public static RunSummary Make(ExpertIterationWorld world, RunJournal journal, string status, string? message)
    {
        var rounds = journal.Rounds();
        var totals = journal.Totals();
        var times = journal.Times();
        return new RunSummary
        {
            Status = status,
            Message = message,
            Recipe = world.Recipe.Name,
            Seed = world.Recipe.Seed,
            WallSeconds = Math.Round(times.WallSeconds, 3),
            Sessions = times.Sessions,
            Parameters = world.Recipe.Learns ? world.Shape.ParameterCount : 0,
            Rounds = [.. rounds.Select(r => r.Summary)],
            TokensSampled = totals.TokensSampled,
            TokensTrained = totals.TokensTrained,
            OffPolicyAttempts = totals.OffPolicy,
            Endpoint = world.Endpoint?.Summary,
            Verifier = new VerifierSummary(totals.Calls, totals.Cached, totals.Accepted, totals.Rejected, totals.Unknown),
            Speed = new SpeedSummary(
                Rate(times.SampledTokens, times.SampleSeconds), Rate(times.TrainedTokens, times.LearnSeconds), Rate(times.Checks, times.VerifySeconds)),
            Parity = new ParitySummary(rounds.Select(r => r.Parity).DefaultIfEmpty(0).Max()),
            Removed = new SortedDictionary<string, int>(world.Problems.Removed.ToDictionary(r => r.Key, r => r.Value), StringComparer.Ordinal),
            WeightsHash = journal.Checkpoints() is [.., var last] ? last.WeightsHash : null,
            Environment = Environment(world.Budget.Threads, world.Recipe.Device, ("sampler", world.SamplerEngine), ("learner", world.Recipe.Learn.External is null ? world.LearnerEngine : "external")),
        };
    }

    /// <summary>Version and commit of the program.</summary>
    /// <param name="built">What the build wrote into the assembly: <c>VERSION+COMMIT</c>, the commit that was checked out when this project was last compiled.</param>
    /// <param name="started">The commit that the launcher found checked out when it started the program; it knows better.</param>
    internal static (string Version, string Commit) Version(string built, string? started)
    {
        var parts = built.Split('+', 2);
        return (parts[0], string.IsNullOrEmpty(started) ? parts.ElementAtOrDefault(1) ?? "unknown" : started);
    }

    internal static double Rate(long count, double seconds) => seconds > 0 ? Math.Round(count / seconds, 1) : 0;

    /// <summary>What a run ran on.</summary>
    /// <param name="threads">Threads of the run.</param>
    /// <param name="device">Device of the recipe.</param>
    /// <param name="engines">Stages and what computes them.</param>
    internal static SortedDictionary<string, string> Environment(int threads, string device, params (string Stage, string Engine)[] engines)
    {
        var built = typeof(RunSummaries).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        var (version, commit) = Version(built, System.Environment.GetEnvironmentVariable("RATCHET_COMMIT"));
        var result = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["version"] = version,
            ["commit"] = commit,
            ["os"] = RuntimeInformation.OSDescription,
            ["runtime"] = RuntimeInformation.FrameworkDescription,
            ["cores"] = System.Environment.ProcessorCount.ToString(),
            ["threads"] = threads.ToString(),
            ["vector_bits"] = (Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128).ToString(),
            ["device"] = device,
        };
        foreach (var (stage, engine) in engines)
            result.Add(stage, engine);
        return result;
    }
}
