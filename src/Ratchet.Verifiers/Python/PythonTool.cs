using System.Globalization;
using Ratchet.Loop;
using Ratchet.Runs;

namespace Ratchet.Verifiers.Python;

/// <summary>Python as a tool of a model that writes: a closed <c>python</c> block is run, and its output follows in an <c>output</c> block.</summary>
/// <remarks>
/// <para>The loop of Qwen2.5-Math (arXiv 2409.12122 and its evaluation code). A call is the closing fence of a python block, as long as nothing is
/// boxed outside of blocks; with a boxed answer the attempt is finished. What runs is the blocks before that ended well, without their print calls,
/// the imports of those that failed, and then the block.</para>
/// <para>The answer is what was printed if the last line prints or has no value, else the last line's value; of an exception, the last line of its
/// traceback. Over 400 characters the first and last 200 remain. Fences in it are made harmless.</para>
/// </remarks>
public sealed class PythonTool : ITool, IDisposable
{
    private const int Shown = 400;
    private const string Box = "\\boxed";
    private readonly PythonSandbox _sandbox;

    /// <summary>Makes the tool.</summary>
    /// <param name="sandbox">Sandbox; disposed with the tool.</param>
    public PythonTool(PythonSandbox sandbox)
    {
        ArgumentNullException.ThrowIfNull(sandbox);
        _sandbox = sandbox;
    }

    /// <inheritdoc/>
    public string Name => "python";

    /// <inheritdoc/>
    public string Version => _sandbox.Version;

    /// <inheritdoc/>
    public bool EndsInCall(ReadOnlySpan<char> text) => PythonFences.EndingBlock(text.ToString()) is not null;

    /// <inheritdoc/>
    public IToolDialogue Begin() => new Dialogue(_sandbox);

    /// <summary>Ends the sandbox.</summary>
    public void Dispose() => _sandbox.Dispose();

    /// <summary>What a model is shown of a run, without the fences around it.</summary>
    public static string Show(PythonRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var text = run switch
        {
            { End: PythonEnd.Exited, Code: 0 } or { End: PythonEnd.OutputLimit } => run.Value ?? run.Output,
            { End: PythonEnd.Exited } => run.LastErrorLine is { Length: > 0 } line ? line : string.Create(CultureInfo.InvariantCulture, $"The program ended with exit code {run.Code}."),
            { End: PythonEnd.TimedOut } => $"TimeoutError: {run.Message}",
            { End: PythonEnd.OutOfMemory } => $"MemoryError: {run.Message}",
            _ => run.Message,
        };
        text = text.Trim().Replace("```", "'''", StringComparison.Ordinal);
        if (text.Length <= Shown)
            return text;

        // No character of two halves is cut apart.
        var (head, tail) = (Shown / 2, text.Length - (Shown / 2));
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[head - 1]) ? head - 1 : head), "...", text.AsSpan(char.IsLowSurrogate(text[tail]) ? tail + 1 : tail));
    }

    private sealed class Dialogue(PythonSandbox sandbox) : IToolDialogue
    {
        private readonly List<(string Code, bool EndedWell)> _before = [];

        public async Task<string?> AnswerAsync(string text, CancellationToken cancellationToken)
        {
            if (PythonFences.EndingBlock(text) is not { } code || PythonFences.Outside(text).Contains(Box, StringComparison.Ordinal))
                return null;
            var run = await sandbox.RunAsync(new PythonProgram(code) { Before = [.. _before], Echo = true }, cancellationToken).ConfigureAwait(false);
            if (run.End == PythonEnd.Unavailable)
                throw new RatchetException($"A program of an attempt could not be run: {run.Message}", PythonInstallation.Remedy);
            _before.Add((code, run is { End: PythonEnd.Exited, Code: 0 }));

            // A model may have begun the next fence in the token that closed the block.
            var begun = text.TrimEnd('\n');
            begun = begun[(begun.LastIndexOf('\n') + 1)..];
            var lead = text.EndsWith('\n') ? "" : "\n";
            return $"{lead}{(begun.Length > 3 && begun.EndsWith("output", StringComparison.Ordinal) ? "" : "```output\n")}{Show(run)}\n```\n";
        }
    }
}
