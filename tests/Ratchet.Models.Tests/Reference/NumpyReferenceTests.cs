using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Ratchet.Models.Cpu;
using Ratchet.Models.Torch;
using Ratchet.Runs;

namespace Ratchet.Models.Tests.Reference;

/// <summary>Checkpoints made and evaluated by NumPy code that is written from the architectures' definitions (decoder.py beside this file).</summary>
[Collection("torch")]
public sealed class NumpyReferenceTests : IDisposable
{
    private const double Tolerance = 1e-4;

    private readonly TemporaryFolder _folder = new();

    private sealed record Expected(int[] Ids, double[][] Logits);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Logits_are_those_of_the_NumPy_reference_for_every_family()
    {
        Run();
        var families = Directory.GetDirectories(_folder["made"]).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(["coe-both", "coe-outer", "coe-prenorm", "coe-released", "deepseek", "deepseek-v2", "deepseek-v2-lite", "llama-linear", "llama2", "llama3", "mistral", "qwen2", "qwen3", "qwen3-moe"], families.Select(Path.GetFileName));
        foreach (var family in families)
        {
            var expected = JsonSerializer.Deserialize<Expected>(File.ReadAllText(Path.Combine(family, "expected.json")))!;
            var weights = CheckpointStore.LoadWeights(family);

            using var decoder = new TorchDecoder(weights);
            var logits = decoder.AllLogits(expected.Ids);
            Close(family, expected.Logits.SelectMany(l => l), logits);
            CompareOwnKernels(family, weights, expected);
            RoundTrip(family, weights, expected.Ids, logits);
        }
    }

    private static void CompareOwnKernels(string family, DecoderWeights weights, Expected expected)
    {
        if (!weights.Config.RunsOnOwnKernels)
        {
            var error = Assert.Throws<RatchetException>(() => new CpuDecoder(weights));
            Assert.Contains("The own kernels do not compute this model: it has", error.Message, StringComparison.Ordinal);
            Assert.Contains("torch", error.Remedy, StringComparison.Ordinal);
            Assert.Contains(Path.GetFileName(family), (string[])["coe-both", "coe-outer", "coe-prenorm", "coe-released", "deepseek", "deepseek-v2", "deepseek-v2-lite", "mistral", "qwen3-moe"]);
            return;
        }

        using var decoder = new CpuDecoder(weights);
        var scores = Enumerable.Range(1, expected.Ids.Length - 1).Select(t => expected.Logits[t - 1][expected.Ids[t]] - Math.Log(expected.Logits[t - 1].Sum(Math.Exp)));
        Close(family + " on own kernels", scores, decoder.Score(expected.Ids));
    }

    private void RoundTrip(string family, DecoderWeights weights, int[] ids, float[] logits)
    {
        var saved = CheckpointStore.Save(_folder["saved-" + Path.GetFileName(family)], "saved", weights, new Dictionary<string, string>());
        var loaded = CheckpointStore.LoadWeights(saved.Folder);
        Assert.Equal(weights.Config, loaded.Config);
        using var decoder = new TorchDecoder(loaded);
        Assert.Equal(logits, decoder.AllLogits(ids));
    }

    private static void Close(string what, IEnumerable<double> expected, float[] actual)
    {
        var numbers = expected.ToArray();
        Assert.Equal(numbers.Length, actual.Length);
        for (var i = 0; i < numbers.Length; i++)
            Assert.True(Math.Abs(numbers[i] - actual[i]) <= Tolerance, $"{what}, place {i}: {actual[i]} for {numbers[i]}");
    }

    private void Run()
    {
        // Debian's own Python sees Debian's NumPy; another python3 on the path may not.
        var python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        Assert.SkipUnless(Start(python, ["-c", "import numpy"]) is null, "Needs python3 with NumPy (Debian: python3-numpy).");
        Directory.CreateDirectory(_folder["made"]);
        Assert.Null(Start(python, [Path.Combine(AppContext.BaseDirectory, "Reference", "decoder.py"), _folder["made"]]));
    }

    private static string? Start(string program, IEnumerable<string> arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : error;
        }
        catch (Win32Exception e)
        {
            return e.Message;
        }
    }
}
