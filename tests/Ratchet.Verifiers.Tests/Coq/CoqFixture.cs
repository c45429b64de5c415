using Ratchet.Runs;
using Ratchet.Verifiers.Coq;

namespace Ratchet.Verifiers.Tests.Coq;

/// <summary>Coq where it is installed, shared by the tests that need it.</summary>
public sealed class CoqFixture : IDisposable
{
    private readonly string? _missing;
    private readonly CoqVerifier? _verifier;
    private CoqVerifier? _withLemmas;

    public CoqFixture()
    {
        try
        {
            _verifier = new CoqVerifier(new CoqOptions { Threads = 2, SentenceSeconds = 2 });
        }
        catch (RatchetException e)
        {
            _missing = e.Message;
        }
    }

    /// <summary>The shared verifier, full level; skips the test where Coq is missing.</summary>
    public CoqVerifier Verifier()
    {
        SkipUnlessThere();
        return _verifier!;
    }

    /// <summary>The shared verifier that reads attempts with lemmas of their own; skips the test where Coq is missing.</summary>
    public CoqVerifier VerifierWithLemmas()
    {
        SkipUnlessThere();
        return _withLemmas ??= new CoqVerifier(new CoqOptions { Threads = 1, HelperLemmas = true });
    }

    public void SkipUnlessThere() => Assert.SkipUnless(_missing is null, _missing ?? "");

    public void Dispose()
    {
        _verifier?.Dispose();
        _withLemmas?.Dispose();
    }
}

/// <summary>The tests that share one Coq.</summary>
[CollectionDefinition("coq")]
public sealed class CoqCollection : ICollectionFixture<CoqFixture>;
