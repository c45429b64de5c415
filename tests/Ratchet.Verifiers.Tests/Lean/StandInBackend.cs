using Ratchet.Verifiers.Lean;

namespace Ratchet.Verifiers.Tests.Lean;

/// <summary>A backend that answers as it is told, with Lean's own words for the end of the file and the axioms.</summary>
internal sealed class StandInBackend(Func<LeanSource, LeanAnswer> answer) : ILeanBackend
{
    public int Checks { get; private set; }

    public string Name => "stand-in";

    /// <summary>What Lean says of a file without error: the marker, the axioms, the marker, with some messages before them.</summary>
    public static LeanAnswer Fine(LeanSource source, string[]? axioms = null, params LeanMessage[] before)
    {
        var said = axioms is null or [] ? "does not depend on any axioms" : $"depends on axioms: [{string.Join(",\n ", axioms)}]";
        return new LeanAnswer
        {
            Messages =
            [
                .. before,
                Info(source.MarkerLine, source.Marker),
                Info(source.MarkerLine + 1, $"'{source.Statement.FullName}' {said}"),
                Info(source.MarkerLine + 2, source.Marker),
            ],
        };
    }

    public static LeanMessage Info(int line, string text) => new(LeanSeverity.Information, new LeanPosition(line, 0), new LeanPosition(line, 6), text);

    public static LeanMessage Error(int line, int column, string text, LeanPosition? end = null) => new(LeanSeverity.Error, new LeanPosition(line, column), end, text);

    public static LeanMessage Warning(int line, int column, string text) => new(LeanSeverity.Warning, new LeanPosition(line, column), null, text);

    public ValueTask<LeanToolchain> IdentifyAsync(CancellationToken cancellationToken) => ValueTask.FromResult(new LeanToolchain("4.19.0 (abcdef)", "0123abc"));

    public ValueTask<LeanAnswer> CheckAsync(LeanSource source, CancellationToken cancellationToken)
    {
        Checks++;
        return ValueTask.FromResult(answer(source));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
