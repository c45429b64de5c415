namespace Ratchet.Domains.Metamath.Proving;

/// <summary>One step as a text: <c>label</c>, or <c>label { variable := expression variable := expression ... }</c>.</summary>
/// <param name="Label">The label with its place in the text.</param>
/// <param name="Bindings">Variables of the assertion with what stands for them.</param>
internal sealed record StepText(StepToken Label, IReadOnlyList<StepBinding> Bindings)
{
    public const string Assign = ":=";

    /// <exception cref="StepException">The text is no step.</exception>
    public static StepText Parse(string text)
    {
        var tokens = Tokens(text);
        if (tokens.Count == 0)
            throw new StepException(0, text.Length, "The step is empty; it must begin with a label.");
        var bindings = new List<StepBinding>();
        if (tokens.Count > 1)
        {
            if (tokens[1].Text != "{")
                throw new StepException(tokens[1].Start, tokens[1].End, $"Behind the label \"{{\" is expected, not \"{tokens[1].Text}\".");
            if (tokens.Count == 2 || tokens[^1].Text != "}")
                throw new StepException(tokens[^1].Start, tokens[^1].End, "The step must end with \"}\".");
            var inner = tokens[2..^1];
            if (inner.Count > 0 && (inner.Count < 2 || inner[1].Text != Assign))
                throw new StepException(inner[0].Start, inner[0].End, $"\"variable {Assign} expression\" is expected here.");

            // A variable belongs to the ":=" behind it; the expression goes on to the next such variable.
            for (var i = 0; i < inner.Count;)
            {
                var end = i + 2;
                while (end < inner.Count && !(end + 1 < inner.Count && inner[end + 1].Text == Assign))
                    end++;
                bindings.Add(new StepBinding(inner[i], inner[(i + 2)..end]));
                i = end;
            }
        }

        return new StepText(tokens[0], bindings);
    }

    private static List<StepToken> Tokens(string text)
    {
        var tokens = new List<StepToken>();
        for (var i = 0; i < text.Length; i++)
        {
            var start = i;
            while (i < text.Length && !char.IsWhiteSpace(text[i]))
                i++;
            if (i > start)
                tokens.Add(new StepToken(text[start..i], start, i));
        }

        return tokens;
    }
}

/// <summary>A token of a step.</summary>
/// <param name="Text">Token.</param>
/// <param name="Start">Offset in the step.</param>
/// <param name="End">Exclusive end.</param>
internal readonly record struct StepToken(string Text, int Start, int End);

/// <summary>What stands for a variable.</summary>
internal sealed record StepBinding(StepToken Variable, IReadOnlyList<StepToken> Expression);

/// <summary>A step that is no step or does not apply; stays inside this folder.</summary>
internal sealed class StepException(int start, int end, string message) : Exception(message)
{
    public int Start => start;

    public int End => end;

    /// <summary>Whether the text was understood, but does not apply.</summary>
    public bool IsFailure { get; init; }

    /// <summary>Whether the step was not tried to its end because something became too large.</summary>
    public bool IsLimit { get; init; }
}
