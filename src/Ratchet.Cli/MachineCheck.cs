using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Ratchet.Domains.Propositional;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Cpu;
using Ratchet.Models.Torch;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Systems;
using Ratchet.Systems.Verification;

namespace Ratchet.Cli;

/// <summary>State of one thing that Ratchet uses.</summary>
internal enum MachineState
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Works, but not well.</summary>
    Warn,

    /// <summary>Not there.</summary>
    Missing,
}

/// <summary>One line of <c>doctor</c>.</summary>
internal sealed record MachineFinding(MachineState State, string Item, string Text, string? Remedy = null);

/// <summary>Looks at the machine.</summary>
internal static class MachineCheck
{
    private static readonly TimeSpan ProcessLimit = TimeSpan.FromSeconds(10);

    public static async IAsyncEnumerable<MachineFinding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new(MachineState.Ok, "system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
        yield return new(MachineState.Ok, ".NET", RuntimeInformation.FrameworkDescription);
        yield return Cores();
        yield return Instructions();
        yield return Memory();
        yield return Disk();
        yield return Torch();
        foreach (var entry in VerifierCatalog.All)
        {
            var state = await entry.ProbeAsync(new VerifierOptions(), cancellationToken);
            yield return new(state.IsAvailable ? MachineState.Ok : MachineState.Missing, entry.Name, state.Text, state.Remedy);
        }

        yield return await CoqAsync(cancellationToken);
        var one = MachineSpeed.MatrixProduct(1) / 1e9;
        var all = MachineSpeed.MatrixProduct(Environment.ProcessorCount) / 1e9;
        var busy = all < one * Environment.ProcessorCount * 0.6;
        yield return new(busy ? MachineState.Warn : MachineState.Ok, "matrices", $"{one:0} GFLOP/s on one thread, {all:0} on {Environment.ProcessorCount}",
            busy ? "The cores do not add up: other programs are busy, or cores share their arithmetic. A run with fewer --threads loses little." : null);
        yield return Sampler();
    }

    private static MachineFinding Cores()
    {
        var cores = Environment.ProcessorCount;
        return cores >= 2 ? new(MachineState.Ok, "cores", $"{cores}") : new(MachineState.Warn, "cores", "1", "Sampling and verification cannot overlap on one core; runs take about twice as long.");
    }

    private static MachineFinding Instructions()
    {
        var names = new List<string>();
        if (Vector512.IsHardwareAccelerated)
            names.Add("512-bit vectors");
        else if (Vector256.IsHardwareAccelerated)
            names.Add("256-bit vectors");
        else if (Vector128.IsHardwareAccelerated)
            names.Add("128-bit vectors");
        if (Fma.IsSupported)
            names.Add("FMA");
        if (System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported)
            names.Add("AdvSimd");
        return Vector128.IsHardwareAccelerated ? new(MachineState.Ok, "instructions", string.Join(", ", names))
            : new(MachineState.Warn, "instructions", "no vector instructions", "The own kernels fall back to plain arithmetic and are slow here.");
    }

    private static MachineFinding Memory()
    {
        var bytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return new(bytes >= 2_000_000_000 ? MachineState.Ok : MachineState.Warn, "memory", $"{bytes / 1e9:0.0} GB", bytes >= 2_000_000_000 ? null : "Use a smaller model or learn.batch_tokens.");
    }

    private static MachineFinding Disk()
    {
        try
        {
            var free = new DriveInfo(Directory.GetCurrentDirectory()).AvailableFreeSpace;
            return new(free >= 2_000_000_000 ? MachineState.Ok : MachineState.Warn, "disk", $"{free / 1e9:0.0} GB free here", free >= 2_000_000_000 ? null : "Free some space, or choose another place with --out.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new(MachineState.Warn, "disk", $"cannot be asked: {e.Message}");
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MachineFinding Torch()
    {
        try
        {
            TorchNative.EnsureLoaded();
            return new(MachineState.Ok, "libtorch", $"loads from {TorchNative.LibTorchFolder}{(TorchNative.IsPatched ? " (with the C++ runtime's version mark made weak)" : "")}");
        }
        catch (Exception e)
        {
            // Whatever keeps a native library from loading comes as one of a dozen exception types; doctor names it and goes on.
            var cause = (e as TypeInitializationException)?.InnerException ?? e;
            return new(MachineState.Missing, "libtorch", $"does not load: {cause.Message.Split('\n')[0]}", (cause as RatchetException)?.Remedy ?? "Runs on the CPU do not need it (engine: auto or own).");
        }
    }

    private static async Task<MachineFinding> CoqAsync(CancellationToken cancellationToken)
    {
        const string Remedy = "Only needed to check exported proofs once more; on Debian: apt-get install coq";
        try
        {
            using var process = Process.Start(new ProcessStartInfo("coqc", "--version") { RedirectStandardOutput = true, RedirectStandardError = true })!;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(ProcessLimit);
            try
            {
                var text = await process.StandardOutput.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                return process.ExitCode == 0 ? new(MachineState.Ok, "coqc", text.Split('\n')[0].Trim()) : new(MachineState.Warn, "coqc", $"ends with code {process.ExitCode}", Remedy);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                process.Kill(entireProcessTree: true);
                return new(MachineState.Warn, "coqc", $"did not answer in {ProcessLimit.TotalSeconds:0} s", Remedy);
            }
        }
        catch (Win32Exception)
        {
            return new(MachineState.Missing, "coqc", "not found", Remedy);
        }
    }

    private static MachineFinding Sampler()
    {
        var domain = new PropositionalDomain();
        var config = new DecoderConfig
        {
            VocabularySize = domain.Tokenizer.VocabularySize, HiddenSize = 128, Layers = 5, Heads = 4, KeyValueHeads = 2, HeadSize = 32, FeedForwardSize = 352, MaxPositions = 192, QkNorm = true,
        };
        using var sampler = new CpuSampler(DecoderWeights.Initialize(config, RandomStream.FromSeed(0)), 1, WeightPrecision.Float32);
        var root = RandomStream.FromSeed(1);
        var options = new SamplingOptions { MaxNewTokens = 48 };
        IReadOnlyList<SamplePrompt> Prompts(int samples) => [new([1, 3, 4], [.. Enumerable.Range(0, samples).Select(i => root.Derive(i))])];
        sampler.Generate(Prompts(2), options);
        var start = Stopwatch.GetTimestamp();
        var tokens = sampler.Generate(Prompts(64), options).Sum(s => s.Ids.Length);
        return new(MachineState.Ok, "sampler", $"{tokens / Stopwatch.GetElapsedTime(start).TotalSeconds:#,0} tokens/s on one thread, a {config.ParameterCount / 1e6:0.0}M-parameter decoder, 64 sequences");
    }
}
