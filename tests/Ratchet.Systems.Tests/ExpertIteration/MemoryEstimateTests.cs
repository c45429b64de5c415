using System.Runtime.InteropServices;
using Ratchet.Examples;
using Ratchet.Learning;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;
using Ratchet.Systems.ExpertIteration;

namespace Ratchet.Systems.Tests.ExpertIteration;

/// <summary>The peak memory of the process is measured, so nothing else may run beside.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class AloneCollection;

[Collection<AloneCollection>]
public sealed class MemoryEstimateTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(false, 64)]
    [InlineData(true, 64)]
    [InlineData(false, 8000)]
    public void Activations_are_about_what_a_step_really_takes(bool checkpointing, int vocabulary)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The peak of a process's memory is read from /proc.");
        try
        {
            ResetPeak();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip("The peak of the process's memory cannot be measured anew.");
        }

        var shape = new DecoderConfig { VocabularySize = vocabulary, HiddenSize = 128, Layers = 6, Heads = 8, KeyValueHeads = 4, HeadSize = 16, FeedForwardSize = 352, MaxPositions = 128 };
        var rows = Enumerable.Range(0, 48).Select(r => new Example { Id = $"r{r}", Ids = [.. Enumerable.Range(0, 97).Select(i => (i + r) % 64)], TargetStart = 1, ProblemId = "p", AttemptIds = [] }).ToArray();
        using var trainer = new TorchTrainer(DecoderWeights.Initialize(shape, RandomStream.FromSeed(1)), options: new TorchOptions { GradientCheckpointing = checkpointing });
        trainer.Step(rows[..1], 1e-3);
        GC.Collect();
        TrimHeap();
        ResetPeak();
        var before = Status("VmRSS:");
        trainer.Step(rows, 1e-3);
        var measured = Status("VmHWM:") - before;

        var estimate = MemoryEstimate.TorchActivations(shape, 48 * 96, 4, checkpointing);

        output.WriteLine($"checkpointing {checkpointing}, vocabulary {vocabulary}: estimate {estimate / 1e6:F0} MB, measured {measured / 1e6:F0} MB");
        Assert.InRange((double)estimate / measured, 0.5, 2);
    }

    /// <summary>Gives memory that earlier cases freed back to the system, where the C library can; else it would hide what the step takes.</summary>
    private static void TrimHeap()
    {
        if (NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, "malloc_trim", out var trim))
            Marshal.GetDelegateForFunctionPointer<Trim>(trim)(0);
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int Trim(nuint keep);

    private static void ResetPeak() => File.WriteAllText("/proc/self/clear_refs", "5");

    private static long Status(string key) => 1024 * long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith(key, StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]);
}
