namespace Ratchet.Verifiers.Lean;

/// <summary>How <see cref="LeanEnvironment"/> keeps proof states.</summary>
public sealed record LeanEnvironmentOptions
{
    /// <summary>
    /// After how many steps of a path its state is written to a file, from which any process can go on without replaying the path; 0 for
    /// never. Default 4.
    /// </summary>
    public int PickleEvery { get; init; } = 4;
}
