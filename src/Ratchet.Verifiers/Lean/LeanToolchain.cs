using Ratchet.Runs;

namespace Ratchet.Verifiers.Lean;

/// <summary>Which Lean and which Mathlib judge. Part of every verdict's version.</summary>
/// <param name="Lean">Version of Lean with its commit, for example <c>4.19.0 (6caaee842e94)</c>, as the tool itself says.</param>
/// <param name="Mathlib">
/// Revision of Mathlib, as the project's manifest names it or as the user states it; null where neither does. Then the version says so
/// ("Mathlib unstated") and verdicts of two such set-ups must not be mixed.
/// </param>
public sealed record LeanToolchain(string Lean, string? Mathlib)
{
    /// <inheritdoc/>
    public override string ToString() => $"Lean {Lean}, Mathlib {Mathlib ?? "unstated"}";

    /// <summary>The version in what <c>lean --version</c> or <c>#eval Lean.versionString</c> says.</summary>
    /// <exception cref="RatchetException">It is no Lean 4, or no version can be read.</exception>
    internal static string Version(string said, string program)
    {
        var words = said.Split([' ', ',', '(', ')', '"', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        var version = words.FirstOrDefault(w => char.IsAsciiDigit(w[0]) && w.Contains('.', StringComparison.Ordinal));
        if (version is null)
            throw new RatchetException($"{program} does not say which version of Lean it is: {Shown(said)}", "Set the path of a Lean 4 program.");
        if (!version.StartsWith("4.", StringComparison.Ordinal))
            throw new RatchetException($"{program} is Lean {version}; Lean 4 is needed.", "Install Lean 4 with elan (https://github.com/leanprover/elan) and set its path.");
        var commit = Array.IndexOf(words, "commit");
        return commit >= 0 && commit + 1 < words.Length ? $"{version} ({words[commit + 1][..Math.Min(12, words[commit + 1].Length)]})" : version;
    }

    internal static string Shown(string text) => text.Length <= 200 ? text.Trim() : text[..200].Trim() + " ...";
}
