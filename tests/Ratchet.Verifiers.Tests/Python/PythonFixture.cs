using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verifiers.Python;

namespace Ratchet.Verifiers.Tests.Python;

/// <summary>A sandbox where this machine has one, shared by the tests that need it.</summary>
public sealed class PythonFixture : IDisposable
{
    private readonly string? _missing;
    private readonly PythonSandbox? _sandbox;

    public PythonFixture()
    {
        try
        {
            // Short limits: most of what is tried here runs into one.
            _sandbox = new PythonSandbox(new PythonOptions { Threads = 2, Wall = TimeSpan.FromSeconds(4), CpuSeconds = 1, MemoryBytes = 512L << 20, Modules = ["math", "json", "re", "fractions"] });
        }
        catch (RatchetException e)
        {
            _missing = e.Message;
        }
    }

    /// <summary>The sandbox; skips the test where there is none.</summary>
    public PythonSandbox Sandbox()
    {
        Assert.SkipUnless(_missing is null, _missing ?? "");
        return _sandbox!;
    }

    /// <summary>A verifier over the shared sandbox, for problems whose statement is their tests. Not to be disposed of.</summary>
    public PythonVerifier Verifier() => new(Sandbox(), problem => problem.Statement);

    /// <summary>A problem that such a verifier judges.</summary>
    public static Problem Problem(string tests) => new() { Id = "p", Domain = "python", Statement = tests, CanonicalHash = tests, Split = Split.Train, Provenance = Provenance.Given };

    public void Dispose() => _sandbox?.Dispose();
}

/// <summary>The tests that share one sandbox.</summary>
[CollectionDefinition("python")]
public sealed class PythonCollection : ICollectionFixture<PythonFixture>;
