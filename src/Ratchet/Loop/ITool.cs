namespace Ratchet.Loop;

/// <summary>Something that a model may call while it writes an attempt, such as a program executor.</summary>
/// <remarks>Qwen2.5-Math technical report (arXiv 2409.12122), tool-integrated reasoning.</remarks>
public interface ITool
{
    /// <summary>Short name.</summary>
    string Name { get; }

    /// <summary>Version; two versions may answer differently.</summary>
    string Version { get; }

    /// <summary>
    /// Whether a text ends in a call that waits for its answer. Asked while a model writes, after tokens with a backtick, a line end or a <c>&gt;</c>:
    /// calls end in a fence, a line or a tag. Safe to call from many threads.
    /// </summary>
    /// <param name="text">What was written so far, the tool's own answers included.</param>
    bool EndsInCall(ReadOnlySpan<char> text);

    /// <summary>Begins the dialogue of one attempt.</summary>
    IToolDialogue Begin();
}

/// <summary>The calls of one attempt, one after the other.</summary>
public interface IToolDialogue
{
    /// <summary>Answers the call that a text ends in.</summary>
    /// <param name="text">What was written so far, the tool's own answers included.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The text that continues the attempt; null where the attempt is finished and wants no answer.</returns>
    /// <exception cref="Runs.RatchetException">The tool does not work: an outage is no answer.</exception>
    Task<string?> AnswerAsync(string text, CancellationToken cancellationToken);
}
